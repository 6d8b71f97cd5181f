package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// isMethod reports whether the user says that the director uses a forwarding method.
func (v *view) isMethod(f ipvs.Forward) bool { return v.Target.HasMethod && v.Target.Method == f }

// vipMissing finds that a real server does not take in packets for the address of the
// service, which direct routing and tunnels leave in them.
func vipMissing(v *view, r *reporter) {
	for _, vip := range v.Target.VIPs {
		route := v.Host.Routes[vip]
		if v.isMethod(ipvs.Masquerade) || route.Type == host.RouteLocal || route.Type == host.RouteUnknown || v.isUnverified(vip) {
			continue
		}

		link := "lo"
		if v.isMethod(ipvs.Tunnel) {
			link = v.tunnelName(vip)
		}
		evidence := "not an address of this machine: " + v.wayText(vip, route)
		if v.Target.HasMethod {
			r.fault(vip.String(), evidence, "packets for it are not taken in: "+addressCommand(vip, link))
			continue
		}
		r.warning(vip.String(), evidence, "right for masquerading only; else: "+addressCommand(vip, link))
	}
}

// tunnelName returns the link that takes tunnelled packets for an address from everybody.
func (v *view) tunnelName(vip netip.Addr) string {
	if devices := v.tunnelLinks(vip); len(devices) > 0 {
		return devices[0].Name
	}
	return fallbackTunnel(vip)
}

// fallbackTunnel returns the name of the link that the kernel makes for tunnels of IP in IP
// from everybody.
func fallbackTunnel(vip netip.Addr) string {
	if vip.Is6() {
		return "ip6tnl0"
	}
	return "tunl0"
}

// tunnelKinds has the kinds of links that unwrap packets of a family: in tunnels of IPv4,
// and in tunnels of IPv6. GUE and FOU hand what they unwrap to these (gue_udp_recv of
// net/ipv4/fou_core.c).
var tunnelKinds = map[ipvs.Family][2][]string{
	ipvs.IPv4: {{"ipip", "gre"}, {"ip6tnl", "ip6gre"}},
	ipvs.IPv6: {{"sit", "gre"}, {"ip6tnl", "ip6gre"}},
}

// tunnelLinks returns the links that unwrap packets for an address which the director may
// send, also those that are down.
func (v *view) tunnelLinks(vip netip.Addr) []host.Link {
	outer := vip
	if v.Target.Director.IsValid() {
		outer = v.Target.Director
	}
	kinds := tunnelKinds[ipvs.FamilyOf(vip)][0]
	if outer.Is6() {
		kinds = tunnelKinds[ipvs.FamilyOf(vip)][1]
	}

	var links []host.Link
	for _, l := range v.Host.Links {
		if slices.Contains(kinds, l.Kind) && v.takesFromDirector(l) {
			links = append(links, l)
		}
	}
	return links
}

// takesFromDirector reports whether a tunnel is not bound to another machine than the
// director.
func (v *view) takesFromDirector(l host.Link) bool {
	if l.Tunnel == nil || !l.Tunnel.Remote.IsValid() || l.Tunnel.Remote.IsUnspecified() {
		return true
	}
	return !v.Target.Director.IsValid() || l.Tunnel.Remote == v.Target.Director
}

// tunnelDevice finds that a real server does not unwrap the packets of the director.
func tunnelDevice(v *view, r *reporter) {
	if !v.isMethod(ipvs.Tunnel) {
		return
	}
	for _, vip := range v.Target.VIPs {
		links := v.tunnelLinks(vip)
		if slices.ContainsFunc(links, func(l host.Link) bool { return l.Up }) {
			continue
		}
		name := fallbackTunnel(vip)
		if len(links) == 0 {
			module := map[string]string{"tunl0": "ipip", "ip6tnl0": "ip6_tunnel"}[name]
			r.fault(vip.String(), "no interface unwraps packets for it",
				fmt.Sprintf("packets of the director are dropped: modprobe %s; ip link set %s up (GRE: ip_gre and gre0; GUE: ip fou add port PORT gue, too)", module, name))
			continue
		}
		r.fault(vip.String(), links[0].Name+", which unwraps packets for it, is down",
			"packets of the director are dropped: ip link set "+links[0].Name+" up")
	}
}

// rpFilterOfServer finds links of a real server that drop the packets of clients, because
// the way back to a client is by another link.
func rpFilterOfServer(v *view, r *reporter) {
	hop, ok := v.defaultHop(ipvs.IPv4)
	isIPv4 := func(a netip.Addr) bool { return a.Is4() }
	i := slices.IndexFunc(v.Target.VIPs, isIPv4)
	if i < 0 {
		return
	}

	if v.isMethod(ipvs.Tunnel) {
		v.reportStrictTunnels(r, v.Target.VIPs[i], hop)
		return
	}
	in := v.Host.Routes[v.Target.Director]
	if ok && v.isMethod(ipvs.Route) && v.Target.Director.Is4() && in.Reaches() && in.Link != hop.Link {
		v.reportStrict(r, v.link(in.Link), hop)
	}
}

