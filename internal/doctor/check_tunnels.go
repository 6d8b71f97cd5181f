package doctor

import (
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The lengths of headers in bytes.
const (
	ipv4Header = 20
	ipv6Header = 40
	udpHeader  = 8
	// gueHeader is struct guehdr, and gueOption the private option of remote checksums
	// (include/net/gue.h).
	gueHeader = 4
	gueOption = 8
	// greHeader is struct gre_base_hdr, and greChecksum its optional field.
	greHeader   = 4
	greChecksum = 4
)

// minIPv6MTU is the least MTU that IPv6 works with (RFC 8200, section 5).
const minIPv6MTU = 1280

// encapsulation returns the bytes that the tunnel to a server adds to a packet
// (ip_vs_tunnel_xmit and ipvs_gue_encap of net/netfilter/ipvs/ip_vs_xmit.c).
func encapsulation(d *ipvs.Destination) int {
	n := ipv4Header
	if d.Family() == ipvs.IPv6 {
		n = ipv6Header
	}

	switch d.Tunnel.Type {
	case ipvs.GUE:
		n += udpHeader + gueHeader
		if d.Tunnel.Flags&ipvs.TunnelRemoteChecksum != 0 {
			n += gueOption
		}
	case ipvs.GRE:
		n += greHeader
		if d.Tunnel.Flags&ipvs.TunnelChecksum != 0 {
			n += greChecksum
		}
	}
	return n
}

// tunnelMTU finds tunnels through which the largest packets of clients do not fit.
func tunnelMTU(v *view, r *reporter) {
	for s, d := range v.servers() {
		route := v.Host.Routes[d.Addr.Addr()]
		out := route.MTU
		if out == 0 {
			out = v.link(route.Link).MTU
		}
		if d.Forward != ipvs.Tunnel || !route.Reaches() || out == 0 {
			continue
		}
		v.reportMTU(r, s, d, out)
	}
}

// reportMTU adds a finding if a tunnel whose way has an MTU of out has too little room.
func (v *view) reportMTU(r *reporter, s *ipvs.Service, d *ipvs.Destination, out int) {
	overhead := encapsulation(d)
	room := out - overhead
	in, name := v.incomingMTU(s)
	evidence := fmt.Sprintf("of the MTU %d of the way to %s, the tunnel leaves %d", out, d.Addr.Addr(), room)
	if name != "" {
		evidence += fmt.Sprintf("; packets of clients have up to %d on %s", in, name)
	}

	switch {
	case s.ID.Family == ipvs.IPv6 && room < minIPv6MTU:
		r.fault(serverText(s, d), evidence,
			fmt.Sprintf("IPv6 needs %d: raise the MTU of the way to %d", minIPv6MTU, minIPv6MTU+overhead))
	case room >= in:
	case !v.isSet("net.ipv4.vs.pmtu_disc"):
		r.warning(serverText(s, d), evidence+"; pmtu_disc is 0",
			fmt.Sprintf("larger packets are sent in fragments: sysctl -w net.ipv4.vs.pmtu_disc=1, or raise the MTU of the way to %d", in+overhead))
	default:
		r.note(serverText(s, d), evidence,
			fmt.Sprintf("clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to %d, or set advmss %d in the routes of the server",
				in+overhead, room-tcpHeaders(s.ID.Family)))
	}
}

// incomingMTU returns the MTU of the link that has the address of a service, and its name.
// Without such a link, it is that of a common Ethernet.
func (v *view) incomingMTU(s *ipvs.Service) (mtu int, name string) {
	const ethernet = 1500
	holder, ok := v.holder(s.ID.Addr.Addr())
	if !ok || !speaksARP(holder) || holder.MTU == 0 {
		return ethernet, ""
	}
	return holder.MTU, holder.Name
}

// tcpHeaders returns the length of the headers of TCP and IP without options.
func tcpHeaders(f ipvs.Family) int {
	const tcpHeader = 20
	if f == ipvs.IPv6 {
		return ipv6Header + tcpHeader
	}
	return ipv4Header + tcpHeader
}

// tunnelSource finds tunnels whose packets are sent from an address that the real servers
// have, too: that of a service. A machine drops packets that come from its own address
// (ip_route_input_slow calls them martian; ip6_tnl_rcv checks the ends).
func tunnelSource(v *view, r *reporter) {
	services := map[netip.Addr]bool{}
	for i := range v.Table.Entries {
		services[v.Table.Entries[i].Service.ID.Addr.Addr()] = true
	}

	for s, d := range v.servers() {
		server := d.Addr.Addr()
		source := v.Host.Routes[server].Source
		if d.Forward != ipvs.Tunnel || !source.IsValid() || !services[source] {
			continue
		}
		r.fault(serverText(s, d), fmt.Sprintf("packets to %s are sent from %s, which is the address of a service", server, source),
			"the server has that address, too, and drops them: "+v.sourceAdvice(source, server))
	}
}

// sourceAdvice returns how the packets to a server get another source than an address of a
// service. In IPv6, the kernel does not choose a deprecated address (RFC 6724, rule 3); the
// address has to be added again, because IPVS keeps the source of a server until a route
// changes (__ip_vs_dst_check).
func (v *view) sourceAdvice(source, server netip.Addr) string {
	if holder, ok := v.holder(source); ok && source.Is6() {
		return fmt.Sprintf("ip address del %s dev %[2]s; ip address add %[1]s dev %[2]s nodad preferred_lft 0", v.holders[source].Addr, holder.Name)
	}
	return fmt.Sprintf("change the route to %s so that it has src ADDRESS, another address of this machine", server)
}
