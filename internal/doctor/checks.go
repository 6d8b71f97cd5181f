package doctor

import "slices"

// The documents that the checks are from.
const (
	sysctlDoc = "Documentation/networking/ipvs-sysctl.rst, "
	howto     = "LVS-HOWTO, "
	source    = "net/netfilter/ipvs/"
)

// Checks returns all checks, in the order in which their findings of one level are
// reported.
func Checks() []Check {
	return slices.Concat(packetChecks(), tableChecks(), daemonChecks(), realServerChecks())
}

// packetChecks returns the checks of how packets travel: addresses, routes, links and tunnels.
func packetChecks() []Check {
	return []Check{
		{
			Code:   "vip-not-local",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, DaemonsFact},
			Title:  "the addresses of services are this machine's",
			Source: source + "ip_vs_core.c, ip_vs_in_hook at LOCAL_IN",
			find:   vipNotLocal,
		},
		{
			Code:   "no-carrier",
			Roles:  Director,
			Needs:  []Fact{TableFact, LinksFact, AddressesFact},
			Title:  "the links with addresses of services have a carrier",
			Source: "net/core/link_watch.c, linkwatch_do_dev",
			find:   noCarrier,
		},
		{
			Code:   "vip-netmask",
			Roles:  Director | RealServer,
			Needs:  []Fact{LinksFact, AddressesFact},
			Title:  "addresses of services on lo are no networks",
			Source: howto + "LVS-DR, netmask of the VIP; net/ipv4/fib_frontend.c, fib_add_ifaddr",
			find:   vipNetmask,
		},
		{
			Code:   "no-route",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact},
			Title:  "there is a route to each server",
			Source: source + "ip_vs_xmit.c, __ip_vs_get_out_rt",
			find:   noRoute,
		},
		{
			Code:   "neighbour",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, NeighboursFact},
			Title:  "the next hop to each server answers",
			Source: "net/core/neighbour.c, neigh_timer_handler",
			find:   neighbourSilent,
		},
		{
			Code:   "dr-gateway",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact},
			Title:  "servers of direct routing are on a network of the director",
			Source: howto + "LVS-DR; " + source + "ip_vs_xmit.c, ip_vs_dr_xmit",
			find:   drGateway,
		},
		{
			Code:   "dr-port",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact},
			Title:  "direct routing and tunnels keep the port",
			Source: howto + "LVS-DR; " + source + "ip_vs_xmit.c, ip_vs_dr_xmit",
			find:   drPort,
		},
		{
			Code:   "no-forwarding",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, SysctlsFact},
			Title:  "answers of masquerading servers are forwarded",
			Source: howto + "LVS-NAT; net/ipv4/route.c, ip_route_input_slow",
			find:   noForwarding,
		},
		{
			Code:   "v6-forwarding",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact, SysctlsFact},
			Title:  "a router of IPv6 has a default route",
			Source: "Documentation/networking/ip-sysctl.rst, accept_ra; net/ipv6/addrconf.c, addrconf_forward_change",
			find:   routerAdvertisements,
		},
		{
			Code:   "nat-way-back",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, ConnectionsFact},
			Title:  "answers of masquerading servers come by",
			Source: howto + "LVS-NAT; " + source + "ip_vs_proto_tcp.c, tcp_states",
			find:   natWayBack,
		},
		{
			Code:   "no-answer",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, ConnectionsFact},
			Title:  "servers of direct routing and tunnels answer",
			Source: howto + "LVS-DR; " + source + "ip_vs_proto_tcp.c, tcp_states",
			find:   noAnswer,
		},
		{
			Code:   "tunnel-source",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact},
			Title:  "tunnels start at an address that servers do not have",
			Source: "net/ipv4/route.c, ip_route_input_slow; net/ipv6/ip6_tunnel.c, ip6_tnl_rcv_ctl",
			find:   tunnelSource,
		},
		{
			Code:   "tunnel-mtu",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact, SysctlsFact},
			Title:  "packets of clients fit into the tunnels",
			Source: howto + "LVS-Tun, MTU; " + sysctlDoc + "pmtu_disc; " + source + "ip_vs_xmit.c, __ip_vs_get_out_rt",
			find:   tunnelMTU,
		},
		{
			Code:   "vip-no-arp",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact, SysctlsFact, DaemonsFact},
			Title:  "neighbours find the director",
			Source: "Documentation/networking/ip-sysctl.rst, arp_ignore; net/ipv6/ndisc.c, ndisc_recv_ns",
			find:   vipSilent,
		},
		{
			Code:   "vip-v6-dad",
			Roles:  Director | RealServer,
			Needs:  []Fact{LinksFact, AddressesFact},
			Title:  "IPv6 addresses of services are in use",
			Source: "RFC 4862, section 5.4; net/ipv6/addrconf.c, addrconf_dad_failure",
			find:   vipDuplicate,
		},
		{
			Code:   "rp-filter",
			Roles:  Director | RealServer,
			Needs:  []Fact{RoutesFact, LinksFact, AddressesFact, SysctlsFact},
			Title:  "reverse path filters let clients in",
			Source: "Documentation/networking/ip-sysctl.rst, rp_filter; net/ipv4/fib_frontend.c, __fib_validate_source",
			find:   rpFilter,
		},
		{
			Code:   "send-redirects",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact, SysctlsFact},
			Title:  "servers are not redirected past the director",
			Source: howto + "one network LVS-NAT; net/ipv4/route.c, ip_rt_send_redirect",
			find:   sendRedirects,
		},
		{
			Code:   "one-network",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact},
			Title:  "masquerading servers are on a network without clients",
			Source: howto + "one network LVS-NAT",
			find:   oneNetwork,
		},
		{
			Code:   "lro",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact, LinksFact, AddressesFact, OffloadsFact},
			Title:  "received packets are not merged",
			Source: "Documentation/networking/netdevices.rst; net/core/dev.c, dev_disable_lro",
			find:   largeReceiveOffload,
		},
		{
			Code:   "local-node",
			Roles:  Director,
			Needs:  []Fact{TableFact, RoutesFact},
			Title:  "servers that are this machine",
			Source: howto + "LocalNode; " + source + "ip_vs_xmit.c, __ip_vs_get_out_rt",
			find:   localNode,
		},
	}
}
