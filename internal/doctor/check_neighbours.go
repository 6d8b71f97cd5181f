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
