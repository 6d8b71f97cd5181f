package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
)

// scriptedKernel is a Kernel that returns what a test sets, and records the changes
// that it is asked for. It keeps no table.
type scriptedKernel struct {
	infoErr     error
	table       ipvs.Table
	tableErr    error
	timeoutsErr error
	daemons     []ipvs.Daemon
	daemonsErr  error
	connections []ipvs.Connection

	// clock is that of the meter, and withoutEstimates reports whether the kernel does
	// not add up its counters.
	clock            ipvs.CounterClock
	withoutEstimates bool

	// connectionsErr is returned by Connections, and connectionErr after the last
	// connection.
	connectionsErr, connectionErr error

	// rejectAt has the errors for changes, by their number from 0.
	rejectAt map[int]syscall.Errno
	// beforeBatch is called before a batch of changes is made, if it is set.
	beforeBatch func()
	// made receives something after each change, if it is set.
	made chan struct{}

	opened, closed int      // times
	batches        []int    // numbers of changes
	changes        []string // as rules
}

func (k *scriptedKernel) Info() (ipvs.Info, error) {
	return ipvs.Info{Version: 0x010201, ConnTableSize: 4096}, k.infoErr
}

func (k *scriptedKernel) Refresh() {}

func (k *scriptedKernel) Meter(time.Duration) *ipvs.Meter { return ipvs.NewMeter(1, k.clock) }

func (k *scriptedKernel) Estimates() bool { return !k.withoutEstimates }

func (k *scriptedKernel) Table(ipvs.Query) (ipvs.Table, error) { return k.table, k.tableErr }

func (k *scriptedKernel) Timeouts() (ipvs.Timeouts, error) {
	return ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}, k.timeoutsErr
}

func (k *scriptedKernel) Daemons() ([]ipvs.Daemon, error) { return k.daemons, k.daemonsErr }

func (k *scriptedKernel) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	if k.connectionsErr != nil {
		return nil, k.connectionsErr
	}
	return func(yield func(*ipvs.Connection, error) bool) {
		for i := range k.connections {
			if !yield(&k.connections[i], nil) {
				return
			}
		}
		if k.connectionErr != nil {
			yield(nil, k.connectionErr)
		}
	}, nil
}

func (k *scriptedKernel) Apply(changes []ipvs.Change) []error {
	if k.beforeBatch != nil {
		k.beforeBatch()
	}
	k.batches = append(k.batches, len(changes))

	var errs []error
	for i, c := range changes {
		if errno, ok := k.rejectAt[len(k.changes)]; ok {
			if errs == nil {
				errs = make([]error, len(changes))
			}
			errs[i] = &ipvs.Error{Op: c.Op, Errno: errno}
		}
		k.changes = append(k.changes, changeText(c))
		if k.made != nil {
			k.made <- struct{}{}
		}
	}
	return errs
}

func (k *scriptedKernel) Prepare(changes []ipvs.Change) func() []error {
	return func() []error { return k.Apply(changes) }
}

func (k *scriptedKernel) Close() error { k.closed++; return nil }

// stateKernel is a scriptedKernel that keeps a table. It rejects changes, or loses the
// answers to them, by their rules.
type stateKernel struct {
	*scriptedKernel
	state  ipvs.State
	reject map[string]syscall.Errno
	lose   map[string]bool // the first answer to each rule
	active uint32          // the active connections of every server
	// afterChange is called after each change with the number of changes, if it is set.
	afterChange func(n int)
}

// newStateKernel returns a kernel with the table that rules describe.
func newStateKernel(t *testing.T, rules string) *stateKernel {
	t.Helper()
	return &stateKernel{scriptedKernel: &scriptedKernel{}, state: *mustReadState(t, rules, false)}
}

func (k *stateKernel) Table(ipvs.Query) (ipvs.Table, error) {
	entries := k.state.Entries()
	for _, e := range entries {
		for i := range e.Destinations {
			e.Destinations[i].ActiveConnections = k.active
		}
	}
	return ipvs.Table{Entries: entries}, nil
}

