package cli

import (
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
)

// TestStream checks that every rejected rule is reported with its line and that the
// rules after it are applied. Other errors end the stream.
func TestStream(t *testing.T) {
	const stream = "# rules\n-A -t 10.0.0.1:80\n\nipvsadm -A -t 10.0.0.2:80 -s rr # why\n-D -t 10.0.0.3:80\n-L --timeout\n-C\n"
	const timeouts = "Timeout (tcp tcpfin udp): 900 120 300\n"
	all := []string{"-A -t 10.0.0.1:80 -s wlc", "-A -t 10.0.0.2:80 -s rr", "-D -t 10.0.0.3:80", "-C"}
	for _, test := range []struct {
		name     string
		stream   string
		rejectAt map[int]syscall.Errno
		want     result
		changes  []string
	}{
		{"accepted", stream, nil, result{0, timeouts, ""}, all},
		{
			"two rejected", stream, map[int]syscall.Errno{0: syscall.EEXIST, 2: syscall.ESRCH},
			result{255, timeouts, "line 2: Service already exists\nline 5: No such service\n"}, all,
		},
		{
			"a usage error ends it", "-A -t 10.0.0.1:80\n-A -t x\n-C\n", nil,
			result{2, "", "line 2: illegal virtual server address[:port] specified\n"}, all[:1],
		},
		{
			"the status is that of the first error", "-A -t 10.0.0.1:80\n-Aq\n-C\n", map[int]syscall.Errno{0: syscall.EEXIST},
			result{255, "", "line 1: Service already exists\nline 2: -Aq: unknown option\n"}, all[:1],
		},
		{
			"a stream in a stream ends it", "-A -t 10.0.0.1:80\n-R\n-C\n", nil,
			result{255, "", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, all[:1],
		},
		{
			"a listing that fails ends it", "-A -t 10.0.0.1:80\n-L --daemon\n-C\n", nil,
			result{1, "", "line 2: Device or resource busy\n"}, all[:1],
		},
		{
			"a version ends it", "-v\n-C\n", nil,
			result{0, "ipvsadm v1.31 (ipvsadm-go 0.1.0, compiled with Go and IPVS v1.2.1)\n", ""}, nil,
		},
		{
			"an option of the invocation ends it", "-A -t 10.0.0.1:80\n-S -n --output " + t.TempDir() + "/x\n-C\n", nil,
			result{2, "", "line 2: --output belongs to the invocation, not to a rule stream\n"}, all[:1],
		},
		{"no newline at the end", "-A -t 10.0.0.1:80", nil, result{}, all[:1]},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &scriptedKernel{rejectAt: test.rejectAt, daemonsErr: syscall.EBUSY}
			checkEqual(t, "result", test.want, run(k, test.stream, "ipvsadm -R"))
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestStreamErrors checks that an error of one of several changes is reported, whatever
// the kernel returns, and that the other changes are made.
func TestStreamErrors(t *testing.T) {
	for _, test := range middleErrors {
		t.Run(test.text, func(t *testing.T) {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: test.errno}}
			checkEqual(t, "result", result{255, "", "line 2: " + test.text + "\n"}, run(k, "-A -f 1\n-A -f 2\n-A -f 3\n", "ipvsadm -R"))
			checkEqual(t, "changes", []string{"-A -f 1 -s wlc", "-A -f 2 -s wlc", "-A -f 3 -s wlc"}, k.changes)
		})
	}
}

// middleErrors are errors that can come in the middle of several changes, and their
// texts.
var middleErrors = []struct {
	errno syscall.Errno
	text  string
}{
	{syscall.ENOBUFS, "No buffer space available"},
	{syscall.EINTR, "Interrupted system call"},
	{syscall.EBUSY, "Device or resource busy"},
	{syscall.EPERM, "Permission denied (you must be root)"},
	{syscall.EBADMSG, "Bad message"},
	{syscall.ETIMEDOUT, "Connection timed out"},
}

// TestStreamBatches checks that the rules of a file go to the kernel in few batches.
func TestStreamBatches(t *testing.T) {
	var rules strings.Builder
	for mark := range 3000 {
		fmt.Fprintf(&rules, "-A -f %d\n", mark+1)
	}
	k := &scriptedKernel{}
	checkEqual(t, "result", result{}, run(k, rules.String(), "ipvsadm -R"))
	checkEqual(t, "changes", 3000, len(k.changes))
	if len(k.batches) > 12 {
		t.Errorf("%d batches for 3000 rules: %v", len(k.batches), k.batches)
	}
}

// TestStreamWaits checks that a rule takes effect before the program reads on from a
// pipe.
func TestStreamWaits(t *testing.T) {
	k := &scriptedKernel{}
	in, out := io.Pipe()
	done := make(chan result)
	go func() { done <- runEnv(Env{Stdin: in, OpenKernel: openKernel(k)}, "ipvsadm -R") }()
	for i := range 3 {
		fmt.Fprintf(out, "-A -f %d\n", i+1)
		// This is read when there is nothing left to do.
		fmt.Fprint(out, "\n")
		checkEqual(t, "changes", i+1, len(k.changes))
	}

	out.Close()
	checkEqual(t, "result", result{}, <-done)
}

// TestStreamWriteError checks a stream of which a listing cannot be written while
// changes are being made: it ends after these, and those that the kernel rejects are
// reported.
func TestStreamWriteError(t *testing.T) {
	stream := "-L -n\n" + strings.Repeat("-A -f 1\n", batchSize) + "-A -f 2\n"
	const rejected = "line 3: Device or resource busy\n"
	for _, test := range []struct {
		err  syscall.Errno
		want result
	}{
		{syscall.EPIPE, result{255, "", rejected}},
		{syscall.ENOSPC, result{255, "", rejected + "Can't write: No space left on device\n"}},
	} {
		t.Run(test.err.Error(), func(t *testing.T) {
			failed := make(chan struct{})
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: syscall.EBUSY}, beforeBatch: func() { <-failed }}
			env := Env{
				Stdin: strings.NewReader(stream), Stdout: &failingWriter{err: test.err, failed: failed}, OpenKernel: openKernel(k),
			}
			checkEqual(t, "result", test.want, runEnv(env, "ipvsadm -R"))
			checkEqual(t, "changes", batchSize, len(k.changes))
		})
	}
}
