package format_test

import (
	"bufio"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tcp is the ID of a TCP service.
func tcp(addr string) ipvs.ServiceID {
	return ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr))
}

// counters has one counter as --stats writes it, and the same with --exact,
// worked out by hand from the rules: nine characters, but more with --exact for
// numbers of nine digits and up.
var counters = []struct {
	n              uint64
	short, exactly string
}{
	{0, "        0", "        0"},
	{1, "        1", "        1"},
	{99_999_998, " 99999998", " 99999998"},
	{99_999_999, " 99999999", " 99999999"},
	{100_000_000, "  100000K", " 100000000"},
	{100_000_001, "  100000K", " 100000001"},
	{999_999_999, "  999999K", " 999999999"},
	{1_000_000_000, "    1000M", " 1000000000"},
	{1_000_000_001, "    1000M", " 1000000001"},
	{99_999_999_999, "   99999M", " 99999999999"},
	{100_000_000_000, "     100G", " 100000000000"},
	{100_000_000_001, "     100G", " 100000000001"},
	{99_999_999_999_999, "   99999G", " 99999999999999"},
	{100_000_000_000_000, "     100T", " 100000000000000"},
	{100_000_000_000_001, "     100T", " 100000000000001"},
	{9_999_999_999_999_999_999, " 9999999T", " 9999999999999999999"},
	{10_000_000_000_000_000_000, "10000000T", " 10000000000000000000"},
	{math.MaxUint64 - 1, "18446744T", " 18446744073709551614"},
	{math.MaxUint64, "18446744T", " 18446744073709551615"},
}

func TestCounters(t *testing.T) {
	for _, c := range counters {
		s := ipvs.Service{ID: tcp("10.0.0.1:80"), Stats: allStats(c.n)}
		d := ipvs.Destination{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Stats: allStats(c.n)}
		for _, exact := range []bool{false, true} {
			cell := c.short
			if exact {
				cell = c.exactly
			}
			service := "TCP  10.0.0.1:80                 " + strings.Repeat(cell, 5) + "\n"
			server := "  -> 10.0.0.2:80                 " + strings.Repeat(cell, 5) + "\n"
			for _, style := range []format.Style{format.Stats, format.Rate} {
				l := format.Listing{Style: style, Exact: exact}
				if got := string(l.AppendService(nil, &s)); got != service {
					t.Errorf("service, style %v:\n got %q\nwant %q", style, got, service)
				}
				if style == format.Rate {
					server = "  -> 10.0.0.2:80                 " + strings.Repeat(fmt.Sprintf(" %8d", c.n), 3) + cell + cell + "\n"
				}
				if got := string(l.AppendDestination(nil, ipvs.TCP, &d)); got != server {
					t.Errorf("server, style %v:\n got %q\nwant %q", style, got, server)
				}
			}
		}
	}
}

// allStats has the same number in every counter and rate.
func allStats(n uint64) *ipvs.Stats {
	return &ipvs.Stats{
		Connections: n, InPackets: n, OutPackets: n, InBytes: n, OutBytes: n,
		ConnectionRate: n, InPacketRate: n, OutPacketRate: n, InByteRate: n, OutByteRate: n,
	}
}

// TestValuesAreTheReferences compares with what the reference made of values
// that were put into the kernel's answers on their way to it.
func TestValuesAreTheReferences(t *testing.T) {
	lines := bufio.NewScanner(strings.NewReader(golden(t, "values/patched")))
	cases := 0
	for lines.Scan() {
		words := strings.Fields(strings.TrimPrefix(lines.Text(), "# "))
		var want [2]string
		for i := range want {
			lines.Scan()
			want[i] = lines.Text() + "\n"
		}
		checkValue(t, words, want[0], want[1])
		cases++
	}
	if cases != 134 {
		t.Errorf("%d cases, want 134", cases)
	}
}

// checkValue checks the two lines for one set of values and options.
func checkValue(t *testing.T, words []string, service, server string) {
	t.Helper()
	e := ipvs.Entry{
		Service: ipvs.Service{ID: tcp("10.0.0.1:80"), Scheduler: "rr"},
		Destinations: []ipvs.Destination{{
			Addr: netip.MustParseAddrPort("10.0.0.2:80"), Forward: ipvs.Tunnel, Weight: 1,
		}},
	}
	l := format.Listing{}
	cutTo32 := false
	for _, word := range words {
		name, value, isValue := strings.Cut(word, "=")
		n, err := strconv.ParseUint(value, 10, 64)
		switch {
		case word == "--exact":
			l.Exact = true
		case !isValue:
			l.Style = styles[strings.TrimPrefix(word, "--")]
		case err != nil:
			t.Fatal(err)
		default:
			setValue(&e, name, n)
			// The reference cuts a server's counters to 32 bits; ours are whole.
			cutTo32 = name == "STAT" && n > math.MaxUint32
		}
	}
	if got := string(l.AppendService(nil, &e.Service)); got != service {
		t.Errorf("%q:\n got %q\nwant %q", words, got, service)
	}
	if got := string(l.AppendDestination(nil, ipvs.TCP, &e.Destinations[0])); got != server && !cutTo32 {
		t.Errorf("%q:\n got %q\nwant %q", words, got, server)
	}
}

