package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// vipNotLocal finds addresses of services that this machine does not have. ip_vs_in is a
// hook of LOCAL_IN, so it sees only packets that the route takes in.
func vipNotLocal(v *view, r *reporter) {
	for _, vip := range v.vips() {
		route := v.Host.Routes[vip]
		if route.Type == host.RouteLocal || route.Type == host.RouteUnknown || v.isUnverified(vip) {
			continue
		}

		evidence := "not an address of this machine: " + v.wayText(vip, route)
		if v.backupOnly() {
			r.note(vip.String(), evidence,
				"right while another director has it; this one needs it when it takes over: "+addressCommand(vip, "INTERFACE"))
			continue
		}
		r.fault(vip.String(), evidence,
			"IPVS takes packets on their way in: "+addressCommand(vip, "INTERFACE"))
	}
}

// noRoute finds servers that no packet can be sent to. __ip_vs_get_out_rt drops the
// packets.
func noRoute(v *view, r *reporter) {
	for s, d := range v.servers() {
		server := d.Addr.Addr()
		route := v.Host.Routes[server]
		text, isDeadEnd := deadEnd(server, route)

		switch {
		case isDeadEnd:
			r.fault(serverText(s, d), text,
				fmt.Sprintf("add a route: ip route add %s via GATEWAY, or remove the server", server))
		case route.Type == host.RouteUnicast && v.link(route.Link).Loopback:
			r.fault(serverText(s, d), fmt.Sprintf("the route to %s is by %s", server, v.linkName(route.Link)),
				fmt.Sprintf("remove this route: ip route del %s dev %s", server, v.linkName(route.Link)))
		}
	}
}

// drGateway finds servers of direct routing that are behind a gateway. ip_vs_dr_xmit
// leaves the destination of the packet as it is and sends it to the next hop, which
// routes it back to the director.
func drGateway(v *view, r *reporter) {
	for s, d := range v.servers() {
		server := d.Addr.Addr()
		route := v.Host.Routes[server]
		if d.Forward != ipvs.Route || !route.Gateway.IsValid() || route.Gateway == server {
			continue
		}
		r.fault(serverText(s, d), v.wayText(server, route),
			"direct routing needs the server on a network of the director; use tunnels (-i) or masquerading (-m), or move the server")
	}
}

// localNode lists servers that are this machine. ip_vs_nat_xmit, ip_vs_tunnel_xmit and
// ip_vs_dr_xmit give packets for a local address to this machine.
func localNode(v *view, r *reporter) {
	for e := range v.services() {
		for i := range e.Destinations {
			d := &e.Destinations[i]
			if d.Forward == ipvs.Local || !v.isLocal(d.Addr.Addr()) {
				continue
			}
			r.note(serverText(&e.Service, d), fmt.Sprintf("%s is an address of this machine", d.Addr.Addr()),
				"the service has to run here: packets are not sent anywhere, whatever the forwarding method is")
		}
	}
}

// vipSilent finds addresses of services for which no neighbour gets an answer: they are on
// lo or a dummy, and the interfaces on their network answer only for their own addresses
// (arp_ignore of inet_arp_filter; ndisc_recv_ns always).
func vipSilent(v *view, r *reporter) {
	for _, vip := range v.vips() {
		holder, ok := v.holder(vip)
		if !ok || speaksARP(holder) || v.backupOnly() {
			continue
		}
		links := v.networks(vip)
		if len(links) == 0 || v.answersFor(vip, links) {
			continue
		}

		names := linkNames(links)
		if vip.Is6() {
			r.warning(vip.String(), fmt.Sprintf("it is on %s; %s answers neighbour solicitations for its own addresses only", holder.Name, names),
				"neighbours on that network do not find the director, unless they have a route: "+addressCommand(vip, links[0].Name))
			continue
		}
		r.warning(vip.String(), fmt.Sprintf("it is on %s; arp_ignore keeps %s from answering ARP for it", holder.Name, names),
			fmt.Sprintf("neighbours on that network do not find the director, unless they have a route: ip address add %s/32 dev %s", vip, links[0].Name))
	}
}

// answersFor reports whether one of the links answers ARP for an address that another
// link has. It does for a link whose parameters are unknown.
func (v *view) answersFor(vip netip.Addr, links []host.Link) bool {
	if vip.Is6() {
		return false
	}
	return slices.ContainsFunc(links, func(l host.Link) bool {
		ignore, ok := v.linkParameter("arp_ignore", l)
		return !ok || answersForOthers(ignore, v.holders[vip].Scope)
	})
}

// answersForOthers reports whether a link answers ARP for an address that another link has,
// by its arp_ignore and the scope of the address (arp_ignore of net/ipv4/arp.c).
func answersForOthers(ignore int, scope host.Scope) bool {
	switch ignore {
	case 1, 2, 8:
		return false
	case 3:
		return scope != host.ScopeHost
	}
	return true
}

// rpFilter finds interfaces whose reverse path filter drops packets of clients
// (__fib_validate_source of net/ipv4/fib_frontend.c).
func rpFilter(v *view, r *reporter) {
	if v.role == RealServer {
		rpFilterOfServer(v, r)
		return
	}

	hop, ok := v.defaultHop(ipvs.IPv4)
	if !ok {
		return
	}
	seen := map[int]bool{}
	for _, vip := range v.vips() {
		holder, held := v.holder(vip)
		if !vip.Is4() || !held || seen[holder.Index] || holder.Index == hop.Link || !speaksARP(holder) {
			continue
		}
		seen[holder.Index] = true
		v.reportStrict(r, holder, hop)
	}
}

// reportStrict adds a warning if a link drops what comes from addresses whose route is the
// default route by another link.
func (v *view) reportStrict(r *reporter, l host.Link, hop host.Hop) {
	if filter, ok := v.linkParameter("rp_filter", l); !ok || filter != 1 {
		return
	}
	r.warning(l.Name, fmt.Sprintf("rp_filter is 1, and the default route is %s", v.routeText(hop.Gateway, hop.Link)),
		fmt.Sprintf("requests that come in by %s from clients outside its networks are dropped: sysctl -w %s=2 (greater than that of all), or a default route by %[1]s",
			l.Name, linkSysctl("ipv4", l.Name, "rp_filter")))
}

// oneNetwork lists services whose masquerading servers are on the network of the address
// of the service, so that they can answer clients there without the director.
func oneNetwork(v *view, r *reporter) {
	for s, d := range v.servers() {
		if l, ok := v.sharedNetwork(s, d); ok {
			r.note(serverText(s, d), fmt.Sprintf("the server and the address of the service are both on the network of %s", l.Name),
				"clients on that network get no answer by the director, unless the server has a route to them by the director")
		}
	}
}

// sharedNetwork returns the link that has both the address of a service and the network of
// a masquerading server, and whether there is one.
func (v *view) sharedNetwork(s *ipvs.Service, d *ipvs.Destination) (host.Link, bool) {
	route := v.Host.Routes[d.Addr.Addr()]
	if d.Forward != ipvs.Masquerade || !route.Reaches() || route.Gateway.IsValid() {
		return host.Link{}, false
	}
	holder, ok := v.holder(s.ID.Addr.Addr())
	return holder, ok && holder.Index == route.Link && speaksARP(holder)
}
