package doctorcli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// machine is a Host and a Kernel. Errors are those of the methods.
type machine struct {
	hasIPVS                                               bool
	hasErr, factsErr, tableErr, timeoutsErr, daemonsErr   error
	openErr, connectionsErr, connectionErr, openKernelErr error
	table                                                 ipvs.Table
	facts                                                 host.Facts

	asked  host.Request
	opened []string // the namespaces
	closed int
}

func (m *machine) HasIPVS() (bool, error) { return m.hasIPVS, m.hasErr }

func (m *machine) Facts(r host.Request) (host.Facts, error) {
	m.asked = r
	return m.facts, m.factsErr
}

func (m *machine) Table(q ipvs.Query) (ipvs.Table, error) {
	if q.Service != nil || q.Detail != ipvs.WithoutStats {
		return ipvs.Table{}, fmt.Errorf("unexpected query %+v", q)
	}
	return m.table, m.tableErr
}

func (m *machine) Timeouts() (ipvs.Timeouts, error) { return ipvs.Timeouts{TCP: 7200}, m.timeoutsErr }
func (m *machine) Daemons() ([]ipvs.Daemon, error)  { return nil, m.daemonsErr }

func (m *machine) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	return func(yield func(*ipvs.Connection, error) bool) {
		// A client can cause many lines that cannot be parsed.
		if m.connectionErr != nil && yield(nil, m.connectionErr) {
			yield(nil, errors.New("another line"))
		}
	}, m.connectionsErr
}

func (m *machine) Close() error {
	m.closed++
	return nil
}

// run runs the program on the machine.
func (m *machine) run(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = Run(append([]string{program}, args...), Env{
		Stdout: &out, Stderr: &errs,
		OpenHost: func(netns string) (Host, error) {
			m.opened = append(m.opened, "host "+netns)
			return m, m.openErr
		},
		OpenKernel: func(netns string) (Kernel, error) {
			m.opened = append(m.opened, "kernel "+netns)
			return m, m.openKernelErr
		},
	})
	return status, out.String(), errs.String()
}

// director returns a machine on which the checks find nothing.
func director() *machine {
	vip, server := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.9.0.1:80")
	return &machine{
		hasIPVS: true,
		table: ipvs.Table{Entries: []ipvs.Entry{{
			Service:      ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, vip), Scheduler: "wlc"},
			Destinations: []ipvs.Destination{{Addr: server, Forward: ipvs.Masquerade, Weight: 1}},
		}}},
		facts: host.Facts{
			KernelRelease: "6.1.0",
			Links:         []host.Link{{Index: 1, Name: "lo", Loopback: true, Up: true}, {Index: 2, Name: "eth0", Up: true, MTU: 1500}},
			Addresses:     []host.Address{{Addr: netip.MustParsePrefix("10.9.0.254/24"), Link: 2}, {Addr: netip.MustParsePrefix("10.0.0.1/32"), Link: 1}},
			Routes: map[netip.Addr]host.Route{
				vip.Addr():    {Type: host.RouteLocal, Link: 1},
				server.Addr(): {Type: host.RouteUnicast, Link: 2},
			},
			Sysctls: host.Sysctls{
				"net.ipv4.ip_forward":         {State: host.Present, Text: "1"},
				"net.ipv4.tcp_keepalive_time": {State: host.Present, Text: "7200"},
			},
		},
	}
}

// codes returns the codes of the checks that were not done.
func codes(t *testing.T, document string) (list []string) {
	t.Helper()
	var d struct {
		NotDone []struct{ Code string } `json:"not_done"`
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatal(err)
	}
	for _, c := range d.NotDone {
		list = append(list, c.Code)
	}
	return list
}

