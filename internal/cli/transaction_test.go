package cli

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rules of the table before and of the table wanted: a service that is added, one
// that is edited, and one that is removed, each with a server.
const (
	presentRules = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -m -w 1\n-A -f 2 -s rr\n-a -f 2 -r 10.0.0.2 -m -w 1\n"
	wantedRules  = "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1 -m -w 5\n-A -f 3 -s rr\n-a -f 3 -r 10.0.0.3 -m -w 1\n"
)

// TestSyncPhases checks that no edit is made before all additions are accepted, and no
// removal before all edits are. Only what was made is rolled back. The report has what
// the table is then.
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
	for _, test := range []struct {
		name    string
		reject  map[string]syscall.Errno
		status  int
		stderr  string
		changes []string
	}{
		{"accepted", nil, 0, "", append(edits[:4:4], remove)},
		{
			"all additions",
			map[string]syscall.Errno{addService: syscall.EBUSY, addServer: syscall.EBUSY}, 255,
			addService + busy + addServer + busy + "no changes were made\n", additions,
		},
		{
			"an addition",
			map[string]syscall.Errno{addServer: syscall.EBUSY}, 255,
			addServer + busy + rolledBack, append(additions[:2:2], "-D -f 3"),
		},
		{
			"an edit",
			map[string]syscall.Errno{editServer: syscall.EBUSY}, 255,
			editServer + busy + rolledBack,
			append(edits[:4:4], "-E -f 1 -s rr", "-d -f 3 -r 10.0.0.3:0", "-D -f 3"),
		},
		{
			"a removal",
			map[string]syscall.Errno{remove: syscall.EBUSY}, 255,
			remove + busy + rolledBack,
			append(edits[:4:4], remove, "-e -f 1 -r 10.0.0.1:0 -m -w 1", "-E -f 1 -s rr", "-d -f 3 -r 10.0.0.3:0", "-D -f 3"),
		},
		{
			"a removal that another program made",
			map[string]syscall.Errno{remove: syscall.ESRCH}, 0, "", append(edits[:4:4], remove),
		},
		{
			"an addition, and its rollback",
			map[string]syscall.Errno{addServer: syscall.EBUSY, "-D -f 3": syscall.EPERM}, 255,
			addServer + busy + "undo -D -f 3: Permission denied (you must be root)\nRollback failed: the table is only partly updated.\n",
			append(additions[:2:2], "-D -f 3"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newStateKernel(t, presentRules)
			k.reject = test.reject
			checkEqual(t, "result", result{test.status, "", test.stderr}, run(k, wantedRules, "ipvsadm-restore --sync"))
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestSyncRemovalRolledBack checks that the report says that counters are lost where a
// removal was rolled back.
func TestSyncRemovalRolledBack(t *testing.T) {
	k := newStateKernel(t, presentRules+"-A -f 4 -s rr\n")
	k.reject = map[string]syscall.Errno{"-D -f 4": syscall.EBUSY}
	before := k.state.Entries()
	want := "-D -f 4: Device or resource busy\n" +
		"rolled back; no changes were kept, but the counters of what was removed and added again begin at 0\n"
	checkEqual(t, "result", result{255, "", want}, run(k, wantedRules, "ipvsadm-restore --sync"))
	checkEqual(t, "services", len(before), len(k.state.Entries()))
}

// TestSyncInterrupted checks that a signal ends a sync between two batches, and that it
// is rolled back.
func TestSyncInterrupted(t *testing.T) {
	const services = 20 * batchSize
	var rules strings.Builder
	for mark := range services {
		fmt.Fprintf(&rules, "-A -f %d -s rr\n", mark+1)
	}

	signals := make(chan os.Signal, 1)
	k := newStateKernel(t, presentRules)
	before := k.state.Entries()
	k.afterChange = func(n int) {
		if n == 1 {
			signals <- syscall.SIGTERM
		}
	}

	got := runEnv(Env{
		Stdin: strings.NewReader(rules.String()), OpenKernel: openKernel(k),
		Signals: func() (<-chan os.Signal, func()) { return signals, func() {} },
	}, "ipvsadm-restore --sync")
	want := "interrupted by signal: terminated\nrolled back; no changes were kept\n"
	checkEqual(t, "result", result{128 + 15, "", want}, got)
	if n := len(k.changes); n >= services {
		t.Errorf("%d changes were made for %d services", n, services)
	}
	if diff := cmp.Diff(before, k.state.Entries(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("table (-before +after):\n%s", diff)
	}
}
