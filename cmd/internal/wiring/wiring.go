// Package wiring gives the programs the process they run in: its streams, the
// kernel, and names.
package wiring

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// memoryGrowth is how much memory may grow, in percent of what is in use, before it
// is collected. The usual 100 begins at 4 MiB, which a table of some thousand
// services fills; but the programs are at their end by then, and a collection on a
// small machine takes as long as the listing.
const memoryGrowth = 400

// Main is the whole life of a process that is one of the programs.
func Main(program func(args []string, env cli.Env) int) {
	if err := descriptorsLeft(); err != nil {
		// There is nobody left to tell when this fails.
		_, _ = fmt.Fprintln(os.Stderr, "Can't start: "+err.Error())
		os.Exit(2)
	}
	os.Exit(program(os.Args, env()))
}

// descriptors are how many files a program needs at the same time to work at all:
// a netlink socket, a file, and the two by which Go waits for them. Where there is
// no room for its two, Go ends the process with a page about its own inside.
const descriptors = 4

// descriptorsLeft says whether so many files can be opened.
func descriptorsLeft() error {
	var taken []int
	var err error
	for len(taken) < descriptors && err == nil {
		var fd int
		if fd, err = unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			taken = append(taken, fd)
		}
	}
	for _, fd := range taken {
		// Nothing was done with it that could fail.
		_ = unix.Close(fd)
	}
	return err
}

// env is the environment of the running process. Nothing is opened or read before
// a command needs it.
func env() cli.Env {
	debug.SetGCPercent(memoryGrowth)
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
