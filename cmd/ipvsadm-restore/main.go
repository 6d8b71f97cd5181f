// Ipvsadm-restore replaces the IPVS table by what the rules on standard input say.
package main

import (
	"os"

	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

func main() { os.Exit(cli.Restore(os.Args, wiring.Env())) }