// TestRunStatus checks the exit status, and what is printed about errors.
func TestRunStatus(t *testing.T) {
	denied := &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}
	for _, tt := range []struct {
		name           string
		args           string
		change         func(*machine)
		status         int
		stdout, stderr string
	}{
		{"healthy", "", func(*machine) {}, 0, "no faults, no warnings, N checks\n", ""},
		{
			"a fault", "", func(m *machine) { m.facts.Sysctls["net.ipv4.ip_forward"] = host.Sysctl{State: host.Present, Text: "0"} },
			2, "FAULT no-forwarding …\n1 fault, no warnings, N checks\n", "",
		},
		{
			"a fault that is skipped", "--skip no-forwarding",
			func(m *machine) { m.facts.Sysctls["net.ipv4.ip_forward"] = host.Sysctl{State: host.Present, Text: "0"} },
			0, "no faults, no warnings, N checks\n", "",
		},
		{
			"something unknown", "", func(m *machine) { m.facts.Gaps = []host.Gap{{Source: host.Offloads, Name: "eth0", Reason: "no idea"}} },
			3, "UNKNOWN offloads (eth0) …\nno faults, no warnings, N checks\n", "",
		},
		{
			"a fault and something unknown", "",
			func(m *machine) {
				m.facts.Gaps = []host.Gap{{Source: host.Offloads, Name: "eth0", Reason: "no idea"}}
				m.facts.Sysctls["net.ipv4.ip_forward"] = host.Sysctl{State: host.Present, Text: "0"}
			},
			2, "FAULT no-forwarding …\nUNKNOWN offloads (eth0) …\n1 fault, no warnings, N checks\n", "",
		},
		{
			"timeouts", "", func(m *machine) { m.timeoutsErr = denied },
			3, "UNKNOWN IPVS timeouts …\nNOT-DONE tcp-timeout …\nno faults, no warnings, N checks, 1 check not done\n", "",
		},
		{"usage", "--no-such", nil, 3, "", "ipvsadm-doctor: unknown option --no-such\nTry 'ipvsadm-doctor -h'.\n"},
		{
			"no such namespace", "--netns x", func(m *machine) { m.openErr = errors.New(`no network namespace "x"`) },
			3, "", "ipvsadm-doctor: cannot use the namespace: no network namespace \"x\"\n",
		},
		{
			"a namespace that cannot be entered", "", func(m *machine) { m.factsErr = errors.New("operation not permitted") },
			3, "", "ipvsadm-doctor: cannot use the namespace: operation not permitted\n",
		},
		{"version", "-v", nil, 0, Version() + "\n", ""},
		{"help", "-h --no-such-check-is-read", nil, 3, "", "ipvsadm-doctor: unknown option --no-such-check-is-read\nTry 'ipvsadm-doctor -h'.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := director()
			if tt.change != nil {
				tt.change(m)
			}
			status, stdout, stderr := m.run(strings.Fields(tt.args)...)
			if status != tt.status || stderr != tt.stderr {
				t.Errorf("status %d, want %d; stderr %q", status, tt.status, stderr)
			}
			if diff := cmp.Diff(tt.stdout, heads(stdout)); diff != "" {
				t.Errorf("stdout (-want +got):\n%s\n%s", diff, stdout)
			}
		})
	}
}

// heads returns the first two words of each paragraph, and the last line with N for the
// number of checks.
func heads(text string) string {
	if !strings.Contains(text, " checks") {
		return text
	}
	var b strings.Builder
	paragraphs := strings.SplitAfter(text, "\n\n")
	for _, p := range paragraphs[:len(paragraphs)-1] {
		head, _, _ := strings.Cut(p, "\n")
		words := strings.Fields(head)
		n := 2
		if words[0] == "UNKNOWN" {
			n = len(words)
		}
		b.WriteString(strings.Join(words[:n], " ") + " …\n")
	}
	fields := strings.Split(paragraphs[len(paragraphs)-1], ", ")
	for i, f := range fields {
		if count, rest, _ := strings.Cut(f, " "); strings.TrimSuffix(rest, "\n") == "checks" && count != "no" {
			fields[i] = "N " + rest
		}
	}
	b.WriteString(strings.Join(fields, ", "))
	return b.String()
}

// TestRunUnknown checks which facts are unknown, with which reason, if IPVS cannot be read,
// and that the checks which need none of them are done.
func TestRunUnknown(t *testing.T) {
	const table, timeouts, daemons, connections = "IPVS table", "IPVS timeouts", "sync daemons", "connections"
	all := []string{table, timeouts, daemons, connections}
	denied := &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}
	const deniedText = "operation not permitted (CAP_NET_ADMIN is needed)"
	with := func(reason string, facts ...string) (gaps []jsonGap) {
		for _, f := range facts {
			gaps = append(gaps, jsonGap{Fact: doctor.Fact(f), Reason: reason})
		}
		return gaps
	}
	for _, tt := range []struct {
		name   string
		change func(*machine)
		want   []jsonGap
	}{
		{"no IPVS", func(m *machine) { m.hasIPVS = false }, with("IPVS is not loaded", all...)},
		{"no /proc", func(m *machine) { m.hasIPVS, m.hasErr = false, syscall.ENOENT }, with("no such file or directory", all...)},
		{"IPVS cannot be opened", func(m *machine) { m.openKernelErr = denied }, with(deniedText, all...)},
		{
			"no privilege", func(m *machine) { m.tableErr, m.timeoutsErr, m.daemonsErr = denied, denied, denied },
			append(with(deniedText, table, timeouts, daemons), with("they cannot be counted without the table", connections)...),
		},
		{
			"a table that changes", func(m *machine) { m.tableErr = fmt.Errorf("%w: it changed: %w", ipvs.ErrIncomplete, syscall.EAGAIN) },
			append(with("incomplete listing: it changed: resource temporarily unavailable", table), with("they cannot be counted without the table", connections)...),
		},
		{"no connections", func(m *machine) { m.connectionsErr = fmt.Errorf("open x: %w", syscall.ENOENT) }, with("no such file or directory", connections)},
		{
			"a connection", func(m *machine) { m.connectionErr = errors.New("/proc/x:7: unexpected line") },
			[]jsonGap{{Fact: connections, Name: "some of them", Reason: "/proc/x:7: unexpected line"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := director()
			tt.change(m)
			status, stdout, stderr := m.run("--json")
			validate(t, stdout)
			if status != 3 || stderr != "" {
				t.Errorf("status %d, stderr %q", status, stderr)
			}

			var d document
			if err := json.Unmarshal([]byte(stdout), &d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, d.Unknown); diff != "" {
				t.Errorf("unknown (-want +got):\n%s", diff)
			}
			if want := notDone(tt.want); !slices.Equal(codes(t, stdout), want) {
				t.Errorf("not done: %v, want %v", codes(t, stdout), want)
			}
			if m.closed != len(m.opened) && m.openKernelErr == nil {
				t.Errorf("opened %v, closed %d", m.opened, m.closed)
			}
		})
	}
}

