package wiring

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// terminating are the signals by which a terminal, a service manager or a user ends
// a program in good order.
var terminating = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM}

// catchSignals catches the terminating signals until stop is called. A signal that was
// ignored when the program started stays ignored: SIGHUP after nohup, SIGINT in a
// background job. (For SIGTERM it cannot be found out: the Go runtime replaces its
// action before main.)
func catchSignals() (signals <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, len(terminating))
	for _, s := range terminating {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
	return c, func() { signal.Stop(c) }
}

// quitQuietly makes SIGQUIT end the program as it ends a program in C. The Go
// runtime's handler prints the stacks of all goroutines instead.
//
// A shell without job control starts a background job with SIGINT and SIGQUIT
// ignored. The runtime keeps the former and replaces the latter by its handler, so both
// are treated as SIGINT is.
func quitQuietly() {
	if signal.Ignored(syscall.SIGINT) {
		signal.Ignore(syscall.SIGQUIT)
		return
	}
	setDefault(syscall.SIGQUIT)
}

// surviveBrokenPipes lets a write to a pipe without a reader fail with EPIPE, on
// standard output and standard error too, where the Go runtime ends the program: it
// may be in the middle of a change.
func surviveBrokenPipes() { signal.Ignore(syscall.SIGPIPE) }

// dieOfBrokenPipe ends the program by SIGPIPE, as a write to a pipe without a reader
// ends one that does not ignore the signal. It returns where the signal cannot end
// it: if it is blocked, or if the program is the first process of a container.
func dieOfBrokenPipe() {
	setDefault(syscall.SIGPIPE)
	// If it cannot be sent, the exit status says the same.
	_ = unix.Kill(os.Getpid(), syscall.SIGPIPE)
}

// setDefault sets the default action of a signal, which package os/signal has no
// function for.
func setDefault(s syscall.Signal) {
	// SIG_DFL, no flags, no mask: every field of the kernel's struct sigaction
	// (include/linux/signal_types.h) is 0. It is never larger than this.
	var action [8]uint64
	const maskSize = 8 // bytes of a sigset_t
	// An error leaves the runtime's handler, which is no worse.
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, maskSize, 0, 0)
}
