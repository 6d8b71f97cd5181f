package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// writing returns a function for writeFile that writes texts.
func writing(texts ...string) func(io.Writer) error {
	return func(w io.Writer) error {
		for _, text := range texts {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	}
}

// tree makes files, and symbolic links where the text begins with "-> ".
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if to, ok := strings.CutPrefix(text, "-> "); ok {
			err = errors.Join(err, os.Symlink(to, path))
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o640))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// files reads what tree makes.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		switch {
		case err != nil || d.IsDir():
			return err
		case d.Type() == fs.ModeSymlink:
			to, err := os.Readlink(path)
			found[name] = "-> " + to
			return err
		case !d.Type().IsRegular():
			found[name] = d.Type().String()
			return nil
		}
		text, err := os.ReadFile(path)
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestWriteFile checks what becomes of a file and of what is beside it.
func TestWriteFile(t *testing.T) {
	long := strings.Repeat("x", 255)
	full := func(w io.Writer) error {
		_ = writing("half")(w)
		return syscall.ENOSPC
	}
	for _, test := range []struct {
		name   string
		before map[string]string
		path   string
		write  func(io.Writer) error
		err    string
		after  map[string]string // nil: as before
	}{
		{name: "a new file", path: "f", write: writing("a", "b"), after: map[string]string{"f": "ab"}},
		{name: "an old file", before: map[string]string{"f": "old"}, path: "f", write: writing("a", "b"), after: map[string]string{"f": "ab"}},
		{name: "nothing", before: map[string]string{"f": "old"}, path: "f", write: writing(), after: map[string]string{"f": ""}},
		{name: "a long name", path: long, write: writing("a"), after: map[string]string{long: "a"}},
		{
			name: "a link", before: map[string]string{"f": "-> d/g", "d/g": "-> h", "d/h": "old"}, path: "f", write: writing("a"),
			after: map[string]string{"f": "-> d/g", "d/g": "-> h", "d/h": "a"},
		},
		{name: "a dangling link", before: map[string]string{"f": "-> g"}, path: "f", write: writing("a"), err: errDangling.Error()},
		{name: "a link to itself", before: map[string]string{"f": "-> f"}, path: "f", write: writing("a"), err: "Too many levels of symbolic links"},
		{name: "a directory", before: map[string]string{"f/g": "old"}, path: "f", write: writing("a"), err: "Is a directory"},
		{name: "no directory", path: "d/f", write: writing("a"), err: "No such file or directory"},
		{name: "a file as directory", before: map[string]string{"d": "old"}, path: "d/f", write: writing("a"), err: "Not a directory"},
		{name: "a new directory", path: "f/", write: writing("a"), err: "No such file or directory"},
		{name: "an error after some bytes", before: map[string]string{"f": "old"}, path: "f", write: full, err: "No space left on device"},
		{name: "an error after some bytes of a new file", path: "f", write: full, err: "No space left on device"},
		{
			name: "files of killed processes", path: "f", write: writing("a"),
			before: map[string]string{".f.ipvsadm-99": "half", ".f.ipvsadm-99-1": "", ".g.ipvsadm-99": "", ".f.ipvsadm-99.txt": "", ".f.ipvsadm-": ""},
			after:  map[string]string{"f": "a", ".g.ipvsadm-99": "", ".f.ipvsadm-99.txt": "", ".f.ipvsadm-": ""},
		},
		{
			name: "a link in the place of one", path: "f", write: writing("a"),
			before: map[string]string{".f.ipvsadm-99": "-> g", "g": "other"},
			after:  map[string]string{".f.ipvsadm-99": "-> g", "g": "other", "f": "a"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := tree(t, test.before)
			err := writeFile(dir+"/"+test.path, noSignals, test.write)
			text := ""
			if err != nil {
				text = fileErrorText(err)
			}
			checkEqual(t, "the error", test.err, text)
			if test.after == nil {
				test.after = files(t, tree(t, test.before))
			}
			checkEqual(t, "the files", test.after, files(t, dir))
		})
	}
}

// TestWriteFileMode checks the mode of a file that exists, and of one that does not.
func TestWriteFileMode(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	for _, mode := range []fs.FileMode{0, 0o600, 0o644, 0o666, 0o755} {
		t.Run(mode.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			want := fs.FileMode(0o640)
			if mode != 0 {
				want = mode
				if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, mode)); err != nil {
					t.Fatal(err)
				}
			}
			if err := writeFile(path, noSignals, writing("a")); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode() != want {
				t.Errorf("got %v, %v, want %v", info.Mode(), err, want)
			}
		})
	}
}

