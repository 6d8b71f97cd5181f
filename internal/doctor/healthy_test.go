package doctor

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// healthyCase is a machine with nothing to find. Most of them are almost a condition of the
// check that code names; empty for none.
type healthyCase struct {
	code, name string
	healthy    func() machine
	change     func(machine)
}

// TestHealthy checks that nothing is found on healthy machines.
func TestHealthy(t *testing.T) {
	for _, c := range slices.Concat(healthyDirectors(), healthyTables(), healthyServers()) {
		t.Run(c.code+"/"+c.name, func(t *testing.T) {
			m := c.healthy()
			c.change(m)
			if got := m.run(); len(got.Findings) > 0 || len(got.NotDone) > 0 {
				t.Errorf("findings:\n%s\nnot done: %v", text(got.Findings), got.NotDone)
			}
		})
	}
}

// toFront is the route to an address on the network of front.
var toFront = host.Route{Type: host.RouteUnicast, Link: front}

// healthyDirectors returns directors whose network is almost wrong.
func healthyDirectors() []healthyCase {
	return []healthyCase{
		{"", "a director", newDirector, func(machine) {}},
		{"vip-not-local", "a firewall mark", newDirector, func(m machine) {
			e := m.entry("172.20.0.200")
			e.Service.ID = ipvs.MarkService(5, ipvs.IPv4)
			m.without("172.20.0.200")
			m.route("172.20.0.200", toFront)
		}},
		{"vip-not-local", "an unknown route", newDirector, func(m machine) {
			m.route("172.20.0.200", host.Route{})
		}},
		{"neighbour", "a server of weight 0 beside another", newDirector, func(m machine) {
			m.twoServers("172.20.0.200")
			m.server("172.20.0.200").Weight = 0
			m.neighbour("192.168.30.17", lan, host.Failed)
		}},
		{"neighbour", "the entry of another link", newDirector, func(m machine) {
			m.neighbour("192.168.30.17", front, host.Failed)
		}},
		{"neighbour", "states in which packets are sent", newDirector, func(m machine) {
			m.neighbour("192.168.30.17", lan, host.Stale)
			m.neighbour("192.168.30.21", lan, host.Permanent)
			m.neighbour("192.168.30.31", lan, host.Probe)
		}},
		{"dr-gateway", "the server is its own gateway", newDirector, func(m machine) {
			m.route("192.168.30.21", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.21")})
		}},
		{"dr-gateway", "gateways of other methods", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.254")})
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.254")})
		}},
		{"no-forwarding", "no masquerading server", newDirector, func(m machine) {
			m.Table.Entries = m.Table.Entries[2:]
			m.set("net.ipv4.ip_forward", "0")
			m.set("net.ipv6.conf.all.forwarding", "0")
		}},
		{"v6-forwarding", "accept_ra is 2", newDirector, func(m machine) {
			m.Host.Defaults = m.Host.Defaults[:1]
			m.set("net.ipv6.conf.front.accept_ra", "2")
		}},
		{"vip-no-arp", "on lo, with arp_ignore 0", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = lo
		}},
		{"vip-no-arp", "on lo, with arp_ignore 3", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = lo
			m.set("net.ipv4.conf.all.arp_ignore", "3")
		}},
		{"vip-no-arp", "on lo, on no network", newDirector, func(m machine) {
			m.vip("203.0.113.9", lo)
			m.vip("2001:db8:99::9", lo)
			m.service("203.0.113.9", 80, destination("192.168.30.17:80", ipvs.Masquerade))
			m.service("2001:db8:99::9", 80, destination("[2001:db8:30::17]:80", ipvs.Masquerade))
			m.set("net.ipv4.conf.all.arp_ignore", "1")
		}},
		{"vip-no-arp", "on lo and on front", newDirector, func(m machine) {
			m.set("net.ipv4.conf.all.arp_ignore", "1")
			m.vip("172.20.0.200", lo)
			m.vip("2001:db8:20::200", lo)
		}},
		{"vip-no-arp", "on lo of a backup director", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = lo
			m.set("net.ipv4.conf.all.arp_ignore", "1")
			m.daemon(ipvs.Backup, 1)
		}},
		{"rp-filter", "strict, and the default route is by the same link", newDirector, func(m machine) {
			m.set("net.ipv4.conf.all.rp_filter", "1")
		}},
		{"rp-filter", "loose", newDirector, func(m machine) {
			m.Host.Defaults[0] = defaultRoute("192.168.30.254", lan)
			m.set("net.ipv4.conf.all.rp_filter", "1")
			m.set("net.ipv4.conf.front.rp_filter", "2")
		}},
		{"rp-filter", "loose, on a link with a dot in its name", newDirector, func(m machine) {
			m.Host.Defaults[0] = defaultRoute("192.168.30.254", lan)
			m.link(front).Name = "eth0.7"
			m.set("net.ipv4.conf.all.rp_filter", "1")
			m.set("net.ipv4.conf.eth0/7.rp_filter", "2")
		}},
		{"send-redirects", "on the network of the servers", newDirector, func(m machine) {
			m.set("net.ipv4.conf.all.send_redirects", "1")
		}},
		{"lro", "on the link of the servers", newDirector, func(m machine) { m.link(lan).LRO = true }},
		{"lro", "masquerading only", newDirector, func(m machine) {
			m.Table.Entries = m.Table.Entries[:2]
			m.link(front).LRO = true
		}},
		{"tunnel-mtu", "just enough", newDirector, func(m machine) {
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1520})
			m.route("2001:db8:30::31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1540})
			m.set("net.ipv4.vs.pmtu_disc", "0")
		}},
		{"tunnel-mtu", "just enough for GUE and GRE", newDirector, func(m machine) {
			m.server("172.20.0.202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1528})
			m.server("2001:db8:20::202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelRemoteChecksum}
			m.route("2001:db8:30::31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1560})
		}},
		{"tunnel-source", "another address", newDirector, func(m machine) {
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, Source: addr("192.168.30.1")})
			m.route("192.168.30.17", host.Route{Type: host.RouteUnicast, Link: lan, Source: addr("172.20.0.200")})
		}},
	}
}

