// Fill fills the connection table of the network namespace with connections of every kind,
// by the messages of sync daemons:
//
//	ip route add 224.0.0.0/4 dev lo
//	ipvsadm --start-daemon backup --mcast-interface lo --syncid 1
//	fill 100000
//
// It is for test networks only.
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/fill/syncmsg"
)

func main() {
	if err := fill(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

// fill sends as many connections as the argument says.
func fill(args []string) error {
	if len(args) != 1 {
		return errors.New("how many connections?")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	const syncID = 1
	return syncmsg.Send(syncID, syncmsg.Mixed(n))
}
