package command

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// fakeNames knows a few names, as an ordinary /etc/hosts and /etc/services do.
type fakeNames struct{}

func (fakeNames) LookupHost(name string, f ipvs.Family) (netip.Addr, error) {
	hosts := map[string]string{
		"localhost 2": "127.0.0.1", "www.example 2": "192.0.2.1", "six.example 10": "2001:db8::6",
	}
	a, err := netip.ParseAddr(hosts[name+" "+map[ipvs.Family]string{2: "2", 10: "10"}[f]])
	return a, err
}

func (fakeNames) LookupPort(p ipvs.Protocol, name string) (uint16, bool) {
	ports := map[string]uint16{"http tcp": 80, "domain tcp": 53, "domain udp": 53, "tftp udp": 69}
	port, ok := ports[name+" "+p.String()]
	return port, ok
}

// compareAddrs lets cmp look into addresses.
var compareAddrs = cmp.Options{
	cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}),
}

// parse reads a line that is parted by blanks; ” is an empty word.
func parse(t *testing.T, line string) (Command, error) {
	t.Helper()
	words := strings.Fields(line)
	for i := range words {
		if words[i] == "''" {
			words[i] = ""
		}
	}
	return NewParser("ipvsadm", fakeNames{}).Parse(words)
}

// TestFaults has the texts and statuses of ipvsadm 1.31 for lines it refuses by
// itself.
func TestFaults(t *testing.T) {
	const tryHelp = "255 Try `ipvsadm -h' or 'ipvsadm --help' for more information."
	for line, want := range map[string]string{
		// What does not begin with a command.
		"-n -L": tryHelp, "-n=x": tryHelp, "foo": tryHelp, "foo bar": tryHelp, "-": tryHelp, "--": tryHelp,
		"-q": tryHelp, "--frob": tryHelp, "--lis": tryHelp, "--list=x": tryHelp, "-L=": tryHelp, "-S=n": tryHelp,
		"--numeric": tryHelp, "--start-daemon": tryHelp, "--set=1 2 3": tryHelp, "-t 10.0.0.1:80 -A": tryHelp,
		// Words that cannot be read.
		"-Lq": "255 -Lq: unknown option", "-L --frob": "255 --frob: unknown option",
		"-L --frob=3": "255 --frob=3: unknown option", "-L-n": "255 -L-n: unknown option",
		"-L --=x": "255 --=x: unknown option", "-L ---n": "255 ---n: unknown option",
		"-L -\xff": "255 -\xff: unknown option",
		"-L -n=x":  "255 -n=x: option does not take an argument", "-Ln=": "255 -Ln=: option does not take an argument",
		"-L --numeric=": "255 --numeric=: option does not take an argument",
		"-A -t":         "255 -t: missing argument", "-At": "255 -At: missing argument",
		"-A --tcp-service":        "255 --tcp-service: missing argument",
		"-A -t 10.0.0.1:80 -p -5": "255 -5: unknown option",
		// One command a line, each group of options once.
		"-AD -t 1.1.1.1:80": "2 invalid option `-AD'", "-L -v": "2 invalid option `-v'", "-L -l": "2 invalid option `-l'",
		"--start-daemon master --stop-daemon backup": "2 invalid option `backup'",
		"-L -nn":                          "2 multiple 'numeric' options specified",
		"-A -f 5 -t x":                    "2 multiple 'service-address' options specified",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -gm": "2 multiple 'forwarding-method' options specified",
		"-A -t 10.0.0.1:80 -w 5 -w x":     "2 multiple 'weight' options specified",
		// Plain words.
		"-L foo": "2 unexpected argument foo", "foo -L": "2 unexpected argument foo", "-L -- -n": "2 unexpected argument -n",
		"-L -": "2 unexpected argument -", "-A -b bogus extra": "2 unexpected argument extra",
		// --set.
		"--set": "2 --set option requires 3 timeout values", "--set 1 2 -n": "2 --set option requires 3 timeout values",
		"--set 1 2 3 4": "2 unexpected argument 4", "--set x 2 3 4": "2 invalid timeout value `x' specified",
		"--set 1 2 2678401": "2 invalid timeout value `2678401' specified", "--set '' 2 3": "2 invalid timeout value `' specified",
		"--set 1 2 3 -n": "2 Illegal 'numeric' option with the 'set' command",
		// Values, judged in the order of the line.
		"-A -t 80 -q":               "2 illegal virtual server address[:port] specified",
		"-A -t ''":                  "2 illegal virtual server address[:port] specified",
		"-A -t -n":                  "2 illegal virtual server address[:port] specified",
		"-A -t 10.0.0.1:":           "2 illegal virtual server address[:port] specified",
		"-A -t 10.0.0.1:65536":      "2 illegal virtual server address[:port] specified",
		"-A -t 10.0.0.1:-1":         "2 illegal virtual server address[:port] specified",
		"-A -t 10.0.0.256:80":       "2 illegal virtual server address[:port] specified",
		"-A -t :80":                 "2 illegal virtual server address[:port] specified",
		"-A -t [::1]":               "2 illegal virtual server address[:port] specified",
		"-A -t [::1:80":             "2 illegal virtual server address[:port] specified",
		"-A -t [::1]80":             "2 illegal virtual server address[:port] specified",
		"-A -t [fe80::1%lo]:80":     "2 illegal virtual server address[:port] specified",
		"-A -t fe80::1%lo -p":       "2 illegal virtual server address[:port] specified",
		"-A -u 10.0.0.1:http":       "2 illegal virtual server address[:port] specified",
		"-A -t six.example:80":      "2 illegal virtual server address[:port] specified",
		"-a -t 1.1.1.1:80 -r 5":     "2 illegal real server address[:port] specified",
		"-A -f 0":                   "2 invalid fwmark value `0' specified",
		"-A -f 4294967296":          "2 invalid fwmark value `4294967296' specified",
		"-A -t 10.0.0.1:80 -p 0":    "2 invalid timeout value `0' specified",
		"-A -t 10.0.0.1:80 -p-5":    "2 invalid timeout value `-5' specified",
		"-A -t 10.0.0.1:80 -p ''":   "2 invalid timeout value `' specified",
		"-A -t 10.0.0.1:80 -M ''":   "2 illegal virtual server persistent mask specified",
		"-A -t [::1]:80 -M 129":     "2 illegal ipv6 netmask specified",
		"-A -6 -f 5":                "2 -6 used before -f\n",
		"-A -t 10.0.0.1:80 -6 -f 5": "2 -6 used before -f\n",
		"-a -w -1":                  "2 illegal weight specified", "-a -w 2147483648": "2 illegal weight specified",
		"-a -x x": "2 illegal u_threshold specified", "-a -y ''": "2 illegal l_threshold specified",
		"-a --tun-type GUE": "2 illegal tunnel type specified", "-a --tun-port 0": "2 illegal tunnel port specified",
		"--start-daemon foo":                           "2 illegal start-daemon parameter specified",
		"--stop-daemon ''":                             "2 illegal start_daemon specified",
		"--start-daemon master --syncid 256":           "2 illegal syncid specified",
		"--start-daemon master --mcast-port 0":         "2 illegal mcast-port specified",
		"--start-daemon master --mcast-ttl 0":          "2 illegal mcast-ttl specified",
		"--start-daemon master --sync-maxlen 65508":    "2 illegal sync-maxlen specified",
		"--start-daemon master --mcast-group 10.0.0.1": "2 invalid IPv4 mcast-group `10.0.0.1'",
		"--start-daemon master --mcast-group 224.1":    "2 invalid IPv4 mcast-group `224.1'",
		"--start-daemon master --mcast-group 2001::1":  "2 invalid IPv6 mcast-group `2001::1'",
		// Scheduler flags, before legality.
		"-A -b bogus":                                    "2 invalid scheduler flag `bogus'",
		"-A -t 10.0.0.1:80 -b sh-port":                   "2 incompatible scheduler flag `sh-port'",
		"-A -t 10.0.0.1:80 -b sh-port -s ''":             "2 incompatible scheduler flag `sh-port'",
		"-A -t 10.0.0.1:80 -b mh-port,sh-fallback -s mh": "2 incompatible scheduler flag `sh-fallback'",
		"-A -t 10.0.0.1:80 -b ,":                         "2 invalid scheduler flag `,'",
		"-L -b flag-1":                                   "2 Illegal 'sched-flags' option with the 'list' command",
		// Legality, in the order of the table.
		"-A":                            "2 You need to supply the 'service-address' option for the 'add-service' command",
		"-a -r 1.1.1.1":                 "2 You need to supply the 'service-address' option for the 'add-server' command",
		"-a -t 10.0.0.1:80":             "2 You need to supply the 'real-server' option for the 'add-server' command",
		"-D -w 5":                       "2 You need to supply the 'service-address' option for the 'delete-service' command",
		"-D -w 5 -t 10.0.0.1:80":        "2 Illegal 'weight' option with the 'delete-service' command",
		"-C -t 10.0.0.1:80":             "2 Illegal 'service-address' option with the 'flush' command",
		"-R -n":                         "2 Illegal 'numeric' option with the 'restore' command",
		"-L -t 10.0.0.1:80 --timeout":   "2 The option 'timeout' conflicts with the 'service-address' option in the 'list' command",
		"-L -c -t 10.0.0.1:80 --daemon": "2 The option 'daemon' conflicts with the 'connection' option in the 'list' command",
		"-L -r 10.0.0.1:80 -w 5":        "2 Illegal 'real-server' option with the 'list' command",
		"--netns a -n":                  "255 Try `ipvsadm -h' or 'ipvsadm --help' for more information.",
		"--netns a --netns b -L":        "2 multiple 'netns' options specified",
		"-A -t 10.0.0.1:80 --keep":      "2 Illegal 'keep' option with the 'add-service' command",
		"-D -t 10.0.0.1:80 --drain 5":   "2 Illegal 'drain' option with the 'delete-service' command",
		"-d --drain x":                  "2 illegal drain time specified",
		"-L --netns=":                   "2 illegal network namespace specified",
		"-R --diff --sync":              "2 The option 'sync' conflicts with the 'diff' option in the 'restore' command",
		"-L --all":                      "2 Illegal 'all' option with the 'list' command",
		"--stop-daemon backup --mcast-interface lo": "2 Illegal 'mcast-interface' option with the 'stop-daemon' command",
		// The line as a whole.
		"-A -t 10.0.0.1":                                "2 Zero port specified for non-persistent service",
		"-A -t [10.0.0.1]:80":                           "2 Zero port specified for non-persistent service",
		"-A -t 10.0.0.1:80 -o":                          "2 One-Packet Scheduling is only for UDP virtual services",
		"-L -c --stats":                                 "2 options conflicts in the list command",
		"-L --daemon --persistent-conn":                 "2 options conflicts in the list command",
		"-a -f 6 -6 -r 1.1.1.1":                         "2 Different address family is allowed only for tunneling servers",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 --tun-type ipip":   "2 Tunnel options conflict with forward method",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gue": "2 You need to supply the 'tun-port' option for the 'gue' tunnel type",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-csum":     "2 Illegal 'tun-csum' option with the 'ipip' tunnel type",
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gre --tun-csum --tun-nocsum": "2 The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type",
	} {
		_, err := parse(t, line)
		var fault *UsageError
		if !errors.As(err, &fault) {
			t.Errorf("%q: got error %v, want %s", line, err, want)
			continue
		}
		if got := itoa(fault.Status) + " " + fault.Text; got != want {
			t.Errorf("%q:\n got %s\nwant %s", line, got, want)
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// TestParseRuleErrors has lines that are commands of their own, but not rules.
func TestParseRuleErrors(t *testing.T) {
	for line, want := range map[string]*UsageError{
		"-S -n --output /etc/shadow": {"--output belongs to the invocation, not to a rule stream", 2},
		"-S --output=x --netns=y":    {"--output belongs to the invocation, not to a rule stream", 2},
		"-S --json --netns a":        {"--netns belongs to the invocation, not to a rule stream", 2},
		"--netns a -C":               {"--netns belongs to the invocation, not to a rule stream", 2},
		"--netns a -C -n":            {"Illegal 'numeric' option with the 'flush' command", 2},
		"-R":                         {"Try `ipvsadm -h' or 'ipvsadm --help' for more information.", 255},
		"-R --json":                  {"Try `ipvsadm -h' or 'ipvsadm --help' for more information.", 255},
	} {
		t.Run(line, func(t *testing.T) {
			var cmd Command
			err := NewParser("ipvsadm", fakeNames{}).ParseRule(strings.Fields(line), &cmd)
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseRule has lines that only look like options of the invocation, and listings.
func TestParseRule(t *testing.T) {
	for _, line := range []string{"-S -n --all --json", "-L --json", "-d -t 1.1.1.1:80 -r 2.2.2.2 --drain 5", "-A -t 1.1.1.1:80 -s --output"} {
		t.Run(line, func(t *testing.T) {
			var cmd Command
			if err := NewParser("ipvsadm", fakeNames{}).ParseRule(strings.Fields(line), &cmd); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestServices reads the ways to describe a virtual service.
func TestServices(t *testing.T) {
	svc := func(p ipvs.Protocol, addr string, change func(*ipvs.Service)) ipvs.Service {
		a := netip.MustParseAddrPort(addr)
		s := ipvs.Service{ID: ipvs.AddrService(p, a), Scheduler: "wlc", Netmask: ipvs.FamilyOf(a.Addr()).FullMask()}
		if change != nil {
			change(&s)
		}
		return s
	}
	persistent := func(seconds uint32) func(*ipvs.Service) {
		return func(s *ipvs.Service) { s.Flags, s.Timeout = ipvs.Persistent, seconds }
	}
	mark := func(f ipvs.Family) ipvs.Service {
		return ipvs.Service{ID: ipvs.MarkService(5, f), Scheduler: "wlc", Netmask: f.FullMask()}
	}
	for line, want := range map[string]ipvs.Service{
		"-A -t 10.0.0.1:80":                  svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-At10.0.0.1:80":                     svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-A -t=10.0.0.1:http":                svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-A --tcp-service=10.1:+80":          svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-A -t 0x0a000001:80":                svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-A -t 167772161:80":                 svc(ipvs.TCP, "10.0.0.1:80", nil),
		"-A -t 010.0.0.1:80":                 svc(ipvs.TCP, "8.0.0.1:80", nil),
		"-A -t www.example:80":               svc(ipvs.TCP, "192.0.2.1:80", nil),
		"-A -u 10.0.0.1:domain -o":           svc(ipvs.UDP, "10.0.0.1:53", func(s *ipvs.Service) { s.Flags = ipvs.OnePacket }),
		"-A --sctp-service [::1]:80":         svc(ipvs.SCTP, "[::1]:80", nil),
		"-A -t [six.example]:80":             svc(ipvs.TCP, "[2001:db8::6]:80", nil),
		"-A -t ::ffff:1.2.3.4 -p":            svc(ipvs.TCP, "[::ffff:1.2.3.4]:0", persistent(360)),
		"-A -t [10.0.0.1]:80 -p":             svc(ipvs.TCP, "10.0.0.1:0", persistent(360)),
		"-A -p -t 10.0.0.1:80":               svc(ipvs.TCP, "10.0.0.1:80", persistent(360)),
		"-Ap300 -t 10.0.0.1:80":              svc(ipvs.TCP, "10.0.0.1:80", persistent(300)),
		"-A -p=300 -t 10.0.0.1:80":           svc(ipvs.TCP, "10.0.0.1:80", persistent(300)),
		"-Ap 300 -t 10.0.0.1:80":             svc(ipvs.TCP, "10.0.0.1:80", persistent(300)),
		"-A -t 10.0.0.1:80 --persistent":     svc(ipvs.TCP, "10.0.0.1:80", persistent(360)),
		"-A -t 10.0.0.1:80 --persistent 010": svc(ipvs.TCP, "10.0.0.1:80", persistent(10)),
		"-A -t 10.0.0.1:80 -s rr --pe sip -b ,flag-1,,flag-3,": svc(ipvs.TCP, "10.0.0.1:80", func(s *ipvs.Service) {
			s.Scheduler, s.Engine, s.Flags = "rr", "sip", ipvs.Sched1|ipvs.Sched3
		}),
		"-A -b sh-port -t 10.0.0.1:80 -s sh": svc(ipvs.TCP, "10.0.0.1:80", func(s *ipvs.Service) {
			s.Scheduler, s.Flags = "sh", ipvs.Sched2
		}),
		"-A -t 10.0.0.1:80 -s wlcwlcwlcwlcwlcwlc": svc(ipvs.TCP, "10.0.0.1:80", func(s *ipvs.Service) { s.Scheduler = "wlcwlcwlcwlcwlc" }),
		"-A -t 10.0.0.1:80 -M 255.255.0.0":        svc(ipvs.TCP, "10.0.0.1:80", func(s *ipvs.Service) { s.Netmask = 0xffff0000 }),
		"-A -t 10.0.0.1:80 -M 24":                 svc(ipvs.TCP, "10.0.0.1:80", func(s *ipvs.Service) { s.Netmask = 24 }),
		"-A -t [::1]:80 -M 64":                    svc(ipvs.TCP, "[::1]:80", func(s *ipvs.Service) { s.Netmask = 64 }),
		"-A -M 255.0.0.0 -t [::1]:80":             svc(ipvs.TCP, "[::1]:80", nil),
		"-A -f 5":                                 mark(ipvs.IPv4),
		"-A -f +5 -6 -6 --sort --sort":            mark(ipvs.IPv6),
	} {
		cmd, err := parse(t, line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, cmd.Change.Service, compareAddrs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// TestServers reads the ways to describe a real server.
func TestServers(t *testing.T) {
	dest := func(addr string, fwd ipvs.Forward, change func(*ipvs.Destination)) ipvs.Destination {
		d := ipvs.Destination{Addr: netip.MustParseAddrPort(addr), Forward: fwd, Weight: 1}
		if change != nil {
			change(&d)
		}
		return d
	}
	for line, want := range map[string]ipvs.Destination{
		"-a -t 1.1.1.1:80 -r 2.2.2.2":            dest("2.2.2.2:80", ipvs.Route, nil),
		"-a -t 1.1.1.1:80 -r 2.2.2.2:8080":       dest("2.2.2.2:80", ipvs.Route, nil),
		"-a -t 1.1.1.1:80 -r 2.2.2.2:8080 -m":    dest("2.2.2.2:8080", ipvs.Masquerade, nil),
		"-a -r 2.2.2.2 -t 1.1.1.1:80":            dest("2.2.2.2:80", ipvs.Route, nil),
		"-a -r 2.2.2.2 -t 1.1.1.1:80 -m":         dest("2.2.2.2:0", ipvs.Masquerade, nil),
		"-a -f 5 -r 2.2.2.2:80":                  dest("2.2.2.2:80", ipvs.Route, nil),
		"-a -t 1.1.1.1:80 -r [2001:db8::2]:9 -i": dest("[2001:db8::2]:80", ipvs.Tunnel, nil),
		"-d -t 1.1.1.1:80 -r 2.2.2.2:8080":       {Addr: netip.MustParseAddrPort("2.2.2.2:8080")},
		"-emt 1.1.1.1:80 -r 2.2.2.2 -w5 -x 9 -y 3": dest("2.2.2.2:80", ipvs.Masquerade, func(d *ipvs.Destination) {
			d.Weight, d.UpperThreshold, d.LowerThreshold = 5, 9, 3
		}),
		"-a -t 1.1.1.1:80 -r 2.2.2.2 -i --tun-type gue --tun-port 5555 --tun-remcsum": dest("2.2.2.2:80", ipvs.Tunnel, func(d *ipvs.Destination) {
			d.Tunnel = ipvs.TunnelInfo{Type: ipvs.GUE, Port: 5555, Flags: ipvs.TunnelRemoteChecksum}
		}),
	} {
		cmd, err := parse(t, line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, cmd.Change.Destination, compareAddrs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// TestOtherCommands reads what is neither a service nor a server.
func TestOtherCommands(t *testing.T) {
	id := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("1.1.1.1:80"))
	list := func(l Listing) Command { return Command{Verb: List, Listing: l} }
	for line, want := range map[string]Command{
		"":                                   list(Listing{View: Plain}),
		"-Ln":                                list(Listing{View: Plain, Numeric: true}),
		"-l -t 1.1.1.1:80":                   list(Listing{View: Plain, Service: &id}),
		"-L --rate --stats":                  list(Listing{View: Stats}),
		"-L --tun-info --persistent-conn -X": list(Listing{View: PersistentConns, EngineData: true, Exact: true}),
		"-Lc --persistent-conn --nosort":     list(Listing{View: Connections, EngineData: true, KernelOrder: true}),
		"-L --timeout --exact":               list(Listing{View: Timeouts, Exact: true}),
		"-L --daemon":                        list(Listing{View: Daemons}),
		"-Sn":                                {Verb: Save, Listing: Listing{Numeric: true}},
		"-h -q":                              {Verb: Help},
		"-v --frob":                          {Verb: Version},
		"-R":                                 {Verb: Restore},
		"4 --set 5 6":                        {Verb: SetTimeouts, Change: ipvs.Change{Timeouts: ipvs.Timeouts{TCP: 4, TCPFin: 5, UDP: 6}}},
		"--stop-daemon master --syncid 9":    {Verb: StopDaemon, Change: ipvs.Change{Daemon: ipvs.Daemon{State: ipvs.Master, SyncID: 9}}},
		"--start-daemon=backup":              {Verb: StartDaemon, Change: ipvs.Change{Daemon: ipvs.Daemon{State: ipvs.Backup, Interface: "eth0"}}},
		"--start-daemon backup --mcast-interface 12345678901234567 --mcast-group ff02::1 --mcast-port 5 --mcast-ttl 6 --sync-maxlen 7": {
			Verb: StartDaemon, Change: ipvs.Change{Daemon: ipvs.Daemon{State: ipvs.Backup, Interface: "123456789012345",
				Group: netip.MustParseAddr("ff02::1"), Port: 5, TTL: 6, MaxLen: 7}}},
		"--netns a":                    {Verb: List, NetNS: "a", Listing: Listing{View: Plain}},
		"--netns a -Ln":                {Verb: List, NetNS: "a", Listing: Listing{View: Plain, Numeric: true}},
		"-C --netns=/x":                {Verb: Flush, NetNS: "/x"},
		"-Lc -t 1.1.1.1:80 -r 2.2.2.2": {Verb: List, Listing: Listing{View: Connections, Service: &id, Server: netip.MustParseAddrPort("2.2.2.2:0")}},
		"-R --sync":                    {Verb: Restore, Mode: Sync},
		"-S --all --output f":          {Verb: Save, Saving: Saving{All: true, File: "f"}},
		"-Z":                           {Verb: Zero},
		"-Z -t 1.1.1.1:80":             {Verb: Zero, Change: ipvs.Change{Service: ipvs.Service{ID: id}}},
	} {
		got, err := parse(t, line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		want.Change.Op = ops[want.Verb]
		if diff := cmp.Diff(want, got, compareAddrs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// TestOver: with --keep, what the line does not name is as it was.
func TestOver(t *testing.T) {
	service := ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("[::1]:80")), Scheduler: "sh",
		Flags: ipvs.Hashed | ipvs.Persistent | ipvs.Sched2, Timeout: 50, Netmask: 64, Engine: "sip"}
	server := ipvs.Destination{Addr: netip.MustParseAddrPort("[::2]:80"), Forward: ipvs.Tunnel, Weight: 7, UpperThreshold: 9, LowerThreshold: 8,
		Tunnel: ipvs.TunnelInfo{Type: ipvs.GUE, Port: 5, Flags: ipvs.TunnelChecksum}}
	svc := func(change func(*ipvs.Service)) ipvs.Change {
		s := service
		s.Flags &^= ipvs.Hashed
		change(&s)
		return ipvs.Change{Op: ipvs.EditService, Service: s}
	}
	dst := func(change func(*ipvs.Destination)) ipvs.Change {
		d := server
		change(&d)
		return ipvs.Change{Op: ipvs.EditDestination, Service: ipvs.Service{ID: service.ID}, Destination: d}
	}
	const e, s = "-e -t [::1]:80 -r [::2]:80 --keep", "-E -t [::1]:80 --keep"
	for line, want := range map[string]ipvs.Change{
		s:                                svc(func(*ipvs.Service) {}),
		s + " -p 9":                      svc(func(s *ipvs.Service) { s.Timeout = 9 }),
		s + " -M 48":                     svc(func(s *ipvs.Service) { s.Netmask = 48 }),
		s + " -s rr":                     svc(func(s *ipvs.Service) { s.Scheduler = "rr" }),
		s + " --pe x":                    svc(func(s *ipvs.Service) { s.Engine = "x" }),
		s + " -b sh-fallback":            svc(func(s *ipvs.Service) { s.Flags = ipvs.Persistent | ipvs.Sched1 }),
		e:                                dst(func(*ipvs.Destination) {}),
		e + " -w 0":                      dst(func(d *ipvs.Destination) { d.Weight = 0 }),
		e + " -x 10":                     dst(func(d *ipvs.Destination) { d.UpperThreshold = 10 }),
		e + " -y 1":                      dst(func(d *ipvs.Destination) { d.LowerThreshold = 1 }),
		e + " -m":                        dst(func(d *ipvs.Destination) { d.Forward, d.Tunnel = ipvs.Masquerade, ipvs.TunnelInfo{} }),
		e + " -i":                        dst(func(*ipvs.Destination) {}),
		e + " --tun-remcsum":             dst(func(d *ipvs.Destination) { d.Tunnel.Flags = ipvs.TunnelRemoteChecksum }),
		e + " --tun-port 6":              dst(func(d *ipvs.Destination) { d.Tunnel.Port = 6 }),
		e + " --tun-type gue":            dst(func(*ipvs.Destination) {}),
		e + " --tun-type gre":            dst(func(d *ipvs.Destination) { d.Tunnel = ipvs.TunnelInfo{Type: ipvs.GRE} }),
		e + " --tun-csum --tun-type gre": dst(func(d *ipvs.Destination) { d.Tunnel = ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum} }),
	} {
		p := NewParser("ipvsadm", fakeNames{})
		first, err := p.Parse(strings.Fields(line))
		if err != nil || !first.Keep {
			t.Errorf("%q: %+v, %v", line, first, err)
			continue
		}
		got, err := p.ParseOver(first, service, server)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got.Change, compareAddrs); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
	p := NewParser("ipvsadm", fakeNames{})
	for line, want := range map[string]string{
		s + " -b mh-port":                     "incompatible scheduler flag `mh-port'",
		e + " -m --tun-csum":                  "Tunnel options conflict with forward method",
		"-e -t [::1]:80 -r 1.1.1.1 --keep -g": "Different address family is allowed only for tunneling servers",
	} {
		first, err := p.Parse(strings.Fields(line))
		if err == nil {
			_, err = p.ParseOver(first, service, server)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", line, err, want)
		}
	}
	ipip := server
	ipip.Tunnel = ipvs.TunnelInfo{}
	first, err := p.Parse(strings.Fields(e + " --tun-type gue"))
	if err == nil {
		_, err = p.ParseOver(first, service, ipip)
	}
	if want := "You need to supply the 'tun-port' option for the 'gue' tunnel type"; err == nil || err.Error() != want {
		t.Errorf("gue over ipip: %v, want %s", err, want)
	}
}
