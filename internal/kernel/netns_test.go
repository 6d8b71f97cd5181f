package kernel

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpenNetNSErrors: what cannot be had is named, and told apart.
func TestOpenNetNSErrors(t *testing.T) {
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
		c, err := Open(Options{NetNS: tt.name})
		var named *NetNSError
		if c != nil || !errors.As(err, &named) || named.NetNS() != tt.name {
			t.Errorf("%q: error %v", tt.name, err)
			continue
		}
		if err.Error() != tt.text || !errors.Is(err, tt.is) {
			t.Errorf("%q: error %q, want %q, which is %v", tt.name, err, tt.text, tt.is)
		}
	}
}

// TestNetNSPath: digits are a process, a slash makes a path.
func TestNetNSPath(t *testing.T) {
	for name, want := range map[string]string{
		"blue":             "/run/netns/blue",
		"1a":               "/run/netns/1a",
		"17":               "/proc/17/ns/net",
		"./17":             "./17",
		"/proc/17/ns/net":  "/proc/17/ns/net",
		"/var/run/netns/b": "/var/run/netns/b",
	} {
		if got := netnsPath(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestNetNSOfTheCaller(t *testing.T) {
	ns, err := openNetNS("")
	if ns != nil || err != nil {
		t.Fatalf("%v, %v", ns, err)
	}
	called := false
	if err := ns.do(func() error { called = true; return nil }); err != nil || !called || ns.close() != nil {
		t.Errorf("called %t, %v", called, err)
	}
}
