package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
)

// addresses returns the addresses of services that this machine may have: those of the
// table, or those that a real server serves.
func (v *view) addresses() []netip.Addr {
	if v.role == RealServer {
		return v.Target.VIPs
	}
	return v.vips()
}

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

// vipNetmask finds addresses of services that make all of their network local: an address
// on lo does that, unless its network is one address (fib_add_ifaddr of
// net/ipv4/fib_frontend.c).
func vipNetmask(v *view, r *reporter) {
	for _, vip := range v.addresses() {
		a := v.holders[vip]
		if a == nil || vip.Is6() || a.Addr.IsSingleIP() || !v.link(a.Link).Loopback {
			continue
		}
		name := v.linkName(a.Link)
		r.fault(vip.String(), fmt.Sprintf("it is on %s as %s, which makes all of %s local", name, a.Addr, a.Addr.Masked()),
			fmt.Sprintf("nothing is sent to that network any more: ip address del %s dev %s; %s", a.Addr, name, addressCommand(vip, name)))
	}
}

// noCarrier finds links that have addresses of services, but no cable.
func noCarrier(v *view, r *reporter) {
	seen := map[int]bool{}
	for _, vip := range v.vips() {
		l, ok := v.holder(vip)
		if !ok || !speaksARP(l) || l.Running || seen[l.Index] {
			continue
		}
		seen[l.Index] = true
		r.fault(l.Name, fmt.Sprintf("it has the address %s of a service, and no carrier", vip),
			"no request comes in by it: check the cable, or the other end of the link")
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
		advice := "neighbours on that network do not find the director, unless they have a route or another machine answers for it: " +
			addressCommand(vip, links[0].Name)
		if vip.Is6() {
			r.warning(vip.String(), fmt.Sprintf("it is on %s; %s answers neighbour solicitations for its own addresses only", holder.Name, names),
				advice)
			continue
		}
		r.warning(vip.String(), fmt.Sprintf("it is on %s; arp_ignore keeps %s from answering ARP for it", holder.Name, names),
			advice)
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

// vipDuplicate finds IPv6 addresses of services that the kernel does not use, because
// another machine has them or may have them (addrconf_dad_failure of
// net/ipv6/addrconf.c).
func vipDuplicate(v *view, r *reporter) {
	for _, vip := range v.addresses() {
		a := v.holders[vip]
		if a == nil {
			continue
		}

		name := v.linkName(a.Link)
		advice := fmt.Sprintf("several machines have the address on purpose: ip address del %s dev %s; %s", a.Addr, name, addressCommand(vip, name))
		switch {
		case a.DADFailed:
			r.fault(vip.String(), fmt.Sprintf("another machine on the network of %s has it, too (dadfailed)", name), advice)
		case a.Tentative:
			r.warning(vip.String(), fmt.Sprintf("%s still looks for duplicates of it and does not use it (tentative)", name), advice)
		}
	}
}

// isUnverified reports whether the machine has an IPv6 address but does not use it, which
// vipDuplicate reports.
func (v *view) isUnverified(a netip.Addr) bool {
	h := v.holders[a]
	return h != nil && (h.DADFailed || h.Tentative)
}
