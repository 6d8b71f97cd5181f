package cli

import (
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// connectionless is a kernel whose connections cannot be opened, or not be read to
// the end.
type connectionless struct {
	*scriptedKernel
	openErr, readErr error
}

func (k connectionless) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	if k.openErr != nil {
		return nil, k.openErr
	}
	return func(yield func(*ipvs.Connection, error) bool) { yield(nil, k.readErr) }, nil
}

// TestNoConnections: without the file that lists connections nothing is printed but
// why, in the reference program's words; a read that fails half way leaves what was
// listed, and in JSON a whole document.
func TestNoConnections(t *testing.T) {
	open := func(errno error) error {
		return &fs.PathError{Op: "open", Path: "/proc/thread-self/net/ip_vs_conn", Err: errno}
	}
	read := fmt.Errorf("read f: %w", &fs.PathError{Op: "read", Path: "f", Err: syscall.EIO})
	const titles = "IPVS connection entries\npro expire state       source             virtual            destination\n"
	for _, test := range []struct {
		line             string
		openErr, readErr error
		want             result
	}{
		{"ipvsadm -Lnc", open(syscall.ENOENT), nil, result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"ipvsadm -Lc", open(syscall.ENOENT), nil, result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"ipvsadm -Lnc --json", open(syscall.ENOENT), nil, result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"ipvsadm -Lnc", open(syscall.EMFILE), nil, result{1, "", "cannot open file /proc/net/ip_vs_conn: Too many open files\n"}},
		{"ipvsadm -Lnc", nil, read, result{1, titles, "Input/output error\n"}},
		{"ipvsadm -Lnc --json", nil, read, result{1, "{\"connections\":[]}\n", "Input/output error\n"}},
	} {
		var out, errs strings.Builder
		status := Run(strings.Fields(test.line), Env{
			Stdout: &out, Stderr: &errs, Names: noNames{}, Signals: noSignals,
			OpenKernel: func(string) (Kernel, error) {
				return connectionless{&scriptedKernel{}, test.openErr, test.readErr}, nil
			},
		})
		checkEqual(t, test.line, test.want, result{status, out.String(), errs.String()})
	}
}

// TestFaultsInTheMiddle: whatever the kernel answers in the middle of a batch, the
// lines before and after it apply, the one is told by its number, and the status is
// not 0; a sync takes back what it had done, and says when that fails too.
func TestFaultsInTheMiddle(t *testing.T) {
	stream := "-A -f 1\n-A -f 2\n-A -f 3\n"
	for errno, text := range map[syscall.Errno]string{
		syscall.ENOBUFS: "No buffer space available", syscall.EINTR: "Interrupted system call", syscall.EBUSY: "Device or resource busy",
		syscall.EPERM: "Permission denied (you must be root)", syscall.EBADMSG: "Bad message", syscall.ETIMEDOUT: "Connection timed out",
	} {
		k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: errno}}
		checkEqual(t, "-R", result{255, "", "line 2: " + text + "\n"}, run(Run, k, strings.NewReader(stream), "ipvsadm -R"))
		checkEqual(t, "-R: changes", 3, len(k.changes))

		k = &scriptedKernel{rejectAt: map[int]syscall.Errno{0: errno}}
		checkEqual(t, "the clearing", result{255, "", text + "\n"}, run(Restore, k, strings.NewReader(stream), "ipvsadm-restore"))
		checkEqual(t, "the clearing: changes", []string{"-C"}, k.changes)

		k = &scriptedKernel{rejectAt: map[int]syscall.Errno{1: errno}}
		want := result{255, "", "-A -f 2 -s wlc: " + text + "\nrolled back; no changes were kept\n"}
		checkEqual(t, "--sync", want, run(Restore, k, strings.NewReader(stream), "ipvsadm-restore --sync"))
		checkEqual(t, "--sync: changes", []string{"-D -f 3", "-D -f 1"}, k.changes[3:])

		if isUnknown(errno) {
			continue // see TestSyncLostAnswers
		}
		k = &scriptedKernel{rejectAt: map[int]syscall.Errno{1: errno, 3: errno}}
		want.Stderr = "-A -f 2 -s wlc: " + text + "\nundo -D -f 3: " + text + "\nRollback failed: the table is only partly updated.\n"
		checkEqual(t, "--sync, undo", want, run(Restore, k, strings.NewReader(stream), "ipvsadm-restore --sync"))

	}
}

