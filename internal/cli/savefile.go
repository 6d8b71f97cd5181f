package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// writeFile writes a file by a function.
//
// A regular file is replaced as a whole, when everything is written and on the disk.
// Until then, and after an error, a signal or a crash, it is as it was. Its mode, owner,
// group and extended attributes are kept. Anything else, such as a device or a FIFO, is
// opened and written.
//
// Signals are caught by a function like Env.Signals while there is a temporary file. One
// of them ends the write with an interruptedError.
func writeFile(path string, catch func() (<-chan os.Signal, func()), write func(io.Writer) error) error {
	target, kind, err := findTarget(path)
	for attempt := 0; errors.Is(err, errReplaced) && attempt < maxAttempts; attempt++ {
		target, kind, err = findTarget(path)
	}

	switch {
	case err != nil:
		return err
	case kind == specialFile:
		return writeThrough(path, write)
	}
	return replaceFile(target, kind == regularFile, catch, write)
}

// fileKind is what a path leads to.
type fileKind int

const (
	noFile      fileKind = iota
	regularFile          // to be replaced
	specialFile          // to be opened and written
)

// errDangling is returned for a symbolic link to a file that does not exist. What the
// link would create cannot be complete from the start, so the user has to create it.
var errDangling = errors.New("a symbolic link to a file that does not exist")

// findTarget finds what a path leads to, and the path of a regular file without
// symbolic links.
//
// The kernel is asked whether the links may be followed (fs.protected_symlinks) and the
// file be written, as it is for a shell's redirection. A rename alone needs neither.
func findTarget(path string) (target string, kind fileKind, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return "", noFile, errDangling
		}
		return path, noFile, nil
	case err != nil:
		return "", noFile, err
	case info.IsDir():
		return "", noFile, syscall.EISDIR
	case !info.Mode().IsRegular(), leadsThroughProc(path):
		return "", specialFile, nil
	}

	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS); err != nil {
		return "", noFile, err
	}
	if target, err = filepath.EvalSymlinks(path); err != nil {
		return "", noFile, err
	}

	found, err := os.Lstat(target)
	if err != nil {
		return "", noFile, err
	}
	if !os.SameFile(info, found) {
		return "", noFile, errReplaced
	}
	return target, regularFile, nil
}

// errReplaced is returned by findTarget when another program replaced the file, or a
// link to it, meanwhile: what was found is not what the kernel was asked for.
var errReplaced = errors.New("replaced by another program")

// leadsThroughProc reports whether a path leads through a link of the proc file system
// to an open file, as /dev/stdout does.
func leadsThroughProc(path string) bool {
	for range 40 { // the kernel's limit (MAXSYMLINKS)
		link, err := os.Readlink(path)
		if err != nil {
			return false
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return false
		}
		if strings.HasPrefix(dir, "/proc/") {
			return true
		}
		if path = link; !filepath.IsAbs(link) {
			path = dir + "/" + link
		}
	}
	return false
}

// writeThrough opens a file as a shell's redirection does, and writes it.
func writeThrough(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// replaceFile writes a temporary file beside a file, which may exist, and renames it.
func replaceFile(target string, exists bool, catch func() (<-chan os.Signal, func()), write func(io.Writer) error) error {
	dir, err := os.Open(filepath.Dir(target))
	if err != nil {
		return err
	}

	// Nothing is written to it.
	defer dir.Close()
	if err := removeStaleFiles(dir, filepath.Base(target)); err != nil {
		return err
	}

	w := replacement{target: target, exists: exists, catch: catch}
	defer w.discard()
	if err := write(&w); err != nil {
		return err
	}
	if err := w.commit(); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir writes a rename in a directory to the disk. Some file systems cannot.
func syncDir(dir *os.File) error {
	err := dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// replacement is a temporary file that is to replace another file. It is created, and
// signals are caught, when the first bytes are written: by then everything that can take
// time has been read.
type replacement struct {
	target string
	exists bool
	catch  func() (<-chan os.Signal, func())

	file    *os.File // nil if there is none, or no more
	signals <-chan os.Signal
	stop    func() // nil before signals are caught
}

func (r *replacement) Write(b []byte) (int, error) {
	if err := r.prepare(); err != nil {
		return 0, err
	}
	return r.file.Write(b)
}

// prepare creates the file if there is none. It fails if a signal has come.
func (r *replacement) prepare() (err error) {
	if r.file == nil {
		r.signals, r.stop = r.catch()
		r.file, err = createTemporary(r.target, r.exists)
		return err
	}

	select {
	case s := <-r.signals:
		return newInterruptedError(s)
	default:
		return nil
	}
}

// commit puts the file, complete and on the disk, in the place of the other one. It
// keeps its lock until it has the other name.
func (r *replacement) commit() error {
	if err := r.prepare(); err != nil {
		return err
	}
	if err := r.file.Sync(); err != nil {
		return err
	}
	if err := r.prepare(); err != nil {
		return err
	}
	if err := os.Rename(r.file.Name(), r.target); err != nil {
		return err
	}

	// What was written is on the disk.
	_ = r.file.Close()
	r.file = nil
	return nil
}

// discard removes the file unless it was committed, and catches signals no more.
func (r *replacement) discard() {
	if r.file != nil {
		// The error that led here is the one to report.
		_ = os.Remove(r.file.Name())
		_ = r.file.Close()
	}
	if r.stop != nil {
		r.stop()
	}
}
