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

// NetNSError is returned when a network namespace cannot be used.
type NetNSError struct {
	// Name is the value of Options.NetNS.
	Name string
	// Err wraps fs.ErrNotExist when there is no such namespace, fs.ErrPermission when
	// the caller may not enter it, ErrNotNetNS when it is another kind of file, and
	// ErrAmbiguousNetNS when the name means two namespaces.
	Err error
}

// ErrNotNetNS is the error for a file that is not a network namespace.
var ErrNotNetNS = errors.New("not a network namespace")

// ErrAmbiguousNetNS is the error for digits that are the name of a network namespace
// and the ID of a process which is in another one.
var ErrAmbiguousNetNS = errors.New("ambiguous")

// Error returns the reason, with the name of the namespace.
func (e *NetNSError) Error() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return fmt.Sprintf("no network namespace %q", e.Name)
	case errors.Is(e.Err, ErrAmbiguousNetNS):
		return fmt.Sprintf("network namespace %q is ambiguous: it is a name and a process ID; use %s or %s",
			e.Name, defaultNetNSPaths.ofName(e.Name), defaultNetNSPaths.ofProcess(e.Name))
	}

	cause := e.Err
	var errno unix.Errno
	if errors.As(cause, &errno) {
		cause = errno // without the name of the system call
	}
	return fmt.Sprintf("network namespace %q: %v", e.Name, cause)
}

// Unwrap returns Err.
func (e *NetNSError) Unwrap() error { return e.Err }

// NetNS returns Name, for callers that do not import this package.
func (e *NetNSError) NetNS() string { return e.Name }

// netNS is an open network namespace, which lives as long as it is open. Nil is the
// namespace of the calling thread.
type netNS struct {
	name string
	file *os.File
}

// openNetNS opens the namespace that Options.NetNS names.
func openNetNS(name string) (*netNS, error) {
	if name == "" {
		return nil, nil
	}

	path, err := defaultNetNSPaths.find(name)
	if err != nil {
		return nil, &NetNSError{Name: name, Err: err}
	}

	// A path can be that of a pipe: do not wait for its other end.
	file, err := os.OpenFile(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &NetNSError{Name: name, Err: err}
	}

	if kind, err := unix.IoctlRetInt(int(file.Fd()), unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		_ = file.Close()
		return nil, &NetNSError{Name: name, Err: ErrNotNetNS}
	}
	return &netNS{name: name, file: file}, nil
}

// netnsPaths knows where the files of network namespaces are.
type netnsPaths struct {
	names     string // the folder of those that have names
	processes string // the proc file system
}

var defaultNetNSPaths = netnsPaths{names: netnsFolder, processes: "/proc"}

func (p netnsPaths) ofName(name string) string { return filepath.Join(p.names, name) }

func (p netnsPaths) ofProcess(pid string) string {
	return filepath.Join(p.processes, pid, "ns", "net")
}

// find returns the path of a namespace. Name is a path if there is a slash in it. Digits
// are a name or a process ID, whichever exists; if both do, and are not the same
// namespace, the error is ErrAmbiguousNetNS.
func (p netnsPaths) find(name string) (string, error) {
	byName, byProcess := p.ofName(name), p.ofProcess(name)
	switch {
	case strings.Contains(name, "/"):
		return name, nil
	case strings.Trim(name, "0123456789") != "":
		return byName, nil
	case !exists(byName):
		return byProcess, nil
	case exists(filepath.Join(p.processes, name)) && !sameFile(byName, byProcess):
		return "", ErrAmbiguousNetNS
	}
	return byName, nil
}

// exists reports whether there is a file of this path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// sameFile reports whether two paths lead to the same file.
func sameFile(path1, path2 string) bool {
	file1, err1 := os.Stat(path1)
	file2, err2 := os.Stat(path2)
	return err1 == nil && err2 == nil && os.SameFile(file1, file2)
}

// do calls fn on a thread that is in the namespace. Files and sockets that fn opens
// belong to the namespace from then on.
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

// enter moves the calling thread to the namespace.
func (n *netNS) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return &NetNSError{Name: n.name, Err: os.NewSyscallError("setns", err)}
	}
	return nil
}

// close closes the namespace.
func (n *netNS) close() error {
	if n == nil {
		return nil
	}
	return n.file.Close()
}
