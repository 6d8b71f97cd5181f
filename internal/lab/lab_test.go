package lab

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testShare makes the share of a guest that runs true.
func testShare(t *testing.T, g Guest) share {
	t.Helper()
	s, err := newShare(g, image{"/cache"}, []string{"true"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

// fake returns a machine that runs a shell script; $0 is its share.
func fake(s share, script string) machine { return machine{argv: []string{"sh", "-c", script, s.dir}} }

func TestMachineRuns(t *testing.T) {
	var stdout, stderr strings.Builder
	s := testShare(t, Guest{})
	stop, err := s.follow(&stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	m := fake(s, `echo out >> $0/stdout; echo err >> $0/stderr; echo 7 > $0/status; exit 1`)
	if err := m.run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if status, err := s.status(); status != 7 || err != nil {
		t.Errorf("status %d, %v, want 7", status, err)
	}
	if diff := cmp.Diff([]string{"out\n", "err\n"}, []string{stdout.String(), stderr.String()}); diff != "" {
		t.Error(diff)
	}
}

// TestMachineEndsEarly checks that a boot that failed is distinguished from a guest that
// crashed later, by the file that init makes before the command.
func TestMachineEndsEarly(t *testing.T) {
	for script, want := range map[string]GuestError{
		`echo no room`:                        {Booted: false, Console: "no room"},
		`: > $0/started; printf 'a\r\nb\r\n'`: {Booted: true, Console: "a\nb"},
	} {
		s := testShare(t, Guest{})
		if err := fake(s, script).run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		_, err := s.status()
		var got *GuestError
		if !errors.As(err, &got) {
			t.Fatalf("%s: %v, not a GuestError", script, err)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestMachineIsKilled ends a machine that hangs, with its children.
func TestMachineIsKilled(t *testing.T) {
	s := testShare(t, Guest{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := fake(s, `sleep 100 & echo $! > $0/child; sleep 100`).run(ctx, s)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	pid, err := os.ReadFile(s.path("child"))
	if err != nil {
		t.Fatal(err)
	}
	waitGone(t, strings.TrimSpace(string(pid)))
}

// waitGone waits until a process is no more, or is a zombie that nobody reaps.
func waitGone(t *testing.T, pid string) {
	t.Helper()
	for range 100 {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %s is still there", pid)
}

// TestShareIsRemoved shows that a run leaves no file, even one that fails.
func TestShareIsRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if _, err := (Guest{Kernel: Kernel{Platform: -1}}).Run(t.Context(), "true"); err == nil {
		t.Error("a kernel of no kind boots")
	}
	if _, err := (Guest{}).Run(t.Context()); err == nil {
		t.Error("no command runs")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestOneWriter keeps the order of the two streams if they go to one writer.
func TestOneWriter(t *testing.T) {
	s := testShare(t, Guest{Stdout: os.Stderr, Stderr: os.Stderr})
	target, err := os.Readlink(s.path("stderr"))
	if target != "stdout" || err != nil {
		t.Errorf("stderr is a link to %q, %v", target, err)
	}
}

// TestQuoting lets a shell read what was quoted for it.
func TestQuoting(t *testing.T) {
	words := []string{"plain", "", "two words", "it's", `"$HOME" \n`, "line\nline", "*"}
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+quoteAll(words)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(words, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
		t.Error(diff)
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("PATH", "/bin")
	got := settings(Guest{Env: []string{"A=b c"}, Writable: []string{"/x y"}}, image{"/cache"}, "/work dir")
	const want = `modules='/cache/lib/modules'
workdir='/work dir'
writable=''\''/x y'\'''
export PATH='/bin:/usr/sbin:/sbin'
export HOME='/root'
export LAB_KERNEL='uml'
export A='b c'
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTail(t *testing.T) {
	for text, want := range map[string]string{"": "", "a\n": "a", "a\r\nb\r\nc\r\n": "b\nc"} {
		if got := tail(text, 2); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestMissingPackages looks for programs where PATH and root's PATH lead.
func TestMissingPackages(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if err := os.WriteFile(filepath.Join(dir, "there"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	got := missingPackages([]Tool{{"there", "one"}, {"not-there", "two"}})
	if diff := cmp.Diff([]string{"two"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestGroupOfItsOwn shows that a signal to our group does not reach the guest,
// which is ended in an orderly way instead.
func TestGroupOfItsOwn(t *testing.T) {
	s := testShare(t, Guest{})
	m := fake(s, `set -- $(cat /proc/$$/stat); echo $5 > $0/status`)
	if err := m.run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	group, err := s.status()
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("the guest is in our process group %d, %v", group, err)
	}
}
