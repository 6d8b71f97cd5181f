//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Ipvsadm-save prints the IPVS table as rules that ipvsadm-restore reads.
package main

import (
	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

func main() { wiring.Main(cli.Save) }