// healthyTables returns directors whose rules, connections, parameters or daemons are
// almost wrong.
func healthyTables() []healthyCase {
	return []healthyCase{
		{"dr-port", "masquerading, and all ports", newDirector, func(m machine) {
			e := m.service("172.20.0.201", 0, destination("192.168.30.21:0", ipvs.Route))
			e.Service.Flags, e.Service.Timeout = ipvs.Persistent, 300
		}},
		{"dr-port", "a firewall mark", newDirector, func(m machine) {
			e := m.service("172.20.0.201", 81, destination("192.168.30.21:0", ipvs.Route))
			e.Service.ID = ipvs.MarkService(5, ipvs.IPv4)
		}},
		{"no-server", "one of two servers is full, the other almost", newDirector, func(m machine) {
			m.twoServers("172.20.0.200")
			for i, n := range []uint32{10, 9} {
				d := &m.entry("172.20.0.200").Destinations[i]
				d.UpperThreshold, d.ActiveConnections = 10, n
			}
		}},
		{"", "a node of Kubernetes", newDirector, func(m machine) {
			m.vip("10.96.0.1", dummy)
			m.service("10.96.0.1", 443, destination("172.20.0.9:6443", ipvs.Masquerade))
			m.route("172.20.0.9", toFront)
			m.service("172.20.0.1", 30080, destination("10.244.1.5:8080", ipvs.Masquerade))
			m.route("10.244.1.5", host.Route{Type: host.RouteUnicast, Link: front, Gateway: addr("172.20.0.9")})
			m.set("net.ipv4.vs.conntrack", "1")
			m.set("net.ipv4.conf.all.arp_ignore", "1")
			m.set("net.ipv4.conf.all.arp_announce", "2")
			m.set("net.ipv4.vs.expire_nodest_conn", "1")
		}},
		{"scheduler-module", "one server, and a firewall mark", newDirector, func(m machine) {
			m.entry("172.20.0.201").Service.Scheduler = "lblc"
			e := m.entry("172.20.0.200")
			e.Service.Scheduler = "dh"
			m.twoServers("172.20.0.200")
			e.Service.ID = ipvs.MarkService(5, ipvs.IPv4)
		}},
		{"scheduler-module", "mh by port, and sh", newDirector, func(m machine) {
			for vip, s := range map[string]string{"172.20.0.200": "mh", "172.20.0.201": "sh"} {
				m.twoServers(vip)
				m.entry(vip).Service.Scheduler, m.entry(vip).Service.Flags = s, ipvs.Sched2
			}
		}},
		{"sip-protocol", "UDP", newDirector, func(m machine) {
			s := &m.entry("172.20.0.200").Service
			s.ID.Protocol, s.Engine, s.Flags, s.Timeout = ipvs.UDP, "sip", ipvs.Persistent, 300
		}},
		{"ftp-helper", "the helper is there", newDirector, func(m machine) { m.ftp("172.20.0.200") }},
		{"ftp-persistence", "persistent", newDirector, func(m machine) {
			m.ftp("172.20.0.201")
			m.entry("172.20.0.201").Service.Flags = ipvs.Persistent
		}},
		{"nat-way-back", "two connections, and one of many that is established", newDirector, func(m machine) {
			m.connections("172.20.0.200", ServerConnections{All: 2, SynRecv: 2})
			m.connections("172.20.0.201", ServerConnections{All: 9, SynRecv: 8, Established: 1})
			m.connections("172.20.0.202", ServerConnections{Templates: 4})
		}},
		{"gone-servers", "expire_nodest_conn is 1", newDirector, func(m machine) {
			m.gone("172.20.0.200:80", "192.168.30.27:80", ServerConnections{All: 2, Established: 2})
			m.set("net.ipv4.vs.expire_nodest_conn", "1")
		}},
		{"gone-servers", "connections that are closing", newDirector, func(m machine) {
			m.gone("172.20.0.200:80", "192.168.30.27:80", ServerConnections{All: 2})
		}},
		{"gone-servers", "templates, and another service", newDirector, func(m machine) {
			id := m.entry("172.20.0.201").Service.ID
			m.Target.Service = &id
			m.gone("172.20.0.201:80", "192.168.30.27:80", ServerConnections{Templates: 2})
			m.gone("172.20.0.200:80", "192.168.30.27:80", ServerConnections{All: 2, Established: 2})
		}},
		{"quiescent-template", "expire_quiescent_template is 1", newDirector, func(m machine) {
			m.twoServers("172.20.0.200")
			m.entry("172.20.0.200").Service.Flags = ipvs.Persistent
			d := m.server("172.20.0.200")
			d.Weight, d.PersistentConnections = 0, 3
			m.set("net.ipv4.vs.expire_quiescent_template", "1")
		}},
		{"quiescent-template", "no clients", newDirector, func(m machine) {
			m.twoServers("172.20.0.200")
			m.entry("172.20.0.200").Service.Flags = ipvs.Persistent
			m.server("172.20.0.200").Weight = 0
		}},
		{"reuse-mode", "with connection tracking on Linux 5.10", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.Host.KernelRelease = "5.10.0-32-amd64"
		}},
		{"reuse-mode", "with connection tracking on Linux 5.9", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.Host.KernelRelease = "5.9.0"
		}},
		{"reuse-mode", "with connection tracking on an unknown kernel", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.Host.KernelRelease = ""
		}},
		{"tcp-timeout", "UDP alone", newDirector, func(m machine) {
			for i := range m.Table.Entries {
				m.Table.Entries[i].Service.ID.Protocol = ipvs.UDP
			}
			m.Timeouts.TCP = 900
		}},
		{"conntrack-full", "90 percent, and full without IPVS", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.set("net.netfilter.nf_conntrack_max", "1000")
			m.set("net.netfilter.nf_conntrack_count", "900")
		}},
		{"conntrack-full", "full without IPVS", newDirector, func(m machine) {
			m.set("net.netfilter.nf_conntrack_max", "1000")
			m.set("net.netfilter.nf_conntrack_count", "1000")
		}},
		{"conn-max", "90 percent, and no limit", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conn_max", "1000")
			m.Connections.Total = 900
		}},
		{"conn-buckets", "two in a bucket", newDirector, func(m machine) { m.Connections.Total = 8192 }},
		{"conn-buckets", "a table that grows", newDirector, func(m machine) {
			m.Connections.Total = 100000
			m.Host.Status = &host.Status{Connections: 100000, ConnectionBuckets: 4096}
		}},
		{"no-estimation", "on, for a processor", newDirector, func(m machine) {
			m.set("net.ipv4.vs.run_estimation", "1")
			m.set("net.ipv4.vs.est_cpulist", "0")
		}},
		{"defence", "ready", newDirector, func(m machine) { m.set("net.ipv4.vs.drop_packet", "1") }},
		{"daemon-mismatch", "two daemons", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.daemon(ipvs.Backup, 2)
		}},
		{"backup-only", "backup_only is 1", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.server("172.20.0.201").Forward = ipvs.Local
			m.route("192.168.30.21", host.Route{Type: host.RouteLocal, Link: lo})
			m.set("net.ipv4.vs.backup_only", "1")
		}},
		{"backup-only", "a master", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.server("172.20.0.201").Forward = ipvs.Local
			m.route("192.168.30.21", host.Route{Type: host.RouteLocal, Link: lo})
		}},
		{"sync-threshold", "every connection, and a backup", newDirector, func(m machine) { m.daemon(ipvs.Master, 1) }},
		{"sync-version", "a backup", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.set("net.ipv4.vs.sync_version", "0")
		}},
		{"sloppy-tcp", "sloppy_tcp is 1", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.set("net.ipv4.vs.sync_persist_mode", "1")
			m.set("net.ipv4.vs.sloppy_tcp", "1")
			m.entry("172.20.0.200").Service.Flags = ipvs.Persistent
		}},
	}
}

