package lab

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// initScript is the guest's process 1. It is a shell script because every
// Debian system can run it and a reader sees at once what a guest is made of.
//
//go:embed init.sh
var initScript string

// share is the temporary host directory through which the host and the guest
// speak: the host writes init, settings, command and stdin; the guest writes
// started, stdout, stderr and status; the machine's console goes to console.
type share struct{ dir string }

// newShare makes the directory with all that the guest reads.
func newShare(g Guest, i image, argv []string) (_ share, err error) {
	dir, err := os.MkdirTemp("", "lab.")
	if err != nil {
		return share{}, err
	}
	s := share{dir}
	defer func() {
		if err != nil {
			s.remove()
		}
	}()
	work, err := g.workDir()
	if err != nil {
		return share{}, err
	}
	if err := s.writeInput(g.Stdin); err != nil {
		return share{}, err
	}
	files := map[string]string{
		"init":     initScript,
		"settings": settings(g, i, work),
		"command":  quoteAll(argv) + "\n",
		"stdout":   "",
		"stderr":   "",
	}
	for name, text := range files {
		if err := os.WriteFile(s.path(name), []byte(text), 0o755); err != nil {
			return share{}, err
		}
	}
	if sameWriter(g.Stdout, g.Stderr) {
		err = errors.Join(os.Remove(s.path("stderr")), os.Symlink("stdout", s.path("stderr")))
	}
	return s, err
}

// settings returns the shell variables that init.sh reads.
func settings(g Guest, i image, work string) string {
	env := append([]string{
		"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "HOME=/root", "LAB_KERNEL=" + g.Kernel.String(),
	}, g.Env...)
	var b strings.Builder
	fmt.Fprintf(&b, "modules=%s\n", quote(i.modules()))
	fmt.Fprintf(&b, "workdir=%s\n", quote(work))
	fmt.Fprintf(&b, "writable=%s\n", quote(quoteAll(g.Writable)))
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(value))
	}
	return b.String()
}

// sameWriter reports whether two writers are the same file. Other writers never are.
func sameWriter(a, b io.Writer) (same bool) {
	f, isFile := a.(*os.File)
	h, isToo := b.(*os.File)
	return isFile && isToo && f == h
}

// path returns the path of a file of the share, on the host and in the guest.
func (s share) path(name string) string { return filepath.Join(s.dir, name) }

// remove deletes the share. It is called when nothing can be done about a
// failure any more.
func (s share) remove() { _ = os.RemoveAll(s.dir) }

// writeInput stores all of the command's input; a nil reader is an empty one.
func (s share) writeInput(r io.Reader) error {
	f, err := os.Create(s.path("stdin"))
	if err != nil {
		return err
	}
	if r != nil {
		_, err = io.Copy(f, r)
	}
	return errors.Join(err, f.Close())
}

// status returns the command's exit status, or a *GuestError if there is none.
func (s share) status() (int, error) {
	text, err := os.ReadFile(s.path("status"))
	if err != nil || len(text) == 0 {
		return 0, s.guestError()
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// finished reports whether the guest has stored its command's status.
func (s share) finished() bool {
	info, err := os.Stat(s.path("status"))
	return err == nil && info.Size() > 0
}

// guestError collects what is known of a guest that ended too early.
func (s share) guestError() *GuestError {
	_, err := os.Stat(s.path("started"))
	console, readErr := os.ReadFile(s.path("console"))
	if readErr != nil {
		console = []byte(readErr.Error())
	}
	return &GuestError{Booted: err == nil, Console: tail(string(console), 25)}
}

// tail returns the last n lines of a text, without carriage returns.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// quote makes one shell word of a string.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteAll makes a shell word of each string.
func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}
