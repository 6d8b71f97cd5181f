package netns

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpenErrors checks that each error names what could not be opened, and why.
func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		is         error
	}{
		{"no-such", `no network namespace "no-such"`, fs.ErrNotExist},
		{"0", `no network namespace "0"`, fs.ErrNotExist},
		{"4194305", `no network namespace "4194305"`, fs.ErrNotExist}, // above the greatest process id
		{"./no/such", `no network namespace "./no/such"`, fs.ErrNotExist},
		{file, `network namespace "` + file + `": not a network namespace`, ErrNotNetNS},
		{pipe, `network namespace "` + pipe + `": not a network namespace`, ErrNotNetNS},
		{"/", `network namespace "/": not a network namespace`, ErrNotNetNS},
		{"/proc/self/ns/uts", `network namespace "/proc/self/ns/uts": not a network namespace`, ErrNotNetNS},
		{file + "/x", `network namespace "` + file + `/x": not a directory`, syscall.ENOTDIR},
	}
	for _, tt := range tests {
		c, err := Open(tt.name)
		var named *Error
		if c != nil || !errors.As(err, &named) || named.NetNS() != tt.name {
			t.Errorf("%q: error %v", tt.name, err)
			continue
		}
		if err.Error() != tt.text || !errors.Is(err, tt.is) {
			t.Errorf("%q: error %q, want %q, which is %v", tt.name, err, tt.text, tt.is)
		}
	}
}

// TestPath checks that the files of namespaces are found by name, by process and
// by path.
func TestPath(t *testing.T) {
	p := paths{names: t.TempDir(), processes: t.TempDir()}
	for _, process := range []string{"1", "2", "3"} {
		writeFile(t, p.ofProcess(process))
	}
	writeFile(t, p.ofName("2"))
	writeFile(t, p.ofName("4"))
	if err := os.Link(p.ofProcess("3"), p.ofName("3")); err != nil {
		t.Fatal(err)
	}

	tests := []struct {
		name, netns, want string
		err               error
	}{
		{"a name", "blue", p.ofName("blue"), nil},
		{"a name with a digit", "1a", p.ofName("1a"), nil},
		{"a process", "1", p.ofProcess("1"), nil},
		{"a name and a process", "2", "", ErrAmbiguous},
		{"a name and a process in it", "3", p.ofName("3"), nil},
		{"a name of digits", "4", p.ofName("4"), nil},
		{"digits that are neither", "5", p.ofProcess("5"), nil},
		{"a relative path", "./17", "./17", nil},
		{"a path", "/var/run/netns/2", "/var/run/netns/2", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := p.find(tt.netns); got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// writeFile writes an empty file, and the folders that it is in.
func writeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestNamespaceOfTheCaller checks that the empty name means the namespace of the caller.
func TestNamespaceOfTheCaller(t *testing.T) {
	ns, err := Open("")
	if ns != nil || err != nil {
		t.Fatalf("%v, %v", ns, err)
	}
	called := false
	if err := ns.Do(func() error { called = true; return nil }); err != nil || !called || ns.Close() != nil {
		t.Errorf("called %t, %v", called, err)
	}
}
