package cli

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// viewsKernel returns a kernel with a service, its server and connections to it.
func viewsKernel() *scriptedKernel {
	at := netip.MustParseAddrPort
	conn := func(client, state string) ipvs.Connection {
		return ipvs.Connection{Protocol: "TCP", State: state, Client: at(client), Virtual: at("10.0.0.1:80"), Destination: at("10.1.0.1:80")}
	}
	return &scriptedKernel{
		table: ipvs.Table{Entries: []ipvs.Entry{{
			Service:      ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, at("10.0.0.1:80")), Scheduler: "rr", Stats: &ipvs.Stats{Connections: 4}},
			Destinations: []ipvs.Destination{{Addr: at("10.1.0.1:80"), Weight: 1, ActiveConnections: 3, Stats: &ipvs.Stats{Connections: 4}}},
		}}},
		connections: []ipvs.Connection{
			conn("10.9.0.1:1", "ESTABLISHED"), conn("10.9.0.2:1", "FIN_WAIT"), conn("10.9.0.1:2", "FIN_WAIT"), conn("10.9.0.1:0", "NONE"),
		},
	}
}

// TestCountedConnections lists counted connections.
func TestCountedConnections(t *testing.T) {
	for line, want := range map[string]result{
		"ipvsadm -Lnc --by client": {0, "Connections  Share Client\n          2  66.7% 10.9.0.1\n          1  33.3% 10.9.0.2\n", ""},
		"ipvsadm -Lc --by client --limit 1": {0,
			"Connections  Share Client\n          2  66.7% 10.9.0.1\n… 1 more, 1 connections\n", ""},
		"ipvsadm -Lnc --persistent-conn --by state,client -r 10.1.0.1": {0, "Connections Templates  Share State       Client\n" +
			"          1         0  33.3% ESTABLISHED 10.9.0.1\n          1         0  33.3% FIN_WAIT    10.9.0.1\n" +
			"          1         0  33.3% FIN_WAIT    10.9.0.2\n          0         1   0.0% NONE        10.9.0.1\n", ""},
		"ipvsadm -Lc --by client -r 10.1.0.2": {0, "Connections  Share Client\n", ""},
		"ipvsadm -Lc --by client --json --limit 1": {0, `{"connections":3,"groups":[{"connections":2,"share_percent":66.7,"client":"10.9.0.1"}],` +
			`"omitted":{"groups":1,"connections":1}}` + "\n", ""},
		"ipvsadm -Lc --by client --json -r 10.1.0.2": {0, `{"connections":0,"groups":[],"omitted":{"groups":0,"connections":0}}` + "\n", ""},
	} {
		t.Run(line, func(t *testing.T) { checkEqual(t, "result", want, run(viewsKernel(), "", line)) })
	}
}

// TestCountsIncomplete checks that what could be read is counted, with the status of the
// error.
func TestCountsIncomplete(t *testing.T) {
	k := viewsKernel()
	k.connectionErr = errors.New("incomplete")
	want := result{1, "Connections  Share Protocol\n          3 100.0% TCP\n", "incomplete\n"}
	checkEqual(t, "result", want, run(k, "", "ipvsadm -Lnc --by protocol"))

	k.connectionsErr = errors.New("no file")
	checkEqual(t, "result without a file", result{1, "", "no file\n"}, run(k, "", "ipvsadm -Lnc --by protocol"))
}

// TestMetricsOutput checks that metrics and documents go to a file, which is replaced only
// when they could be read.
func TestMetricsOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ipvs.prom")
	for _, line := range []string{"ipvsadm -L --metrics", "ipvsadm -L --metrics --by service", "ipvsadm -L --json", "ipvsadm -L -c --json"} {
		t.Run(line, func(t *testing.T) {
			want := run(viewsKernel(), "", line)
			checkEqual(t, "result", result{}, run(viewsKernel(), "", line+" --output "+file))
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkEqual(t, "file", want.Stdout, string(got))

			k := viewsKernel()
			k.tableErr, k.connectionErr = &ipvs.Error{Op: ipvs.ReadServices, Errno: syscall.ENOMEM}, errors.New("incomplete")
			failed := run(k, "", line+" --output "+file)
			kept, err := os.ReadFile(file)
			if err != nil || failed.Status != 1 || string(kept) != want.Stdout {
				t.Errorf("%+v, error %v, file %q", failed, err, kept)
			}
		})
	}
}

// TestMetricsByService checks that servers are left out, and nothing else.
func TestMetricsByService(t *testing.T) {
	all := run(viewsKernel(), "", "ipvsadm -L --metrics")
	var want strings.Builder
	for line := range strings.Lines(all.Stdout) {
		if !strings.Contains(line, "ipvs_backend_") {
			want.WriteString(line)
		}
	}
	got := run(viewsKernel(), "", "ipvsadm -L --metrics --by service")
	checkEqual(t, "result", result{0, want.String(), ""}, got)
	if want.String() == all.Stdout || want.Len() == 0 {
		t.Errorf("no metrics of servers in %q", all.Stdout)
	}
}

