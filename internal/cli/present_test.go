package cli

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// serversOf returns a table of one service and its servers.
func serversOf(id ipvs.ServiceID, servers ...ipvs.Destination) ipvs.Table {
	return ipvs.Table{Entries: []ipvs.Entry{{
		Service:      ipvs.Service{ID: id, Scheduler: "rr", Netmask: ipvs.IPv4.FullMask()},
		Destinations: servers,
	}}}
}

// serverAt returns a server with a forwarding method and a weight.
func serverAt(addr string, f ipvs.Forward, weight int32) ipvs.Destination {
	return ipvs.Destination{Addr: netip.MustParseAddrPort(addr), Forward: f, Weight: weight}
}

// TestKeepFindsTheServer checks with which server --keep completes a line. Unless
// a server is masqueraded, it has the port of its service, whatever port the line has.
func TestKeepFindsTheServer(t *testing.T) {
	var (
		service = ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.9.9:80"))
		mark    = ipvs.MarkService(5, ipvs.IPv4)
		missing = result{255, "", "No such destination\n"}
	)
	for _, test := range []struct {
		name    string
		id      ipvs.ServiceID
		servers []ipvs.Destination
		line    string
		want    result
		changes []string
	}{
		{
			name: "masquerading, its port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:8080", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 --keep -x 9",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 7 -x 9"},
		},
		{
			name: "masquerading at the service's port, another port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:9999 --keep -x 9",
			want:    missing,
		},
		{
			name: "masquerading at the service's port, another port, to become routed", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:9999 --keep -g",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:80 -g -w 7"},
		},
		{
			name: "routed, another port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:9999 --keep -x 9",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:80 -g -w 7 -x 9"},
		},
		{
			name: "local, no port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Local, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1 --keep -w 0",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:80 -g -w 0"},
		},
		{
			name: "routed, another port, to become masqueraded", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:9999 --keep -m",
			want:    missing,
		},
		{
			name: "masquerading beside a routed one, its port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 3), serverAt("10.1.0.1:8080", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 --keep -x 9",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -m -w 7 -x 9"},
		},
		{
			name: "masquerading beside a routed one, its port, to become routed", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 3), serverAt("10.1.0.1:8080", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 --keep -g -x 9",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:80 -g -w 3 -x 9"},
		},
		{
			name: "masquerading, to become routed, none at the service's port", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:8080", ipvs.Masquerade, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 --keep -g",
			want:    missing,
		},
		{
			name: "routed at a port of its own, beside one at the service's", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 3), serverAt("10.1.0.1:8080", ipvs.Route, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.1:8080 --keep -w 0",
			changes: []string{"-e -t 10.9.9.9:80 -r 10.1.0.1:8080 -g -w 0"},
		},
		{
			name: "a firewall mark, routed, its port", id: mark,
			servers: []ipvs.Destination{serverAt("10.1.0.1:81", ipvs.Route, 7)},
			line:    "-e -f 5 -r 10.1.0.1:81 --keep -w 0",
			changes: []string{"-e -f 5 -r 10.1.0.1:81 -g -w 0"},
		},
		{
			name: "a firewall mark, routed without a port, a port", id: mark,
			servers: []ipvs.Destination{serverAt("10.1.0.1:0", ipvs.Route, 7)},
			line:    "-e -f 5 -r 10.1.0.1:81 --keep -w 0",
			want:    missing,
		},
		{
			name: "another address", id: service,
			servers: []ipvs.Destination{serverAt("10.1.0.1:80", ipvs.Route, 7)},
			line:    "-e -t 10.9.9.9:80 -r 10.1.0.2:80 --keep -w 0",
			want:    missing,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &scriptedKernel{table: serversOf(test.id, test.servers...)}
			checkEqual(t, test.line, test.want, run(k, "", "ipvsadm "+test.line))
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestDrainFindsTheServer checks that --drain takes the port of a line literally, as
// -d does: it removes no other server than the one named.
func TestDrainFindsTheServer(t *testing.T) {
	service := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.9.9:80"))
	for name, f := range map[string]ipvs.Forward{
		"masquerading": ipvs.Masquerade, "routed": ipvs.Route, "tunnel": ipvs.Tunnel, "local": ipvs.Local,
	} {
		t.Run(name, func(t *testing.T) {
			k := &scriptedKernel{table: serversOf(service, serverAt("10.1.0.1:80", f, 7))}
			want := result{255, "", "No such destination\n"}
			checkEqual(t, "drain", want, run(k, "", "ipvsadm -d -t 10.9.9.9:80 -r 10.1.0.1:9999 --drain 0"))
			checkEqual(t, "changes", []string(nil), k.changes)
		})
	}
}
