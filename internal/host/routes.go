package host

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// readWays asks for the route to each address.
func (g *gatherer) readWays(conn *genl.Conn) error {
	g.facts.Routes = make(map[netip.Addr]Route, len(g.addresses))
	request := func(i int) genl.Request { return routeRequest(g.addresses[i], 0) }
	return conn.GetEach(len(g.addresses), request, func(i int, b []byte, err error) {
		answer, err := decodeRouteAnswer(b, err)
		if err != nil {
			g.gap(Routes, g.addresses[i].String(), err)
		}
		g.facts.Routes[g.addresses[i]] = answer.route
	})
}

// routeRequest returns the request for the route to an address.
func routeRequest(a netip.Addr, flags uint32) genl.Request {
	header := make([]byte, routeHeader) // struct rtmsg
	header[0] = byte(familyOf(a))
	header[1] = byte(a.BitLen())
	binary.NativeEndian.PutUint32(header[8:], flags)
	return genl.Request{
		Family: rtmGetRoute, Header: header,
		Body: func(e *genl.Encoder) { e.Bytes(routeAttrDestination, a.AsSlice()) },
	}
}

// familyOf returns the number of the family of an address.
func familyOf(a netip.Addr) int {
	if a.Is4() {
		return syscall.AF_INET
	}
	return syscall.AF_INET6
}

// routeAnswer is the answer to a request for a route.
type routeAnswer struct {
	route Route
	// bits is the length of the prefix that matched, if that was asked for.
	bits int
	// hops are the ways of a route that has several.
	hops []Hop
}

// routeErrors are the errors by which the kernel answers for destinations that cannot be
// reached (fib_props of net/ipv4/fib_semantics.c, ip6_rt_type_to_error of
// net/ipv6/route.c), and for IPv6 where it is disabled (rtnetlink_rcv_msg of
// net/core/rtnetlink.c).
var routeErrors = map[syscall.Errno]RouteType{
	syscall.ENETUNREACH:  RouteNone,
	syscall.EOPNOTSUPP:   RouteNone,
	syscall.EAFNOSUPPORT: RouteNone,
	syscall.EHOSTUNREACH: RouteUnreachable,
	syscall.EACCES:       RouteProhibit,
	syscall.EINVAL:       RouteBlackhole,
}

// decodeRouteAnswer decodes what GetEach delivers. Err is nil if the kernel answered that
// there is no route.
func decodeRouteAnswer(b []byte, err error) (routeAnswer, error) {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if t, ok := routeErrors[errno]; ok {
			return routeAnswer{route: Route{Type: t}}, nil
		}
	}
	if err != nil {
		return routeAnswer{}, err
	}
	return decodeRoute(b)
}

// routeTypes are the types of routes by their numbers in the kernel (RTN_*).
var routeTypes = map[byte]RouteType{
	1: RouteUnicast, 2: RouteLocal, 3: RouteBroadcast, 4: RouteAnycast, 5: RouteMulticast,
	6: RouteBlackhole, 7: RouteUnreachable, 8: RouteProhibit,
}

// decodeRoute decodes a struct rtmsg (include/uapi/linux/rtnetlink.h) and the attributes
// behind it.
func decodeRoute(b []byte) (routeAnswer, error) {
	a := routeAnswer{bits: int(b[1])}
	r := &a.route
	r.Type = routeTypes[b[7]]

	d := genl.NewDecoder(b[routeHeader:])
	for d.Next() {
		switch d.Type() {
		case routeAttrLink:
			r.Link = int(d.Uint32())
		case routeAttrGateway, routeAttrVia:
			r.Gateway = decodeGateway(&d)
		case routeAttrSource:
			r.Source, _ = netip.AddrFromSlice(d.Bytes())
		case routeAttrMetrics:
			metrics := genl.NewDecoder(d.Bytes())
			for metrics.Next() {
				if metrics.Type() == metricMTU {
					r.MTU = int(metrics.Uint32())
				}
			}
		case routeAttrHops:
			a.hops = decodeHops(d.Bytes())
		}
	}
	return a, d.Err()
}

// decodeGateway returns the gateway of an attribute, the zero Addr if there is none. That
// of RTA_VIA begins with its family (struct rtvia).
func decodeGateway(d *genl.Decoder) netip.Addr {
	b := d.Bytes()
	if d.Type() == routeAttrVia && len(b) >= 2 {
		b = b[2:]
	}
	return addrOrNone(b)
}

// decodeHops decodes the ways of a route: a struct rtnexthop each, and attributes.
func decodeHops(b []byte) (hops []Hop) {
	for len(b) >= hopHeader {
		length := int(binary.NativeEndian.Uint16(b))
		if length < hopHeader || length > len(b) {
			break
		}

		hop := Hop{Link: int(binary.NativeEndian.Uint32(b[4:]))}
		d := genl.NewDecoder(b[hopHeader:length])
		for d.Next() {
			if d.Type() == routeAttrGateway || d.Type() == routeAttrVia {
				hop.Gateway = decodeGateway(&d)
			}
		}
		hops = append(hops, hop)
		b = b[min((length+3)&^3, len(b)):]
	}
	return hops
}

// unroutedAddresses returns, for each family, addresses of networks for documentation (RFC
// 5737, RFC 3849, RFC 9637), to which there is no other route than the default one. If
// there is one, the next address is tried.
func unroutedAddresses() [][]netip.Addr {
	return [][]netip.Addr{
		{netip.AddrFrom4([4]byte{198, 51, 100, 1}), netip.AddrFrom4([4]byte{192, 0, 2, 1}), netip.AddrFrom4([4]byte{203, 0, 113, 1})},
		{netip.AddrFrom16([16]byte{0x3f, 0xff, 15: 1}), netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1})},
	}
}

// maxDefaultBits is the length of the prefix of a default route: 0, or 1 where two halves
// stand in its place, as some VPN programs set them.
const maxDefaultBits = 1

// readDefaults reads the default route of each family.
func (g *gatherer) readDefaults(conn *genl.Conn) {
	for _, addresses := range unroutedAddresses() {
		if err := g.readDefault(conn, addresses); err != nil {
			g.gap(Routes, "default route of "+familyName(addresses[0]), err)
		}
	}
}

// errNoDefault is the error for a family all of whose addresses to ask for have routes of
// their own.
var errNoDefault = errors.New("hidden by routes to networks for documentation")

// readDefault reads the default route of one family.
func (g *gatherer) readDefault(conn *genl.Conn, addresses []netip.Addr) error {
	for _, a := range addresses {
		answer, err := decodeRouteAnswer(conn.Get(routeRequest(a, matchedRoute)))
		switch {
		case err != nil:
			return err
		case answer.bits > maxDefaultBits:
			continue
		case answer.route.Type != RouteUnicast:
			return nil
		}

		hops := answer.hops
		if len(hops) == 0 {
			hops = []Hop{{Gateway: answer.route.Gateway, Link: answer.route.Link}}
		}
		g.facts.Defaults = append(g.facts.Defaults, DefaultRoute{IPv6: a.Is6(), Hops: hops})
		return nil
	}
	return errNoDefault
}

// familyName returns the name of the family of an address.
func familyName(a netip.Addr) string {
	if a.Is4() {
		return "IPv4"
	}
	return "IPv6"
}
