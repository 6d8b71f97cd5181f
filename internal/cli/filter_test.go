package cli

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestFilter checks which connections a listing of those of a service and a server has.
// Those of a firewall mark are the connections to its servers that are of no service
// with an address, and its own templates.
func TestFilter(t *testing.T) {
	at := netip.MustParseAddrPort
	server := []ipvs.Destination{{Addr: at("10.0.0.2:0")}}
	k := &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{
		{Service: ipvs.Service{ID: ipvs.MarkService(7, ipvs.IPv4)}, Destinations: server},
		{Service: ipvs.Service{ID: ipvs.MarkService(7, ipvs.IPv6)}, Destinations: []ipvs.Destination{{Addr: at("[2001:db8::2]:80")}}},
		{Service: ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, at("10.1.1.1:80"))}, Destinations: server},
		{Service: ipvs.Service{ID: ipvs.AddrService(ipvs.UDP, at("10.1.1.2:0"))}, Destinations: server},
	}}}
	for _, c := range []struct{ protocol, client, virtual, server string }{
		{"TCP", "10.9.0.1:1", "10.1.1.9:80", "10.0.0.2:8080"}, // the mark's
		{"TCP", "10.9.0.2:1", "10.1.1.1:80", "10.0.0.2:80"},   // of a service with a port
		{"UDP", "10.9.0.3:1", "10.1.1.2:53", "10.0.0.2:53"},   // of a service without
		{"TCP", "10.9.0.4:1", "10.1.1.9:80", "10.0.0.3:80"},   // of another server
		{"IP", "10.9.0.5:0", "0.0.0.7:0", "10.0.0.2:0"},       // the mark's template
		{"IP", "10.9.0.6:0", "0.0.0.8:0", "10.0.0.2:0"},       // another mark's
		{"TCP", "[2001:db8::9]:1", "[2001:db8::1]:80", "[2001:db8::2]:80"},
		{"IP", "[2001:db8::9]:0", "[0:7::]:0", "[2001:db8::2]:80"},
	} {
		k.connections = append(k.connections, ipvs.Connection{
			Protocol: c.protocol, State: "NONE", Client: at(c.client), Virtual: at(c.virtual), Destination: at(c.server),
		})
	}

	for options, want := range map[string]string{ // the clients of the connections
		"-f 7":                          "10.9.0.1:1 10.9.0.5:0",
		"-f 7 -6":                       "[2001:db8::9]:1 [2001:db8::9]:0",
		"-f 7 -r 10.0.0.2:8080":         "10.9.0.1:1",
		"-r 10.0.0.3":                   "10.9.0.4:1",
		"-t 10.1.1.1:80":                "10.9.0.2:1",
		"-t 10.1.1.9:80 -r 10.0.0.2":    "10.9.0.1:1",
		"-u 10.1.1.2:53":                "10.9.0.3:1",
		"-t 10.1.1.9:81":                "",
		"-u 10.1.1.2:0 -r 10.0.0.2:53":  "10.9.0.3:1",
		"-t 10.1.1.1:80 -r 10.0.0.3:80": "",
	} {
		t.Run(options, func(t *testing.T) {
			got := run(k, "", "ipvsadm -Lnc "+options)
			var clients []string
			for line := range strings.Lines(got.Stdout) {
				if columns := strings.Fields(line); strings.Contains(line, " NONE ") {
					clients = append(clients, columns[3])
				}
			}
			if all := strings.Join(clients, " "); got.Status != 0 || all != want {
				t.Errorf("status %d, %q, clients %q; want %q", got.Status, got.Stderr, all, want)
			}
		})
	}
}
