package difftest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// Enter gives a Namespace for the one that `ip netns add NAME` made in n. It sees
// the same mounts as n, and has to be closed on its own.
func (n *Namespace) Enter(name string) (*Namespace, error) {
	e, err := n.enter(name)
	if err != nil {
		return nil, fmt.Errorf("network namespace %s: %w", name, err)
	}
	return e, nil
}

// enter does Enter.
func (n *Namespace) enter(name string) (*Namespace, error) {
	var mounts, network *os.File
	err := n.Do(func() (err error) {
		if mounts, err = os.Open("/proc/thread-self/ns/mnt"); err != nil {
			return err
		}
		network, err = os.Open(filepath.Join("/run/netns", name))
		return err
	})
	// A file that is nil closes with an error that says no more than err.
	defer func() { mounts.Close(); network.Close() }()
	if err != nil {
		return nil, err
	}
	return start(func() error { return enterOld(mounts, network) })
}

// enterOld moves the calling thread to namespaces that are there already, and
// back to the directory that it was in.
func enterOld(mounts, network *os.File) error {
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

// start makes a Namespace of a thread for which move has done the moving.
func start(move func() error) (*Namespace, error) {
	n := &Namespace{calls: make(chan func())}
	ready := make(chan error)
	go n.serve(move, ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return n, nil
}

// serve is the life of the namespace: it belongs to an operating system thread,
// which ends with this goroutine because it is never unlocked.
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