// TestWriteFileInUse checks that the temporary file of another process is left alone,
// and that a name which is taken is not used.
func TestWriteFileInUse(t *testing.T) {
	name := temporaryName("f", os.Getpid(), 0)
	dir := tree(t, map[string]string{"f": "old", name: "of another"})
	other, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}

	during := map[string]string{"f": "old", name: "of another", temporaryName("f", os.Getpid(), 1): "a"}
	err = writeFile(filepath.Join(dir, "f"), noSignals, func(w io.Writer) error {
		err := writing("a")(w)
		checkEqual(t, "the files meanwhile", during, files(t, dir))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	checkEqual(t, "the files", map[string]string{"f": "a", name: "of another"}, files(t, dir))
}

// TestWriteFileTogether writes a file many times at once. Each time it is complete.
func TestWriteFileTogether(t *testing.T) {
	const writers, rounds = 8, 50
	dir := tree(t, map[string]string{"f": "aaaa"})
	results := make(chan error)
	for i := range writers {
		go func() {
			text := strings.Repeat(string(rune('a'+i)), 4)
			var err error
			for range rounds {
				err = errors.Join(err, writeFile(filepath.Join(dir, "f"), noSignals, writing(text[:2], text[2:])))
				if got, readErr := os.ReadFile(filepath.Join(dir, "f")); readErr != nil || len(got) != 4 || strings.Count(string(got), string(got[:1])) != 4 {
					err = errors.Join(err, fmt.Errorf("read %q, %w", got, readErr))
				}
			}
			results <- err
		}()
	}
	for range writers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if found := files(t, dir); len(found) != 1 {
		t.Errorf("left: %v", found)
	}
}

// TestWriteFileInterrupted checks that a signal leaves the file as it was, and nothing
// beside it, whenever it comes.
func TestWriteFileInterrupted(t *testing.T) {
	for _, test := range []struct {
		name  string
		write func(io.Writer, func()) error
	}{
		{"before a write", func(w io.Writer, interrupt func()) error {
			err := writing("a")(w)
			interrupt()
			return errors.Join(err, writing("b")(w))
		}},
		{"after the last write", func(w io.Writer, interrupt func()) error {
			err := writing("a")(w)
			interrupt()
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := tree(t, map[string]string{"f": "old"})
			signals, stopped := make(chan os.Signal, 1), false
			catch := func() (<-chan os.Signal, func()) { return signals, func() { stopped = true } }
			err := writeFile(filepath.Join(dir, "f"), catch, func(w io.Writer) error {
				return test.write(w, func() { signals <- syscall.SIGHUP })
			})
			checkEqual(t, "the status", 129, statusOf(err))
			checkEqual(t, "the files", map[string]string{"f": "old"}, files(t, dir))
			checkEqual(t, "signals are caught no more", true, stopped)
		})
	}
}

// TestWriteFileThrough checks that what is not a regular file is written and not
// replaced.
func TestWriteFileThrough(t *testing.T) {
	t.Run("a FIFO", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "f")
		if err := unix.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		got := make(chan string)
		go func() {
			b, err := os.ReadFile(path)
			got <- fmt.Sprintf("%s %v", b, err)
		}()
		if err := writeFile(path, noSignals, writing("a", "b")); err != nil {
			t.Error(err)
		}
		checkEqual(t, "read", "ab <nil>", <-got)
	})

	t.Run("a device", func(t *testing.T) {
		err := writeFile("/dev/full", noSignals, writing("a"))
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v, want %v", err, syscall.ENOSPC)
		}
	})

	t.Run("an open file", func(t *testing.T) {
		dir := tree(t, map[string]string{"f": "older", "link": "-> stdout"})
		f, err := os.OpenFile(filepath.Join(dir, "f"), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		before, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		// As /dev/stdout is one.
		if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), filepath.Join(dir, "stdout")); err != nil {
			t.Fatal(err)
		}
		if err := writeFile(filepath.Join(dir, "link"), noSignals, writing("a")); err != nil {
			t.Error(err)
		}
		after, err := os.Stat(filepath.Join(dir, "f"))
		if err != nil || !os.SameFile(before, after) {
			t.Errorf("replaced: %v", err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "f"))
		checkEqual(t, "the file", "a <nil>", fmt.Sprintf("%s %v", text, err))
	})
}

func TestIsTemporarySuffix(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "4711": true, "4711-1": true, "4711-100": true,
		"": false, "-": false, "4711-": false, "-1": false, "4711-1-1": false, "47a": false, "4711-x": false, " 1": false,
	} {
		t.Run(text, func(t *testing.T) {
			if got := isTemporarySuffix(text); got != want {
				t.Errorf("isTemporarySuffix(%q) = %v, want %v", text, got, want)
			}
		})
	}
}
