package doctor

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

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
