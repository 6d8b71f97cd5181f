package doctor

import (
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
)

// neighbourSilent finds servers whose next hop does not answer ARP or neighbour
// discovery. The kernel removes an entry that nobody uses, so each was asked for recently.
func neighbourSilent(v *view, r *reporter) {
	states := map[neighbourKey]host.NeighbourState{}
	for _, n := range v.Host.Neighbours {
		states[neighbourKey{n.Addr, n.Link}] = n.State
	}

	for s, d := range v.servers() {
		route := v.Host.Routes[d.Addr.Addr()]
		if d.Weight == 0 || !route.Reaches() {
			continue
		}
		hop := d.Addr.Addr()
		if route.Gateway.IsValid() {
			hop = route.Gateway
		}
		v.reportNeighbour(r, serverText(s, d), hop, route.Link, states[neighbourKey{hop, route.Link}])
	}
}

// neighbourKey identifies a neighbour.
type neighbourKey struct {
	addr netip.Addr
	link int
}

// reportNeighbour adds a finding if a next hop does not answer.
func (v *view) reportNeighbour(r *reporter, subject string, hop netip.Addr, link int, state host.NeighbourState) {
	advice := fmt.Sprintf("check that %s is up and on the network of %s, and give the server weight 0 until it is", hop, v.linkName(link))
	switch state {
	case host.Failed:
		r.fault(subject, fmt.Sprintf("%s does not answer on %s (neighbour entry FAILED)", hop, v.linkName(link)), advice)
	case host.Incomplete:
		r.warning(subject, fmt.Sprintf("%s has not answered on %s yet (neighbour entry INCOMPLETE)", hop, v.linkName(link)), advice)
	}
}

// vipDuplicate finds IPv6 addresses of services that the kernel does not use, because
// another machine has them or may have them (addrconf_dad_failure of
// net/ipv6/addrconf.c).
func vipDuplicate(v *view, r *reporter) {
	vips := v.Target.VIPs
	if v.role == Director {
		vips = v.vips()
	}
	for _, vip := range vips {
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
