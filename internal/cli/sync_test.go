package cli

import (
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tableEntry returns a service without servers.
func tableEntry(addr string) ipvs.Entry {
	return ipvs.Entry{Service: ipvs.Service{
		ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr)), Scheduler: "rr", Netmask: ipvs.IPv4.FullMask(),
	}}
}

// TestSyncDocument checks that --diff prints the changes that --sync makes, and makes
// none.
func TestSyncDocument(t *testing.T) {
	const document = `{"services": [{"protocol": "tcp", "address": "10.0.0.1", "port": 80, "scheduler": "rr", "destinations": [{"address": "10.1.0.1"}]}]}`
	const changes = "-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 1\n-D -t 10.0.0.2:80\n"
	for _, test := range []struct {
		line    string
		want    result
		changes []string
	}{
		{"ipvsadm -R --json --diff", result{1, changes, ""}, nil},
		{"ipvsadm-restore --json --sync", result{}, strings.Split(strings.TrimSpace(changes), "\n")},
	} {
		t.Run(test.line, func(t *testing.T) {
			k := &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{tableEntry("10.0.0.1:80"), tableEntry("10.0.0.2:80")}}}
			checkEqual(t, "result", test.want, run(k, document, test.line))
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestSyncErrors checks that a sync is rolled back after an error in the middle, whatever
// the kernel returns, and that an error of the rollback is reported too.
func TestSyncErrors(t *testing.T) {
	const rules = "-A -f 1\n-A -f 2\n-A -f 3\n"
	for _, test := range middleErrors {
		failure := "-A -f 2 -s wlc: " + test.text + "\n"
		t.Run(test.text, func(t *testing.T) {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: test.errno}}
			want := result{255, "", failure + "rolled back; no changes were kept\n"}
			checkEqual(t, "result", want, run(k, rules, "ipvsadm-restore --sync"))
			checkEqual(t, "rollback", []string{"-D -f 3", "-D -f 1"}, k.changes[3:])
		})

		if isUnknown(test.errno) {
			continue // see TestSyncLostAnswers
		}
		t.Run(test.text+", of the rollback too", func(t *testing.T) {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: test.errno, 3: test.errno}}
			want := result{255, "", failure + "undo -D -f 3: " + test.text + "\nRollback failed: the table is only partly updated.\n"}
			checkEqual(t, "result", want, run(k, rules, "ipvsadm-restore --sync"))
		})
	}
}

// TestSyncLostAnswers checks that a sync reads the table again when an answer of the
// kernel was lost, because the change may have been made or not.
func TestSyncLostAnswers(t *testing.T) {
	const (
		second     = "-A -f 2 -s wlc"
		lost       = second + ": No buffer space available\n"
		rolledBack = "rolled back; no changes were kept\n"
	)
	for _, test := range []struct {
		name     string
		lose     map[string]bool
		reject   map[string]syscall.Errno
		stderr   string
		services int // afterwards
	}{
		{"of a change that was made", map[string]bool{second: true}, nil, lost + rolledBack, 0},
		{"of a change that was not made", map[string]bool{second: true}, map[string]syscall.Errno{second: syscall.EBUSY}, lost + rolledBack, 0},
		{
			"of the rollback", map[string]bool{second: true, "-D -f 3": true}, nil,
			lost + "undo -D -f 3: No buffer space available\n" + rolledBack, 0,
		},
		{
			"and a rollback that is rejected", map[string]bool{second: true}, map[string]syscall.Errno{"-D -f 2": syscall.EBUSY},
			lost + "undo -D -f 2: Device or resource busy\nRollback failed: the table is only partly updated.\n", 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newStateKernel(t, "")
			k.lose, k.reject = test.lose, test.reject
			checkEqual(t, "result", result{255, "", test.stderr}, run(k, "-A -f 1\n-A -f 2\n-A -f 3\n", "ipvsadm-restore --sync"))
			checkEqual(t, "services", test.services, len(k.state.Entries()))
		})
	}
}
