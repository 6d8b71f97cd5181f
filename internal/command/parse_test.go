package command

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// fakeNames knows a few names, as /etc/hosts and /etc/services do.
type fakeNames struct{}

func (fakeNames) LookupHost(name string, f ipvs.Family) (netip.Addr, error) {
	hosts := map[ipvs.Family]map[string]string{
		ipvs.IPv4: {"localhost": "127.0.0.1", "www.example": "192.0.2.1", "mask.example": "255.0.0.0"},
		ipvs.IPv6: {"six.example": "2001:db8::6", "mapped.example": "192.0.2.2"},
	}
	return netip.ParseAddr(hosts[f][name])
}

func (fakeNames) LookupPort(p ipvs.Protocol, name string) (uint16, bool) {
	ports := map[string]uint16{"http tcp": 80, "domain tcp": 53, "domain udp": 53, "tftp udp": 69}
	port, ok := ports[name+" "+p.String()]
	return port, ok
}

// compareAddrs lets cmp compare addresses.
var compareAddrs = cmp.Options{
	cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}),
}

// words splits a line at blanks. Two apostrophes are an empty word.
func words(line string) []string {
	words := strings.Fields(line)
	for i := range words {
		if words[i] == "''" {
			words[i] = ""
		}
	}
	return words
}

// parse parses a line.
func parse(t *testing.T, line string) (Command, error) {
	t.Helper()
	return NewParser("ipvsadm", fakeNames{}).Parse(words(line))
}

