package cli

import (
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// drainReads is a kernel that answers one read of a service after the other, the last
// one for ever.
type drainReads struct {
	*scriptedKernel
	reads   []drainRead
	signals chan os.Signal
}

// drainRead is an answer. A signal comes with it, unless it is 0.
type drainRead struct {
	servers []ipvs.Destination
	service uint64 // connections of the service so far
	err     error
	signal  syscall.Signal
}

func (k *drainReads) Table(ipvs.Query) (ipvs.Table, error) {
	r := k.reads[0]
	if len(k.reads) > 1 {
		k.reads = k.reads[1:]
	}
	if r.signal != 0 {
		k.signals <- r.signal
	}
	table := serversOf(drainedService, r.servers...)
	table.Entries[0].Service.Stats = &ipvs.Stats{Connections: r.service}
	return table, r.err
}

var (
	drainedService = ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.9.9:80"))
	drainedAddr    = netip.MustParseAddrPort("10.1.0.1:8080")
)

// drained returns the server that is drained, with a weight, a number of active
// connections and a number of connections so far.
func drained(weight int32, active uint32, connections uint64) ipvs.Destination {
	d := serverAt(drainedAddr.String(), ipvs.Masquerade, weight)
	d.ActiveConnections = active
	d.Stats = &ipvs.Stats{Connections: connections}
	return d
}

// TestDrain checks every way in which a drain can end.
func TestDrain(t *testing.T) {
	const (
		zero    = "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 0"
		restore = "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 5"
		remove  = "-d -t 10.9.9.9:80 -r 10.1.0.1:8080"
		again   = "the weight of 10.1.0.1:8080 is 5 again"
	)
	one := func(d ipvs.Destination) drainRead { return drainRead{servers: []ipvs.Destination{d}} }
	other := serverAt("10.1.0.2:8080", ipvs.Masquerade, 1)
	gone := drainRead{err: &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}}
	noMemory := drainRead{err: &ipvs.Error{Op: ipvs.ReadDestinations, Errno: syscall.ENOMEM}}
	limits := drained(0, 3, 9)
	limits.UpperThreshold, limits.LowerThreshold = 33, 22

	for _, test := range []struct {
		name     string
		reads    []drainRead
		rejectAt map[int]syscall.Errno
		limit    time.Duration
		status   int
		text     string
		changes  []string
	}{
		{
			name:    "the last connection ends",
			reads:   []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9)), one(drained(0, 0, 9))},
			limit:   time.Minute,
			changes: []string{zero, remove},
		},
		{
			name:   "the time is over",
			reads:  []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9))},
			status: 3, text: "10.1.0.1:8080 was removed with 3 connections left",
			changes: []string{zero, remove},
		},
		{
			name:    "the weight was 0 before",
			reads:   []drainRead{one(drained(0, 0, 9))},
			limit:   time.Minute,
			changes: []string{remove},
		},
		{
			name:  "no service",
			reads: []drainRead{gone}, limit: time.Minute,
			status: 255, text: "Service not defined",
		},
		{
			name:  "no server",
			reads: []drainRead{one(other)}, limit: time.Minute,
			status: 255, text: "No such destination",
		},
		{
			name:   "a signal before the weight is set",
			reads:  []drainRead{{servers: []ipvs.Destination{drained(5, 3, 9)}, signal: syscall.SIGTERM}, one(drained(0, 3, 9))},
			limit:  time.Minute,
			status: 143, text: "interrupted: " + again,
			changes: []string{zero, restore},
		},
		{
			name:   "a signal with the last read",
			reads:  []drainRead{one(drained(5, 3, 9)), {servers: []ipvs.Destination{drained(0, 0, 9)}, signal: syscall.SIGHUP}},
			limit:  time.Minute,
			status: 129, text: "interrupted: " + again,
			changes: []string{zero, restore},
		},
		{
			name:   "a signal when the time is over",
			reads:  []drainRead{one(drained(5, 3, 9)), {servers: []ipvs.Destination{drained(0, 3, 9)}, signal: syscall.SIGHUP}, one(drained(0, 3, 9))},
			status: 129, text: "interrupted: " + again,
			changes: []string{zero, restore},
		},
		{
			name:   "a signal, the weight was 0 before",
			reads:  []drainRead{{servers: []ipvs.Destination{drained(0, 3, 9)}, signal: syscall.SIGINT}, one(drained(0, 3, 9))},
			limit:  time.Minute,
			status: 130, text: "interrupted: 10.1.0.1:8080 was not removed",
		},
		{
			name:   "a signal after other thresholds",
			reads:  []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9)), {servers: []ipvs.Destination{limits}, signal: syscall.SIGINT}, one(limits)},
			limit:  time.Minute,
			status: 130, text: "interrupted: " + again,
			changes: []string{zero, restore + " -x 33 -y 22"},
		},
		{
			name: "a signal, then another weight",
			reads: []drainRead{
				one(drained(5, 3, 9)), {servers: []ipvs.Destination{drained(0, 3, 9)}, signal: syscall.SIGTERM}, one(drained(77, 3, 9)),
			},
			limit:  time.Minute,
			status: 143, text: "interrupted: another program set the weight of 10.1.0.1:8080 to 77",
			changes: []string{zero},
		},
		{
			name: "a signal, then no server",
			reads: []drainRead{
				one(drained(5, 3, 9)), {servers: []ipvs.Destination{drained(0, 3, 9)}, signal: syscall.SIGTERM}, gone,
			},
			limit:  time.Minute,
			status: 143, text: "interrupted: another program removed 10.1.0.1:8080",
			changes: []string{zero},
		},
		{
			name: "a signal, and the weight cannot be set",
			reads: []drainRead{
				one(drained(5, 3, 9)), {servers: []ipvs.Destination{drained(0, 3, 9)}, signal: syscall.SIGTERM}, one(drained(0, 3, 9)),
			},
			rejectAt: map[int]syscall.Errno{1: syscall.ENOMEM},
			limit:    time.Minute,
			status:   143, text: "interrupted: cannot set the weight of 10.1.0.1:8080 to 5 again: Memory allocation problem",
			changes: []string{zero, restore},
		},
		{
			name:   "another weight",
			reads:  []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9)), one(drained(77, 3, 9))},
			limit:  time.Minute,
			status: 255, text: "not removed: another program set the weight of 10.1.0.1:8080 to 77",
			changes: []string{zero},
		},
		{
			name:   "removed",
			reads:  []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9)), one(other)},
			limit:  time.Minute,
			status: 255, text: "another program removed 10.1.0.1:8080",
			changes: []string{zero},
		},
		{
			name:   "replaced, by its counters",
			reads:  []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9)), one(drained(0, 0, 0))},
			limit:  time.Minute,
			status: 255, text: "not removed: another program removed 10.1.0.1:8080 and added it again",
			changes: []string{zero},
		},
		{
			name: "replaced, by its place",
			reads: []drainRead{
				{servers: []ipvs.Destination{other, drained(5, 3, 9)}}, {servers: []ipvs.Destination{drained(0, 0, 9), other}},
			},
			limit:  time.Minute,
			status: 255, text: "not removed: another program removed 10.1.0.1:8080 and added it again",
			changes: []string{zero},
		},
		{
			name: "counters are zeroed, other servers come and go",
			reads: []drainRead{
				{servers: []ipvs.Destination{other, drained(5, 3, 9)}, service: 100},
				{servers: []ipvs.Destination{drained(0, 3, 0)}, service: 5},
				{servers: []ipvs.Destination{other, drained(0, 0, 0)}, service: 7},
			},
			limit:   time.Minute,
			changes: []string{zero, remove},
		},
		{
			name:   "the server cannot be read",
			reads:  []drainRead{one(drained(5, 3, 9)), noMemory, one(drained(0, 3, 9))},
			limit:  time.Minute,
			status: 255, text: "Memory allocation problem: " + again,
			changes: []string{zero, restore},
		},
		{
			name:   "the server cannot be read any more",
			reads:  []drainRead{one(drained(5, 3, 9)), noMemory},
			limit:  time.Minute,
			status: 255, text: "Memory allocation problem: cannot set the weight of 10.1.0.1:8080 to 5 again: Memory allocation problem",
			changes: []string{zero},
		},
		{
			name:     "the weight cannot be set",
			reads:    []drainRead{one(drained(5, 3, 9))},
			rejectAt: map[int]syscall.Errno{0: syscall.EPERM},
			limit:    time.Minute,
			status:   255, text: "Permission denied (you must be root)",
			changes: []string{zero},
		},
		{
			name:     "the answer to the weight is lost",
			reads:    []drainRead{one(drained(5, 3, 9)), one(drained(0, 3, 9))},
			rejectAt: map[int]syscall.Errno{0: syscall.ENOBUFS},
			limit:    time.Minute,
			status:   255, text: "No buffer space available: " + again,
			changes: []string{zero, restore},
		},
		{
			name:     "the server cannot be removed",
			reads:    []drainRead{one(drained(5, 3, 9)), one(drained(0, 0, 9))},
			rejectAt: map[int]syscall.Errno{1: syscall.ENOMEM},
			limit:    time.Minute,
			status:   255, text: "Memory allocation problem: " + again,
			changes: []string{zero, remove, restore},
		},
		{
			name:     "removed at the last moment",
			reads:    []drainRead{one(drained(5, 3, 9)), one(drained(0, 0, 9)), gone},
			rejectAt: map[int]syscall.Errno{1: syscall.ENOENT},
			limit:    time.Minute,
			status:   255, text: "No such destination: another program removed 10.1.0.1:8080",
			changes: []string{zero, remove},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &drainReads{scriptedKernel: &scriptedKernel{rejectAt: test.rejectAt}, reads: test.reads, signals: make(chan os.Signal, 1)}
			d := drainer{
				kernel: k, signals: k.signals, interval: time.Microsecond, progress: func(string) {},
				removal: ipvs.Change{Op: ipvs.DeleteDestination, Service: ipvs.Service{ID: drainedService}, Destination: ipvs.Destination{Addr: drainedAddr}},
			}
			err := d.run(test.limit)
			text := ""
			if err != nil {
				text = err.Error()
			}
			checkEqual(t, "the error", test.text, text)
			checkEqual(t, "the status", test.status, statusOf(err))
			checkEqual(t, "the changes", test.changes, k.changes)
		})
	}
}

// TestDrainEndsStream checks that a signal to a drain in a rule stream ends the stream.
func TestDrainEndsStream(t *testing.T) {
	k := &drainReads{scriptedKernel: &scriptedKernel{}, signals: make(chan os.Signal, 1), reads: []drainRead{
		{servers: []ipvs.Destination{drained(5, 3, 9)}, signal: syscall.SIGTERM},
		{servers: []ipvs.Destination{drained(0, 3, 9)}},
	}}
	stream := "-A -f 1\n-d -t 10.9.9.9:80 -r 10.1.0.1:8080 --drain 60\n-C\n"
	got := runEnv(Env{
		Stdin: strings.NewReader(stream), OpenKernel: openKernel(k),
		Signals: func() (<-chan os.Signal, func()) { return k.signals, func() {} },
	}, "ipvsadm -R")
	checkEqual(t, "result", result{143, "", "line 2: interrupted: the weight of 10.1.0.1:8080 is 5 again\n"}, got)
	want := []string{"-A -f 1 -s wlc", "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 0", "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 5"}
	checkEqual(t, "the changes", want, k.changes)
}