// healthyServers returns real servers that are almost wrong.
func healthyServers() []healthyCase {
	return []healthyCase{
		{"", "masquerading", masqueraded, func(machine) {}},
		{"", "direct routing", routed, func(machine) {}},
		{"", "tunnels", tunnelled, func(machine) {}},
		{"", "an unknown method", unknownMethod, func(machine) {}},
		{"tunnel-device", "GRE instead of IPIP", tunnelled, func(m machine) {
			m.link(tunl).Kind, m.link(ip6tnl).Kind = "gre", "ip6gre"
		}},
		{"tunnel-device", "IPv6 in tunnels of IPv4", tunnelled, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
			m.Target.VIPs = m.Target.VIPs[1:]
			m.link(ip6tnl).Kind = "sit"
			m.route("192.168.30.1", host.Route{Type: host.RouteUnicast, Link: lan})
		}},
		{"tunnel-device", "bound to the director", tunnelled, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
			m.Target.VIPs = m.Target.VIPs[:1]
			m.link(tunl).Tunnel.Remote = addr("192.168.30.1")
			m.route("192.168.30.1", host.Route{Type: host.RouteUnicast, Link: lan})
			m.set("net.ipv4.conf.all.arp_ignore", "1")
		}},
		{"rp-filter", "loose", tunnelled, func(m machine) { m.set("net.ipv4.conf.all.rp_filter", "2") }},
		{"rp-filter", "a tunnel that is down beside another", tunnelled, func(m machine) {
			m.Host.Links = append(m.Host.Links, host.Link{Index: 9, Name: "gre0", Kind: "gre", NoARP: true, Tunnel: &host.Tunnel{}})
			m.setParameters()
			m.set("net.ipv4.conf.gre0.rp_filter", "1")
			m.set("net.ipv4.conf.all.arp_announce", "2")
		}},
		{"rp-filter", "strict, and one link", routed, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
			m.route("192.168.30.1", host.Route{Type: host.RouteUnicast, Link: lan})
			m.set("net.ipv4.conf.all.rp_filter", "1")
		}},
		{"arp-problem", "arp_ignore is 3, and the scope is host", routed, func(m machine) {
			m.holder("172.20.0.200").Scope = host.ScopeHost
			m.set("net.ipv4.conf.all.arp_ignore", "3")
		}},
		{"arp-problem", "on a dummy", routed, func(m machine) {
			m.holder("172.20.0.200").Link, m.holder("2001:db8:20::200").Link = dummy, dummy
		}},
		{"arp-problem", "a tunnel, and no network in common", tunnelled, func(m machine) {
			m.set("net.ipv4.conf.all.arp_ignore", "0")
			m.set("net.ipv4.conf.lan.arp_ignore", "0")
			m.set("net.ipv4.conf.all.arp_announce", "0")
		}},
		{"arp-problem", "a director behind a router", routed, func(m machine) {
			m.Target.Director = addr("172.20.0.1")
			m.route("172.20.0.1", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.254")})
			m.set("net.ipv4.conf.all.arp_ignore", "0")
			m.set("net.ipv4.conf.lan.arp_ignore", "0")
		}},
		{"way-back", "masquerading by the director", masqueraded, func(m machine) {
			m.Target.Director = addr("192.168.30.254")
		}},
		{"way-back", "several addresses of the director", masqueraded, func(m machine) {
			m.Target.VIPs = []netip.Addr{addr("172.20.0.200")}
			m.Target.Director = addr("2001:db8:30::1")
		}},
	}
}
