package difftest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace with an empty IPVS table, an interface lo that is
// up, and a /run of its own. It has to be closed. It is safe for concurrent use; calls
// run one after the other.
type Namespace struct{ calls chan func() }

// NewNamespace creates a network namespace. It needs root.
func NewNamespace() (*Namespace, error) {
	n, err := start(enterNew)
	if err != nil {
		return nil, fmt.Errorf("new network namespace: %w", err)
	}
	return n, nil
}

// enterNew moves the calling thread to new namespaces. The mounts are private: other
// namespaces must not see those of `ip netns`.
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

// Close ends the namespace's thread. The kernel removes the namespace after its last
// process.
func (n *Namespace) Close() { close(n.calls) }

// Do calls f on the namespace's thread: sockets that f opens and processes that
// it starts are in the namespace, goroutines that it starts are not.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error)
	n.calls <- func() { result <- f() }
	return <-result
}

// Run runs a command in the namespace. An error means that the command could not be
// run; its own failure is part of the Result.
func (n *Namespace) Run(ctx context.Context, c Command) (r Result, err error) {
	err = n.Do(func() error {
		r, err = c.run(ctx)
		return err
	})
	return r, err
}

// Resizes reports whether the kernel resizes IPVS tables. Linux does since 7.1, which
// also has the file ip_vs_status.
func (n *Namespace) Resizes() bool {
	err := n.Do(func() error {
		_, err := os.Stat("/proc/thread-self/net/ip_vs_status")
		return err
	})
	return err == nil
}

// NoTable is returned by Table if the kernel has no IPVS.
const NoTable = "the kernel has no table\n"

// tableReads limits how often Table reads a table that changes.
const tableReads = 50

// Table returns the namespace's /proc/net/ip_vs. Since Linux 7.1 a table that is
// being resized can list services twice and omit others, so it is read until two
// readings agree. Under traffic they may never agree; then it returns the last one.
func (n *Namespace) Table() (text string, err error) {
	err = n.Do(func() (err error) {
		text, err = readUntilStable("/proc/thread-self/net/ip_vs")
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return NoTable, nil
	}
	return text, err
}

// readUntilStable reads a file until two readings are the same and list no service
// twice.
func readUntilStable(path string) (text string, err error) {
	for range tableReads {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if string(b) == text && !hasTwice(text) {
			return text, nil
		}
		text = string(b)
		time.Sleep(time.Millisecond)
	}
	return text, nil
}

// hasTwice reports whether a table lists a service twice.
func hasTwice(table string) bool {
	seen := map[string]bool{}
	for line := range strings.Lines(table) {
		if !startsService.MatchString(line) {
			continue
		}
		if seen[line] {
			return true
		}
		seen[line] = true
	}
	return false
}
