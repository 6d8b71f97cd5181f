package doctor

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// serviceText returns a service as the listing of ipvsadm has it: TCP 172.20.0.200:80,
// FWM 5, FWM 5 IPv6.
func serviceText(id ipvs.ServiceID) string {
	if id.FWMark != 0 {
		if id.Family == ipvs.IPv6 {
			return fmt.Sprintf("FWM %d IPv6", id.FWMark)
		}
		return fmt.Sprintf("FWM %d", id.FWMark)
	}
	return fmt.Sprintf("%s %s", protocolText(id.Protocol), id.Addr)
}

// protocolText returns the name of a protocol, or its number if it has none.
func protocolText(p ipvs.Protocol) string {
	if name, ok := p.ProcName(); ok {
		return name
	}
	return p.String()
}

// serverText returns a server of a service: TCP 172.20.0.200:80 -> 192.168.30.17:80.
func serverText(s *ipvs.Service, d *ipvs.Destination) string {
	return serviceText(s.ID) + " -> " + d.Addr.String()
}

// routeText returns a route as a sentence about an address has it: by eth0, or by gateway
// 172.20.0.1 on eth0.
func (v *view) routeText(gateway netip.Addr, link int) string {
	if gateway.IsValid() {
		return fmt.Sprintf("by gateway %s on %s", gateway, v.linkName(link))
	}
	return "by " + v.linkName(link)
}

// addressCommand returns the command that adds an address to a link.
func addressCommand(a netip.Addr, link string) string {
	if a.Is6() {
		return fmt.Sprintf("ip address add %s/128 dev %s nodad", a, link)
	}
	return fmt.Sprintf("ip address add %s/32 dev %s", a, link)
}

// count returns a number with a noun, which gets an s unless the number is 1.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// maxNames is the greatest number of links that one line names.
const maxNames = 3

// linkNames returns the names of some links for a sentence.
func linkNames(links []host.Link) string {
	var names []string
	for i, l := range links {
		if i == maxNames {
			names = append(names, fmt.Sprintf("%d more", len(links)-maxNames))
			break
		}
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

// deadEnd returns why packets to an address leave this machine by no link, and whether that
// is so.
func deadEnd(to netip.Addr, r host.Route) (string, bool) {
	switch r.Type {
	case host.RouteNone:
		return fmt.Sprintf("there is no route to %s", to), true
	case host.RouteUnreachable:
		return fmt.Sprintf("the route to %s is of type unreachable", to), true
	case host.RouteProhibit:
		return fmt.Sprintf("the route to %s is of type prohibit", to), true
	case host.RouteBlackhole:
		return fmt.Sprintf("the route to %s is of type blackhole", to), true
	case host.RouteBroadcast:
		return fmt.Sprintf("%s is a broadcast address", to), true
	case host.RouteMulticast:
		return fmt.Sprintf("%s is a multicast address", to), true
	case host.RouteAnycast:
		return fmt.Sprintf("%s is an anycast address", to), true
	}
	return "", false
}

// wayText returns where packets to an address go that this machine does not have.
func (v *view) wayText(to netip.Addr, r host.Route) string {
	if text, ok := deadEnd(to, r); ok {
		return text
	}
	return fmt.Sprintf("the route to %s goes %s", to, v.routeText(r.Gateway, r.Link))
}
