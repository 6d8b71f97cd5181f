package command

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestFromChange checks that the change of a line is made by the command of the line.
func TestFromChange(t *testing.T) {
	for _, line := range []string{
		"-A -t 10.0.0.1:80",
		"-A -u [2001:db8::1]:0 -s sh -b sh-port,flag-3 -p 2678400 -M 64 --pe sip -o",
		"-A --sctp-service 10.0.0.1:80 -s rr",
		"-A -f 4294967295 -6 -p 1 -M 128",
		"-A -t 10.0.0.1:0 -p -M 0.0.0.0",
		"-E -f 7",
		"-A -f 7 -s ~fifteen-bytes! --pe sixteen-letters~",
		"-D -t 10.0.0.1:80",
		"-a -t 10.0.0.1:80 -r 10.1.0.1:8080 -m -w 2147483647 -x 2147483647 -y 1",
		"-a -t 10.0.0.1:80 -r 10.1.0.1 -w 0",
		"-a -f 7 -r 10.1.0.1:8080",
		"-a -t 10.0.0.1:80 -r [2001:db8::1]:80 -i --tun-type gue --tun-port 65535 --tun-remcsum",
		"-a -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type gre --tun-csum",
		"-e -t 10.0.0.1:80 -r 10.1.0.1 -i --tun-type ipip",
		"-d -t 10.0.0.1:80 -r 10.1.0.1:81",
		"-C",
		"-Z",
		"-Z -f 7",
		"--set 0 1 2678400",
		"--start-daemon backup",
		"--start-daemon master --mcast-interface lo --syncid 255 --mcast-group ff02::1 --mcast-port 65535 --mcast-ttl 255 --sync-maxlen 65507",
		"--start-daemon backup --mcast-interface fifteen-letters --sync-maxlen 1",
		"--stop-daemon backup --syncid 1",
	} {
		t.Run(line, func(t *testing.T) {
			want, err := parse(t, line)
			if err != nil {
				t.Fatal(err)
			}
			got, err := FromChange(want.Change)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// changed returns a copy of a value after a change.
func changed[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// TestFromChangeDefaults checks what FromChange fills in and what it ignores.
func TestFromChangeDefaults(t *testing.T) {
	id := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.0.0.1:80"))
	service := ipvs.Service{ID: id, Scheduler: "wlc", Netmask: ipvs.IPv4.FullMask()}
	server := ipvs.Destination{Addr: netip.MustParseAddrPort("10.1.0.1:80"), Forward: ipvs.Route}

	for name, test := range map[string]struct{ change, want ipvs.Change }{
		"no scheduler": {
			ipvs.Change{Op: ipvs.AddService, Service: changed(service, func(s *ipvs.Service) { s.Scheduler = "" })},
			ipvs.Change{Op: ipvs.AddService, Service: service}},
		"a service as the kernel shows it": {
			ipvs.Change{Op: ipvs.EditService, Service: changed(service, func(s *ipvs.Service) { s.Flags, s.Stats = ipvs.Hashed|1<<6, &ipvs.Stats{} })},
			ipvs.Change{Op: ipvs.EditService, Service: changed(service, func(s *ipvs.Service) { s.Flags = 1 << 6 })}},
		"a service to delete": {
			ipvs.Change{Op: ipvs.DeleteService, Service: service},
			ipvs.Change{Op: ipvs.DeleteService, Service: ipvs.Service{ID: id}}},
		"everything at once": {
			ipvs.Change{Op: ipvs.Flush, Service: service, Destination: server, Timeouts: ipvs.Timeouts{TCP: 1}},
			ipvs.Change{Op: ipvs.Flush}},
		"a mark without family": {
			ipvs.Change{Op: ipvs.Zero, Service: ipvs.Service{ID: ipvs.ServiceID{FWMark: 1}}},
			ipvs.Change{Op: ipvs.Zero, Service: ipvs.Service{ID: ipvs.MarkService(1, ipvs.IPv4)}}},
		"a local server as the kernel shows it": {
			ipvs.Change{Op: ipvs.AddDestination, Service: service, Destination: changed(server, func(d *ipvs.Destination) {
				d.Forward, d.ActiveConnections, d.Stats = ipvs.Local, 3, &ipvs.Stats{}
			})},
			ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: id}, Destination: server}},
		"a server of the bypass method": {
			ipvs.Change{Op: ipvs.EditDestination, Service: service, Destination: changed(server, func(d *ipvs.Destination) { d.Forward = ipvs.Bypass })},
			ipvs.Change{Op: ipvs.EditDestination, Service: ipvs.Service{ID: id}, Destination: changed(server, func(d *ipvs.Destination) { d.Forward = ipvs.Bypass })}},
		"a server to delete": {
			ipvs.Change{Op: ipvs.DeleteDestination, Service: service, Destination: server},
			ipvs.Change{Op: ipvs.DeleteDestination, Service: ipvs.Service{ID: id}, Destination: ipvs.Destination{Addr: server.Addr}}},
		"no interface": {
			ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master}},
			ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "eth0"}}},
		"a daemon to stop": {
			ipvs.Change{Op: ipvs.StopDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "eth0", SyncID: 3, TTL: 1}},
			ipvs.Change{Op: ipvs.StopDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, SyncID: 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, err := FromChange(test.change)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, cmd.Change, compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFromChangeErrors covers changes that no line can describe, and changes whose line is
// rejected.
func TestFromChangeErrors(t *testing.T) {
	service := func(change func(*ipvs.Service)) ipvs.Change {
		s := ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.0.0.1:80")), Netmask: ipvs.IPv4.FullMask()}
		return ipvs.Change{Op: ipvs.AddService, Service: changed(s, change)}
	}
	server := func(change func(*ipvs.Destination)) ipvs.Change {
		d := ipvs.Destination{Addr: netip.MustParseAddrPort("10.1.0.1:80"), Forward: ipvs.Route}
		return ipvs.Change{Op: ipvs.AddDestination, Service: service(func(*ipvs.Service) {}).Service, Destination: changed(d, change)}
	}
	tunnel := func(info ipvs.TunnelInfo) ipvs.Change {
		return server(func(d *ipvs.Destination) { d.Forward, d.Tunnel = ipvs.Tunnel, info })
	}
	daemon := func(op ipvs.Op, change func(*ipvs.Daemon)) ipvs.Change {
		return ipvs.Change{Op: op, Daemon: changed(ipvs.Daemon{State: ipvs.Master}, change)}
	}
	id := func(id ipvs.ServiceID) ipvs.Change { return service(func(s *ipvs.Service) { s.ID = id }) }
	addr := netip.MustParseAddrPort
	const badID = "illegal virtual server address[:port] specified"

	for _, test := range []struct {
		name   string
		change ipvs.Change
		want   string
	}{
		{"no operation", ipvs.Change{}, "operation 0 is not a command"},
		{"an operation that reads", ipvs.Change{Op: ipvs.ReadInfo}, "read version is not a command"},

		{"no service", id(ipvs.ServiceID{}), "You need to supply the 'service-address' option for the 'add-service' command"},
		{"no service for a server", ipvs.Change{Op: ipvs.EditDestination}, "You need to supply the 'service-address' option for the 'edit-server' command"},
		{"protocol without balancing", id(ipvs.AddrService(1, addr("10.0.0.1:80"))), badID},
		{"no address", id(ipvs.ServiceID{Protocol: ipvs.TCP, Family: ipvs.IPv4}), badID},
		{"address with a zone", id(ipvs.AddrService(ipvs.TCP, addr("[fe80::1%lo]:80"))), badID},
		{"family of another address", id(ipvs.ServiceID{Protocol: ipvs.TCP, Family: ipvs.IPv6, Addr: addr("10.0.0.1:80")}), badID},
		{"both mark and address", id(ipvs.ServiceID{FWMark: 1, Family: ipvs.IPv4, Addr: addr("10.0.0.1:80")}), badID},
		{"mark of no family", id(ipvs.MarkService(1, 3)), badID},

		{"long scheduler", service(func(s *ipvs.Service) { s.Scheduler = "sixteen-letters-" }), `scheduler "sixteen-letters-" is longer than 15 bytes`},
		{"blank in a scheduler", service(func(s *ipvs.Service) { s.Scheduler = "a b" }), `scheduler "a b" has characters other than printable ASCII`},
		{"control character in an engine", service(func(s *ipvs.Service) { s.Engine = "a\x1b" }), `persistence engine "a\x1b" has characters other than printable ASCII`},
		{"long engine", service(func(s *ipvs.Service) { s.Engine = "seventeen-letters" }), `persistence engine "seventeen-letters" is longer than 16 bytes`},
		{"no persistence time", service(func(s *ipvs.Service) { s.Flags = ipvs.Persistent }), "invalid timeout value `0' specified"},
		{"32 days", service(func(s *ipvs.Service) { s.Flags, s.Timeout = ipvs.Persistent, 2678401 }), "invalid timeout value `2678401' specified"},
		{"no prefix", service(func(s *ipvs.Service) { s.ID, s.Netmask = ipvs.MarkService(1, ipvs.IPv6), 0 }), "illegal ipv6 netmask specified"},
		{"long prefix", service(func(s *ipvs.Service) { s.ID, s.Netmask = ipvs.MarkService(1, ipvs.IPv6), 129 }), "illegal ipv6 netmask specified"},
		{"port 0", id(ipvs.AddrService(ipvs.TCP, addr("10.0.0.1:0"))), "Zero port specified for non-persistent service"},
		{"one-packet TCP", service(func(s *ipvs.Service) { s.Flags = ipvs.OnePacket }), "One-Packet Scheduling is only for UDP virtual services"},

		{"no server", server(func(d *ipvs.Destination) { d.Addr = netip.AddrPort{} }), "You need to supply the 'real-server' option for the 'add-server' command"},
		{"server with a zone", server(func(d *ipvs.Destination) { d.Addr = addr("[fe80::1%lo]:80") }), "illegal real server address[:port] specified"},
		{"negative weight", server(func(d *ipvs.Destination) { d.Weight = -1 }), "illegal weight specified"},
		{"upper threshold of 2^31", server(func(d *ipvs.Destination) { d.UpperThreshold = 1 << 31 }), "illegal u_threshold specified"},
		{"lower threshold of 2^31", server(func(d *ipvs.Destination) { d.LowerThreshold = 1 << 31 }), "illegal l_threshold specified"},
		{"unknown method", server(func(d *ipvs.Destination) { d.Forward = ipvs.Bypass + 1 }), "illegal forwarding method specified"},
		{"another port", server(func(d *ipvs.Destination) { d.Addr = addr("10.1.0.1:81") }), "port 81 is not that of the service, as it has to be unless forward is masq"},
		{"another family", server(func(d *ipvs.Destination) { d.Addr = addr("[::1]:80") }), "Different address family is allowed only for tunneling servers"},

		{"tunnel without tunnelling", server(func(d *ipvs.Destination) { d.Tunnel.Type = ipvs.GRE }), "Tunnel options conflict with forward method"},
		{"unknown tunnel type", tunnel(ipvs.TunnelInfo{Type: ipvs.GRE + 1}), "illegal tunnel type specified"},
		{"gue without port", tunnel(ipvs.TunnelInfo{Type: ipvs.GUE}), "You need to supply the 'tun-port' option for the 'gue' tunnel type"},
		{"gre with port", tunnel(ipvs.TunnelInfo{Type: ipvs.GRE, Port: 1}), "Illegal 'tun-port' option with the 'gre' tunnel type"},
		{"gre with remote checksum", tunnel(ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelRemoteChecksum}), "Illegal 'tun-remcsum' option with the 'gre' tunnel type"},
		{"ipip with checksum", tunnel(ipvs.TunnelInfo{Flags: ipvs.TunnelChecksum}), "Illegal 'tun-csum' option with the 'ipip' tunnel type"},
		{"gue with both checksums", tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 1, Flags: 3}), "The option 'tun-remcsum' conflicts with the 'tun-csum' option in the 'gue' tunnel type"},

		{"32 days for UDP", ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{UDP: 2678401}}, "invalid timeout value `2678401' specified"},
		{"no state to start", daemon(ipvs.StartDaemon, func(d *ipvs.Daemon) { d.State = 3 }), "illegal start-daemon parameter specified"},
		{"no state to stop", daemon(ipvs.StopDaemon, func(d *ipvs.Daemon) { d.State = 0 }), "illegal start_daemon specified"},
		{"sync ID 256", daemon(ipvs.StopDaemon, func(d *ipvs.Daemon) { d.SyncID = 256 }), "illegal syncid specified"},
		{"long interface", daemon(ipvs.StartDaemon, func(d *ipvs.Daemon) { d.Interface = "sixteen-letters-" }), `multicast interface "sixteen-letters-" is longer than 15 bytes`},
		{"long message", daemon(ipvs.StartDaemon, func(d *ipvs.Daemon) { d.MaxLen = 65508 }), "illegal sync-maxlen specified"},
		{"32 days for TCP", ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 2678401}}, "invalid timeout value `2678401' specified"},
		{"no multicast", daemon(ipvs.StartDaemon, func(d *ipvs.Daemon) { d.Group = netip.MustParseAddr("10.0.0.1") }), "invalid IPv4 mcast-group `10.0.0.1'"},
		{"group with a zone", daemon(ipvs.StartDaemon, func(d *ipvs.Daemon) { d.Group = netip.MustParseAddr("ff02::1%lo") }), "invalid IPv6 mcast-group `ff02::1%lo'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := FromChange(test.change)
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("got error %v, want %s", err, test.want)
			}
			if diff := cmp.Diff(&UsageError{Text: test.want, Status: StatusUsageError}, usage); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestFromChangeAllocates checks that FromChange allocates nothing: documents have
// hundreds of thousands of rules.
func TestFromChangeAllocates(t *testing.T) {
	cmd, err := parse(t, "-a -t 10.0.0.1:80 -r [2001:db8::1]:80 -i --tun-type gue --tun-port 1 --tun-csum")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = FromChange(cmd.Change) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// fuzzFromChange checks that a command which a line gave is the command of its change.
func fuzzFromChange(t *testing.T, words []string, cmd Command) {
	t.Helper()
	if cmd.Change.Op == 0 || cmd.Keep || cmd.Drain != nil || cmd.NetNS != "" {
		return
	}
	printable := func(s string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
	}
	c := cmd.Change
	if !printable(c.Service.Scheduler) || !printable(c.Service.Engine) || !printable(c.Daemon.Interface) {
		return // a line may have any name
	}
	got, err := FromChange(c)
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	if diff := cmp.Diff(cmd, got, compareAddrs); diff != "" {
		t.Fatalf("%q: not the command of its change:\n%s", words, diff)
	}
}