// fakeClock is a clock that a repeater reads and waits by.
type fakeClock struct {
	now    time.Time
	waited []time.Duration
}

func (c *fakeClock) after(d time.Duration) <-chan time.Time {
	c.waited = append(c.waited, d)
	c.now = c.now.Add(d)
	done := make(chan time.Time, 1)
	done <- c.now
	return done
}

// repeatLine runs a listing with --interval by a clock. onList is called before each
// listing with its number.
func repeatLine(t *testing.T, k Kernel, line string, c *fakeClock, onList func(n int)) result {
	t.Helper()
	var stdout, stderr strings.Builder
	s := newSession("ipvsadm", Env{Stdout: &stdout, Stderr: &stderr, OpenKernel: openKernel(k), Names: noNames{}})
	cmd, err := s.parser.Parse(strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLister(s, s.out)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	r := repeater{lister: l, report: s.report, after: c.after, now: func() time.Time {
		return c.now
	}}
	l.kernel = &countingKernel{k, func() { n++; onList(n) }}
	if scripted, ok := k.(*scriptedKernel); ok {
		scripted.clock = clockOf{c}
	}
	status := s.end(r.run(cmd.Listing))
	return result{status, stdout.String(), stderr.String()}
}

// clockOf is the CounterClock of counters that count up to the time of a fakeClock.
type clockOf struct{ *fakeClock }

func (c clockOf) Counted(time.Time) (time.Time, bool) { return c.now, true }
func (c clockOf) Updates() int                        { return 0 }

// countingKernel calls a function before each reading of the table.
type countingKernel struct {
	Kernel
	onTable func()
}

func (k *countingKernel) Table(q ipvs.Query) (ipvs.Table, error) {
	k.onTable()
	return k.Kernel.Table(q)
}

// TestRepeat lists again and again: times between the listings, rates, a listing that
// takes longer than the interval, and one that fails.
func TestRepeat(t *testing.T) {
	const table = "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n"
	rate := func(n string) string {
		return "IP Virtual Server version 1.2.1 (size=4096)\n" + table +
			"TCP  10.0.0.1:80                " + n + "        0        0        0        0\n" +
			"  -> 10.1.0.1:80                " + n + "        0        0        0        0\n"
	}
	for name, test := range map[string]struct {
		line   string
		onList func(n int, k *scriptedKernel, c *fakeClock)
		want   result
		waited []time.Duration
	}{
		"timeouts": {"-L --timeout --interval 5 --count 2", nil, result{0, "2026-11-24T08:00:00Z\nTimeout (tcp tcpfin udp): 900 120 300\n\n" +
			"2026-11-24T08:00:05Z\nTimeout (tcp tcpfin udp): 900 120 300\n", ""}, []time.Duration{5 * time.Second}},
		"JSON": {"-L --timeout --json --interval 5 --count 2", nil, result{0,
			`{"time":"2026-11-24T08:00:00Z","interval_seconds":0.000,"timeouts":{"tcp":900,"tcp_fin":120,"udp":300}}` + "\n" +
				`{"time":"2026-11-24T08:00:05Z","interval_seconds":5.000,"timeouts":{"tcp":900,"tcp_fin":120,"udp":300}}` + "\n", ""},
			[]time.Duration{5 * time.Second}},
		"counted connections": {"-L -c --by client --json --limit 1 --interval 1 --count 1", nil, result{0,
			`{"time":"2026-11-24T08:00:00Z","interval_seconds":0.000,"connections":3,"groups":[{"connections":2,"share_percent":66.7,"client":"10.9.0.1"}],` +
				`"omitted":{"groups":1,"connections":1}}` + "\n", ""}, nil},
		"rates": {"-Ln --rate --interval 2 --count 2", func(n int, k *scriptedKernel, _ *fakeClock) {
			k.table.Entries[0].Service.Stats = &ipvs.Stats{Connections: uint64(200 * n)}
			k.table.Entries[0].Destinations[0].Stats = &ipvs.Stats{Connections: uint64(200 * n)}
		}, result{0, "2026-11-24T08:00:02Z\n" + rate("       100") + "\n2026-11-24T08:00:04Z\n" + rate("       100"), ""},
			[]time.Duration{2 * time.Second, 2 * time.Second}},
		"slow": {"-Ln --rate --interval 2 --count 2", func(n int, k *scriptedKernel, c *fakeClock) {
			k.table.Entries[0].Service.Stats = &ipvs.Stats{Connections: uint64(200 * n)}
			k.table.Entries[0].Destinations[0].Stats = &ipvs.Stats{Connections: uint64(200 * n)}
			c.now = c.now.Add(4500 * time.Millisecond)
		}, result{0, "2026-11-24T08:00:06Z\n" + rate("        33") + "\n2026-11-24T08:00:12Z\n" + rate("        33"), ""},
			[]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}},
		"gone and back": {"-Ln --thresholds --interval 2 --count 3", func(n int, k *scriptedKernel, _ *fakeClock) {
			k.tableErr = nil
			if n == 2 {
				k.tableErr = &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}
			}
		}, result{0, "2026-11-24T08:00:00Z\n" + thresholds + "\n2026-11-24T08:00:04Z\n" + thresholds, "No such service\n"},
			[]time.Duration{2 * time.Second, 2 * time.Second}},
		"gone": {"-Ln --thresholds --interval 2 --count 2", func(n int, k *scriptedKernel, _ *fakeClock) {
			if n == 2 {
				k.tableErr = &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}
			}
		}, result{1, "2026-11-24T08:00:00Z\n" + thresholds, "No such service\n"}, []time.Duration{2 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			k, c := viewsKernel(), &fakeClock{now: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
			got := repeatLine(t, k, test.line, c, func(n int) {
				if test.onList != nil {
					test.onList(n, k, c)
				}
			})
			checkEqual(t, "result", test.want, got)
			checkEqual(t, "waited", test.waited, c.waited)
		})
	}
}