// forgetful is a kernel with a table, whose answers to some changes, by number, are
// lost, and which refuses others.
type forgetful struct {
	*scriptedKernel
	state          ipvs.State
	lost, rejectAt map[int]bool
	n              int
}

func (k *forgetful) Table(ipvs.Query) (ipvs.Table, error) {
	return ipvs.Table{Entries: k.state.Entries()}, nil
}

func (k *forgetful) Apply(changes []ipvs.Change) []error {
	errs := make([]error, len(changes))
	for i, c := range changes {
		if k.rejectAt[k.n] {
			errs[i] = &ipvs.Error{Op: c.Op, Errno: syscall.EBUSY}
		} else {
			errs[i] = k.state.Apply(c)
		}
		if k.lost[k.n] {
			errs[i] = &ipvs.Error{Op: c.Op, Errno: syscall.ENOBUFS}
		}
		k.n++
	}
	return errs
}

func (k *forgetful) Prepare(changes []ipvs.Change) func() []error {
	return func() []error { return k.Apply(changes) }
}

// TestSyncLostAnswers: a change whose answer was lost may have been made; a sync
// that says that nothing was changed has looked.
func TestSyncLostAnswers(t *testing.T) {
	const lost = "-A -f 2 -s wlc: No buffer space available\n"
	const nothing = "rolled back; no changes were kept\n"
	for name, test := range map[string]struct {
		lost, rejectAt map[int]bool
		told           string
		services       int
	}{
		"made":       {map[int]bool{1: true}, nil, lost + nothing, 0},
		"not made":   {map[int]bool{1: true}, map[int]bool{1: true}, lost + nothing, 0},
		"the undo's": {map[int]bool{1: true, 3: true}, nil, lost + "undo -D -f 3: No buffer space available\n" + nothing, 0},
		"no undo": {
			map[int]bool{1: true}, map[int]bool{5: true},
			lost + "undo -D -f 2: Device or resource busy\nRollback failed: the table is only partly updated.\n", 1,
		},
	} {
		var errs strings.Builder
		k := &forgetful{scriptedKernel: &scriptedKernel{}, lost: test.lost, rejectAt: test.rejectAt}
		status := Restore([]string{"ipvsadm-restore", "--sync"}, Env{
			Stdin: strings.NewReader("-A -f 1\n-A -f 2\n-A -f 3\n"), Stderr: &errs, Names: noNames{}, Signals: noSignals,
			OpenKernel: func(string) (Kernel, error) { return k, nil },
		})
		checkEqual(t, name, result{255, "", test.told}, result{status, "", errs.String()})
		checkEqual(t, name+": services left", test.services, len(k.state.Entries()))
	}
}

// patient is a kernel that makes changes only once the output is lost.
type patient struct {
	*scriptedKernel
	lost <-chan struct{}
}

func (k patient) Prepare(changes []ipvs.Change) func() []error {
	return func() []error {
		<-k.lost
		return k.Apply(changes)
	}
}

// losing is an output that cannot be written, and says so once.
type losing struct {
	err  error
	lost chan struct{}
}

func (w *losing) Write([]byte) (int, error) {
	close(w.lost)
	return 0, w.err
}

// TestOutputLostWhileChangesAreMade: changes that are underway when a listing of the
// stream cannot be written are waited for, and what the kernel refuses of them is told.
func TestOutputLostWhileChangesAreMade(t *testing.T) {
	stream := "-L -n\n" + strings.Repeat("-A -f 1\n", batchSize) + "-A -f 2\n"
	const refused = "line 3: Device or resource busy\n"
	for errno, want := range map[syscall.Errno]result{
		syscall.EPIPE:  {255, "", refused},
		syscall.ENOSPC: {255, "", refused + "Can't write: No space left on device\n"},
	} {
		var errs strings.Builder
		out := &losing{errno, make(chan struct{})}
		k := patient{&scriptedKernel{rejectAt: map[int]syscall.Errno{1: syscall.EBUSY}}, out.lost}
		status := Run([]string{"ipvsadm", "-R"}, Env{
			Stdin: strings.NewReader(stream), Stdout: out, Stderr: &errs, Names: noNames{}, Signals: noSignals,
			OpenKernel: func(string) (Kernel, error) { return k, nil },
		})
		checkEqual(t, errno.Error(), want, result{status, "", errs.String()})
		checkEqual(t, errno.Error()+": changes", batchSize, len(k.changes))
	}
}
