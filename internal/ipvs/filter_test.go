package ipvs

import (
	"net/netip"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestConnFilter checks which connections of a table are selected. They are called
// by their clients.
func TestConnFilter(t *testing.T) {
	at := netip.MustParseAddrPort
	server := []Destination{{Addr: at("10.0.0.2:0")}}
	entries := []Entry{
		{Service{ID: MarkService(7, IPv4)}, server},
		{Service{ID: MarkService(7, IPv6)}, []Destination{{Addr: at("[2001:db8::2]:80")}}},
		{Service{ID: AddrService(TCP, at("10.1.1.1:80"))}, server},
		{Service{ID: AddrService(UDP, at("10.1.1.2:0"))}, server},
		{Service{ID: AddrService(TCP, at("10.1.1.3:0"))}, server},
		{Service{ID: AddrService(TCP, at("10.1.1.3:80"))}, server},
	}
	conns := []struct{ name, protocol, client, virtual, server string }{
		{"of the mark", "TCP", "10.9.0.1:1", "10.1.1.9:80", "10.0.0.2:8080"},
		{"of a port", "TCP", "10.9.0.2:1", "10.1.1.1:80", "10.0.0.2:80"},
		{"of any port", "UDP", "10.9.0.3:1", "10.1.1.2:53", "10.0.0.2:53"},
		{"to another server", "TCP", "10.9.0.4:1", "10.1.1.9:80", "10.0.0.3:80"},
		{"template of the mark", "IP", "10.9.0.5:0", "0.0.0.7:0", "10.0.0.2:0"},
		{"template of another mark", "IP", "10.9.0.6:0", "0.0.0.8:0", "10.0.0.2:0"},
		{"of an IPv6 mark", "TCP", "[2001:db8::9]:1", "[2001:db8::1]:80", "[2001:db8::2]:80"},
		{"to another IPv6 port", "TCP", "[2001:db8::9]:1", "[2001:db8::1]:81", "[2001:db8::2]:81"},
		{"template of an IPv6 mark", "IP", "[2001:db8::9]:0", "[0:7::]:0", "[2001:db8::2]:80"},
		{"beside a port", "TCP", "10.9.0.7:1", "10.1.1.3:80", "10.0.0.2:80"},
		{"of all other ports", "TCP", "10.9.0.8:1", "10.1.1.3:81", "10.0.0.2:81"},
		{"of an unknown protocol", "IP_47", "10.9.0.9:1", "10.1.1.3:80", "10.0.0.2:80"},
	}
	mark, mark6 := MarkService(7, IPv4), MarkService(7, IPv6)
	addr := func(p Protocol, a string) *ServiceID {
		id := AddrService(p, at(a))
		return &id
	}

	for _, test := range []struct {
		name    string
		service *ServiceID
		server  string
		want    []string
	}{
		{name: "a mark", service: &mark, want: []string{"of the mark", "template of the mark", "of an unknown protocol"}},
		{name: "an IPv6 mark", service: &mark6, want: []string{"of an IPv6 mark", "template of an IPv6 mark"}},
		{name: "a mark and a server's port", service: &mark, server: "10.0.0.2:8080", want: []string{"of the mark"}},
		{name: "a server", server: "10.0.0.3:0", want: []string{"to another server"}},
		{name: "a server's port", server: "10.0.0.2:53", want: []string{"of any port"}},
		{name: "no such server", server: "10.0.0.9:0"},
		{name: "a port", service: addr(TCP, "10.1.1.1:80"), want: []string{"of a port"}},
		{name: "a port of another protocol", service: addr(UDP, "10.1.1.1:80")},
		{name: "a port that is no service", service: addr(TCP, "10.1.1.9:80"), server: "10.0.0.2:0", want: []string{"of the mark"}},
		{name: "a port without connections", service: addr(TCP, "10.1.1.9:81")},
		{name: "a port and another server", service: addr(TCP, "10.1.1.1:80"), server: "10.0.0.3:80"},
		{name: "any port", service: addr(UDP, "10.1.1.2:0"), want: []string{"of any port"}},
		{name: "any port and a server", service: addr(UDP, "10.1.1.2:0"), server: "10.0.0.2:53", want: []string{"of any port"}},
		{name: "any port beside a port", service: addr(TCP, "10.1.1.3:0"), want: []string{"of all other ports"}},
		{name: "a port beside any port", service: addr(TCP, "10.1.1.3:80"), want: []string{"beside a port"}},
		{name: "IPv6", service: addr(TCP, "[2001:db8::1]:80"), want: []string{"of an IPv6 mark"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var server netip.AddrPort
			if test.server != "" {
				server = at(test.server)
			}
			table := entries
			if !ConnFilterNeedsTable(test.service) {
				table = nil
			}

			f := NewConnFilter(test.service, server, table)
			var got []string
			for _, c := range conns {
				conn := Connection{Protocol: c.protocol, Client: at(c.client), Virtual: at(c.virtual), Destination: at(c.server)}
				if f.Match(&conn) {
					got = append(got, c.name)
				}
			}
			if d := gocmp.Diff(test.want, got); d != "" {
				t.Errorf("connections (-want +got):\n%s", d)
			}
		})
	}

	t.Run("all", func(t *testing.T) {
		if !new(ConnFilter).Match(&Connection{}) || !NewConnFilter(nil, netip.AddrPort{}, nil).Match(&Connection{}) {
			t.Error("a connection is left out")
		}
	})
}

func TestConnFilterNeedsTable(t *testing.T) {
	mark := MarkService(1, IPv4)
	port := AddrService(TCP, netip.MustParseAddrPort("10.0.0.1:80"))
	anyPort := AddrService(TCP, netip.MustParseAddrPort("10.0.0.1:0"))
	for _, test := range []struct {
		name    string
		service *ServiceID
		want    bool
	}{
		{"all services", nil, false},
		{"a firewall mark", &mark, true},
		{"a port", &port, false},
		{"any port", &anyPort, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := ConnFilterNeedsTable(test.service); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
