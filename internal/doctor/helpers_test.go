package doctor

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The indexes of the links of the machines.
const (
	lo = 1 + iota
	front
	lan
	dummy
	tunl
	ip6tnl
)

// machine is the facts of a healthy machine, with methods that change them.
type machine struct{ *Facts }

// newDirector returns a director between the clients on front and the servers on lan. It
// has services by every forwarding method in both families, and neither faults nor
// anything worth a note:
//
//	172.20.0.200, 2001:db8:20::200   masquerading to ...17
//	172.20.0.201, 2001:db8:20::201   direct routing to ...21
//	172.20.0.202, 2001:db8:20::202   tunnels to ...31
func newDirector() machine {
	m := machine{&Facts{
		Timeouts:    ipvs.Timeouts{TCP: 7200, TCPFin: 120, UDP: 300},
		Connections: Connections{Servers: map[ServerKey]ServerConnections{}},
		Table:       ipvs.Table{Info: ipvs.Info{ConnTableSize: 4096}},
		Host: host.Facts{
			KernelRelease: "6.1.0-28-amd64",
			Links: []host.Link{
				{Index: lo, Name: "lo", MTU: 65536, Up: true, Running: true, Loopback: true},
				{Index: front, Name: "front", MTU: 1500, Up: true, Running: true, Multicast: true},
				{Index: lan, Name: "lan", MTU: 1600, Up: true, Running: true, Multicast: true},
				{Index: dummy, Name: "dummy0", Kind: "dummy", MTU: 1500, Up: true, Running: true, NoARP: true},
			},
			Routes:   map[netip.Addr]host.Route{},
			Defaults: []host.DefaultRoute{defaultRoute("172.20.0.254", front), defaultRoute("2001:db8:20::254", front)},
			Apps:     []host.App{{Protocol: "TCP", Port: 21, Name: "ftp"}},
			Sysctls:  host.Sysctls{},
		},
	}}

	m.address("172.20.0.1/24", front)
	m.address("2001:db8:20::1/64", front)
	m.address("192.168.30.1/24", lan)
	m.address("2001:db8:30::1/64", lan)
	for _, s := range []struct {
		vip, server string
		method      ipvs.Forward
	}{
		{"172.20.0.200", "192.168.30.17:8080", ipvs.Masquerade},
		{"2001:db8:20::200", "[2001:db8:30::17]:8080", ipvs.Masquerade},
		{"172.20.0.201", "192.168.30.21:80", ipvs.Route},
		{"2001:db8:20::201", "[2001:db8:30::21]:80", ipvs.Route},
		{"172.20.0.202", "192.168.30.31:80", ipvs.Tunnel},
		{"2001:db8:20::202", "[2001:db8:30::31]:80", ipvs.Tunnel},
	} {
		m.vip(s.vip, front)
		m.service(s.vip, 80, destination(s.server, s.method))
	}
	m.setParameters()
	return m
}

// newServer returns a real server with the address of a service on lo, in both families.
func newServer(method ipvs.Forward) machine {
	m := newDirector()
	m.Table, m.Timeouts, m.Host.Apps = ipvs.Table{}, ipvs.Timeouts{}, nil
	m.Host.Links = append(m.Host.Links,
		host.Link{Index: tunl, Name: "tunl0", Kind: "ipip", MTU: 1480, Up: true, Running: true, NoARP: true, Tunnel: &host.Tunnel{}},
		host.Link{Index: ip6tnl, Name: "ip6tnl0", Kind: "ip6tnl", MTU: 1452, Up: true, Running: true, NoARP: true, Tunnel: &host.Tunnel{}})
	m.Host.Addresses, m.Host.Routes = nil, map[netip.Addr]host.Route{}
	m.address("192.168.30.21/24", lan)
	m.address("2001:db8:30::21/64", lan)
	m.Host.Defaults = []host.DefaultRoute{defaultRoute("192.168.30.254", lan), defaultRoute("2001:db8:30::254", lan)}

	m.Target = Target{Method: method, HasMethod: true, VIPs: []netip.Addr{addr("172.20.0.200"), addr("2001:db8:20::200")}}
	if method == ipvs.Masquerade {
		m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.254")})
		m.route("2001:db8:20::200", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("2001:db8:30::254")})
	} else {
		m.vip("172.20.0.200", lo)
		m.vip("2001:db8:20::200", lo)
	}
	m.setParameters()
	for _, name := range []string{"all.arp_ignore", "lan.arp_ignore"} {
		m.set("net.ipv4.conf."+name, "1")
	}
	m.set("net.ipv4.conf.all.arp_announce", "2")
	return m
}