// mustParse parses a line without errors.
func mustParse(t *testing.T, line string) Command {
	t.Helper()
	cmd, err := parse(t, line)
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// TestParseRuleErrors covers lines that are commands of their own, but not rules.
func TestParseRuleErrors(t *testing.T) {
	for line, want := range map[string]*UsageError{
		"-S -n --output /etc/shadow": {"--output belongs to the invocation, not to a rule stream", 2},
		"-S --output=x --netns=y":    {"--output belongs to the invocation, not to a rule stream", 2},
		"-S --json --netns a":        {"--netns belongs to the invocation, not to a rule stream", 2},
		"-L --interval 5":            {"--interval belongs to the invocation, not to a rule stream", 2},
		"--netns a -C":               {"--netns belongs to the invocation, not to a rule stream", 2},
		"--netns a -C -n":            {"Illegal 'numeric' option with the 'flush' command", 2},
		"-R":                         {"Try `ipvsadm -h' or 'ipvsadm --help' for more information.", 255},
		"-R --json":                  {"Try `ipvsadm -h' or 'ipvsadm --help' for more information.", 255},
	} {
		t.Run(line, func(t *testing.T) {
			var cmd Command
			err := NewParser("ipvsadm", fakeNames{}).ParseRule(words(line), &cmd)
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseRule checks that a rule is the command of the same line, whatever the parser
// parsed before.
func TestParseRule(t *testing.T) {
	p := NewParser("ipvsadm", fakeNames{})
	for _, line := range []string{
		"-A -t 1.1.1.1:80 -s --output -p -M 255.0.0.0 -b flag-1",
		"-A -f 1",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gre --tun-csum -w 5 -x 3 -y 2",
		"-a -f 1 -r 2.2.2.2 -i",
		"-e -f 1 -r 2.2.2.2 --keep -w 0",
		"-d -t 1.1.1.1:80 -r 2.2.2.2 --drain 5",
		"-S -n --all --json",
		"-L --json -c -t 1.1.1.1:80",
		"-L",
		"-Z",
		"-C",
	} {
		t.Run(line, func(t *testing.T) {
			got := mustParse(t, "-Lc -t 3.3.3.3:3")
			if err := p.ParseRule(words(line), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(mustParse(t, line), got, compareAddrs); diff != "" {
				t.Errorf("(-command +rule):\n%s", diff)
			}
		})
	}
}

// TestServices parses descriptions of virtual services.
func TestServices(t *testing.T) {
	service := func(p ipvs.Protocol, addr string, changes ...func(*ipvs.Service)) ipvs.Service {
		a := netip.MustParseAddrPort(addr)
		s := ipvs.Service{ID: ipvs.AddrService(p, a), Scheduler: "wlc", Netmask: ipvs.FamilyOf(a.Addr()).FullMask()}
		for _, change := range changes {
			change(&s)
		}
		return s
	}
	persistent := func(seconds uint32) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Flags, s.Timeout = ipvs.Persistent, seconds }
	}
	flags := func(f ipvs.ServiceFlags) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Flags = f }
	}
	netmask := func(mask uint32) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Netmask = mask }
	}
	scheduler := func(name string) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Scheduler = name }
	}
	engine := func(name string) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Engine = name }
	}
	mark := func(n uint32, f ipvs.Family, changes ...func(*ipvs.Service)) ipvs.Service {
		s := ipvs.Service{ID: ipvs.MarkService(n, f), Scheduler: "wlc", Netmask: f.FullMask()}
		for _, change := range changes {
			change(&s)
		}
		return s
	}

	for _, group := range []struct {
		name  string
		lines map[string]ipvs.Service
	}{
		{"ways to write an option", map[string]ipvs.Service{
			"-A -t 10.0.0.1:80":                       service(ipvs.TCP, "10.0.0.1:80"),
			"-At10.0.0.1:80":                          service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t=10.0.0.1:80":                       service(ipvs.TCP, "10.0.0.1:80"),
			"-A --tcp-service=10.0.0.1:80":            service(ipvs.TCP, "10.0.0.1:80"),
			"--add-service --tcp-service 10.0.0.1:80": service(ipvs.TCP, "10.0.0.1:80"),
		}},
		{"addresses", map[string]ipvs.Service{
			"-A -t 10.1:+80":             service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t 0x0a000001:80":        service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t 167772161:80":         service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t 010.0.0.1:80":         service(ipvs.TCP, "8.0.0.1:80"),
			"-A -t 10.0.0.1:0 -p":        service(ipvs.TCP, "10.0.0.1:0", persistent(360)),
			"-A -t 10.0.0.1:65535":       service(ipvs.TCP, "10.0.0.1:65535"),
			"-A -t 10.0.0.1 -p":          service(ipvs.TCP, "10.0.0.1:0", persistent(360)),
			"-A --sctp-service [::1]:80": service(ipvs.SCTP, "[::1]:80"),
			"-A -t ::1 -p":               service(ipvs.TCP, "[::1]:0", persistent(360)),
			"-A -t ::ffff:1.2.3.4 -p":    service(ipvs.TCP, "[::ffff:1.2.3.4]:0", persistent(360)),
			"-A -t [10.0.0.1]:80 -p":     service(ipvs.TCP, "10.0.0.1:0", persistent(360)),
		}},
		{"names", map[string]ipvs.Service{
			"-A -t www.example:80":      service(ipvs.TCP, "192.0.2.1:80"),
			"-A -t 10.0.0.1:http":       service(ipvs.TCP, "10.0.0.1:80"),
			"-A -u 10.0.0.1:tftp":       service(ipvs.UDP, "10.0.0.1:69"),
			"-A -t [six.example]:80":    service(ipvs.TCP, "[2001:db8::6]:80"),
			"-A -t [six.example]:http":  service(ipvs.TCP, "[2001:db8::6]:80"),
			"-A -t [www.example]:80 -p": service(ipvs.TCP, "192.0.2.1:0", persistent(360)),
		}},
		{"persistence", map[string]ipvs.Service{
			"-A -p -t 10.0.0.1:80":               service(ipvs.TCP, "10.0.0.1:80", persistent(360)),
			"-Ap300 -t 10.0.0.1:80":              service(ipvs.TCP, "10.0.0.1:80", persistent(300)),
			"-A -p=300 -t 10.0.0.1:80":           service(ipvs.TCP, "10.0.0.1:80", persistent(300)),
			"-Ap 300 -t 10.0.0.1:80":             service(ipvs.TCP, "10.0.0.1:80", persistent(300)),
			"-A -t 10.0.0.1:80 --persistent":     service(ipvs.TCP, "10.0.0.1:80", persistent(360)),
			"-A -t 10.0.0.1:80 --persistent 010": service(ipvs.TCP, "10.0.0.1:80", persistent(10)),
			"-A -t 10.0.0.1:80 -p 1":             service(ipvs.TCP, "10.0.0.1:80", persistent(1)),
			"-A -t 10.0.0.1:80 -p 2678400":       service(ipvs.TCP, "10.0.0.1:80", persistent(2678400)),
		}},
		{"schedulers", map[string]ipvs.Service{
			"-A -t 10.0.0.1:80 -s ''":                 service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t 10.0.0.1:80 -s no-such-thing-yet":  service(ipvs.TCP, "10.0.0.1:80", scheduler("no-such-thing-y")),
			"-A -t 10.0.0.1:80 -b flag-1":             service(ipvs.TCP, "10.0.0.1:80", flags(ipvs.Sched1)),
			"-A -t 10.0.0.1:80 -b ,flag-1,,flag-3,":   service(ipvs.TCP, "10.0.0.1:80", flags(ipvs.Sched1|ipvs.Sched3)),
			"-A -b sh-port -t 10.0.0.1:80 -s sh":      service(ipvs.TCP, "10.0.0.1:80", scheduler("sh"), flags(ipvs.Sched2)),
			"-A -b sh-port -t 10.0.0.1:80 -p 1 -s sh": service(ipvs.TCP, "10.0.0.1:80", scheduler("sh"), persistent(1), flags(ipvs.Persistent|ipvs.Sched2)),
		}},
		{"engines", map[string]ipvs.Service{
			"-A -t 10.0.0.1:80 --pe sip":               service(ipvs.TCP, "10.0.0.1:80", engine("sip")),
			"-A -t 10.0.0.1:80 --pe ''":                service(ipvs.TCP, "10.0.0.1:80"),
			"-A -t 10.0.0.1:80 --pe seventeen-letters": service(ipvs.TCP, "10.0.0.1:80", engine("seventeen-letter")),
		}},
		{"one packet", map[string]ipvs.Service{
			"-A -u 10.0.0.1:domain -o": service(ipvs.UDP, "10.0.0.1:53", flags(ipvs.OnePacket)),
			"-A -o -f 5":               mark(5, ipvs.IPv4, flags(ipvs.OnePacket)),
		}},
		{"netmasks", map[string]ipvs.Service{
			"-A -t 10.0.0.1:80 -M 255.255.0.0":  service(ipvs.TCP, "10.0.0.1:80", netmask(0xffff0000)),
			"-A -t 10.0.0.1:80 -M mask.example": service(ipvs.TCP, "10.0.0.1:80", netmask(0xff000000)),
			"-A -t 10.0.0.1:80 -M 24":           service(ipvs.TCP, "10.0.0.1:80", netmask(24)),
			"-A -M 255.0.0.0 -t 10.0.0.1:80":    service(ipvs.TCP, "10.0.0.1:80", netmask(0xff000000)),
			"-A -t [::1]:80 -M 1":               service(ipvs.TCP, "[::1]:80", netmask(1)),
			"-A -t [::1]:80 -M +64/x":           service(ipvs.TCP, "[::1]:80", netmask(64)),
			"-A -t [::1]:80 -M 128":             service(ipvs.TCP, "[::1]:80", netmask(128)),
			"-A -M 255.0.0.0 -t [::1]:80":       service(ipvs.TCP, "[::1]:80"),
			"-A -f 5 -M 255.0.0.0 -6":           mark(5, ipvs.IPv6),
		}},
		{"firewall marks", map[string]ipvs.Service{
			"-A -f 1":                        mark(1, ipvs.IPv4),
			"-A -f 4294967295":               mark(4294967295, ipvs.IPv4),
			"-A -f +5 -6":                    mark(5, ipvs.IPv6),
			"-A -f 5 -6 -6 --sort -6 --sort": mark(5, ipvs.IPv6),
		}},
	} {
		t.Run(group.name, func(t *testing.T) {
			for line, want := range group.lines {
				t.Run(line, func(t *testing.T) {
					cmd := mustParse(t, line)
					if diff := cmp.Diff(ipvs.Change{Op: ipvs.AddService, Service: want}, cmd.Change, compareAddrs); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

// TestServers parses descriptions of real servers.
func TestServers(t *testing.T) {
	server := func(addr string, f ipvs.Forward, changes ...func(*ipvs.Destination)) ipvs.Destination {
		d := ipvs.Destination{Addr: netip.MustParseAddrPort(addr), Forward: f, Weight: 1}
		for _, change := range changes {
			change(&d)
		}
		return d
	}
	tunnel := func(info ipvs.TunnelInfo) ipvs.Destination {
		return server("2.2.2.2:80", ipvs.Tunnel, func(d *ipvs.Destination) { d.Tunnel = info })
	}

	for _, group := range []struct {
		name  string
		lines map[string]ipvs.Destination
	}{
		{"ports", map[string]ipvs.Destination{
			"-a -t 1.1.1.1:80 -r 2.2.2.2":         server("2.2.2.2:80", ipvs.Route),
			"-a -t 1.1.1.1:80 -r 2.2.2.2:8080":    server("2.2.2.2:80", ipvs.Route),
			"-a -t 1.1.1.1:80 -r 2.2.2.2:8080 -i": server("2.2.2.2:80", ipvs.Tunnel),
			"-a -t 1.1.1.1:80 -r 2.2.2.2:8080 -m": server("2.2.2.2:8080", ipvs.Masquerade),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -m":      server("2.2.2.2:80", ipvs.Masquerade),
			"-a -r 2.2.2.2 -t 1.1.1.1:80":         server("2.2.2.2:80", ipvs.Route),
			"-a -r 2.2.2.2 -t 1.1.1.1:80 -m":      server("2.2.2.2:0", ipvs.Masquerade),
			"-a -t 1.1.1.1:80 -r 2.2.2.2:http -m": server("2.2.2.2:80", ipvs.Masquerade),
			"-a -u 1.1.1.1:80 -r 2.2.2.2:tftp -m": server("2.2.2.2:69", ipvs.Masquerade),
			"-a -f 5 -r 2.2.2.2:80":               server("2.2.2.2:80", ipvs.Route),
			"-a -f 5 -r 2.2.2.2:http":             server("2.2.2.2:80", ipvs.Route),
			"-a -f 5 -r 2.2.2.2":                  server("2.2.2.2:0", ipvs.Route),
		}},
		{"families", map[string]ipvs.Destination{
			"-a -f 5 -6 -r [::2]:9":                  server("[::2]:9", ipvs.Route),
			"-a -t 1.1.1.1:80 -r [2001:db8::2]:9 -i": server("[2001:db8::2]:80", ipvs.Tunnel),
			"-a -t [::1]:80 -r 2.2.2.2 -i":           server("2.2.2.2:80", ipvs.Tunnel),
		}},
		{"numbers", map[string]ipvs.Destination{
			"-amt 1.1.1.1:80 -r 2.2.2.2 -w5 -x 9 -y 3": server("2.2.2.2:80", ipvs.Masquerade, func(d *ipvs.Destination) {
				d.Weight, d.UpperThreshold, d.LowerThreshold = 5, 9, 3
			}),
			"-a -f 1 -r 2.2.2.2:80 -w 2147483647 -x 2147483647 -y 2147483647": server("2.2.2.2:80", ipvs.Route, func(d *ipvs.Destination) {
				d.Weight, d.UpperThreshold, d.LowerThreshold = 2147483647, 2147483647, 2147483647
			}),
			"-a -f 1 -r 2.2.2.2:80 -w 0": server("2.2.2.2:80", ipvs.Route, func(d *ipvs.Destination) { d.Weight = 0 }),
		}},
		{"tunnels", map[string]ipvs.Destination{
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type ipip":                               tunnel(ipvs.TunnelInfo{}),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gre":                                tunnel(ipvs.TunnelInfo{Type: ipvs.GRE}),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gre --tun-nocsum":                   tunnel(ipvs.TunnelInfo{Type: ipvs.GRE}),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-csum --tun-type gre":                     tunnel(ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gue --tun-port 1":                   tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 1}),
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gue --tun-port 65535 --tun-remcsum": tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 65535, Flags: ipvs.TunnelRemoteChecksum}),
		}},
	} {
		t.Run(group.name, func(t *testing.T) {
			for line, want := range group.lines {
				t.Run(line, func(t *testing.T) {
					cmd := mustParse(t, line)
					if cmd.Change.Op != ipvs.AddDestination {
						t.Errorf("operation %v", cmd.Change.Op)
					}
					if diff := cmp.Diff(want, cmd.Change.Destination, compareAddrs); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

// TestCommands parses every command.
func TestCommands(t *testing.T) {
	id := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("1.1.1.1:80"))
	server := netip.MustParseAddrPort("2.2.2.2:8080")
	settings := ipvs.Service{ID: id, Scheduler: "wlc", Netmask: 0xffffffff}
	seconds := func(n int) *time.Duration {
		d := time.Duration(n) * time.Second
		return &d
	}
	change := func(v Verb, c ipvs.Change) Command { return Command{Verb: v, Change: c} }

	for line, want := range map[string]Command{
		"-A -t 1.1.1.1:80": change(AddService, ipvs.Change{Op: ipvs.AddService, Service: settings}),
		"-E -t 1.1.1.1:80": change(EditService, ipvs.Change{Op: ipvs.EditService, Service: settings}),
		"-D -t 1.1.1.1:80": change(DeleteService, ipvs.Change{Op: ipvs.DeleteService, Service: ipvs.Service{ID: id}}),
		"-C":               change(Flush, ipvs.Change{Op: ipvs.Flush}),
		"-C --netns=/x":    {Verb: Flush, Change: ipvs.Change{Op: ipvs.Flush}, NetNS: "/x"},
		"-Z":               change(Zero, ipvs.Change{Op: ipvs.Zero}),
		"-Z -t 1.1.1.1:80": change(Zero, ipvs.Change{Op: ipvs.Zero, Service: ipvs.Service{ID: id}}),
		"-a -mt 1.1.1.1:80 -r 2.2.2.2:8080": change(AddServer, ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: id},
			Destination: ipvs.Destination{Addr: server, Weight: 1}}),
		"-e -mt 1.1.1.1:80 -r 2.2.2.2:8080": change(EditServer, ipvs.Change{Op: ipvs.EditDestination, Service: ipvs.Service{ID: id},
			Destination: ipvs.Destination{Addr: server, Weight: 1}}),
		"-d -t 1.1.1.1:80 -r 2.2.2.2:8080": change(DeleteServer, ipvs.Change{Op: ipvs.DeleteDestination, Service: ipvs.Service{ID: id},
			Destination: ipvs.Destination{Addr: server}}),
		"-d -t 1.1.1.1:80 -r 2.2.2.2:8080 --drain 0": {Verb: DeleteServer, Drain: seconds(0), Change: ipvs.Change{Op: ipvs.DeleteDestination,
			Service: ipvs.Service{ID: id}, Destination: ipvs.Destination{Addr: server}}},
		"-d -t 1.1.1.1:80 -r 2.2.2.2:8080 --drain 90": {Verb: DeleteServer, Drain: seconds(90), Change: ipvs.Change{Op: ipvs.DeleteDestination,
			Service: ipvs.Service{ID: id}, Destination: ipvs.Destination{Addr: server}}},

		"--set 4 5 6":       change(SetTimeouts, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 4, TCPFin: 5, UDP: 6}}),
		"4 --set 5 6":       change(SetTimeouts, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 4, TCPFin: 5, UDP: 6}}),
		"--set 0 2678400 0": change(SetTimeouts, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCPFin: 2678400}}),

		"--start-daemon=backup": change(StartDaemon, ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Backup, Interface: "eth0"}}),
		"--start-daemon master --mcast-interface 12345678901234567 --mcast-group ff02::1 --mcast-port 1 --mcast-ttl 1 --sync-maxlen 1": change(StartDaemon,
			ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "123456789012345",
				Group: netip.MustParseAddr("ff02::1"), Port: 1, TTL: 1, MaxLen: 1}}),
		"--start-daemon master --mcast-interface lo --syncid 255 --mcast-group 239.255.255.255 --mcast-port 65535 --mcast-ttl 255 --sync-maxlen 65507": change(StartDaemon,
			ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "lo", SyncID: 255,
				Group: netip.MustParseAddr("239.255.255.255"), Port: 65535, TTL: 255, MaxLen: 65507}}),
		"--stop-daemon master --syncid 9": change(StopDaemon, ipvs.Change{Op: ipvs.StopDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, SyncID: 9}}),

		"-Sn":                                {Verb: Save, Listing: Listing{Numeric: true}},
		"-S --all --output f":                {Verb: Save, Saving: Saving{All: true, File: "f"}},
		"-S --json":                          {Verb: Save, Listing: Listing{JSON: true}},
		"-L --json --output f":               {Verb: List, Listing: Listing{View: Plain, JSON: true}, Saving: Saving{File: "f"}},
		"-R":                                 {Verb: Restore},
		"-R --check":                         {Verb: Restore, Restoring: Restoring{Mode: Check}},
		"-R --diff":                          {Verb: Restore, Restoring: Restoring{Mode: Diff}},
		"-R --sync --json":                   {Verb: Restore, Restoring: Restoring{Mode: Sync, JSON: true}},
		"-R --atomic":                        {Verb: Restore, Restoring: Restoring{Atomic: true}},
		"-R --diff --partial --against f":    {Verb: Restore, Restoring: Restoring{Mode: Diff, Partial: true, Against: "f"}},
		"-R --sync --changes --keep-weights": {Verb: Restore, Restoring: Restoring{Mode: Sync, KeepWeights: true, Changes: true}},
		"-h -q":                              {Verb: Help},
		"-v --frob":                          {Verb: Version},
		"--netns a -h":                       {Verb: Help, NetNS: "a"},
	} {
		t.Run(line, func(t *testing.T) {
			if diff := cmp.Diff(want, mustParse(t, line), compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestListings parses the options of a listing.
func TestListings(t *testing.T) {
	id := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("1.1.1.1:80"))
	mark := ipvs.MarkService(5, ipvs.IPv6)
	for line, want := range map[string]Listing{
		"":                                  {View: Plain},
		"-L":                                {View: Plain},
		"--netns a":                         {View: Plain},
		"--netns a -Ln":                     {View: Plain, Numeric: true},
		"-Ln":                               {View: Plain, Numeric: true},
		"-l -t 1.1.1.1:80":                  {View: Plain, Service: &id},
		"-L -f 5 -6":                        {View: Plain, Service: &mark},
		"-L --json --exact --nosort":        {View: Plain, JSON: true, Exact: true, KernelOrder: true},
		"-L --stats -X":                     {View: Stats, Exact: true},
		"-L --rate --syncid 5":              {View: Rate},
		"-L --rate --stats":                 {View: Stats},
		"-L --thresholds --rate":            {View: Rate},
		"-L --thresholds":                   {View: Thresholds},
		"-L --tun-info":                     {View: TunInfo},
		"-L --persistent-conn":              {View: PersistentConns, EngineData: true},
		"-L --tun-info --persistent-conn":   {View: PersistentConns, EngineData: true},
		"-L --thresholds --persistent-conn": {View: Thresholds, EngineData: true},
		"-Lc":                               {View: Connections},
		"-Lc --persistent-conn":             {View: Connections, EngineData: true},
		"-Lc -t 1.1.1.1:80":                 {View: Connections, Service: &id},
		"-Lc -r 2.2.2.2":                    {View: Connections, Server: netip.MustParseAddrPort("2.2.2.2:0")},
		"-Lc -t 1.1.1.1:80 -r 2.2.2.2":      {View: Connections, Service: &id, Server: netip.MustParseAddrPort("2.2.2.2:0")},
		"-Lc -t 1.1.1.1:80 -r [::2]:9":      {View: Connections, Service: &id, Server: netip.MustParseAddrPort("[::2]:9")},
		"-L --timeout":                      {View: Timeouts},
		"-L --timeout --tun-info":           {View: Timeouts},
		"-L --daemon":                       {View: Daemons},
		"-Lc --by client":                   {View: Connections, By: ipvs.ConnKeys{{Field: ipvs.ConnClient}}},
		"-Lc --by server,network/48 --limit 5": {View: Connections, Limit: 5,
			By: ipvs.ConnKeys{{Field: ipvs.ConnServer}, {Field: ipvs.ConnNetwork, Bits: 48}}},
		"-L --metrics --exact -n":           {View: Plain, Metrics: true, Exact: true, Numeric: true},
		"-L --metrics --by service -f 5 -6": {View: Plain, Metrics: true, Service: &mark, By: ipvs.ConnKeys{{Field: ipvs.ConnService}}},
		"-L --rate --interval 10":           {View: Rate, Interval: 10 * time.Second},
		"-Lc --json --by state --interval 1 --count 7": {View: Connections, JSON: true, By: ipvs.ConnKeys{{Field: ipvs.ConnState}},
			Interval: time.Second, Count: 7},
	} {
		t.Run(line, func(t *testing.T) {
			cmd := mustParse(t, line)
			if cmd.Verb != List {
				t.Errorf("verb %d", cmd.Verb)
			}
			if diff := cmp.Diff(want, cmd.Listing, compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// presentService and presentServer are what ParseOver completes lines with.
func presentService() ipvs.Service {
	return ipvs.Service{
		ID:        ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("[::1]:80")),
		Scheduler: "sh",
		Flags:     ipvs.Hashed | ipvs.Persistent | ipvs.Sched2,
		Timeout:   50,
		Netmask:   64,
		Engine:    "sip",
	}
}

func presentServer() ipvs.Destination {
	return ipvs.Destination{
		Addr:           netip.MustParseAddrPort("[::2]:80"),
		Forward:        ipvs.Tunnel,
		Weight:         7,
		UpperThreshold: 9,
		LowerThreshold: 8,
		Tunnel:         ipvs.TunnelInfo{Type: ipvs.GUE, Port: 5, Flags: ipvs.TunnelChecksum},
	}
}

// parseOver parses a line with --keep over a service and a server.
func parseOver(t *testing.T, line string, s ipvs.Service, d ipvs.Destination) (ipvs.Change, error) {
	t.Helper()
	p := NewParser("ipvsadm", fakeNames{})
	first, err := p.Parse(words(line))
	if err != nil {
		t.Fatal(err)
	}
	if !first.Keep {
		t.Fatal("the command does not keep anything")
	}
	cmd, err := p.ParseOver(first, s, d)
	return cmd.Change, err
}

// TestParseOverService checks that --keep keeps the settings of a service that the line
// does not name.
func TestParseOverService(t *testing.T) {
	for line, change := range map[string]func(*ipvs.Service){
		"-E -t [::1]:80 --keep":                  func(*ipvs.Service) {},
		"-E -t [::1]:80 --keep -p 9":             func(s *ipvs.Service) { s.Timeout = 9 },
		"-E -t [::1]:80 --keep -M 48":            func(s *ipvs.Service) { s.Netmask = 48 },
		"-E -t [::1]:80 --keep -s rr":            func(s *ipvs.Service) { s.Scheduler = "rr" },
		"-E -t [::1]:80 --keep --pe x":           func(s *ipvs.Service) { s.Engine = "x" },
		"-E -t [::1]:80 --keep -b sh-fallback":   func(s *ipvs.Service) { s.Flags = ipvs.Persistent | ipvs.Sched1 },
		"-E -f 1 -6 --keep":                      func(s *ipvs.Service) { s.ID = ipvs.MarkService(1, ipvs.IPv6) },
		"-E -t [::1]:80 --keep -s mh -b mh-port": func(s *ipvs.Service) { s.Scheduler = "mh" },
		"-E -u [::1]:80 --keep -o": func(s *ipvs.Service) {
			s.ID.Protocol = ipvs.UDP
			s.Flags |= ipvs.OnePacket
		},
	} {
		t.Run(line, func(t *testing.T) {
			got, err := parseOver(t, line, presentService(), ipvs.Destination{})
			if err != nil {
				t.Fatal(err)
			}
			want := presentService()
			want.Flags &^= ipvs.Hashed
			change(&want)
			if diff := cmp.Diff(ipvs.Change{Op: ipvs.EditService, Service: want}, got, compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseOverServer checks that --keep keeps the settings of a real server that the
// line does not name.
func TestParseOverServer(t *testing.T) {
	tunnel := func(info ipvs.TunnelInfo) func(*ipvs.Destination) {
		return func(d *ipvs.Destination) { d.Tunnel = info }
	}
	for options, change := range map[string]func(*ipvs.Destination){
		"":                          func(*ipvs.Destination) {},
		"-w 0":                      func(d *ipvs.Destination) { d.Weight = 0 },
		"-x 10":                     func(d *ipvs.Destination) { d.UpperThreshold = 10 },
		"-y 1":                      func(d *ipvs.Destination) { d.LowerThreshold = 1 },
		"-m":                        func(d *ipvs.Destination) { d.Forward, d.Tunnel = ipvs.Masquerade, ipvs.TunnelInfo{} },
		"-i":                        func(*ipvs.Destination) {},
		"--tun-nocsum":              tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 5}),
		"--tun-remcsum":             tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 5, Flags: ipvs.TunnelRemoteChecksum}),
		"--tun-port 6":              tunnel(ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6, Flags: ipvs.TunnelChecksum}),
		"--tun-type gue":            func(*ipvs.Destination) {},
		"--tun-type gre":            tunnel(ipvs.TunnelInfo{Type: ipvs.GRE}),
		"--tun-type ipip":           tunnel(ipvs.TunnelInfo{}),
		"--tun-csum --tun-type gre": tunnel(ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}),
	} {
		t.Run(options, func(t *testing.T) {
			got, err := parseOver(t, "-e -t [::1]:80 -r [::2]:80 --keep "+options, presentService(), presentServer())
			if err != nil {
				t.Fatal(err)
			}
			want := presentServer()
			change(&want)
			id := ipvs.Service{ID: presentService().ID}
			if diff := cmp.Diff(ipvs.Change{Op: ipvs.EditDestination, Service: id, Destination: want}, got, compareAddrs); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	t.Run("a local server", func(t *testing.T) {
		local := presentServer()
		local.Forward, local.Tunnel = ipvs.Local, ipvs.TunnelInfo{}
		got, err := parseOver(t, "-e -t [::1]:80 -r [::2]:80 --keep", presentService(), local)
		if err != nil || got.Destination.Forward != ipvs.Route {
			t.Errorf("forwarding method %v, error %v", got.Destination.Forward, err)
		}
	})
}

// TestParseOverErrors covers lines that are wrong only together with what they keep.
func TestParseOverErrors(t *testing.T) {
	ipip := presentServer()
	ipip.Tunnel = ipvs.TunnelInfo{}
	for _, test := range []struct {
		line   string
		server ipvs.Destination
		want   string
	}{
		{"-E -t [::1]:80 --keep -b mh-port", ipvs.Destination{}, "incompatible scheduler flag `mh-port'"},
		{"-E -t [::1]:80 --keep -o", ipvs.Destination{}, "One-Packet Scheduling is only for UDP virtual services"},
		{"-e -t [::1]:80 -r [::2]:80 --keep -m --tun-csum", presentServer(), "Tunnel options conflict with forward method"},
		{"-e -t [::1]:80 -r 1.1.1.1 --keep -g", presentServer(), "Different address family is allowed only for tunneling servers"},
		{"-e -t [::1]:80 -r [::2]:80 --keep --tun-type gue", ipip, "You need to supply the 'tun-port' option for the 'gue' tunnel type"},
		{"-e -t [::1]:80 -r [::2]:80 --keep --tun-csum", ipip, "Illegal 'tun-csum' option with the 'ipip' tunnel type"},
	} {
		t.Run(test.line, func(t *testing.T) {
			_, err := parseOver(t, test.line, presentService(), test.server)
			want := &UsageError{Text: test.want, Status: StatusUsageError}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
