package doctor

import (
	"fmt"
	"iter"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// view is what the checks ask of the facts.
type view struct {
	*Facts
	role  Role
	links map[int]*host.Link
	// holders has the addresses of this machine. Of one that several links have, it is
	// the entry of a link that speaks ARP, if there is one.
	holders map[netip.Addr]*host.Address
	// connected are the addresses that make a network reachable by a link that speaks
	// ARP.
	connected []*host.Address
}

// newView returns the view of some facts.
func newView(f *Facts, role Role) *view {
	v := &view{Facts: f, role: role, links: map[int]*host.Link{}, holders: map[netip.Addr]*host.Address{}}
	for i := range f.Host.Links {
		v.links[f.Host.Links[i].Index] = &f.Host.Links[i]
	}
	for i := range f.Host.Addresses {
		a := &f.Host.Addresses[i]
		if other := v.holders[a.Addr.Addr()]; other == nil || !speaksARP(v.link(other.Link)) {
			v.holders[a.Addr.Addr()] = a
		}
		if speaksARP(v.link(a.Link)) && !a.Addr.IsSingleIP() {
			v.connected = append(v.connected, a)
		}
	}
	return v
}

// services returns the services that findings are about, with their servers.
func (v *view) services() iter.Seq[*ipvs.Entry] {
	return func(yield func(*ipvs.Entry) bool) {
		for i := range v.Table.Entries {
			e := &v.Table.Entries[i]
			if v.Target.Service != nil && *v.Target.Service != e.Service.ID {
				continue
			}
			if !yield(e) {
				return
			}
		}
	}
}

// servers returns the servers of these services that packets are sent to: those that are
// not addresses of this machine.
func (v *view) servers() iter.Seq2[*ipvs.Service, *ipvs.Destination] {
	return func(yield func(*ipvs.Service, *ipvs.Destination) bool) {
		for e := range v.services() {
			for i := range e.Destinations {
				d := &e.Destinations[i]
				if v.isLocal(d.Addr.Addr()) {
					continue
				}
				if !yield(&e.Service, d) {
					return
				}
			}
		}
	}
}

// vips returns the addresses of these services, each once, in the order of the table. A
// service by firewall mark has none.
func (v *view) vips() []netip.Addr {
	var vips []netip.Addr
	seen := map[netip.Addr]bool{}
	for e := range v.services() {
		id := &e.Service.ID
		vip := id.Addr.Addr()
		if id.FWMark == 0 && vip.IsValid() && !vip.IsUnspecified() && !seen[vip] {
			seen[vip] = true
			vips = append(vips, vip)
		}
	}
	return vips
}

// isLocal reports whether packets for an address are taken in on this machine.
func (v *view) isLocal(a netip.Addr) bool { return v.Host.Routes[a].Type == host.RouteLocal }

// link returns a link by its index, the zero Link if it is unknown.
func (v *view) link(index int) host.Link {
	if l := v.links[index]; l != nil {
		return *l
	}
	return host.Link{}
}

// linkName returns the name of a link, or its index if it is unknown.
func (v *view) linkName(index int) string {
	if l := v.links[index]; l != nil {
		return l.Name
	}
	return fmt.Sprintf("interface %d", index)
}

// holder returns the link that has an address, and whether there is one.
func (v *view) holder(a netip.Addr) (host.Link, bool) {
	h := v.holders[a]
	if h == nil {
		return host.Link{}, false
	}
	return v.link(h.Link), true
}

// speaksARP reports whether neighbours ask by the link for addresses: by ARP, or by
// neighbour discovery in IPv6.
func speaksARP(l host.Link) bool {
	return l.Up && !l.Loopback && !l.NoARP && !l.IsDummy() && !l.IsTunnel()
}

// networks returns the links that speak ARP on a network that an address is on: one that
// another address of the link has.
func (v *view) networks(a netip.Addr) []host.Link {
	var links []host.Link
	for _, own := range v.connected {
		if own.Addr.Addr() == a || !own.Addr.Masked().Contains(a) {
			continue
		}
		l := v.link(own.Link)
		if !slices.ContainsFunc(links, func(known host.Link) bool { return known.Index == l.Index }) {
			links = append(links, l)
		}
	}
	return links
}

// defaultHop returns the first way of the default route of a family, and whether there is
// one.
func (v *view) defaultHop(f ipvs.Family) (host.Hop, bool) {
	for _, d := range v.Host.Defaults {
		if d.IPv6 == (f == ipvs.IPv6) && len(d.Hops) > 0 {
			return d.Hops[0], true
		}
	}
	return host.Hop{}, false
}

// backupOnly reports whether this machine is a director that only listens to others.
func (v *view) backupOnly() bool {
	return v.hasDaemon(ipvs.Backup) && !v.hasDaemon(ipvs.Master)
}

// hasDaemon reports whether a sync daemon of a state runs.
func (v *view) hasDaemon(s ipvs.DaemonState) bool {
	return slices.ContainsFunc(v.Daemons, func(d ipvs.Daemon) bool { return d.State == s })
}

// sysctl returns the value of a kernel parameter, and whether there is one that is a
// number.
func (v *view) sysctl(name string) (int, bool) { return v.Host.Sysctls.Int(name) }

// isSet reports whether a kernel parameter is a number that is not 0.
func (v *view) isSet(name string) bool {
	n, ok := v.sysctl(name)
	return ok && n != 0
}

// linkParameter returns the value of a parameter of IPv4 that is in force for a link: the
// greater one of those for all links and for the link (IN_DEV_MAXCONF and IN_DEV_ORCONF of
// include/linux/inetdevice.h). It reports whether both are known.
func (v *view) linkParameter(parameter string, l host.Link) (int, bool) {
	all, ok := v.sysctl(linkSysctl("ipv4", "all", parameter))
	own, okOwn := v.sysctl(linkSysctl("ipv4", l.Name, parameter))
	return max(all, own), ok && okOwn
}

// linkSysctl returns the name of a parameter of a link, or of all, in a family.
func linkSysctl(family, link, parameter string) string {
	return host.LinkSysctl("net."+family+".conf."+parameter, link)
}
