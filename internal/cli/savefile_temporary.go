package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// newFileMode is the mode of a file that did not exist, less the umask.
const newFileMode = 0o644

// temporaryName returns the name of a temporary file for a process that replaces the
// file with a name. It says what the file is of, which program made it, and which
// process.
func temporaryName(name string, pid, attempt int) string {
	text := temporaryPrefix(name) + strconv.Itoa(pid)
	if attempt > 0 {
		text += "-" + strconv.Itoa(attempt)
	}
	return text
}

// temporaryPrefix returns the beginning of temporaryName. The name is cut so that all
// of it has the length that file systems allow (NAME_MAX).
func temporaryPrefix(name string) string { return "." + name[:min(len(name), 200)] + ".ipvsadm-" }

// isTemporarySuffix reports whether text is an end of temporaryName: a number, or two
// with a dash between them.
func isTemporarySuffix(text string) bool {
	pid, attempt, isRetry := strings.Cut(text, "-")
	return isDigits(pid) && (!isRetry || isDigits(attempt))
}

// isDigits reports whether text has digits, and nothing else.
func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// createTemporary creates a temporary file for a target, and locks it. If the target
// exists, the file has its attributes.
func createTemporary(target string, exists bool) (*os.File, error) {
	mode := fs.FileMode(newFileMode)
	if exists {
		mode = 0o600 // until it has its owner
	}

	for attempt := 0; ; attempt++ {
		path := filepath.Join(filepath.Dir(target), temporaryName(filepath.Base(target), os.Getpid(), attempt))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && attempt < maxAttempts {
			continue
		}
		if err != nil {
			return nil, err
		}

		err = lockTemporary(f)
		if err == nil && exists {
			err = copyAttributes(f, target)
		}
		if err == nil {
			return f, nil
		}
		_ = f.Close()
		if errors.Is(err, errTakenForStale) && attempt < maxAttempts {
			continue
		}
		_ = os.Remove(path)
		return nil, err
	}
}

// maxAttempts is how often something is tried that other processes can prevent.
const maxAttempts = 100

// errTakenForStale is returned by lockTemporary when another process took the file for
// one that a killed process left.
var errTakenForStale = errors.New("taken for a stale file")

// lockTemporary locks a temporary file, by which other processes see that it is in use.
func lockTemporary(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errTakenForStale
	}

	// Where files cannot be locked, other processes cannot take it for stale.

	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if st.Nlink == 0 {
		return errTakenForStale
	}
	return nil
}

// removeStaleFiles removes the temporary files of a name in a directory that killed
// processes left: those that nobody has locked.
func removeStaleFiles(dir *os.File, name string) error {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}

	for _, n := range names {
		suffix, ok := strings.CutPrefix(n, temporaryPrefix(name))
		if ok && isTemporarySuffix(suffix) {
			removeIfStale(filepath.Join(dir.Name(), n))
		}
	}
	return nil
}

// removeIfStale removes a temporary file that nobody has locked. One that cannot be
// removed is left: it does no harm.
func removeIfStale(path string) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return
	}
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}

	// It may have been renamed before it was locked.
	var now unix.Stat_t
	if unix.Lstat(path, &now) == nil && now.Dev == st.Dev && now.Ino == st.Ino {
		_ = unix.Unlink(path)
	}
}
