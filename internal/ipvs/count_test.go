package ipvs

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// countedConnections returns connections of all kinds, and two templates.
func countedConnections() []Connection {
	at := netip.MustParseAddrPort
	var all []Connection
	add := func(n int, protocol, client, virtual, server, state string) {
		for range n {
			all = append(all, Connection{Protocol: protocol, State: state, Client: at(client), Virtual: at(virtual), Destination: at(server)})
		}
	}
	add(3, "TCP", "10.9.0.1:1024", "10.0.0.1:80", "10.1.0.1:80", "ESTABLISHED")
	add(2, "TCP", "10.9.0.1:1025", "10.0.0.1:80", "10.1.0.2:80", "FIN_WAIT")
	add(2, "UDP", "10.9.1.200:53", "10.0.0.1:53", "10.1.0.1:53", "UDP")
	add(1, "TCP", "[2001:db8::5]:9", "[2001:db8::1]:80", "[2001:db8:1::1]:80", "ESTABLISHED")
	add(1, "TCP", "[::ffff:10.9.0.1]:9", "[2001:db8::1]:80", "[2001:db8:1::1]:80", "SYN_RECV")
	add(1, "TCP", "10.9.0.1:0", "10.0.0.1:80", "10.1.0.1:80", "SYN_RECV") // no template
	add(1, "TCP", "10.9.0.0:0", "10.0.0.1:80", "10.1.0.1:80", "NONE")
	add(1, "IP", "10.9.0.0:0", "0.0.0.7:0", "10.1.0.1:0", "ASSURED")
	return all
}

// parseKeys returns the keys of a list.
func parseKeys(t *testing.T, list string) []ConnKey {
	t.Helper()
	var keys ConnKeys
	for name := range strings.SplitSeq(list, ",") {
		k, ok := ParseConnKey(name)
		if !ok || !keys.Add(k) {
			t.Fatalf("no key %q", name)
		}
	}
	return keys.List()
}

// TestConnCounter counts connections by every key, and by some pairs.
func TestConnCounter(t *testing.T) {
	for _, test := range []struct {
		keys      string
		templates bool
		want      string
	}{
		{"client", false, "6 10.9.0.1\n2 10.9.1.200\n1 ::ffff:10.9.0.1\n1 2001:db8::5\n"},
		{"network", false, "6 10.9.0.0/24\n2 10.9.1.0/24\n1 ::/64\n1 2001:db8::/64\n"},
		{"network/16", false, "8 10.9.0.0/16\n1 ::/16\n1 2001::/16\n"},
		{"network/128", false, "6 10.9.0.1/32\n2 10.9.1.200/32\n1 ::ffff:10.9.0.1/128\n1 2001:db8::5/128\n"},
		{"service", false, "6 TCP 10.0.0.1:80\n2 TCP [2001:db8::1]:80\n2 UDP 10.0.0.1:53\n"},
		{"server", false, "4 10.1.0.1:80\n2 10.1.0.1:53\n2 10.1.0.2:80\n2 [2001:db8:1::1]:80\n"},
		{"state", false, "4 ESTABLISHED\n2 FIN_WAIT\n2 SYN_RECV\n2 UDP\n"},
		{"protocol", false, "8 TCP\n2 UDP\n"},
		{"protocol", true, "8+1 TCP\n2+0 UDP\n0+1 IP\n"},
		{"service", true, "6+1 TCP 10.0.0.1:80\n2+0 TCP [2001:db8::1]:80\n2+0 UDP 10.0.0.1:53\n0+1 IP 0.0.0.7:0\n"},
		{"state,client", false, "3 ESTABLISHED 10.9.0.1\n2 FIN_WAIT 10.9.0.1\n2 UDP 10.9.1.200\n1 ESTABLISHED 2001:db8::5\n" +
			"1 SYN_RECV 10.9.0.1\n1 SYN_RECV ::ffff:10.9.0.1\n"},
		{"network,client", false, "6 10.9.0.0/24 10.9.0.1\n2 10.9.1.0/24 10.9.1.200\n1 ::/64 ::ffff:10.9.0.1\n1 2001:db8::/64 2001:db8::5\n"},
		{"client,network", false, "6 10.9.0.1 10.9.0.0/24\n2 10.9.1.200 10.9.1.0/24\n1 ::ffff:10.9.0.1 ::/64\n1 2001:db8::5 2001:db8::/64\n"},
		{"protocol,service", false, "6 TCP TCP 10.0.0.1:80\n2 TCP TCP [2001:db8::1]:80\n2 UDP UDP 10.0.0.1:53\n"},
	} {
		t.Run(fmt.Sprint(test.keys, test.templates), func(t *testing.T) {
			keys := parseKeys(t, test.keys)
			n := NewConnCounter(keys, test.templates)
			for _, c := range countedConnections() {
				n.Add(&c)
			}
			groups, all, omitted := n.Groups(0)
			var got strings.Builder
			for g := range groups {
				got.WriteString(groupText(&g, keys, test.templates))
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := ConnTotals{Groups: strings.Count(test.want, "\n"), Connections: 10}
			if test.templates {
				want.Templates = 2
			}
			if all != want || omitted != (ConnTotals{}) {
				t.Errorf("totals %+v, omitted %+v; want %+v", all, omitted, want)
			}
		})
	}
}

// groupText returns a group as a line.
func groupText(g *ConnGroup, keys []ConnKey, templates bool) string {
	b := fmt.Appendf(nil, "%d", g.Connections)
	if templates {
		b = fmt.Appendf(b, "+%d", g.Templates)
	}
	for _, k := range keys {
		switch k.Field {
		case ConnClient:
			b = fmt.Appendf(b, " %v", g.Client)
		case ConnNetwork:
			b = fmt.Appendf(b, " %v", g.Network)
		case ConnService:
			b = fmt.Appendf(b, " %s %v", g.Protocol, g.Service)
		case ConnServer:
			b = fmt.Appendf(b, " %v", g.Server)
		case ConnState:
			b = fmt.Appendf(b, " %s", g.State)
		case ConnProtocol:
			b = fmt.Appendf(b, " %s", g.Protocol)
		}
	}
	return string(b) + "\n"
}

// TestConnCounterLimit checks what a limit leaves out.
func TestConnCounterLimit(t *testing.T) {
	n := NewConnCounter(parseKeys(t, "client"), true)
	for _, c := range countedConnections() {
		n.Add(&c)
	}
	for limit, want := range map[int]ConnTotals{
		1: {Groups: 4, Connections: 4, Templates: 2},
		4: {Groups: 1, Connections: 0, Templates: 2},
		5: {},
		6: {},
	} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			groups, all, omitted := n.Groups(limit)
			shown := 0
			for range groups {
				shown++
			}
			if omitted != want || shown+omitted.Groups != 5 || all.Connections != 10 || all.Groups != 5 {
				t.Errorf("%d shown, omitted %+v of %+v; want %+v", shown, omitted, all, want)
			}
		})
	}
}

// TestParseConnKey parses names of keys that are none.
func TestParseConnKey(t *testing.T) {
	for _, name := range []string{"", "Client", "client/24", "network/", "network/0", "network/129", "network/-1", "network/24/24", "0", "6"} {
		t.Run(name, func(t *testing.T) {
			if k, ok := ParseConnKey(name); ok {
				t.Errorf("got %+v", k)
			}
		})
	}
}