// thresholds is the listing of viewsKernel with --thresholds.
const thresholds = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn 
  -> RemoteAddress:Port
TCP  10.0.0.1:80 rr
  -> 10.1.0.1:80                  0          0          3          0         
`

// TestRepeatSignal checks that a signal ends a listing with status 0, even if nobody reads
// what it writes.
func TestRepeatSignal(t *testing.T) {
	signals := make(chan os.Signal, 1)
	blocked := writerFunc(func([]byte) (int, error) {
		signals <- syscall.SIGTERM
		select {}
	})
	env := Env{Stdout: blocked, OpenKernel: openKernel(viewsKernel()), Signals: func() (<-chan os.Signal, func()) { return signals, func() {} }}
	checkEqual(t, "result of a blocked listing", result{}, runEnv(env, "ipvsadm -L --timeout --interval 1000"))

	signals <- syscall.SIGINT
	env.Stdout = nil
	got := runEnv(env, "ipvsadm -L --timeout --interval 1000")
	if got.Status != 0 || got.Stderr != "" || strings.Count(got.Stdout, "Timeout") != 1 {
		t.Errorf("got %+v", got)
	}
}

// writerFunc is a writer by a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestRepeatReaderLeft checks that a listing ends quietly when its reader has left, and not
// quietly when the disk is full.
func TestRepeatReaderLeft(t *testing.T) {
	for err, want := range map[error]result{
		syscall.EPIPE:  {StatusReaderLeft, "", ""},
		syscall.ENOSPC: {1, "", "Can't write: No space left on device\n"},
	} {
		t.Run(err.Error(), func(t *testing.T) {
			env := Env{Stdout: &failingWriter{err: err}, OpenKernel: openKernel(viewsKernel())}
			checkEqual(t, "result", want, runEnv(env, "ipvsadm -L --timeout --interval 1000"))
		})
	}
}

// TestTop checks the command line of ipvsadm-top.
func TestTop(t *testing.T) {
	show := func(r TopRequest) error {
		if r.Kernel == nil || r.Names == nil {
			t.Error("no kernel or no names")
		}
		return nil
	}
	for line, want := range map[string]int{
		"":                               0,
		"-n --once -t 10.0.0.1:80":       0,
		"--interval 5 --netns a -f 1 -6": 0,
		"-h":                             0,
		"-v":                             0,
		"-c":                             command.StatusUsageError,
		"--rate":                         command.StatusUsageError,
		"--interval 0":                   command.StatusUsageError,
		"--interval 1 --count 2":         command.StatusUsageError,
		"--json":                         command.StatusUsageError,
		"x":                              command.StatusUsageError,
	} {
		t.Run(line, func(t *testing.T) {
			var stdout, stderr strings.Builder
			env := Env{Stdout: &stdout, Stderr: &stderr, OpenKernel: openKernel(viewsKernel()), Names: noNames{}, Signals: noSignals}
			got := Top(append([]string{"ipvsadm-top"}, strings.Fields(line)...), env, show)
			if got != want || strings.HasSuffix(stderr.String(), topUsage+"\n") != (want != 0) {
				t.Errorf("status %d, want %d; %s", got, want, stderr.String())
			}
		})
	}
}
