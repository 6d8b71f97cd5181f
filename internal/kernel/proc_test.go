package kernel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const procFolder = "../../testdata/proc"

var compareConnections = cmp.Comparer(func(a, b ipvs.Connection) bool { return a == b })

// TestConnections reads a table captured in a guest with TCP over IPv4 and IPv6,
// UDP, the template of a persistent service with a mask, and one of the engine
// sip with its call ID.
func TestConnections(t *testing.T) {
	c := newClient(nil, 0)
	c.proc = procFolder
	connections, err := c.Connections()
	if err != nil {
		t.Fatal(err)
	}
	var got []ipvs.Connection
	for conn, err := range connections {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *conn)
	}
	want := []ipvs.Connection{
		{
			Protocol: "TCP", Client: addrPort("[2001:db8::1]:34566"), Virtual: addrPort("[2001:db8::1]:80"),
			Destination: addrPort("[2001:db8::2]:8080"), State: "ESTABLISHED", Expires: 894,
		},
		{
			Protocol: "UDP", Client: addrPort("10.0.0.1:0"), Virtual: addrPort("10.0.0.1:5060"), Destination: addrPort("10.0.0.2:5060"),
			State: "NONE", Expires: 54, Engine: "sip", EngineData: "abc-123@example.com",
		},
		{
			Protocol: "UDP", Client: addrPort("10.0.0.1:41372"), Virtual: addrPort("10.0.0.1:53"),
			Destination: addrPort("10.0.0.2:5353"), State: "UDP", Expires: 294,
		},
		{
			Protocol: "TCP", Client: addrPort("10.0.0.1:56580"), Virtual: addrPort("10.0.0.1:80"),
			Destination: addrPort("10.0.0.2:8080"), State: "ESTABLISHED", Expires: 894,
		},
		{
			Protocol: "UDP", Client: addrPort("10.0.0.1:56749"), Virtual: addrPort("10.0.0.1:5060"),
			Destination: addrPort("10.0.0.2:5060"), State: "UDP", Expires: 294,
		},
		{
			Protocol: "TCP", Client: addrPort("10.0.0.0:0"), Virtual: addrPort("10.0.0.1:80"),
			Destination: addrPort("10.0.0.2:8080"), State: "ASSURED", Expires: 294,
		},
	}
	if diff := cmp.Diff(want, got, compareConnections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestConnectionsWithoutAFile(t *testing.T) {
	c := newClient(nil, 0)
	c.proc = t.TempDir()
	if _, err := c.Connections(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one of fs.ErrNotExist", err)
	}
}

// connLine is a good line of the connection table.
const connLine = "TCP 0A000001 DD04 0A000001 0050 0A000002 1F90 ESTABLISHED     894"

// TestConnectionLines reads one line each.
func TestConnectionLines(t *testing.T) {
	good := ipvs.Connection{
		Protocol: "TCP", Client: addrPort("10.0.0.1:56580"), Virtual: addrPort("10.0.0.1:80"),
		Destination: addrPort("10.0.0.2:8080"), State: "ESTABLISHED", Expires: 894,
	}
	with := func(fn func(*ipvs.Connection)) *ipvs.Connection {
		c := good
		fn(&c)
		return &c
	}
	tests := []struct {
		line string
		want *ipvs.Connection // nil is an unexpected line
	}{
		{connLine, &good},
		{connLine + " ", &good},
		{connLine + " sip two  words \x07\xff", with(func(c *ipvs.Connection) { c.Engine, c.EngineData = "sip", "two  words \x07\xff" })},
		{strings.Replace(connLine, "894", "18446744073709551609", 1), with(func(c *ipvs.Connection) { c.Expires = 18446744073709551609 })},
		{strings.Replace(connLine, "0A000002", "2001:0db8:0000:0000:0000:0000:0000:0002", 1), with(func(c *ipvs.Connection) { c.Destination = addrPort("[2001:db8::2]:8080") })},
		{strings.Replace(connLine, "894", "184467440737095516100", 1), nil},
		{strings.Replace(connLine, "894", "-1", 1), nil},
		{strings.Replace(connLine, "1F90", "01F90", 1), nil},
		{strings.Replace(connLine, "0A000002", "0A00000G", 1), nil},
		{strings.Replace(connLine, "0A000002", "2001:0db8:0000:0000:0000:0000:0000.0002", 1), nil},
		{"TCP", nil},
		{"", nil},
		{strings.Repeat("x", procReadSize+10), nil},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			file := "title\n" + tt.line + "\n" + connLine + "\n"
			var got []*ipvs.Connection
			readConnections(strings.NewReader(file), "f", func() {}, func(c *ipvs.Connection, err error) bool {
				if err != nil {
					if diff := cmp.Diff(&LineError{File: "f", Line: 2}, err); diff != "" {
						t.Errorf("error (-want +got):\n%s", diff)
					}
					got = append(got, nil)
					return true
				}
				one := *c
				got = append(got, &one)
				return true
			})
			if diff := cmp.Diff([]*ipvs.Connection{tt.want, &good}, got, compareConnections); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLineErrorNamesThePlace(t *testing.T) {
	got := (&LineError{File: "/proc/net/ip_vs_conn", Line: 7}).Error()
	if want := "/proc/net/ip_vs_conn:7: unexpected line"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// failingReader returns its text, then an error.
type failingReader struct{ text io.Reader }

func (r failingReader) Read(b []byte) (int, error) {
	if n, err := r.text.Read(b); err == nil {
		return n, nil
	}
	return 0, os.ErrPermission
}

func TestConnectionsReadError(t *testing.T) {
	r := failingReader{strings.NewReader("title\n" + connLine + "\nTCP half")}
	var got []error
	readConnections(r, "f", func() {}, func(_ *ipvs.Connection, err error) bool { got = append(got, err); return true })
	if len(got) != 2 || got[0] != nil || !errors.Is(got[1], os.ErrPermission) {
		t.Errorf("errors %v, want none and then that of the file", got)
	}
}

// TestConnectionsStop checks that a caller which has enough is not called again.
func TestConnectionsStop(t *testing.T) {
	n := 0
	readConnections(strings.NewReader("title\n"+connLine+"\n"+connLine+"\n"), "f", func() {}, func(*ipvs.Connection, error) bool { n++; return false })
	if n != 1 {
		t.Errorf("called %d times, want 1", n)
	}
}

// capturedServices returns the services of testdata/proc/ip_vs in the kernel's order.
func capturedServices() []ipvs.Entry {
	ids := []ipvs.ServiceID{
		udp("1.2.3.4:5060"), sctp("1.2.3.4:80"), udp("[2001:db8::1]:80"), udp("1.2.3.4:80"), tcp("1.2.3.4:80"),
		mark(1<<32 - 1), mark6(1), mark(1),
	}
	var entries []ipvs.Entry
	for _, id := range ids {
		entries = append(entries, ipvs.Entry{Service: ipvs.Service{ID: id}})
	}
	return entries
}

// listOf returns a list of these services.
func listOf(entries []ipvs.Entry) *serviceList {
	return &serviceList{entries: entries, index: newServiceIndex(entries), datagrams: 1}
}

// TestJoinProcTable reads a captured proc table with all kinds of services.
func TestJoinProcTable(t *testing.T) {
	entries := capturedServices()
	c := newClient(nil, 0)
	c.proc = procFolder
	join, err := c.joinProc(listOf(entries), new(arena))
	if err != nil || join.unlisted != 0 {
		t.Fatalf("%d unlisted services, %v", join.unlisted, err)
	}
	// The last three are firewall marks.
	if diff := cmp.Diff([]bool{true, true, true, true, true, false, false, false}, join.done); diff != "" {
		t.Errorf("joined (-want +got):\n%s", diff)
	}

	server := func(addr string, f ipvs.Forward, weight int32) ipvs.Destination {
		return ipvs.Destination{Addr: addrPort(addr), Forward: f, Weight: weight}
	}
	want := capturedServices()
	want[2].Destinations = []ipvs.Destination{
		server("1.2.3.4:80", ipvs.Tunnel, 1), server("[::1]:8080", ipvs.Masquerade, 1), server("[2001:db8::2]:8080", ipvs.Masquerade, 1),
	}
	want[4].Destinations = []ipvs.Destination{
		server("[2001:db8::9]:80", ipvs.Tunnel, 1), server("5.6.7.9:80", ipvs.Tunnel, 1),
		server("127.0.0.1:80", ipvs.Route, 1), server("5.6.7.8:80", ipvs.Route, 12),
	}
	if diff := cmp.Diff(want, entries, compareEnds); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

const procTitles = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"

// TestJoinProcTableLines joins tables that lack services, repeat them, or have lines that
// cannot be parsed. A service gets its own servers or none.
func TestJoinProcTableLines(t *testing.T) {
	const (
		first  = "TCP  0A000001:0050 rr  \n"
		second = "TCP  0A000002:0050 rr  \n"
		third  = "TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 rr\n"
		other  = "UDP  0A000002:0050 rr  \n"
		mark   = "FWM  00000007 rr\n"

		server1 = "  -> 0A000101:0050      Local   -3      7          9         \n"
		server2 = "  -> 0A000102:0050      Local   -3      7          9         \n"
		server3 = "  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:0050 Route 1 0 0\n"
	)
	replaced := func(old, new string) string { return strings.Replace(server1, old, new, 1) }
	const none = "-" // no answer
	tests := []struct {
		name, table string
		// servers are those of the three services and of the mark, by address.
		servers  [4]string
		unlisted int
	}{
		{"all", first + server1 + second + server2 + server1 + third + server3 + mark, [4]string{"10.0.1.1", "10.0.1.2 10.0.1.1", "2001:db8::2", none}, 0},
		{"the first is missing", second + server2 + third, [4]string{none, "10.0.1.2", "", none}, 0},
		{"the second is missing", first + server1 + third, [4]string{"10.0.1.1", none, "", none}, 0},
		{"the last is missing", first + server1 + second + server2, [4]string{"10.0.1.1", "10.0.1.2", none, none}, 0},
		{"another order", third + server3 + second + server2 + first + server1, [4]string{"10.0.1.1", "10.0.1.2", "2001:db8::2", none}, 0},
		{"one comes twice", first + server1 + second + server2 + first + server1 + server2, [4]string{"10.0.1.1", "10.0.1.2", none, none}, 0},
		{"one comes twice at once", first + server1 + first + server1 + second + server2, [4]string{"10.0.1.1", "10.0.1.2", none, none}, 0},
		{"another service between", first + server1 + other + server2 + second, [4]string{"10.0.1.1", "", none, none}, 1},
		{"a mark between", first + server1 + mark + server2 + second, [4]string{"10.0.1.1", "", none, none}, 0},
		{"a server before all", server1 + first + second + third, [4]string{"", "", "", none}, 0},
		{"an unknown method", first + replaced("Local", "Bypass") + server2 + second, [4]string{none, "", none, none}, 0},
		{"no number", first + replaced("7", "x") + second, [4]string{none, "", none, none}, 0},
		{"too great a weight", first + replaced("-3", "2147483648") + second, [4]string{none, "", none, none}, 0},
		{"no address", first + "  -> \n" + second, [4]string{none, "", none, none}, 0},
		{"a service without an address", "TCP\n" + server1 + first, [4]string{"", none, none, none}, 0},
		{"nothing", "", [4]string{none, none, none, none}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries := []ipvs.Entry{
				{Service: service(tcp("10.0.0.1:80"), "rr")}, {Service: service(tcp("10.0.0.2:80"), "rr")},
				{Service: service(tcp("[2001:db8::1]:80"), "rr")}, {Service: service(mark6(7), "rr")},
			}
			join, err := joinProcTable(strings.NewReader(procTitles+tt.table), listOf(entries), new(arena))
			if err != nil {
				t.Fatal(err)
			}
			var got [4]string
			for i, e := range entries {
				var servers []string
				for _, d := range e.Destinations {
					servers = append(servers, d.Addr.Addr().String())
				}
				got[i] = strings.Join(servers, " ")
				if !join.joined(i) {
					got[i] = none
				}
			}
			if got != tt.servers || join.unlisted != tt.unlisted {
				t.Errorf("servers %q, want %q; %d unlisted, want %d", got, tt.servers, join.unlisted, tt.unlisted)
			}
		})
	}
}

// TestJoinAnotherFile reads files that are no proc table.
func TestJoinAnotherFile(t *testing.T) {
	for _, text := range []string{"", "nothing\nof\nthe kind\n"} {
		join, err := joinProcTable(strings.NewReader(text), listOf(capturedServices()), new(arena))
		if err == nil || join.joined(0) {
			t.Errorf("%q: joined %v, error %v", text, join.done, err)
		}
	}
}

func TestProcServer(t *testing.T) {
	var got ipvs.Destination
	ok := parseProcServer([]byte("0A000101:0050      Local   -3      7          9         "), &got)
	want := ipvs.Destination{Addr: addrPort("10.0.1.1:80"), Forward: ipvs.Local, Weight: -3, ActiveConnections: 7, InactiveConnections: 9}
	if !ok || got != want {
		t.Errorf("%+v %t, want %+v", got, ok, want)
	}
}

// TestTableDumpsWhatTheProcTableLacks joins one service of three.
func TestTableDumpsWhatTheProcTableLacks(t *testing.T) {
	c, k := newScriptedClient(tableKernel(t, someEntries()))
	c.proc = t.TempDir()
	table := procTitles + "TCP  0A000001:0050 rr  \n  -> 0A000105:0050      Route   1      7          0         \n"
	if err := os.WriteFile(filepath.Join(c.proc, "ip_vs"), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := c.Table(ipvs.Query{Detail: ipvs.PlainColumns})
	wantError(t, err, 0, 0)
	want := someEntries()
	want[0].Destinations = []ipvs.Destination{{Addr: addrPort("10.0.1.5:80"), Forward: ipvs.Route, Weight: 1, ActiveConnections: 7}}
	if diff := cmp.Diff(want, got.Entries, compareEnds); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	// Info, services, two dumps of servers, and the service without servers again.
	if len(k.Sent) != 5 {
		t.Errorf("%d requests, want 5", len(k.Sent))
	}
}
