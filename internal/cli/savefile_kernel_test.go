//go:build kernel

package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// savedRules are the rules that the tests of --output save.
const savedRules = "-A -f 1 -s rr\n-a -f 1 -r 10.1.0.1:80 -m -w 1\n"

// TestKernelOutputFile checks what --output does with all kinds of files. Every line
// ends with a listing of the directory.
func TestKernelOutputFile(t *testing.T) {
	const (
		save    = "ipvsadm-save -n --output "
		user    = "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin -- "
		stdout  = "ln -sf /proc/self/fd/1 /dev/stdout" // as udev makes it
		listing = "; s=$?; find . -type f -printf '%P %u %g %m %s\\n' | sort; exit $s"
	)
	ours := ourPrograms(t)
	old := func(attributes string) string { return "f " + attributes + " 4\n" }
	saved := func(attributes string) string { return "f " + attributes + " " + strconv.Itoa(len(savedRules)) + "\n" }
	for _, test := range []struct {
		name, prepare, line string
		want                difftest.Result
	}{
		{"mode and owner", "chown 1234:2345 f; chmod 604 f", save + "f", difftest.Result{Stdout: saved("1234 2345 604")}},
		{"a new file", "rm f; umask 0022", save + "f", difftest.Result{Stdout: saved("root root 644")}},
		{"of a user", "chown nobody:nogroup . f; chmod 640 f", user + save + "f", difftest.Result{Stdout: saved("nobody nogroup 640")}},
		{
			"of a group that the user is not in", "chown nobody:root f; chown nobody .", user + save + "f",
			difftest.Result{Status: 1, Stdout: old("nobody root 644"), Stderr: "cannot write f: cannot keep its owner and group: Operation not permitted\n"},
		},
		{
			"of root", "chmod 666 f; chown nobody .", user + save + "f",
			difftest.Result{Status: 1, Stdout: old("root root 666"), Stderr: "cannot write f: cannot keep its owner and group: Operation not permitted\n"},
		},
		{
			"in a directory of root", "chown nobody f", user + save + "f",
			difftest.Result{Status: 1, Stdout: old("nobody root 644"), Stderr: "cannot write f: Permission denied\n"},
		},
		{
			"a file that must not be written", "chown nobody . f; chmod 444 f", user + save + "f",
			difftest.Result{Status: 1, Stdout: old("nobody root 444"), Stderr: "cannot write f: Permission denied\n"},
		},
		{
			"on a file system that is read-only", "mount -o remount,ro .", save + "f",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write f: Read-only file system\n"},
		},
		{
			"on a full file system", "head -c 1M /dev/zero > zero || rm -f none", save + "f",
			difftest.Result{Status: 1, Stdout: old("root root 644") + "zero root root 644 61440\n", Stderr: "cannot write f: No space left on device\n"},
		},
		{
			"without a free inode", "i=0; while : > $i; do i=$((i+1)); done; :", save + "f; s=$?; rm [0-9]*; (exit $s)",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write f: No space left on device\n"},
		},
		{
			"beyond the limit of the file size", "", "ulimit -f 0; " + save + "f",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write f: File too large\n"},
		},
		{
			"another file system's", "mount --bind f f", save + "f; s=$?; umount f; (exit $s)",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write f: Device or resource busy\n"},
		},
		{
			"a link that the kernel does not follow", "echo 1 > /proc/sys/fs/protected_symlinks; mkdir -m 1777 d; " + user + "ln -s ../f d/f", save + "d/f",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write d/f: Permission denied\n"},
		},
		{
			"a link that leads nowhere", "ln -s none g", save + "g",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write g: a symbolic link to a file that does not exist\n"},
		},
		{
			"a pipe", stdout, save + "/dev/stdout | cat",
			difftest.Result{Stdout: savedRules + old("root root 644")},
		},
		{
			"a FIFO", "mkfifo p", "cat p & " + save + "p; wait",
			difftest.Result{Stdout: savedRules + old("root root 644")},
		},
		{
			"standard output that is a file", stdout + "; ln f g", save + "/dev/stdout > f; cat g",
			difftest.Result{Stdout: savedRules + saved("root root 644") + strings.Replace(saved("root root 644"), "f", "g", 1)},
		},
		{
			"a device", "", save + "/dev/full",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write /dev/full: No space left on device\n"},
		},
		{
			"a directory", "mkdir d", save + "d",
			difftest.Result{Status: 1, Stdout: old("root root 644"), Stderr: "cannot write d: Is a directory\n"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, savedRules, "ipvsadm -R")
			ns.mustShell(t, "mkdir /run/out && mount -t tmpfs -o size=64k,nr_inodes=40,mode=755 none /run/out && cd /run/out && umask 022 && echo old > f; "+test.prepare)
			checkResult(t, ns.shell(t, ours, "cd /run/out; "+test.line+listing), test.want)
		})
	}
}

