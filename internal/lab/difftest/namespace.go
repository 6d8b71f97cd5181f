package difftest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace, with an IPVS table of its own that starts
// empty, an interface lo that is up, and a /run of its own. It ends with Close.
// Its methods can be called by any goroutine; they take turns.
type Namespace struct{ calls chan func() }

// NewNamespace makes a network namespace. That needs root.
func NewNamespace() (*Namespace, error) {
	n, err := start(enterNew)
	if err != nil {
		return nil, fmt.Errorf("new network namespace: %w", err)
	}
	return n, nil
}

// enterNew moves the calling thread to new namespaces. The mounts are private
// to keep what `ip netns` makes from other namespaces.
func enterNew() error {
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	return loopbackUp()
}

// loopbackUp does `ip link set lo up`, without the cost of a process.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

// Close gives the namespace up. The kernel removes it when its last process is
// gone.
func (n *Namespace) Close() { close(n.calls) }

// Do calls f on the namespace's thread: sockets that f opens and processes that
// it starts are in the namespace, goroutines that it starts are not.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error)
	n.calls <- func() { result <- f() }
	return <-result
}

// Run runs a command in the namespace. The error is about the running; whatever
// the command itself did is in the Result.
func (n *Namespace) Run(ctx context.Context, c Command) (r Result, err error) {
	err = n.Do(func() error {
		r, err = c.run(ctx)
		return err
	})
	return r, err
}

// NoTable is what Table gives if the kernel has no IPVS.
const NoTable = "the kernel has no table\n"

// Table is the namespace's /proc/net/ip_vs.
func (n *Namespace) Table() (text string, err error) {
	err = n.Do(func() error {
		b, err := os.ReadFile("/proc/thread-self/net/ip_vs")
		text = string(b)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return NoTable, nil
	}
	return text, err
}
