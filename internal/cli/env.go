// Package cli does what a command line says: it opens the kernel when a command
// needs it, applies changes, lists, saves, reads rule streams, and turns what goes
// wrong into the texts and statuses that scripts know.
//
// Run, Save and Restore are the three programs whole; everything they touch comes
// in through Env, so that they can be run anywhere.
package cli

import (
	"io"
	"iter"
	"net/netip"
	"os"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Env is what a program is given: its streams, and how to come by the kernel and
// by names.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Terminal says whether Stderr is one, and shows progress.
	Terminal func() bool
	// OpenKernel opens the kernel's IPVS in a network namespace: a name as in
	// ip netns, a process id, a path, or empty for the caller's. It is called
	// at most once, and not before a command needs it.
	OpenKernel func(netns string) (Kernel, error)
	// Signals catches the signals that ask the program to end, until it is
	// told to stop that.
	Signals func() (signals <-chan os.Signal, stop func())
	// Names looks names up, both ways. It does nothing before it is asked.
	Names Names
}

// Kernel is what the programs need of the kernel. Its errors are *ipvs.Error, or
// wrap a syscall.Errno, where the kernel gave one.
type Kernel interface {
	Info() (ipvs.Info, error)
	// Apply makes changes in order, all of them whatever becomes of the
	// others. The errors are one for each change, nil where it was made; no
	// errors at all is success.
	Apply([]ipvs.Change) []error
	// Prepare does that part of Apply which can be done while the kernel makes
	// other changes, and gives the rest of it.
	Prepare([]ipvs.Change) (apply func() []error)
	// Table reads the table, or the one service that is asked for, in the
	// kernel's order.
	Table(ipvs.Query) (ipvs.Table, error)
	Timeouts() (ipvs.Timeouts, error)
	Daemons() ([]ipvs.Daemon, error)
	// Connections reads the connection table. A connection is good until the
	// next; an error ends them.
	Connections() iter.Seq2[*ipvs.Connection, error]
	Close() error
}

// Names looks names up, both ways.
type Names interface {
	command.Resolver
	format.Namer
	// Prefetch looks the names of many addresses up together.
	Prefetch([]netip.Addr)
}
