//go:build kernel

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// removeModule unloads IPVS, keeps the kernel from loading it by itself, and loads it
// again after the test.
func (ns namespace) removeModule(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		ns.mustShell(t, "echo /sbin/modprobe > /proc/sys/kernel/modprobe; modprobe ip_vs")
	})

	// A namespace that has just been removed holds the module for a while.
	ns.mustShell(t, `echo /bin/false > /proc/sys/kernel/modprobe
		for i in {1..20}; do rmmod $(awk '/^ip_vs_/ { print $1 }' /proc/modules) ip_vs && break; sleep 0.5; done 2>/dev/null
		test ! -e /proc/net/ip_vs`)
}

// TestKernelModuleLeaves checks a stream that stays open while the module is unloaded
// between two of its lines: each later line is reported as failed, and the program
// ends.
func TestKernelModuleLeaves(t *testing.T) {
	ns := newNamespace(t)
	p := ns.start(t, ourPrograms(t), "ipvsadm", "-R")
	for range 2 {
		p.write(t, "-L --timeout\n")
		if line, err := p.out.ReadString('\n'); err != nil || !strings.HasPrefix(line, "Timeout (") {
			t.Fatalf("%q, %v", line, err)
		}
	}

	ns.removeModule(t)
	p.write(t, "-C\n-D -f 1\n-A -f 2\n-L --timeout\n-C\n")
	checkResult(t, p.result(t), difftest.Result{Status: 255, Stderr: "line 3: Protocol not available\n" +
		"line 4: Protocol not available\nline 5: Protocol not available\nline 6: Protocol not available\n"})
}

// TestKernelModprobe checks that the module is loaded with /sbin/modprobe and nothing
// else, with the arguments that the kernel passes, with nothing of the caller's
// environment, and with no signal ignored.
func TestKernelModprobe(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	for name, text := range map[string]string{
		"fake": "#!/bin/sh\n{ printf '%s|' \"$0\" \"$@\"; readlink /proc/$$/cwd; tr '\\0' '\\n' < /proc/$$/environ; grep SigIgn /proc/$$/status; } >> " + seen + "\necho no such module >&2\nexit 1\n",
		// What a search by the caller's PATH would find.
		"modprobe": "#!/bin/sh\necho evil >> " + seen + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path, err := ours.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}
	ns.removeModule(t)
	line := "cd " + dir + "; export PATH=" + dir + ":$PATH MODPROBE_OPTIONS=--show-depends LD_PRELOAD=/evil.so BASH_ENV=/evil ENV=/evil IFS=/ HOME=/evil; exec " + path + " -Ln"
	const absent = "Can't initialize ipvs: Protocol not available\nAre you sure that IP Virtual Server is built in the kernel or as module?\n"

	// /sbin/modprobe is a link: the file that it points to is replaced.
	ns.mustShell(t, "mount --bind "+filepath.Join(dir, "fake")+" /sbin/modprobe")
	got := ns.shell(t, ours, line)
	ns.mustShell(t, "umount /sbin/modprobe")
	checkResult(t, got, difftest.Result{Status: 2, Stderr: "no such module\n" + absent})
	text, err := os.ReadFile(seen)
	if want := "/sbin/modprobe|--|ip_vs|/\nHOME=/\nTERM=linux\nPATH=/sbin:/usr/sbin:/bin:/usr/bin\nSigIgn:\t0000000000000000\n"; err != nil || string(text) != want {
		t.Errorf("modprobe was started with %q, %v; want %q", text, err, want)
	}

	t.Run("no modprobe", func(t *testing.T) {
		ns.mustShell(t, "mv /sbin/modprobe /sbin/modprobe.away")
		got := ns.shell(t, ours, line)
		ns.mustShell(t, "mv /sbin/modprobe.away /sbin/modprobe")
		checkResult(t, got, difftest.Result{Status: 2, Stderr: absent})
		if again, err := os.ReadFile(seen); err != nil || string(again) != string(text) {
			t.Errorf("something else was started: %q, %v", again, err)
		}
	})
}
