// Package lab boots guest kernels that have IPVS, for the kernel tests and the
// demonstration; no product code imports it. A guest sees the host's file
// system at the same paths, so a program built on the host runs in it as it is
// and finds its files. What it writes stays in the guest's memory, except under
// the directories named in Guest.Writable: a guest started by root leaves no
// root-owned file behind.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Guest describes one run of a guest kernel. The zero value is a User-Mode
// Linux guest with the defaults named at each field.
type Guest struct {
	// Kernel is the kind of machine. The zero value is UML.
	Kernel Kernel
	// Memory is the guest's memory in MiB; 0 means 768.
	Memory int
	// Timeout limits the whole run, boot included; 0 means ten minutes.
	Timeout time.Duration
	// Dir is the command's working directory; empty means the caller's.
	Dir string
	// Env has NAME=VALUE pairs for the command, on top of PATH, HOME and
	// LAB_KERNEL (the Kernel's name). Nothing else of the caller's
	// environment reaches it.
	Env []string
	// Writable are host directories that the guest may change.
	Writable []string
	// Stdin is read to its end before the boot; nil means no input.
	Stdin io.Reader
	// Stdout and Stderr take the command's output while it runs; nil
	// discards it. If both are the same writer, the order of the writes is
	// kept.
	Stdout, Stderr io.Writer
}

// The defaults of Guest.
const (
	DefaultMemory  = 768
	DefaultTimeout = 10 * time.Minute
)

// grace is how long a guest that knows its command's status may take
// to switch itself off.
const grace = 10 * time.Second

// Run boots the guest, runs argv in it as root and gives its exit status
// (128+n if signal n ended it). The error is a *GuestError if the guest ended
// before its command did, and wraps the context's error if the time was over
// or ctx cancelled. Whatever happens, no process and no file is left.
func (g Guest) Run(ctx context.Context, argv ...string) (status int, err error) {
	if len(argv) == 0 {
		return 0, errors.New("lab: no command")
	}
	ctx, cancel := context.WithTimeout(ctx, or(g.Timeout, DefaultTimeout))
	defer cancel()
	image, err := g.Kernel.install(ctx)
	if err != nil {
		return 0, fmt.Errorf("lab: %w", err)
	}
	share, err := newShare(g, image, argv)
	if err != nil {
		return 0, fmt.Errorf("lab: %w", err)
	}
	defer share.remove()
	machine, err := g.Kernel.machine(ctx, image, share, or(g.Memory, DefaultMemory))
	if err != nil {
		return 0, fmt.Errorf("lab: %w", err)
	}
	stop, err := share.follow(g.Stdout, g.Stderr)
	if err != nil {
		return 0, fmt.Errorf("lab: %w", err)
	}
	runErr := machine.run(ctx, share)
	outErr := stop()
	if runErr != nil {
		return 0, fmt.Errorf("lab: %s guest: %w", g.Kernel, runErr)
	}
	if outErr != nil {
		return 0, fmt.Errorf("lab: output of the guest: %w", outErr)
	}
	return share.status()
}

// or returns v, or def if v is zero.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// GuestError says that a guest ended before its command did.
type GuestError struct {
	// Booted is true if the command had been started.
	Booted bool
	// Console is the end of what the guest's kernel and init printed.
	Console string
}

func (e *GuestError) Error() string {
	what := "the guest did not boot"
	if e.Booted {
		what = "the guest ended before its command did"
	}
	return what + "; its console:\n    " + strings.ReplaceAll(e.Console, "\n", "\n    ")
}

// workDir returns the directory that the command runs in, as an absolute path.
func (g Guest) workDir() (string, error) {
	if g.Dir == "" {
		return os.Getwd()
	}
	return filepath.Abs(g.Dir)
}