// setParameters sets the kernel parameters of a router that are relevant.
func (m machine) setParameters() {
	for _, l := range append([]string{"all"}, names(m.Host.Links)...) {
		for parameter, value := range map[string]string{"rp_filter": "0", "send_redirects": "0", "arp_ignore": "0", "arp_announce": "0", "accept_local": "0"} {
			m.set("net.ipv4.conf."+l+"."+parameter, value)
		}
		m.set("net.ipv6.conf."+l+".accept_ra", "1")
		m.set("net.ipv6.conf."+l+".forwarding", "1")
	}

	maps.Copy(m.Host.Sysctls, parameters(map[string]string{
		"net.ipv4.ip_forward":              "1",
		"net.ipv4.tcp_keepalive_time":      "7200",
		"net.netfilter.nf_conntrack_count": "10",
		"net.netfilter.nf_conntrack_max":   "65536",
		"net.ipv4.vs.amemthresh":           "1024",
		"net.ipv4.vs.backup_only":          "0",
		"net.ipv4.vs.conn_reuse_mode":      "1",
		"net.ipv4.vs.conntrack":            "0",
		"net.ipv4.vs.drop_entry":           "0",
		"net.ipv4.vs.drop_packet":          "0",
		"net.ipv4.vs.expire_nodest_conn":   "0",
		"net.ipv4.vs.pmtu_disc":            "1",
		"net.ipv4.vs.secure_tcp":           "0",
		"net.ipv4.vs.sloppy_tcp":           "0",
		"net.ipv4.vs.sync_persist_mode":    "0",
		"net.ipv4.vs.sync_refresh_period":  "0",
		"net.ipv4.vs.sync_threshold":       "3\t50",
		"net.ipv4.vs.sync_version":         "1",

		"net.ipv4.vs.expire_quiescent_template": "0",
	}))
}

// parameters returns kernel parameters with these values.
func parameters(values map[string]string) host.Sysctls {
	s := host.Sysctls{}
	for name, value := range values {
		s[name] = host.Sysctl{State: host.Present, Text: value}
	}
	return s
}

// names returns the names of links.
func names(links []host.Link) []string {
	var names []string
	for _, l := range links {
		names = append(names, l.Name)
	}
	return names
}

// addr returns an address.
func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// defaultRoute returns a default route.
func defaultRoute(gateway string, link int) host.DefaultRoute {
	return host.DefaultRoute{IPv6: addr(gateway).Is6(), Hops: []host.Hop{{Gateway: addr(gateway), Link: link}}}
}

// destination returns a server of weight 1.
func destination(address string, method ipvs.Forward) ipvs.Destination {
	return ipvs.Destination{Addr: netip.MustParseAddrPort(address), Forward: method, Weight: 1}
}

// set sets a kernel parameter.
func (m machine) set(name, value string) {
	m.Host.Sysctls[name] = host.Sysctl{State: host.Present, Text: value}
}

// route sets the route to an address.
func (m machine) route(to string, r host.Route) { m.Host.Routes[addr(to)] = r }

// address adds an address of the machine.
func (m machine) address(prefix string, link int) {
	p := netip.MustParsePrefix(prefix)
	m.Host.Addresses = append(m.Host.Addresses, host.Address{Addr: p, Link: link})
	m.Host.Routes[p.Addr()] = host.Route{Type: host.RouteLocal, Link: lo}
}

// vip adds an address of a service.
func (m machine) vip(a string, link int) {
	m.address(netip.PrefixFrom(addr(a), addr(a).BitLen()).String(), link)
}

// holder returns the entry of an address of the machine.
func (m machine) holder(a string) *host.Address {
	i := slices.IndexFunc(m.Host.Addresses, func(h host.Address) bool { return h.Addr.Addr() == addr(a) })
	return &m.Host.Addresses[i]
}

