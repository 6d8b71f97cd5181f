//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Ipvsadm-doctor looks for reasons why the IPVS load balancer does not work, on a director
// or on a real server.
package main

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/doctorcli"
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
)

func main() {
	wiring.Exit(doctorcli.StatusIncomplete, func(args []string) int { return doctorcli.Run(args, env()) })
}

// env returns the environment of the running process.
func env() doctorcli.Env {
	return doctorcli.Env{
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Color:      isTerminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		OpenHost:   openHost,
		OpenKernel: openKernel,
	}
}

// openHost opens this machine.
func openHost(netns string) (doctorcli.Host, error) {
	h, err := host.Open(netns)
	if err != nil {
		return nil, err // not a Host that holds a nil *host.Host
	}
	return h, nil
}

// openKernel opens IPVS, and does not load it.
func openKernel(netns string) (doctorcli.Kernel, error) {
	c, err := kernel.Open(kernel.Options{NetNS: netns, NoModprobe: true})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// isTerminal reports whether standard output is a terminal.
func isTerminal() bool {
	_, err := unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS)
	return err == nil
}
