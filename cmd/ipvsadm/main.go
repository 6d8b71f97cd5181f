// Ipvsadm administers the kernel's IPVS load balancer with the commands, the output
// and the exit statuses of the program it is named after.
package main

import (
	"os"

	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args, wiring.Env())) }