// service adds a TCP service with servers on lan.
func (m machine) service(vip string, port uint16, servers ...ipvs.Destination) *ipvs.Entry {
	for _, d := range servers {
		a := d.Addr.Addr()
		if _, ok := m.Host.Routes[a]; ok {
			continue
		}
		m.Host.Routes[a] = host.Route{Type: host.RouteUnicast, Link: lan}
		m.Host.Neighbours = append(m.Host.Neighbours, host.Neighbour{Addr: a, Link: lan, State: host.Reachable})
	}
	m.Table.Entries = append(m.Table.Entries, ipvs.Entry{
		Service:      ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr(vip), port)), Scheduler: "wlc"},
		Destinations: servers,
	})
	return &m.Table.Entries[len(m.Table.Entries)-1]
}

// entry returns the service of an address, the first one of several.
func (m machine) entry(vip string) *ipvs.Entry {
	i := slices.IndexFunc(m.Table.Entries, func(e ipvs.Entry) bool { return e.Service.ID.Addr.Addr() == addr(vip) })
	return &m.Table.Entries[i]
}

// server returns the first server of the service of an address.
func (m machine) server(vip string) *ipvs.Destination { return &m.entry(vip).Destinations[0] }

// link returns a link.
func (m machine) link(index int) *host.Link {
	i := slices.IndexFunc(m.Host.Links, func(l host.Link) bool { return l.Index == index })
	return &m.Host.Links[i]
}

// neighbour sets the state of a neighbour.
func (m machine) neighbour(a string, link int, state host.NeighbourState) {
	m.Host.Neighbours = slices.DeleteFunc(m.Host.Neighbours, func(n host.Neighbour) bool { return n.Addr == addr(a) })
	m.Host.Neighbours = append(m.Host.Neighbours, host.Neighbour{Addr: addr(a), Link: link, State: state})
}

// connections sets the connections of the first server of the service of an address.
func (m machine) connections(vip string, c ServerConnections) {
	m.Connections.Servers[ServerKey{m.entry(vip).Service.ID, m.server(vip).Addr}] = c
}

// daemon starts a sync daemon on front.
func (m machine) daemon(s ipvs.DaemonState, syncID uint32) {
	m.Daemons = append(m.Daemons, ipvs.Daemon{State: s, Interface: "front", SyncID: syncID, Group: addr("224.0.0.81"), Port: 8848, TTL: 1})
	m.set("net.ipv4.vs.sync_threshold", "1 50")
}

// vips returns the addresses of the services.
func (m machine) vips() []string {
	var vips []string
	for _, e := range m.Table.Entries {
		vips = append(vips, e.Service.ID.Addr.Addr().String())
	}
	return vips
}

// without removes an address of the machine.
func (m machine) without(a string) {
	m.Host.Addresses = slices.DeleteFunc(m.Host.Addresses, func(h host.Address) bool { return h.Addr.Addr() == addr(a) })
}

// twoServers adds a second server to the service of an address.
func (m machine) twoServers(vip string) {
	e := m.entry(vip)
	second := e.Destinations[0]
	second.Addr = netip.AddrPortFrom(second.Addr.Addr().Next(), second.Addr.Port())
	m.Host.Routes[second.Addr.Addr()] = m.Host.Routes[e.Destinations[0].Addr.Addr()]
	e.Destinations = append(e.Destinations, second)
}

// ftp makes FTP of the service of an address.
func (m machine) ftp(vip string) {
	e := m.entry(vip)
	e.Service.ID.Addr = netip.AddrPortFrom(addr(vip), 21)
	d := &e.Destinations[0]
	d.Addr = netip.AddrPortFrom(d.Addr.Addr(), 21)
}

// gone adds connections to a server that the table has no more.
func (m machine) gone(virtual, server string, c ServerConnections) {
	m.Connections.Gone = append(m.Connections.Gone, GoneServer{
		Protocol: "TCP", Virtual: netip.MustParseAddrPort(virtual), Server: netip.MustParseAddrPort(server), Connections: c,
	})
}
