// Package netns finds, opens and enters network namespaces.
package netns

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

// namesFolder is where ip-netns(8) keeps the network namespaces that have names.
const namesFolder = "/run/netns"

// Error is returned when a network namespace cannot be used.
type Error struct {
	// Name is the argument of Open.
	Name string
	// Err wraps fs.ErrNotExist when there is no such namespace, fs.ErrPermission when
	// the caller may not enter it, ErrNotNetNS when it is another kind of file, and
	// ErrAmbiguous when the name means two namespaces.
	Err error
}

// ErrNotNetNS is the error for a file that is not a network namespace.
var ErrNotNetNS = errors.New("not a network namespace")

// ErrAmbiguous is the error for digits that are the name of a network namespace
// and the ID of a process which is in another one.
var ErrAmbiguous = errors.New("ambiguous")

// Error returns the reason, with the name of the namespace.
func (e *Error) Error() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return fmt.Sprintf("no network namespace %q", e.Name)
	case errors.Is(e.Err, ErrAmbiguous):
		return fmt.Sprintf("network namespace %q is ambiguous: it is a name and a process ID; use %s or %s",
			e.Name, defaultPaths.ofName(e.Name), defaultPaths.ofProcess(e.Name))
	}

	cause := e.Err
	var errno unix.Errno
	if errors.As(cause, &errno) {
		cause = errno // without the name of the system call
	}
	return fmt.Sprintf("network namespace %q: %v", e.Name, cause)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// NetNS returns Name, for callers that do not import this package.
func (e *Error) NetNS() string { return e.Name }

// Namespace is an open network namespace, which lives as long as it is open. Nil is the
// namespace of the calling thread.
type Namespace struct {
	name string
	file *os.File
}

// Open opens the namespace of a name, a process ID or a path. Name is a path if there is a
// slash in it; digits that are a name and the ID of a process in another namespace are an
// error. The empty name is the namespace of the calling thread, for which it returns nil.
// The error is *Error.
func Open(name string) (*Namespace, error) {
	if name == "" {
		return nil, nil
	}

	path, err := defaultPaths.find(name)
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}

	// A path can be that of a pipe: do not wait for its other end.
	file, err := os.OpenFile(path, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &Error{Name: name, Err: err}
	}

	if !isNetNS(file) {
		_ = file.Close()
		return nil, &Error{Name: name, Err: ErrNotNetNS}
	}
	return &Namespace{name: name, file: file}, nil
}

// isNetNS reports whether a file is a network namespace.
//
// ENOTTY is not only for files that are no namespaces: kernels before Linux 4.11 do not have
// the request, and fs/nsfs.c of 64-bit kernels, of Linux 6.1 for one, does not take it from
// 32-bit programs. Then setns compares the kinds, before it checks the privilege.
func isNetNS(file *os.File) bool {
	fd := int(file.Fd())
	kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if err != unix.ENOTTY {
		return err == nil && kind == unix.CLONE_NEWNET
	}

	var system unix.Statfs_t
	if err := unix.Fstatfs(fd, &system); err != nil || int64(system.Type) != unix.NSFS_MAGIC {
		return false
	}
	err = (&Namespace{file: file}).Do(func() error { return nil })
	return !errors.Is(err, unix.EINVAL)
}

// paths knows where the files of network namespaces are.
type paths struct {
	names     string // the folder of those that have names
	processes string // the proc file system
}

var defaultPaths = paths{names: namesFolder, processes: "/proc"}

func (p paths) ofName(name string) string { return filepath.Join(p.names, name) }

func (p paths) ofProcess(pid string) string {
	return filepath.Join(p.processes, pid, "ns", "net")
}

// find returns the path of a namespace. Name is a path if there is a slash in it. Digits
// are a name or a process ID, whichever exists; if both do, and are not the same
// namespace, the error is ErrAmbiguous.
func (p paths) find(name string) (string, error) {
	byName, byProcess := p.ofName(name), p.ofProcess(name)
	switch {
	case strings.Contains(name, "/"):
		return name, nil
	case strings.Trim(name, "0123456789") != "":
		return byName, nil
	case !exists(byName):
		return byProcess, nil
	case exists(filepath.Join(p.processes, name)) && !sameFile(byName, byProcess):
		return "", ErrAmbiguous
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

// Do calls fn on a thread that is in the namespace. Files and sockets that fn opens
// belong to the namespace from then on. The error is that of fn, or *Error.
func (n *Namespace) Do(fn func() error) error {
	if n == nil {
		return fn()
	}

	result := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and nothing else
		// runs in the wrong namespace.
		runtime.LockOSThread()
		err := n.Enter()
		if err == nil {
			err = fn()
		}
		result <- err
	}()

	return <-result
}

// Enter moves the calling thread to the namespace. The error is *Error.
func (n *Namespace) Enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return &Error{Name: n.name, Err: os.NewSyscallError("setns", err)}
	}
	return nil
}

// Close closes the namespace.
func (n *Namespace) Close() error {
	if n == nil {
		return nil
	}
	return n.file.Close()
}
