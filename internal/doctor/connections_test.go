package doctor

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// countedTable returns the table of TestConnectionCounter.
func countedTable() *ipvs.Table {
	entry := func(id ipvs.ServiceID, servers ...string) ipvs.Entry {
		e := ipvs.Entry{Service: ipvs.Service{ID: id}}
		for _, s := range servers {
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: netip.MustParseAddrPort(s)})
		}
		return e
	}
	return &ipvs.Table{Entries: []ipvs.Entry{
		entry(tcpID("10.0.0.1:80"), "10.9.0.1:80", "10.9.0.2:8080"),
		entry(tcpID("10.0.0.1:21"), "10.9.0.1:21"),
		entry(tcpID("10.0.0.3:0"), "10.9.0.3:0"),
		entry(tcpID("[2001:db8::1]:80"), "[2001:db8::9]:80"),
		entry(ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("10.0.0.1:53")), "10.9.0.1:53"),
		entry(ipvs.MarkService(7, ipvs.IPv4), "10.9.0.7:0", "10.9.0.8:80"),
	}}
}

func tcpID(addr string) ipvs.ServiceID {
	return ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr))
}

// connection returns a connection.
func connection(protocol, client, virtual, server, state string) *ipvs.Connection {
	return &ipvs.Connection{
		Protocol: protocol, Client: netip.MustParseAddrPort(client), Virtual: netip.MustParseAddrPort(virtual),
		Destination: netip.MustParseAddrPort(server), State: state,
	}
}