// TestKernelOutputAttributes checks that a file keeps its access control list and other
// extended attributes.
func TestKernelOutputAttributes(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, savedRules, "ipvsadm -R")
	const path = "/run/f"
	// rw- for the owner, r-- for user 1234, the group and the mask, --- for others
	// (linux/posix_acl_xattr.h).
	list := []byte("\x02\x00\x00\x00" + "\x01\x00\x06\x00\xff\xff\xff\xff" + "\x02\x00\x04\x00\xd2\x04\x00\x00" +
		"\x04\x00\x04\x00\xff\xff\xff\xff" + "\x10\x00\x04\x00\xff\xff\xff\xff" + "\x20\x00\x00\x00\xff\xff\xff\xff")
	attributes := map[string][]byte{"system.posix_acl_access": list, "trusted.site": []byte("value")}
	_ = ns.Do(func() error { // returns no error of its own
		if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		for name, value := range attributes {
			if err := unix.Setxattr(path, name, value, 0); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		return nil
	})
	ns.mustRun(t, "", "ipvsadm -S -n --output "+path)
	_ = ns.Do(func() error {
		for name, want := range attributes {
			got := make([]byte, 100)
			n, err := unix.Getxattr(path, name, got)
			if err != nil || !bytes.Equal(got[:n], want) {
				t.Errorf("%s: %q, %v, want %q", name, got[:max(n, 0)], err, want)
			}
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != savedRules {
			t.Errorf("%q, %v", text, err)
		}
		return nil
	})
}

// TestKernelOutputInterrupted checks that a signal to a save leaves the file as it was
// and nothing beside it, and that the next save removes what SIGKILL left.
func TestKernelOutputInterrupted(t *testing.T) {
	ours := ourPrograms(t)
	for _, test := range []struct {
		signal syscall.Signal
		want   difftest.Result
		left   int
	}{
		{syscall.SIGTERM, difftest.Result{Status: 143, Stderr: "interrupted: /run/out/rules was not written\n"}, 0},
		{syscall.SIGINT, difftest.Result{Status: 130, Stderr: "interrupted: /run/out/rules was not written\n"}, 0},
		{syscall.SIGHUP, difftest.Result{Status: 129, Stderr: "interrupted: /run/out/rules was not written\n"}, 0},
		{syscall.SIGKILL, difftest.Result{Status: 137}, 1},
	} {
		t.Run(test.signal.String(), func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, savedRules, "ipvsadm -R")
			ns.mustShell(t, "mkdir /run/out && echo old > /run/out/rules")
			p := ns.startShell(t, ours, "exec strace -f -qq -e signal=none -e trace=fsync -e inject=fsync:delay_enter=1s -o /dev/null ipvsadm-save -n --output /run/out/rules")
			pid := 0
			for deadline := time.Now().Add(time.Minute); pid == 0; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("no temporary file")
				}
				_ = ns.Do(func() error { // returns no error of its own
					names, _ := filepath.Glob("/run/out/.rules.ipvsadm-*")
					if len(names) == 1 {
						_, err := fmt.Sscanf(names[0], "/run/out/.rules.ipvsadm-%d", &pid)
						return err
					}
					return nil
				})
			}
			if err := syscall.Kill(pid, test.signal); err != nil {
				t.Fatal(err)
			}
			got := p.result(t)
			if strings.HasPrefix(got.Stderr, "strace: ") {
				got.Stderr = "" // its own, about a process that was killed
			}
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			want := difftest.Result{Stdout: "old\n" + strconv.Itoa(1+test.left) + "\n"}
			if got := ns.shell(t, ours, "cd /run/out; cat rules; ls -A | wc -l"); got != want {
				t.Errorf("after the signal: %+v, want %+v", got, want)
			}
			want = difftest.Result{Stdout: savedRules + "rules\n"}
			if got := ns.shell(t, ours, "cd /run/out; ipvsadm-save -n --output rules; cat rules; ls -A"); got != want {
				t.Errorf("after the next save: %+v, want %+v", got, want)
			}
		})
	}
}
