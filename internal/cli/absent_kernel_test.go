//go:build kernel

package cli_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelModuleLeaves: the module is taken out between two lines of a stream that
// stays open: each later line is told to have failed, and the program ends.
func TestKernelModuleLeaves(t *testing.T) {
	ours := programs(t)
	w := newWorld(t)
	p := w.begin(t, ours, "ipvsadm", "-R")
	for range 2 {
		if _, err := io.WriteString(p.in, "-L --timeout\n"); err != nil {
			t.Fatal(err)
		}
		if line, err := p.out.ReadString('\n'); err != nil || !strings.HasPrefix(line, "Timeout (") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	w.removeModule(t)
	if _, err := io.WriteString(p.in, "-C\n-D -f 1\n-A -f 2\n-L --timeout\n-C\n"); err != nil {
		t.Fatal(err)
	}
	want := difftest.Result{Status: 255, Stderr: "line 3: Protocol not available\nline 4: Protocol not available\nline 5: Protocol not available\nline 6: Protocol not available\n"}
	if got := p.result(t); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// removeModule takes IPVS out of the kernel, keeps the kernel from loading it by
// itself, and puts it back after the test.
func (w world) removeModule(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		w.setUp(t, "echo /sbin/modprobe > /proc/sys/kernel/modprobe; modprobe ip_vs")
	})
	// A namespace that has just been left holds the module for a while.
	w.setUp(t, `echo /bin/false > /proc/sys/kernel/modprobe
		for i in {1..20}; do rmmod $(awk '/^ip_vs_/ { print $1 }' /proc/modules) ip_vs && break; sleep 0.5; done 2>/dev/null
		test ! -e /proc/net/ip_vs`)
}

// TestKernelModprobe: what is started to load the module is /sbin/modprobe and
// nothing else, with the kernel's words, and nothing of what the caller has set.
func TestKernelModprobe(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	for name, text := range map[string]string{
		"fake": "#!/bin/sh\n{ printf '%s|' \"$0\" \"$@\"; readlink /proc/$$/cwd; tr '\\0' '\\n' < /proc/$$/environ; } >> " + seen + "\necho no such module >&2\nexit 1\n",
		// Not by the caller's PATH.
		"modprobe": "#!/bin/sh\necho evil >> " + seen + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.removeModule(t)
	caller := "cd " + dir + "; export PATH=" + dir + ":$PATH MODPROBE_OPTIONS=--show-depends LD_PRELOAD=/evil.so BASH_ENV=/evil ENV=/evil IFS=/ HOME=/evil; exec "
	const absent = "Can't initialize ipvs: Protocol not available\nAre you sure that IP Virtual Server is built in the kernel or as module?\n"
	path, err := ours.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}

	// The name of the program is a link: what it leads to gives way.
	w.setUp(t, "mount --bind "+filepath.Join(dir, "fake")+" /sbin/modprobe")
	got := w.line(t, ours, caller+path+" -Ln")
	w.setUp(t, "umount /sbin/modprobe")
	if want := (difftest.Result{Status: 2, Stderr: "no such module\n" + absent}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	text, err := os.ReadFile(seen)
	if want := "/sbin/modprobe|--|ip_vs|/\nHOME=/\nTERM=linux\nPATH=/sbin:/usr/sbin:/bin:/usr/bin\n"; err != nil || string(text) != want {
		t.Errorf("modprobe was given %q, %v; want %q", text, err, want)
	}

	// Without a modprobe at all.
	w.setUp(t, "mv /sbin/modprobe /sbin/modprobe.away")
	got = w.line(t, ours, caller+path+" -Ln")
	w.setUp(t, "mv /sbin/modprobe.away /sbin/modprobe")
	if want := (difftest.Result{Status: 2, Stderr: absent}); got != want {
		t.Errorf("without modprobe: %+v, want %+v", got, want)
	}
	if again, err := os.ReadFile(seen); err != nil || string(again) != string(text) {
		t.Errorf("something else was started: %q, %v", again, err)
	}
}
