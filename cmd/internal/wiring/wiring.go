// Package wiring gives the programs the process they run in: its streams, the
// kernel, and names.
package wiring

import (
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// Env is the environment of the running process. Nothing is opened or read before
// a command needs it.
func Env() cli.Env {
	return cli.Env{
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		OpenKernel: openKernel,
		Names:      names.New(),
	}
}

// openKernel opens IPVS in the network namespace of the process. What modprobe says
// goes to standard error, as with the reference program.
func openKernel() (cli.Kernel, error) {
	c, err := kernel.Open(kernel.Options{ModprobeOutput: os.Stderr})
	if err != nil {
		return nil, err // not a Kernel that holds a nil Client
	}
	return c, nil
}
