package kernel

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const wireFolder = "../../testdata/wire"

// Offsets in a captured message: of the flags, of the sequence number and the port, and
// of what follows struct nlmsghdr.
const (
	wireFlags    = 6
	wireSequence = 8
	wireHeader   = 16
)

// TestRequestsAreTheReferences checks that every captured request of the reference
// program is the same as ours for the same command.
//
// Two things always differ: the sequence number, and the sender's port, which we
// leave 0 (the kernel fills it in). And one does on purpose: the reference asks
// for an acknowledgement of get-info, list-service and get-timeouts besides the
// answer; we do not, which saves receiving it. In add-server-4-in-6 the reference
// leaves the end of the service's IPv6 address behind the four bytes of the
// server's IPv4 address, which the kernel does not look at; ours are zero. Behind
// a request to stop a daemon we send one that does nothing; see appendNoop.
func TestRequestsAreTheReferences(t *testing.T) {
	cases := wireCases()
	noAck := map[string]bool{"get-info": true, "list-service-tcp": true, "list-service-fwmark6": true, "get-timeouts": true}
	for _, file := range wireFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".hex")
		t.Run(name, func(t *testing.T) {
			run := cases[name]
			if run == nil {
				t.Fatal("a captured request without a case to compare with")
			}
			c, k := newScriptedClient(nil)
			c.info = &ipvs.Info{}
			run(c)
			if len(k.Sent) != 1 {
				t.Fatalf("sent %d datagrams, want 1", len(k.Sent))
			}
			want := readCapture(t, file)
			if noAck[name] {
				withoutAck(want)
			}
			if name == "add-server-4-in-6" {
				const serverAddr = 120
				clear(want[serverAddr+4 : serverAddr+lengthOfAddr])
			}
			clear(want[wireSequence:wireHeader])
			clear(k.Sent[0][wireSequence:wireHeader])
			if strings.HasPrefix(name, "stop-") {
				k.Sent[0] = k.Sent[0][:len(k.Sent[0])-wireHeader]
			}
			if diff := cmp.Diff(fourALine(want), fourALine(k.Sent[0])); diff != "" {
				t.Errorf("request (-reference +ours):\n%s", diff)
			}
		})
		delete(cases, name)
	}
	for name := range cases {
		t.Errorf("no captured request %s", name)
	}
}

// withoutAck clears NLM_F_ACK in the flags of a request.
func withoutAck(request []byte) {
	flags := binary.NativeEndian.Uint16(request[wireFlags:])
	binary.NativeEndian.PutUint16(request[wireFlags:], flags&^uint16(netlink.Acknowledge))
}

func wireFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(wireFolder, "*.hex"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captured requests: %v", err)
	}
	return files
}

// readCapture reads a file of testdata/wire: lines of hexadecimal bytes, and
// comments. It returns the request in the byte order of this machine.
func readCapture(t testing.TB, file string) (b []byte) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		part, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(line), " ", ""))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		b = append(b, part...)
	}
	return nativeRequest(b)
}

// fourALine writes bytes as netlink aligns them.
func fourALine(b []byte) (lines []string) {
	for chunk := range slices.Chunk(b, 4) {
		lines = append(lines, hex.EncodeToString(chunk))
	}
	return lines
}

func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func tcp(s string) ipvs.ServiceID { return ipvs.AddrService(ipvs.TCP, addrPort(s)) }
func udp(s string) ipvs.ServiceID { return ipvs.AddrService(ipvs.UDP, addrPort(s)) }
func mark(n uint32) ipvs.ServiceID {
	return ipvs.MarkService(n, ipvs.IPv4)
}
func mark6(n uint32) ipvs.ServiceID { return ipvs.MarkService(n, ipvs.IPv6) }
func sctp(s string) ipvs.ServiceID  { return ipvs.AddrService(ipvs.SCTP, addrPort(s)) }

// service returns a service that is not persistent, changed by the functions.
func service(id ipvs.ServiceID, scheduler string, with ...func(*ipvs.Service)) ipvs.Service {
	s := ipvs.Service{ID: id, Scheduler: scheduler, Netmask: id.Family.FullMask()}
	for _, f := range with {
		f(&s)
	}
	return s
}

func flags(f ipvs.ServiceFlags) func(*ipvs.Service) {
	return func(s *ipvs.Service) { s.Flags |= f }
}

// persistent makes a service persistent, with a mask unless that is 0.
func persistent(seconds, mask uint32) func(*ipvs.Service) {
	return func(s *ipvs.Service) {
		s.Flags |= ipvs.Persistent
		s.Timeout = seconds
		if mask != 0 {
			s.Netmask = mask
		}
	}
}

func engine(name string) func(*ipvs.Service) {
	return func(s *ipvs.Service) { s.Engine = name }
}