func (k *stateKernel) Apply(changes []ipvs.Change) []error {
	errs := make([]error, len(changes))
	for i, c := range changes {
		rule := changeText(c)
		k.changes = append(k.changes, rule)
		if errno, ok := k.reject[rule]; ok {
			errs[i] = &ipvs.Error{Op: c.Op, Errno: errno}
		} else {
			errs[i] = k.state.Apply(&c)
		}
		if k.lose[rule] {
			errs[i] = &ipvs.Error{Op: c.Op, Errno: syscall.ENOBUFS}
			delete(k.lose, rule)
		}
		if k.afterChange != nil {
			k.afterChange(len(k.changes))
		}
	}
	return errs
}

func (k *stateKernel) Prepare(changes []ipvs.Change) func() []error {
	return func() []error { return k.Apply(changes) }
}

// changeText returns a change as a rule.
func changeText(c ipvs.Change) string {
	return strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, c)), "\n")
}

// readState returns the state that rules or a JSON document describe.
func readState(input string, json bool) (*ipvs.State, error) {
	s := newSession("ipvsadm", Env{
		Stdin: strings.NewReader(input), Stdout: io.Discard, Stderr: io.Discard, Names: noNames{},
	})
	return readWanted(s, s.input(json))
}

// mustReadState returns the state that valid rules or a valid document describe.
func mustReadState(t *testing.T, input string, json bool) *ipvs.State {
	t.Helper()
	state, err := readState(input, json)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// noNames is a Names that knows no name.
type noNames struct{}

func (noNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	return netip.Addr{}, errors.New("no such host")
}
func (noNames) LookupPort(ipvs.Protocol, string) (uint16, bool) { return 0, false }
func (noNames) Host(netip.Addr) (string, bool)                  { return "", false }
func (noNames) Port(ipvs.Protocol, uint16) (string, bool)       { return "", false }
func (noNames) Prefetch([]netip.Addr)                           {}

// noSignals returns what Env.Signals returns, with no signals.
func noSignals() (<-chan os.Signal, func()) { return nil, func() {} }

// failingWriter is a writer that accepts some bytes and fails then.
type failingWriter struct {
	accept int
	err    error
	failed chan struct{} // closed by the first error, unless nil
}

func (w *failingWriter) Write(b []byte) (int, error) {
	n := min(len(b), w.accept)
	w.accept -= n
	if n == len(b) {
		return n, nil
	}
	if w.failed != nil {
		close(w.failed)
		w.failed = nil
	}
	return n, w.err
}

// result is what a program did.
type result struct {
	Status         int
	Stdout, Stderr string
}

// run runs a program with a kernel, or without IPVS if k is nil. The words of the line
// are separated by blanks; the first one names the program.
func run(k Kernel, stdin, line string) result {
	return runEnv(Env{Stdin: strings.NewReader(stdin), OpenKernel: openKernel(k)}, line)
}

// runEnv runs a program in an environment. Without streams, names or signals in it, the
// program has empty ones. A JSON document that the schema does not allow is reported on
// standard error.
func runEnv(env Env, line string) result {
	var stdout, stderr strings.Builder
	if env.Stdin == nil {
		env.Stdin = strings.NewReader("")
	}
	if env.Stdout == nil {
		env.Stdout = &stdout
	}
	env.Stderr = &stderr
	if env.Names == nil {
		env.Names = noNames{}
	}
	if env.Signals == nil {
		env.Signals = noSignals
	}
	env.Terminal = func() bool { return false }

	args, program := strings.Fields(line), Run
	if len(args) > 0 {
		switch path.Base(args[0]) {
		case "ipvsadm-save":
			program = Save
		case "ipvsadm-restore":
			program = Restore
		}
	}
	status := program(args, env)
	if strings.HasPrefix(stdout.String(), "{") {
		if err := schematest.Validate(stdout.String()); err != nil {
			fmt.Fprintf(&stderr, "invalid document: %v\n", err)
		}
	}
	return result{status, stdout.String(), stderr.String()}
}

// openKernel returns a function for Env.OpenKernel that opens k, or fails if k is nil.
func openKernel(k Kernel) func(string) (Kernel, error) {
	return func(string) (Kernel, error) {
		if k == nil {
			return nil, fmt.Errorf("look up the family: %w", syscall.ENOPROTOOPT)
		}
		if s, ok := k.(*scriptedKernel); ok {
			s.opened++
		}
		return k, nil
	}
}

// checkEqual checks a value.
func checkEqual(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