// TestConnectionCounter checks for each kind of connection to which server it is counted.
func TestConnectionCounter(t *testing.T) {
	key := func(id ipvs.ServiceID, server string) ServerKey {
		return ServerKey{id, netip.MustParseAddrPort(server)}
	}
	of := func(k ServerKey, c ServerConnections) Connections {
		return Connections{Total: 1, Servers: map[ServerKey]ServerConnections{k: c}}
	}
	gone := func(total int, protocol, virtual, server string, c ServerConnections) Connections {
		return Connections{Total: 1, GoneTotal: total, Gone: []GoneServer{
			{protocol, netip.MustParseAddrPort(virtual), netip.MustParseAddrPort(server), c},
		}}
	}
	const client, template = "172.16.0.1:4711", "172.16.0.1:0"
	synRecv, established := ServerConnections{All: 1, SynRecv: 1}, ServerConnections{All: 1, Established: 1}
	other, persistent := ServerConnections{All: 1}, ServerConnections{Templates: 1}

	for _, tt := range []struct {
		name string
		conn *ipvs.Connection
		want Connections
	}{
		{"established", connection("TCP", client, "10.0.0.1:80", "10.9.0.1:80", "ESTABLISHED"), of(key(tcpID("10.0.0.1:80"), "10.9.0.1:80"), established)},
		{"unanswered", connection("TCP", client, "10.0.0.1:80", "10.9.0.2:8080", "SYN_RECV"), of(key(tcpID("10.0.0.1:80"), "10.9.0.2:8080"), synRecv)},
		{"another state", connection("TCP", client, "10.0.0.1:80", "10.9.0.1:80", "FIN_WAIT"), of(key(tcpID("10.0.0.1:80"), "10.9.0.1:80"), other)},
		{"IPv6", connection("TCP", "[2001:db8::2]:4711", "[2001:db8::1]:80", "[2001:db8::9]:80", "ESTABLISHED"), of(key(tcpID("[2001:db8::1]:80"), "[2001:db8::9]:80"), established)},
		{"UDP", connection("UDP", client, "10.0.0.1:53", "10.9.0.1:53", "UDP"), of(key(ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("10.0.0.1:53")), "10.9.0.1:53"), other)},
		{"a service without a port", connection("TCP", client, "10.0.0.3:443", "10.9.0.3:443", "ESTABLISHED"), of(key(tcpID("10.0.0.3:0"), "10.9.0.3:0"), established)},
		{"a firewall mark without a port", connection("TCP", client, "10.0.0.5:443", "10.9.0.7:443", "ESTABLISHED"), of(key(ipvs.MarkService(7, ipvs.IPv4), "10.9.0.7:0"), established)},
		{"a firewall mark with a port", connection("TCP", client, "10.0.0.5:80", "10.9.0.8:80", "ESTABLISHED"), of(key(ipvs.MarkService(7, ipvs.IPv4), "10.9.0.8:80"), established)},
		{"a template", connection("TCP", template, "10.0.0.1:80", "10.9.0.1:80", "NONE"), of(key(tcpID("10.0.0.1:80"), "10.9.0.1:80"), persistent)},
		{"a template of a firewall mark", connection("IP", template, "0.0.0.7:0", "10.9.0.7:0", "NONE"), of(key(ipvs.MarkService(7, ipvs.IPv4), "10.9.0.7:0"), persistent)},
		{"a template of a firewall mark, server with a port", connection("IP", template, "0.0.0.7:0", "10.9.0.8:0", "NONE"), of(key(ipvs.MarkService(7, ipvs.IPv4), "10.9.0.8:80"), persistent)},
		{"a template of FTP", connection("TCP", template, "10.0.0.1:0", "10.9.0.1:0", "NONE"), of(key(tcpID("10.0.0.1:21"), "10.9.0.1:21"), persistent)},
		{"passive FTP", connection("TCP", client, "10.0.0.1:40000", "10.9.0.1:40000", "ESTABLISHED"), Connections{Total: 1, Servers: map[ServerKey]ServerConnections{}}},
		{"a bypass", connection("TCP", client, "10.0.0.1:80", "0.0.0.0:0", "ESTABLISHED"), Connections{Total: 1, Servers: map[ServerKey]ServerConnections{}}},
		{"a gone server", connection("TCP", client, "10.0.0.1:80", "10.9.0.99:80", "ESTABLISHED"), gone(1, "TCP", "10.0.0.1:80", "10.9.0.99:80", established)},
		{"another port of a server", connection("TCP", client, "10.0.0.1:80", "10.9.0.2:80", "ESTABLISHED"), gone(1, "TCP", "10.0.0.1:80", "10.9.0.2:80", established)},
		{"a gone service", connection("TCP", client, "10.0.0.77:80", "10.9.0.1:80", "SYN_RECV"), gone(1, "TCP", "10.0.0.77:80", "10.9.0.1:80", synRecv)},
		{"a gone server's template", connection("TCP", template, "10.0.0.1:80", "10.9.0.99:80", "NONE"), gone(0, "TCP", "10.0.0.1:80", "10.9.0.99:80", persistent)},
		{"another protocol", connection("SCTP", client, "10.0.0.1:80", "10.9.0.1:80", "ESTABLISHED"), gone(1, "SCTP", "10.0.0.1:80", "10.9.0.1:80", established)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := NewConnectionCounter(countedTable())
			c.Add(tt.conn)
			if diff := cmp.Diff(tt.want, c.Result(), cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestConnectionCounterBounds checks that gone servers are listed by the number of their
// connections, and that their number is bounded.
func TestConnectionCounterBounds(t *testing.T) {
	c := NewConnectionCounter(&ipvs.Table{})
	const servers = maxGoneKept + 5
	for i := range servers {
		c.Add(connection("TCP", "172.16.0.1:1", "10.0.0.1:80", fmt.Sprintf("10.%d.%d.1:80", i>>8, i&255), "ESTABLISHED"))
	}
	c.Add(connection("TCP", "172.16.0.1:2", "10.0.0.1:80", "10.1.1.1:80", "ESTABLISHED"))

	r := c.Result()
	if r.Total != servers+1 || r.GoneTotal != servers+1 || len(r.Gone) != MaxGone || len(c.gone) != maxGoneKept {
		t.Errorf("total %d, gone %d, listed %d, kept %d", r.Total, r.GoneTotal, len(r.Gone), len(c.gone))
	}
	if first := r.Gone[0]; first.Server.String() != "10.1.1.1:80" || first.Connections.All != 2 {
		t.Errorf("first %+v", first)
	}
}