// wireCases returns the calls that make each captured request.
func wireCases() map[string]func(*Client) {
	cases := map[string]func(*Client){
		"get-info":         func(c *Client) { c.info = nil; _, _ = c.Info() },
		"get-timeouts":     func(c *Client) { _, _ = c.Timeouts() },
		"list-daemons":     func(c *Client) { _, _ = c.Daemons() },
		"list-services":    func(c *Client) { _, _ = c.Table(ipvs.Query{}) },
		"list-service-tcp": listOne(tcp("172.20.0.200:80")), "list-service-fwmark6": listOne(mark6(2)),
		"list-servers-tcp": listServers(tcp("172.20.0.200:80")), "list-servers-tcp6": listServers(tcp("[2001:db8::1]:80")),
		"list-servers-fwmark": listServers(mark(1)),
	}
	for name, change := range changeCases() {
		cases[name] = func(c *Client) { c.Apply([]ipvs.Change{change}) }
	}
	return cases
}

func listOne(id ipvs.ServiceID) func(*Client) {
	return func(c *Client) { _, _ = c.Table(ipvs.Query{Service: &id}) }
}

func listServers(id ipvs.ServiceID) func(*Client) {
	return func(c *Client) { _, _ = c.destinations(id, ipvs.WithStats, new(arena)) }
}

// changeCases returns the changes of the captured requests that make one.
func changeCases() map[string]ipvs.Change {
	cases := map[string]ipvs.Change{
		"flush":                {Op: ipvs.Flush},
		"zero-all":             {Op: ipvs.Zero},
		"zero-service-tcp":     {Op: ipvs.Zero, Service: ipvs.Service{ID: tcp("172.20.0.200:80")}},
		"zero-service-fwmark6": {Op: ipvs.Zero, Service: ipvs.Service{ID: mark6(2)}},
		"set-timeouts":         {Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}},
		"set-timeouts-partly":  {Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCPFin: 60}},

		"edit-service-tcp":    {Op: ipvs.EditService, Service: service(tcp("172.20.0.200:80"), "wrr", persistent(120, 0))},
		"edit-service-fwmark": {Op: ipvs.EditService, Service: service(mark(1), "wrr")},

		"delete-service-tcp":     {Op: ipvs.DeleteService, Service: ipvs.Service{ID: tcp("172.20.0.200:80")}},
		"delete-service-tcp6":    {Op: ipvs.DeleteService, Service: ipvs.Service{ID: tcp("[2001:db8::1]:80")}},
		"delete-service-fwmark":  {Op: ipvs.DeleteService, Service: ipvs.Service{ID: mark(1)}},
		"delete-service-fwmark6": {Op: ipvs.DeleteService, Service: ipvs.Service{ID: mark6(2)}},
	}
	for name, s := range addServiceCases() {
		cases[name] = ipvs.Change{Op: ipvs.AddService, Service: s}
	}
	for name, ch := range serverCases() {
		cases[name] = ch
	}
	for name, ch := range daemonCases() {
		cases[name] = ch
	}
	return cases
}

func addServiceCases() map[string]ipvs.Service {
	return map[string]ipvs.Service{
		"add-service-tcp":    service(tcp("172.20.0.200:80"), "wlc"),
		"add-service-udp":    service(udp("172.20.0.200:53"), "rr"),
		"add-service-sctp":   service(sctp("172.20.0.200:36412"), "wrr"),
		"add-service-tcp6":   service(tcp("[2001:db8::1]:80"), "lblcr"),
		"add-service-udp6":   service(udp("[2001:db8::1]:53"), "sed"),
		"add-service-sctp6":  service(sctp("[2001:db8::1]:36412"), "nq"),
		"add-service-fwmark": service(mark(1), "lc"), "add-service-fwmark-max": service(mark(1<<32-1), "wlc"),
		"add-service-fwmark6":           service(mark6(2), "rr"),
		"add-service-persistent":        service(tcp("172.20.0.201:443"), "rr", persistent(300, 0)),
		"add-service-persistent-mask":   service(tcp("172.20.0.202:0"), "rr", persistent(600, 0xffffff00)),
		"add-service-persistent-mask6":  service(tcp("[2001:db8::2]:443"), "wlc", persistent(90, 64)),
		"add-service-fwmark-persistent": service(mark(3), "wlc", persistent(360, 0)), "add-service-fwmark6-persistent": service(mark6(4), "wlc", persistent(360, 48)),
		"add-service-ops":       service(udp("172.20.0.203:53"), "rr", flags(ipvs.OnePacket)),
		"add-service-sh-flags":  service(tcp("172.20.0.204:80"), "sh", flags(ipvs.Sched1|ipvs.Sched2)),
		"add-service-mh-flags":  service(tcp("172.20.0.205:80"), "mh", flags(ipvs.Sched1)),
		"add-service-all-flags": service(tcp("172.20.0.206:80"), "rr", flags(ipvs.SchedFlags)),
		"add-service-sip":       service(udp("172.20.0.207:5060"), "rr", persistent(60, 0), engine("sip")),
	}
}

