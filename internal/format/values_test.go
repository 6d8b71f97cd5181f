package format_test

import (
	"bufio"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tcp returns the ID of a TCP service.
func tcp(addr string) ipvs.ServiceID {
	return ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr))
}

// counters are columns of --stats, without and with --exact, made by hand from the rules:
// nine characters, but more with --exact for numbers of nine digits and more.
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
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			testCounter(t, c.n, false, c.short)
			testCounter(t, c.n, true, c.exactly)
		})
	}
}

// testCounter checks the listings of a service and a server with the same number in
// every counter and rate.
func testCounter(t *testing.T, n uint64, exact bool, column string) {
	t.Helper()
	s := ipvs.Service{ID: tcp("10.0.0.1:80"), Stats: allStats(n)}
	d := ipvs.Destination{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Stats: allStats(n)}
	columns := strings.Repeat(column, 5)
	// The first three rates of a server are never shortened.
	rates := strings.Repeat(fmt.Sprintf(" %8d", n), 3) + column + column

	for _, test := range []struct {
		style           format.Style
		service, server string
	}{
		{format.Stats, columns, columns},
		{format.Rate, columns, rates},
	} {
		l := format.Listing{Style: test.style, Exact: exact}
		want := "TCP  10.0.0.1:80                 " + test.service + "\n"
		if got := string(l.AppendService(nil, &s)); got != want {
			t.Errorf("service, style %v, exact %v:\n got %q\nwant %q", test.style, exact, got, want)
		}
		want = "  -> 10.0.0.2:80                 " + test.server + "\n"
		if got := string(l.AppendDestination(nil, ipvs.TCP, &d)); got != want {
			t.Errorf("server, style %v, exact %v:\n got %q\nwant %q", test.style, exact, got, want)
		}
	}
}

// allStats returns the same number in every counter and rate.
func allStats(n uint64) *ipvs.Stats {
	return &ipvs.Stats{
		Connections: n, InPackets: n, OutPackets: n, InBytes: n, OutBytes: n,
		ConnectionRate: n, InPacketRate: n, OutPacketRate: n, InByteRate: n, OutByteRate: n,
	}
}

// TestValues compares with what the reference printed for values that were put into the
// answers of the kernel.
func TestValues(t *testing.T) {
	lines := bufio.NewScanner(strings.NewReader(golden(t, "values/patched")))
	cases := 0
	for lines.Scan() {
		words := strings.Fields(strings.TrimPrefix(lines.Text(), "# "))
		var want [2]string
		for i := range want {
			lines.Scan()
			want[i] = lines.Text() + "\n"
		}
		t.Run(strings.Join(words, " "), func(t *testing.T) { testValue(t, words, want[0], want[1]) })
		cases++
	}
	if cases != 134 {
		t.Errorf("%d cases, want 134", cases)
	}
}

// testValue checks the two lines for one set of values and options.
func testValue(t *testing.T, words []string, service, server string) {
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
		t.Errorf("service:\n got %q\nwant %q", got, service)
	}
	if got := string(l.AppendDestination(nil, ipvs.TCP, &e.Destinations[0])); got != server && !cutTo32 {
		t.Errorf("server:\n got %q\nwant %q", got, server)
	}
}

// setValue sets what internal/lab/capture/patch.c changed: all counters, or the attribute
// of a server with this number.
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

// TestUnknownValues checks values for which the reference prints (null) or crashes. Their
// rules have options that no program accepts: they are rejected, not misread.
func TestUnknownValues(t *testing.T) {
	tunnel := func(kind ipvs.TunnelType, flags ipvs.TunnelFlags) ipvs.Destination {
		return ipvs.Destination{Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: kind, Port: 9, Flags: flags}}
	}
	for _, test := range []struct {
		name       string
		d          ipvs.Destination
		list, rule string
	}{
		{"bypass", ipvs.Destination{Forward: ipvs.Bypass}, "4       n/a           0     ", "--forward-4 -w 0"},
		{"forwarding method", ipvs.Destination{Forward: 1 << 31}, "2147483648 n/a           0     ", "--forward-2147483648 -w 0"},
		{"tunnel type", tunnel(3, 0), "Tunnel  3             0     ", "-i -w 0 --tun-type 3"},
		{"flags of gue", tunnel(ipvs.GUE, 3), "Tunnel  gue:9:3       0     ", "-i -w 0 --tun-type gue --tun-port 9 --tun-flags-3"},
		{"flags of gre", tunnel(ipvs.GRE, 65535), "Tunnel  gre:65535     0     ", "-i -w 0 --tun-type gre --tun-flags-65535"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.d.Addr = netip.MustParseAddrPort("10.0.0.2:80")
			want := "  -> 10.0.0.2:80                  " + test.list + " 0          0         \n"
			if got := string(format.Listing{Style: format.TunInfo}.AppendDestination(nil, ipvs.TCP, &test.d)); got != want {
				t.Errorf("list:\n got %q\nwant %q", got, want)
			}
			want = "-a -t 10.0.0.1:80 -r 10.0.0.2:80 " + test.rule + "\n"
			if got := string(format.Rules{}.AppendDestination(nil, tcp("10.0.0.1:80"), &test.d)); got != want {
				t.Errorf("rule:\n got %q\nwant %q", got, want)
			}
		})
	}

	t.Run("protocol", func(t *testing.T) {
		s := ipvs.Service{ID: tcp("10.0.0.1:80"), Scheduler: "rr"}
		s.ID.Protocol = 47
		if got, want := string(format.Listing{}.AppendService(nil, &s)), "?    10.0.0.1:80 rr\n"; got != want {
			t.Errorf("list: got %q, want %q", got, want)
		}
		if got, want := string(format.Rules{}.AppendService(nil, &s)), "-A --protocol-47 10.0.0.1:80 -s rr\n"; got != want {
			t.Errorf("rule: got %q, want %q", got, want)
		}
	})
}

// TestControlCharacters checks that names with control characters do not reach a
// terminal.
func TestControlCharacters(t *testing.T) {
	s := ipvs.Service{
		ID: tcp("10.0.0.1:80"), Scheduler: "r\x1b[1mr", Flags: ipvs.Persistent, Timeout: 5,
		Netmask: ipvs.IPv4.FullMask(), Engine: "s\x7fp p\u009b",
	}
	want := "TCP  a?[2Jb?c?d:e?f?ü r?[1mr persistent 5 pe s?p?p?\n"
	if got := string(format.Listing{Names: hostileNamer{}}.AppendService(nil, &s)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	d := ipvs.Daemon{State: ipvs.Master, Interface: "eth\x00\n0\xff"}
	want = "master sync daemon (mcast=eth??0?, syncid=0)\n"
	if got := string(format.AppendDaemon(nil, d)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hostileNamer answers as a hostile resolver might.
type hostileNamer struct{}

func (hostileNamer) Host(netip.Addr) (string, bool)            { return "a\x1b[2Jb\u202ec d", true }
func (hostileNamer) Port(ipvs.Protocol, uint16) (string, bool) { return "e\nf\tü", true }
