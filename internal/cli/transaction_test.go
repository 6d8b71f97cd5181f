package cli

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// stateKernel is a scripted kernel with a table. It rejects changes by rule.
type stateKernel struct {
	*scriptedKernel
	state  ipvs.State
	reject map[string]syscall.Errno
	// made is called after each change, if it is set.
	made func(n int)
}

// newStateKernel returns a kernel with the table that rules describe.
func newStateKernel(t *testing.T, rules string) *stateKernel {
	t.Helper()
	s := newSession("ipvsadm", Env{Stdin: strings.NewReader(rules), Names: noNames{}})
	state, err := readWanted(s, false)
	if err != nil {
		t.Fatal(err)
	}
	return &stateKernel{scriptedKernel: &scriptedKernel{}, state: *state}
}

func (k *stateKernel) Table(ipvs.Query) (ipvs.Table, error) {
	return ipvs.Table{Entries: k.state.Entries()}, nil
}

func (k *stateKernel) Apply(changes []ipvs.Change) []error {
	errs := make([]error, len(changes))
	for i, c := range changes {
		rule := strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, c)), "\n")
		k.changes = append(k.changes, rule)
		if errno, ok := k.reject[rule]; ok {
			errs[i] = &ipvs.Error{Op: c.Op, Errno: errno}
		} else {
			errs[i] = k.state.Apply(c)
		}
		if k.made != nil {
			k.made(len(k.changes))
		}
	}
	return errs
}

func (k *stateKernel) Prepare(changes []ipvs.Change) func() []error {
	return func() []error { return k.Apply(changes) }
}

// The table before and the table wanted: a service that comes, one that is edited,
// and one that goes, each with a server.
const (
	presentRules = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -m -w 1\n-A -f 2 -s rr\n-a -f 2 -r 10.0.0.2 -m -w 1\n"
	wantedRules  = "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1 -m -w 5\n-A -f 3 -s rr\n-a -f 3 -r 10.0.0.3 -m -w 1\n"
)

// TestSyncPhases: no edit is made before all additions are accepted, and no removal
// before all edits are. A rejected phase takes back only what was done, and the
// report says what is true.
func TestSyncPhases(t *testing.T) {
	const (
		addService, addServer   = "-A -f 3 -s rr", "-a -f 3 -r 10.0.0.3:0 -m -w 1"
		editService, editServer = "-E -f 1 -s wrr", "-e -f 1 -r 10.0.0.1:0 -m -w 5"
		remove                  = "-D -f 2"
		busy                    = ": Device or resource busy\n"
		rolledBack              = "rolled back; no changes were kept\n"
	)
	additions := []string{addService, addServer}
	edits := append(additions[:2:2], editService, editServer)
	for name, test := range map[string]struct {
		reject  map[string]syscall.Errno
		status  int
		stderr  string
		changes []string
	}{
		"accepted": {nil, 0, "", append(edits[:4:4], remove)},
		"the only addition that was tried": {
			map[string]syscall.Errno{addService: syscall.EBUSY, addServer: syscall.EBUSY}, 255,
			addService + busy + addServer + busy + "no changes were made\n", additions,
		},
		"an addition": {
			map[string]syscall.Errno{addServer: syscall.EBUSY}, 255,
			addServer + busy + rolledBack, append(additions[:2:2], "-D -f 3"),
		},
		"an edit": {
			map[string]syscall.Errno{editServer: syscall.EBUSY}, 255,
			editServer + busy + rolledBack,
			append(edits[:4:4], "-E -f 1 -s rr", "-d -f 3 -r 10.0.0.3:0", "-D -f 3"),
		},
		"a removal": {
			map[string]syscall.Errno{remove: syscall.EBUSY}, 255,
			remove + busy + rolledBack,
			append(edits[:4:4], remove, "-e -f 1 -r 10.0.0.1:0 -m -w 1", "-E -f 1 -s rr", "-d -f 3 -r 10.0.0.3:0", "-D -f 3"),
		},
		"a removal that somebody else was quicker with": {
			map[string]syscall.Errno{remove: syscall.ESRCH}, 0, "", append(edits[:4:4], remove),
		},
		"a rollback": {
			map[string]syscall.Errno{addServer: syscall.EBUSY, "-D -f 3": syscall.EPERM}, 255,
			addServer + busy + "undo -D -f 3: Permission denied (you must be root)\nRollback failed: the table is only partly updated.\n",
			append(additions[:2:2], "-D -f 3"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newStateKernel(t, presentRules)
			k.reject = test.reject
			var errs bytes.Buffer
			status := Restore([]string{"ipvsadm-restore", "--sync"}, Env{
				Stdin: strings.NewReader(wantedRules), Stderr: &errs, Names: noNames{}, Signals: noSignals,
				OpenKernel: func(string) (Kernel, error) { return k, nil },
			})
			checkEqual(t, "result", result{test.status, "", test.stderr}, result{status, "", errs.String()})
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestSyncRemovalRolledBack: where a removal was taken back, the report
// says that counters are lost.
func TestSyncRemovalRolledBack(t *testing.T) {
	k := newStateKernel(t, presentRules+"-A -f 4 -s rr\n")
	k.reject = map[string]syscall.Errno{"-D -f 4": syscall.EBUSY}
	before := k.state.Entries()
	var errs bytes.Buffer
	status := Restore([]string{"ipvsadm-restore", "--sync"}, Env{
		Stdin: strings.NewReader(wantedRules), Stderr: &errs, Names: noNames{}, Signals: noSignals,
		OpenKernel: func(string) (Kernel, error) { return k, nil },
	})
	want := "-D -f 4: Device or resource busy\n" +
		"rolled back; no changes were kept, but the counters of what was removed and added again begin at 0\n"
	checkEqual(t, "result", result{255, "", want}, result{status, "", errs.String()})
	checkEqual(t, "services", len(before), len(k.state.Entries()))
}

// TestSyncInterrupted: a signal ends a sync between two batches, and what was done is
// taken back.
func TestSyncInterrupted(t *testing.T) {
	const services = 20 * batchSize
	var rules strings.Builder
	for mark := range services {
		fmt.Fprintf(&rules, "-A -f %d -s rr\n", mark+1)
	}
	signals := make(chan os.Signal, 1)
	k := newStateKernel(t, presentRules)
	before := k.state.Entries()
	k.made = func(n int) {
		if n == 1 {
			signals <- syscall.SIGTERM
		}
	}

	var errs bytes.Buffer
	status := Restore([]string{"ipvsadm-restore", "--sync"}, Env{
		Stdin: strings.NewReader(rules.String()), Stderr: &errs, Names: noNames{},
		Signals:    func() (<-chan os.Signal, func()) { return signals, func() {} },
		OpenKernel: func(string) (Kernel, error) { return k, nil },
	})
	want := "interrupted by signal: terminated\nrolled back; no changes were kept\n"
	checkEqual(t, "result", result{128 + 15, "", want}, result{status, "", errs.String()})
	if n := len(k.changes); n >= services {
		t.Errorf("%d changes were made for %d services", n, services)
	}
	if diff := cmp.Diff(before, k.state.Entries(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("table (-before +after):\n%s", diff)
	}
}