// reportStrictTunnels adds a fault for each tunnel whose reverse path filter drops what it
// unwraps: packets of clients, who are not at the other end of the tunnel.
func (v *view) reportStrictTunnels(r *reporter, vip netip.Addr, hop host.Hop) {
	for _, l := range v.tunnelLinks(vip) {
		filter, ok := v.linkParameter("rp_filter", l)
		if !l.Up || !ok || filter != 1 || hop.Link == l.Index {
			continue
		}
		r.fault(l.Name, fmt.Sprintf("rp_filter is 1, and the way to clients is not by %s", l.Name),
			fmt.Sprintf("packets of clients that it unwraps are dropped: sysctl -w net.ipv4.conf.all.rp_filter=0 %s=0", linkSysctl("ipv4", l.Name, "rp_filter")))
	}
}

// arpProblem finds that a real server takes the address of the service away from the
// director: it answers ARP for it, or asks from it.
func arpProblem(v *view, r *reporter) {
	for _, vip := range v.Target.VIPs {
		holder, ok := v.holder(vip)
		if !ok {
			continue
		}
		if speaksARP(holder) {
			r.fault(vip.String(), fmt.Sprintf("it is on %s, which tells the network so", holder.Name),
				fmt.Sprintf("clients find this server in the director's place: ip address del %s dev %s, and have it on lo", v.holders[vip].Addr, holder.Name))
			continue
		}
		// For addresses of other links there are no neighbour advertisements
		// (ndisc_recv_ns).
		if vip.Is4() {
			v.reportARP(r, vip, holder)
		}
	}
}

// reportARP adds findings for the links that answer ARP for an address of another link, or
// ask from it.
func (v *view) reportARP(r *reporter, vip netip.Addr, holder host.Link) {
	var answer, announce []host.Link
	var ignored int
	for _, l := range v.hearsARP(vip) {
		if ignore, ok := v.linkParameter("arp_ignore", l); ok && answersForOthers(ignore, v.holders[vip].Scope) {
			answer, ignored = append(answer, l), ignore
		}
		if level, ok := v.linkParameter("arp_announce", l); ok && level < 2 {
			announce = append(announce, l)
		}
	}

	if len(answer) > 0 {
		r.fault(vip.String(), fmt.Sprintf("it is on %s, and %s answers ARP for it (arp_ignore is %d)", holder.Name, linkNames(answer), ignored),
			"clients find this server in the director's place: sysctl -w net.ipv4.conf.all.arp_ignore=1, then clear the entry in the neighbours' ARP tables")
	}
	if len(announce) > 0 {
		r.warning(vip.String(), fmt.Sprintf("it is on %s, and %s may ask from it by ARP (arp_announce is less than 2)", holder.Name, linkNames(announce)),
			"who is asked learns this server in the director's place: sysctl -w net.ipv4.conf.all.arp_announce=2")
	}
}

// hearsARP returns the links by which others may ask for an address: those on its network,
// or on that of the director. For direct routing from a director that is not known, it is
// every link with an address.
func (v *view) hearsARP(vip netip.Addr) []host.Link {
	links := v.networks(vip)
	add := func(l host.Link) {
		if speaksARP(l) && !slices.ContainsFunc(links, func(known host.Link) bool { return known.Index == l.Index }) {
			links = append(links, l)
		}
	}

	if v.Target.Director.IsValid() {
		if route := v.Host.Routes[v.Target.Director]; route.Reaches() && !route.Gateway.IsValid() {
			add(v.link(route.Link))
		}
		return links
	}
	if !v.isMethod(ipvs.Route) {
		return links
	}
	for _, a := range v.connected {
		if a.Addr.Addr().Is4() {
			add(v.link(a.Link))
		}
	}
	return links
}

// wayBack finds answers of a real server that take a wrong way.
func wayBack(v *view, r *reporter) {
	for _, f := range []ipvs.Family{ipvs.IPv4, ipvs.IPv6} {
		if !slices.ContainsFunc(v.Target.VIPs, func(a netip.Addr) bool { return ipvs.FamilyOf(a) == f }) {
			continue
		}
		hop, ok := v.defaultHop(f)
		director := v.Target.Director
		if ipvs.FamilyOf(director) != f {
			director = netip.Addr{}
		}

		switch {
		case v.isMethod(ipvs.Masquerade):
			v.reportMasquerade(r, f, hop, ok, director)
		case ok && director.IsValid() && hop.Gateway == director && f == ipvs.IPv4:
			r.warning("default route", fmt.Sprintf("it is %s, which is the director", v.routeText(hop.Gateway, hop.Link)),
				"the director drops packets that come from the address of the service, its own, unless accept_local is 1 there: use another router, or masquerading (-m)")
		}
	}
}

// reportMasquerade adds a fault if the answers of a masqueraded server do not go to the
// director, which alone can give them the address of the service.
func (v *view) reportMasquerade(r *reporter, f ipvs.Family, hop host.Hop, ok bool, director netip.Addr) {
	via := "DIRECTOR"
	if director.IsValid() {
		via = director.String()
	}
	command := fmt.Sprintf("the answers must go back by the director: ip -%d route replace default via %s", familyNumber(f), via)

	switch {
	case !ok:
		r.fault(defaultText(f), "there is none", command)
	case director.IsValid() && hop.Gateway != director:
		r.fault(defaultText(f), fmt.Sprintf("it goes %s, and the director is %s", v.routeText(hop.Gateway, hop.Link), director), command)
	}
}

// defaultText returns the default route of a family as a subject.
func defaultText(f ipvs.Family) string {
	if f == ipvs.IPv6 {
		return "IPv6 default route"
	}
	return "default route"
}

// familyNumber returns the number by which ip(8) selects a family.
func familyNumber(f ipvs.Family) int {
	if f == ipvs.IPv6 {
		return 6
	}
	return 4
}
