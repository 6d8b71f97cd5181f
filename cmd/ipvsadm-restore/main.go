//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Ipvsadm-restore replaces the IPVS table by what the rules on standard input say.
package main

import (
	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

func main() { wiring.Main(cli.Restore) }
