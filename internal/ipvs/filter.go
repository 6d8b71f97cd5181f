package ipvs

import "net/netip"

// ConnFilter selects the connections of a virtual service, of a real server, or of
// one for the other. The zero ConnFilter selects all.
type ConnFilter struct {
	service  *ServiceID
	protocol string // of the service, as connections have it
	server   netip.AddrPort

	// services are the services with an address, and servers those of the
	// selected service. They are only known for a service that takes what no
	// other service with an address takes.
	services map[ServiceID]bool
	servers  map[netip.AddrPort]bool
}

// NewConnFilter returns the filter for a service, which is nil for all of them, and
// a server, which is the zero AddrPort for all of them; port 0 is all ports of the
// server. Entries are the table if the filter depends on it; see
// ConnFilterNeedsTable.
func NewConnFilter(service *ServiceID, server netip.AddrPort, entries []Entry) *ConnFilter {
	f := &ConnFilter{service: service, server: server}
	if service == nil {
		return f
	}

	f.protocol, _ = service.Protocol.ProcName()
	f.services, f.servers = map[ServiceID]bool{}, map[netip.AddrPort]bool{}
	for i := range entries {
		id := entries[i].Service.ID
		if id.FWMark == 0 && id != *service {
			f.services[id] = true
		}
		if id == *service {
			for _, d := range entries[i].Destinations {
				f.servers[d.Addr] = true
			}
		}
	}
	return f
}

// ConnFilterNeedsTable reports whether a filter for a service needs the table to
// tell its connections from those of other services: it does if the service has no
// port of its own, or is a firewall mark.
func ConnFilterNeedsTable(service *ServiceID) bool {
	return service != nil && service.Addr.Port() == 0
}

// Match reports whether the filter selects a connection.
func (f *ConnFilter) Match(c *Connection) bool {
	if f.server.IsValid() && !matchesEnd(f.server, c.Destination) {
		return false
	}

	if f.service == nil {
		return true
	}
	if f.service.FWMark != 0 {
		return f.matchesMark(c)
	}
	if c.Protocol != f.protocol || !matchesEnd(f.service.Addr, c.Virtual) {
		return false
	}
	return f.service.Addr.Port() != 0 || !f.isOfOther(c)
}

// matchesMark reports whether a connection is one of the service's firewall mark.
// The kernel shows no marks of connections, only those of the templates of
// persistent clients, as their virtual address. A connection counts if it goes to a
// server of the service from an address that is no service of its own.
func (f *ConnFilter) matchesMark(c *Connection) bool {
	family := FamilyOf(c.Client.Addr())
	if c.Protocol == "IP" {
		return c.Virtual.Addr() == markAddr(f.service.FWMark, f.service.Family) && family == f.service.Family
	}
	if family != f.service.Family || f.isOfOther(c) {
		return false
	}
	return f.servers[c.Destination] || f.servers[netip.AddrPortFrom(c.Destination.Addr(), 0)]
}

// isOfOther reports whether a connection belongs to another service, which the
// kernel finds before the selected one: one with its address and port, or for a
// firewall mark one with its address alone.
func (f *ConnFilter) isOfOther(c *Connection) bool {
	p, ok := ParseProcProtocol(c.Protocol)
	if !ok {
		return false
	}
	if f.services[AddrService(p, c.Virtual)] {
		return true
	}
	anyPort := netip.AddrPortFrom(c.Virtual.Addr(), 0)
	return f.service.FWMark != 0 && f.services[AddrService(p, anyPort)]
}

// matchesEnd reports whether an end of a connection is the wanted one, whose port 0
// stands for all.
func matchesEnd(want, got netip.AddrPort) bool {
	return want.Addr() == got.Addr() && (want.Port() == 0 || want.Port() == got.Port())
}

// markAddr returns the address that stands for a firewall mark in the connection
// table: the mark as the first four bytes.
func markAddr(mark uint32, f Family) netip.Addr {
	b := [16]byte{byte(mark >> 24), byte(mark >> 16), byte(mark >> 8), byte(mark)}
	if f == IPv6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[:4]))
}
