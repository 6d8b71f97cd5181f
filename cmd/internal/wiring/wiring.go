// Package wiring gives the programs the process that they run in: its streams and
// signals, the kernel, and names.
package wiring

import (
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// memoryGrowth is how much the heap may grow, in percent of what is in use, before
// garbage is collected. The default of 100 starts a collection at 4 MiB, which a
// table of some thousand services fills; but the programs are about to end by then,
// and a collection on a small machine takes as long as the listing.
const memoryGrowth = 400

// Main runs one of the programs of package cli with the arguments of the process and ends
// the process with the status that the program returns.
func Main(program func(args []string, env cli.Env) int) {
	Exit(2, func(args []string) int {
		status := program(args, env())
		if status == cli.StatusReaderLeft {
			dieOfBrokenPipe()
		}
		return status
	})
}

// Exit runs a program with the arguments of the process and ends the process with the
// status that the program returns, or with failed if the program cannot start.
func Exit(failed int, program func(args []string) int) {
	avoidHugePages()
	quitQuietly()
	ignoreDebugVariable()
	if err := descriptorsLeft(); err != nil {
		// Nobody is left to report to when this fails.
		_, _ = fmt.Fprintln(os.Stderr, "Can't start: "+err.Error())
		os.Exit(failed)
	}

	os.Exit(program(os.Args))
}

// avoidHugePages keeps the kernel from backing what the heap will grow to by huge pages.
// To clear two or three of 2 MiB takes as long as a small listing. (Of the first pages it
// comes too late: for them, the Makefile sets disablethp in the runtime, for which there
// is no directive.)
func avoidHugePages() {
	// A kernel without huge pages has nothing to avoid.
	_ = unix.Prctl(unix.PR_SET_THP_DISABLE, 1, 0, 0, 0)
}

// ignoreDebugVariable removes GODEBUG from the environment, by which package net prints
// how it looks up names. (The runtime reads it before main, too, and GOMEMLIMIT and
// others with it.)
func ignoreDebugVariable() {
	const name = "GODEBUG"
	if _, ok := os.LookupEnv(name); ok {
		// Its only error is about the name.
		_ = os.Unsetenv(name)
	}
}

// descriptors is the number of files that a program needs at the same time to work
// at all: a netlink socket, a file, and the two by which the Go runtime waits for
// them. If it cannot open its two, the runtime ends the process with a page of its
// internals.
const descriptors = 4

// descriptorsLeft returns an error if fewer files than descriptors can be opened.
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
		// Nothing was written that could be lost.
		_ = unix.Close(fd)
	}
	return err
}

// env returns the environment of the running process. Nothing is opened or read
// before a command needs it.
func env() cli.Env {
	debug.SetGCPercent(memoryGrowth)
	return cli.Env{
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		Terminal:   isTerminal,
		OpenKernel: openKernel,
		Signals:    catchSignals,
		Names:      names.New(),
	}
}

// openKernel opens IPVS in a network namespace. The output of modprobe goes to
// standard error, as with the reference program.
//
// From then on the program survives broken pipes. Before, there is no change that
// one could interrupt, and modprobe does not inherit an ignored SIGPIPE.
func openKernel(netns string) (cli.Kernel, error) {
	defer surviveBrokenPipes()
	c, err := kernel.Open(kernel.Options{NetNS: netns, ModprobeOutput: os.Stderr})
	if err != nil {
		return nil, err // not a Kernel that holds a nil Client
	}
	return c, nil
}

// isTerminal reports whether standard error is a terminal.
func isTerminal() bool {
	_, err := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS)
	return err == nil
}
