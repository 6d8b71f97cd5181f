package difftest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Enter opens the namespace that `ip netns add NAME` made in n. It has the mounts of
// n, and has to be closed separately.
func (n *Namespace) Enter(name string) (*Namespace, error) {
	e, err := n.enter(name)
	if err != nil {
		return nil, fmt.Errorf("network namespace %s: %w", name, err)
	}
	return e, nil
}

// enter does the work of Enter, without the name in errors.
func (n *Namespace) enter(name string) (*Namespace, error) {
	var mounts, network *os.File
	err := n.Do(func() (err error) {
		if mounts, err = os.Open("/proc/thread-self/ns/mnt"); err != nil {
			return err
		}
		network, err = os.Open(filepath.Join("/run/netns", name))
		return err
	})
	// Closing a nil file returns an error, which adds nothing to err.
	defer func() { mounts.Close(); network.Close() }()
	if err != nil {
		return nil, err
	}

	return start(func() error { return enterExisting(mounts, network) })
}

// enterExisting moves the calling thread to existing namespaces, and back to its
// directory.
func enterExisting(mounts, network *os.File) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}

	// Threads that share their directory cannot change their mounts.
	err = unix.Unshare(unix.CLONE_FS)
	return errors.Join(err,
		unix.Setns(int(mounts.Fd()), unix.CLONE_NEWNS),
		unix.Setns(int(network.Fd()), unix.CLONE_NEWNET),
		unix.Chdir(dir))
}

// start returns a Namespace whose thread has been moved there by move.
func start(move func() error) (*Namespace, error) {
	n := &Namespace{calls: make(chan func())}
	ready := make(chan error)
	go n.serve(move, ready)

	if err := <-ready; err != nil {
		return nil, err
	}
	return n, nil
}

// serve runs the calls to the namespace on its thread. The thread is never unlocked,
// so it ends with this goroutine.
func (n *Namespace) serve(move func() error, ready chan<- error) {
	runtime.LockOSThread()

	if err := move(); err != nil {
		ready <- err
		return
	}
	close(ready)

	for call := range n.calls {
		call()
	}
}