// setValue sets what internal/lab/capture/patch.c changed: all counters, or the attribute of a server
// with this number.
func setValue(e *ipvs.Entry, name string, n uint64) {
	d := &e.Destinations[0]
	switch name {
	case "STAT":
		e.Service.Stats, d.Stats = allStats(n), allStats(n)
	case "D3":
		d.Forward = ipvs.Forward(n)
	case "D4":
		d.Weight = int32(n)
	case "D5":
		d.UpperThreshold = uint32(n)
	case "D6":
		d.LowerThreshold = uint32(n)
	case "D7":
		d.ActiveConnections = uint32(n)
	case "D8":
		d.InactiveConnections = uint32(n)
	case "D9":
		d.PersistentConnections = uint32(n)
	case "D13":
		d.Tunnel.Type = ipvs.TunnelType(n)
	case "D14": // big-endian
		d.Tunnel.Port = uint16(n)<<8 | uint16(n)>>8
	case "D15":
		d.Tunnel.Flags = ipvs.TunnelFlags(n)
	}
}

// TestUnknownValuesAreNumbers has what the reference prints as (null), or crashes
// on. As rules they are options which no program takes: refused, not misread.
func TestUnknownValuesAreNumbers(t *testing.T) {
	tunnel := func(kind ipvs.TunnelType, flags ipvs.TunnelFlags) ipvs.Destination {
		return ipvs.Destination{Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: kind, Port: 9, Flags: flags}}
	}
	for _, test := range []struct {
		d          ipvs.Destination
		list, rule string
	}{
		{ipvs.Destination{Forward: ipvs.Bypass}, "4       n/a           0     ", "--forward-4 -w 0"},
		{ipvs.Destination{Forward: 1 << 31}, "2147483648 n/a           0     ", "--forward-2147483648 -w 0"},
		{tunnel(3, 0), "Tunnel  3             0     ", "-i -w 0 --tun-type 3"},
		{tunnel(ipvs.GUE, 3), "Tunnel  gue:9:3       0     ", "-i -w 0 --tun-type gue --tun-port 9 --tun-flags-3"},
		{tunnel(ipvs.GRE, 65535), "Tunnel  gre:65535     0     ", "-i -w 0 --tun-type gre --tun-flags-65535"},
	} {
		test.d.Addr = netip.MustParseAddrPort("10.0.0.2:80")
		want := "  -> 10.0.0.2:80                  " + test.list + " 0          0         \n"
		if got := string(format.Listing{Style: format.TunInfo}.AppendDestination(nil, ipvs.TCP, &test.d)); got != want {
			t.Errorf("list:\n got %q\nwant %q", got, want)
		}
		want = "-a -t 10.0.0.1:80 -r 10.0.0.2:80 " + test.rule + "\n"
		if got := string(format.Rules{}.AppendDestination(nil, tcp("10.0.0.1:80"), &test.d)); got != want {
			t.Errorf("rule:\n got %q\nwant %q", got, want)
		}
	}
	s := ipvs.Service{ID: tcp("10.0.0.1:80"), Scheduler: "rr"}
	s.ID.Protocol = 47
	got := []string{
		string(format.Listing{}.AppendService(nil, &s)),
		string(format.Rules{}.AppendService(nil, &s)),
	}
	want := []string{"?    10.0.0.1:80 rr\n", "-A --protocol-47 10.0.0.1:80 -s rr\n"}
	if !slices.Equal(got, want) {
		t.Errorf("protocol 47: got %q, want %q", got, want)
	}
}

// TestControlCharactersStayOut has names that would steer a terminal.
func TestControlCharactersStayOut(t *testing.T) {
	s := ipvs.Service{
		ID: tcp("10.0.0.1:80"), Scheduler: "r\x1b[1mr", Flags: ipvs.Persistent, Timeout: 5,
		Netmask: ipvs.IPv4.FullMask(), Engine: "s\x7fp p\u009b",
	}
	names := steeringNamer{}
	want := "TCP  a?[2Jb?c?d:e?f?ü r?[1mr persistent 5 pe s?p?p?\n"
	if got := string(format.Listing{Names: names}.AppendService(nil, &s)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d := ipvs.Daemon{State: ipvs.Master, Interface: "eth\x00\n0\xff"}
	want = "master sync daemon (mcast=eth??0?, syncid=0)\n"
	if got := string(format.AppendDaemon(nil, d)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// steeringNamer answers as a hostile resolver might.
type steeringNamer struct{}

func (steeringNamer) Host(netip.Addr) (string, bool)            { return "a\x1b[2Jb\u202ec d", true }
func (steeringNamer) Port(ipvs.Protocol, uint16) (string, bool) { return "e\nf\tü", true }
