//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Ipvsadm administers the kernel's IPVS load balancer with the commands, the output
// and the exit statuses of the program it is named after.
package main

import (
	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

func main() { wiring.Main(cli.Run) }
