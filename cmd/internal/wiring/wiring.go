// Package wiring gives the programs the process they run in: its streams, the
// kernel, and names.
package wiring

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

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
		Terminal:   isTerminal,
		OpenKernel: openKernel,
		Signals:    signals,
		Names:      names.New(),
	}
}

// openKernel opens IPVS in a network namespace. What modprobe says goes to standard
// error, as with the reference program.
func openKernel(netns string) (cli.Kernel, error) {
	c, err := kernel.Open(kernel.Options{NetNS: netns, ModprobeOutput: os.Stderr})
	if err != nil {
		return nil, err // not a Kernel that holds a nil Client
	}
	return c, nil
}

// signals catches what a terminal and a service manager send to end a program.
func signals() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
	return c, func() { signal.Stop(c) }
}

// isTerminal says whether standard error is a terminal.
func isTerminal() bool {
	_, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS)
	return err == nil
}