func serverCases() map[string]ipvs.Change {
	v4, v6 := tcp("172.20.0.200:80"), tcp("[2001:db8::1]:80")
	server := func(op ipvs.Op, id ipvs.ServiceID, addr string, f ipvs.Forward, weight int32, tunnel ipvs.TunnelInfo) ipvs.Change {
		d := ipvs.Destination{Addr: addrPort(addr), Forward: f, Weight: weight, Tunnel: tunnel}
		return ipvs.Change{Op: op, Service: ipvs.Service{ID: id}, Destination: d}
	}
	plain := ipvs.TunnelInfo{}
	tunnel := func(addr string, info ipvs.TunnelInfo) ipvs.Change {
		return server(ipvs.AddDestination, v4, addr, ipvs.Tunnel, 1, info)
	}
	cases := map[string]ipvs.Change{
		"add-server-route":       server(ipvs.AddDestination, v4, "192.168.30.27:80", ipvs.Route, 1, plain),
		"add-server-masq":        server(ipvs.AddDestination, v4, "192.168.30.17:8080", ipvs.Masquerade, 3, plain),
		"add-server-tunnel":      server(ipvs.AddDestination, v4, "192.168.30.37:80", ipvs.Tunnel, 0, plain),
		"add-server-masq6":       server(ipvs.AddDestination, v6, "[2001:db8::17]:8080", ipvs.Masquerade, 1, plain),
		"add-server-fwmark":      server(ipvs.AddDestination, mark(1), "192.168.30.17:8080", ipvs.Masquerade, 1, plain),
		"add-server-fwmark6":     server(ipvs.AddDestination, mark6(2), "[2001:db8::17]:0", ipvs.Route, 1, plain),
		"add-server-4-in-6":      server(ipvs.AddDestination, v6, "192.168.30.17:80", ipvs.Tunnel, 1, plain),
		"add-server-6-in-4":      tunnel("[2001:db8::18]:80", plain),
		"add-server-ipip":        tunnel("192.168.30.51:80", plain),
		"add-server-gue":         tunnel("192.168.30.52:80", ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080}),
		"add-server-gue-nocsum":  tunnel("192.168.30.53:80", ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelNoChecksum}),
		"add-server-gue-csum":    tunnel("192.168.30.54:80", ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelChecksum}),
		"add-server-gue-remcsum": tunnel("192.168.30.55:80", ipvs.TunnelInfo{Type: ipvs.GUE, Port: 65535, Flags: ipvs.TunnelRemoteChecksum}),
		"add-server-gre":         tunnel("192.168.30.56:80", ipvs.TunnelInfo{Type: ipvs.GRE}),
		"add-server-gre-csum":    tunnel("192.168.30.57:80", ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}),
		"edit-server-masq":       server(ipvs.EditDestination, v4, "192.168.30.17:8080", ipvs.Masquerade, 5, plain),
		"edit-server-tunnel":     server(ipvs.EditDestination, v4, "192.168.30.52:80", ipvs.Tunnel, 2, ipvs.TunnelInfo{Type: ipvs.GRE}),
		"delete-server-masq":     server(ipvs.DeleteDestination, v4, "192.168.30.17:8080", 0, 0, plain),
		"delete-server-masq6":    server(ipvs.DeleteDestination, v6, "[2001:db8::17]:8080", 0, 0, plain),
	}
	limited := server(ipvs.AddDestination, v4, "192.168.30.47:80", ipvs.Route, 1<<31-1, plain)
	limited.Destination.UpperThreshold, limited.Destination.LowerThreshold = 200, 100
	cases["add-server-thresholds"] = limited
	return cases
}

func daemonCases() map[string]ipvs.Change {
	start := func(d ipvs.Daemon) ipvs.Change { return ipvs.Change{Op: ipvs.StartDaemon, Daemon: d} }
	stop := func(d ipvs.Daemon) ipvs.Change { return ipvs.Change{Op: ipvs.StopDaemon, Daemon: d} }
	return map[string]ipvs.Change{
		"start-daemon-master": start(ipvs.Daemon{State: ipvs.Master, Interface: "dummy0", SyncID: 10}),
		"start-daemon-backup": start(ipvs.Daemon{State: ipvs.Backup, Interface: "dummy0"}),
		"stop-daemon-master":  stop(ipvs.Daemon{State: ipvs.Master, SyncID: 10}),
		"stop-daemon-backup":  stop(ipvs.Daemon{State: ipvs.Backup, Interface: "ignored"}),
		"start-daemon-master-all": start(ipvs.Daemon{
			State: ipvs.Master, Interface: "dummy0", SyncID: 255,
			MaxLen: 1400, Group: netip.MustParseAddr("224.0.0.90"), Port: 8849, TTL: 3,
		}),
		"start-daemon-backup-group6": start(ipvs.Daemon{
			State: ipvs.Backup, Interface: "dummy0", SyncID: 1,
			Group: netip.MustParseAddr("ff02::90"), Port: 8850, TTL: 255,
		}),
	}
}
