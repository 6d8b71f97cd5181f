package cli

import (
	"os"
	"strings"
	"testing"
)

// pipe returns a pipe, of which the end to read from is closed by the test.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, w
}

// TestHasInput checks for streams of several kinds whether a read of them returns at once.
func TestHasInput(t *testing.T) {
	empty, emptyEnd := pipe(t)
	defer emptyEnd.Close()
	full, fullEnd := pipe(t)
	defer fullEnd.Close()
	if _, err := fullEnd.WriteString("-"); err != nil {
		t.Fatal(err)
	}
	ended, end := pipe(t)
	_ = end.Close()
	closed := inFile(t, "")
	_ = closed.Close()

	for name, test := range map[string]struct {
		stream any
		want   bool
	}{
		"pipe":            {empty, false},
		"pipe with input": {full, true},
		"ended pipe":      {ended, true},
		"file":            {inFile(t, "-C\n"), true},
		"empty file":      {inFile(t, ""), true},
		"closed file":     {closed, false},
		"text":            {strings.NewReader("-C\n"), false},
	} {
		if got := hasInput(test.stream); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}

// TestStreamPartialLine checks that rules take effect although the beginning of the next
// line is there: its end may come late.
func TestStreamPartialLine(t *testing.T) {
	k := &scriptedKernel{made: make(chan struct{}, 8)}
	in, out := pipe(t)
	done := make(chan result)
	go func() { done <- runEnv(Env{Stdin: in, OpenKernel: openKernel(k)}, "ipvsadm -R") }()

	for _, part := range []string{"-A -f 1\n-A", " -f 2\n-", "A -f 3\n"} {
		if _, err := out.WriteString(part); err != nil {
			t.Fatal(err)
		}
		<-k.made
	}
	_ = out.Close()
	checkEqual(t, "result", result{}, <-done)
	checkEqual(t, "changes", []string{"-A -f 1 -s wlc", "-A -f 2 -s wlc", "-A -f 3 -s wlc"}, k.changes)
}
