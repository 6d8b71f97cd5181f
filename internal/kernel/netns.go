package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// netnsFolder is where ip-netns(8) keeps the network namespaces that have names.
const netnsFolder = "/run/netns"

// NetNSError says why a network namespace cannot be used.
type NetNSError struct {
	// Name is what Options.NetNS named.
	Name string
	// Err wraps fs.ErrNotExist when there is no such namespace, fs.ErrPermission
	// when it is not the caller's to enter, ErrNotNetNS when it is something else.
	Err error
}

// ErrNotNetNS is a file that is not a network namespace.
var ErrNotNetNS = errors.New("not a network namespace")

// Error names the namespace.
func (e *NetNSError) Error() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return fmt.Sprintf("no network namespace %q", e.Name)
	}
	cause := e.Err
	var errno unix.Errno
	if errors.As(cause, &errno) {
		cause = errno // which system call it was is of no interest
	}
	return fmt.Sprintf("network namespace %q: %v", e.Name, cause)
}

// Unwrap is Err.
func (e *NetNSError) Unwrap() error { return e.Err }

// NetNS is the name of the namespace, for those who do not know the type.
func (e *NetNSError) NetNS() string { return e.Name }

// netNS is a network namespace that is kept open, and so alive. Nil is that of
// the calling thread.
type netNS struct {
	name string
	file *os.File
}

// openNetNS opens the namespace that Options.NetNS names.
func openNetNS(name string) (*netNS, error) {
	if name == "" {
		return nil, nil
	}
	// A path can be that of a pipe: do not wait for its other end.
	file, err := os.OpenFile(netnsPath(name), unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &NetNSError{Name: name, Err: err}
	}
	if kind, err := unix.IoctlRetInt(int(file.Fd()), unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		_ = file.Close()
		return nil, &NetNSError{Name: name, Err: ErrNotNetNS}
	}
	return &netNS{name: name, file: file}, nil
}

// netnsPath is the file of a namespace: a path as it is, the one of a process
// whose id it is, or the one that ip-netns(8) keeps.
func netnsPath(name string) string {
	switch {
	case strings.Contains(name, "/"):
		return name
	case strings.Trim(name, "0123456789") == "":
		return "/proc/" + name + "/ns/net"
	}
	return filepath.Join(netnsFolder, name)
}

// do calls fn on a thread that is in the namespace. What fn opens stays there.
func (n *netNS) do(fn func() error) error {
	if n == nil {
		return fn()
	}
	result := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and nothing else
		// runs in the wrong namespace.
		runtime.LockOSThread()
		err := n.enter()
		if err == nil {
			err = fn()
		}
		result <- err
	}()
	return <-result
}

// enter takes the calling thread into the namespace.
func (n *netNS) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return &NetNSError{Name: n.name, Err: os.NewSyscallError("setns", err)}
	}
	return nil
}

// close lets the namespace go.
func (n *netNS) close() error {
	if n == nil {
		return nil
	}
	return n.file.Close()
}
