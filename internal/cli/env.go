// Package cli does commands: it opens the kernel when a command needs it, applies
// changes, lists, saves, applies rule streams, and turns errors into the texts and
// exit statuses that scripts know.
//
// Run, Save and Restore are the three programs. Everything that they touch comes
// in through Env, so that tests run them anywhere. From the top down:
//
//	run.go       the programs, and which command goes where
//	stream.go    a rule stream, applied as it comes
//	restore.go   a rule stream that is read to its end first
//	sync.go      the difference between the table and a rule stream
//	present*.go  the present state, for those two and for --keep
//	drain.go     the removal of a server once its connections have ended
//	save.go      what is printed, to standard output or to a file
//	repeat.go    a listing again and again
//	list*.go     what is printed
//	sender.go    changes on their way to the kernel, in batches
//	session.go   what all of these share: the kernel, the output, the reports
//	input.go     whether standard input is a file, and has something to read
//	output.go    standard output, or a file
//	errors.go    the error that ends a program, with its exit status
//	message.go   the texts for errors of the kernel
package cli

import (
	"io"
	"iter"
	"net/netip"
	"os"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Env is the environment of a program: its streams, the kernel, and names.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Terminal reports whether Stderr is one, and shows progress.
	Terminal func() bool
	// OpenKernel opens the kernel's IPVS in a network namespace: a name as in
	// ip netns, a process id, a path, or empty for the caller's. It is not
	// called before a command needs it.
	OpenKernel func(netns string) (Kernel, error)
	// Signals catches the signals that ask the program to end, until stop is
	// called.
	Signals func() (signals <-chan os.Signal, stop func())
	// Names looks names up, both ways. It does nothing before it is asked.
	Names Names
}

// Kernel is what the programs need of the kernel. Its errors are *ipvs.Error, or
// wrap a syscall.Errno, where the kernel gave one.
type Kernel interface {
	// Info returns the version and the size of the connection table, as they were
	// read first, or after Refresh.
	Info() (ipvs.Info, error)
	// Refresh makes the next Info read again.
	Refresh()
	// Apply makes changes in order, all of them whatever becomes of the
	// others. It returns one error for each change, nil where it was made, or
	// no errors at all if every change was made.
	Apply([]ipvs.Change) []error
	// Prepare does that part of Apply which can be done while the kernel makes
	// other changes, and returns the rest of it.
	Prepare([]ipvs.Change) (apply func() []error)
	// Table reads the table, or the one service that is asked for, in the
	// kernel's order.
	Table(ipvs.Query) (ipvs.Table, error)
	Timeouts() (ipvs.Timeouts, error)
	Daemons() ([]ipvs.Daemon, error)
	// Connections opens the connection table, and returns the connections, to
	// be ranged over once. A connection is good until the next.
	Connections() (iter.Seq2[*ipvs.Connection, error], error)
	// Meter returns a meter of rates for tables that are read at an interval.
	Meter(interval time.Duration) *ipvs.Meter
	// Estimates reports whether the kernel adds up its counters at all.
	Estimates() bool
	Close() error
}

// Names looks names up, both ways.
type Names interface {
	command.Resolver
	format.Namer
	// Prefetch looks the names of many addresses up together.
	Prefetch([]netip.Addr)
}
