package difftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Command is a program to run.
type Command struct {
	// Path is the program's file.
	Path string
	// Args is the argument vector, argv[0] included.
	Args []string
	// Stdin is all of its standard input.
	Stdin string
	// Env is the environment, NAME=VALUE; nil means an empty one.
	Env []string
	// Dir is the working directory; empty means the caller's.
	Dir string
	// User runs the command; nil means the caller, which is root.
	User *syscall.Credential
}

// Result is what a command did.
type Result struct {
	// Status is the exit status, 128+n if signal n ended the command.
	Status         int
	Stdout, Stderr string
}

// commandTimeout ends a command that hangs: none of them needs more than a few
// seconds.
const commandTimeout = 2 * time.Minute

// run runs the command as a child of the calling thread.
func (c Command) run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()

	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Path)
	cmd.Args = c.Args
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Stdin), &stdout, &stderr
	cmd.Env, cmd.Dir = append([]string{}, c.Env...), c.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.User}
	// A grandchild may keep the pipes open for ever.
	cmd.WaitDelay = 10 * time.Second

	err := cmd.Run()
	if ctx.Err() != nil {
		return Result{}, fmt.Errorf("%s: %w", strings.Join(c.Args, " "), ctx.Err())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Result{}, fmt.Errorf("%s: %w", strings.Join(c.Args, " "), err)
	}

	return Result{status(cmd.ProcessState.Sys().(syscall.WaitStatus)), stdout.String(), stderr.String()}, nil
}

// status returns the exit status, for an end by a signal as the shell does.
func status(w syscall.WaitStatus) int {
	if w.Signaled() {
		return 128 + int(w.Signal())
	}
	return w.ExitStatus()
}