// notDone returns the codes of the checks of a director that need one of the facts which
// are unknown altogether.
func notDone(unknown []jsonGap) (codes []string) {
	for _, c := range doctor.Checks() {
		isUnknown := func(f doctor.Fact) bool {
			return slices.ContainsFunc(unknown, func(g jsonGap) bool { return g.Fact == f && g.Name == "" })
		}
		if c.Roles&doctor.Director != 0 && slices.ContainsFunc(c.Needs, isUnknown) {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

// TestPace checks when connections are no longer read: where the kernel takes longer and
// longer for as many, after a second, else after ten.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		name string
		step func(n int) time.Duration // for paceStep connections
		want time.Duration             // 0 if it is never over
	}{
		{"in no time", func(int) time.Duration { return time.Millisecond }, 0},
		{"steady", func(int) time.Duration { return 250 * time.Millisecond }, 10250 * time.Millisecond},
		{"steady, and then slow", func(n int) time.Duration { return time.Duration(1+50*(n/90)) * 10 * time.Millisecond }, 0},
		{"slower and slower", func(n int) time.Duration { return time.Duration(n) * 7 * time.Millisecond }, 1071 * time.Millisecond},
		{"slower and slower, but quick", func(n int) time.Duration { return time.Duration(n) * 10 * time.Microsecond }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Unix(0, 0)
			p, got := newPace(now), time.Duration(0)
			for n := 1; n <= 100 && got == 0; n++ {
				now = now.Add(tt.step(n))
				if p.isOver(now) {
					got = p.elapsed
				}
			}
			if got != tt.want {
				t.Errorf("over after %v, want %v", got, tt.want)
			}
		})
	}
}

// TestAsked checks what is asked of the machine: on a director the routes to services and
// servers, on a real server no IPVS.
func TestAsked(t *testing.T) {
	addr := netip.MustParseAddr
	for _, tt := range []struct {
		args   string
		opened []string
		want   host.Request
	}{
		{"", []string{"host ", "kernel "}, host.Request{Addresses: []netip.Addr{addr("10.0.0.1"), addr("10.9.0.1")}, IPVS: true}},
		{"--netns web -t 10.0.0.9:1", []string{"host web", "kernel web"}, host.Request{Addresses: []netip.Addr{addr("10.0.0.1"), addr("10.9.0.1")}, IPVS: true}},
		{
			"--real-server --vip 10.0.0.1 --vip ::7 --director 10.9.0.254", []string{"host "},
			host.Request{Addresses: []netip.Addr{addr("10.9.0.254"), addr("10.0.0.1"), addr("::7")}},
		},
	} {
		t.Run(tt.args, func(t *testing.T) {
			m := director()
			_, _, stderr := m.run(strings.Fields(tt.args)...)
			m.asked.Addresses = slices.DeleteFunc(m.asked.Addresses, func(a netip.Addr) bool { return !a.IsValid() })
			if diff := cmp.Diff(tt.want, m.asked, compared); diff != "" || stderr != "" {
				t.Errorf("%s(-want +got):\n%s", stderr, diff)
			}
			if diff := cmp.Diff(tt.opened, m.opened); diff != "" {
				t.Errorf("opened (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWriteError checks that output which cannot be written is an error.
func TestWriteError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range []string{"", "--json", "-h", "-v"} {
		t.Run(args, func(t *testing.T) {
			m := director()
			var errs strings.Builder
			status := Run(append([]string{program}, strings.Fields(args)...), Env{
				Stdout: full, Stderr: &errs,
				OpenHost:   func(string) (Host, error) { return m, nil },
				OpenKernel: func(string) (Kernel, error) { return m, nil },
			})
			want := "ipvsadm-doctor: cannot write: write /dev/full: no space left on device\n"
			if status != 3 || errs.String() != want {
				t.Errorf("status %d, %q", status, errs.String())
			}
		})
	}
	if status := Run(nil, Env{Stdout: io.Discard, Stderr: io.Discard, OpenHost: func(string) (Host, error) { return nil, errors.New("x") }}); status != 3 {
		t.Errorf("without a name of the program: status %d", status)
	}
}
