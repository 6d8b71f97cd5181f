package doctor

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// ConnectionCounter counts the connections of a table by server, so that none of them has
// to be kept. Make one with NewConnectionCounter.
type ConnectionCounter struct {
	services map[ipvs.ServiceID]bool
	// servers has the places of servers in counts.
	servers map[ServerKey]int
	// hosts are the addresses of servers by service, for templates, and for connections
	// of services that have no port.
	hosts map[hostKey]netip.AddrPort
	// marks are the servers of firewall marks.
	marks map[netip.AddrPort]ipvs.ServiceID

	total  int
	counts []ServerConnections
	gone   map[goneKey]ServerConnections
	// goneTotal counts those too that gone has no room for.
	goneTotal int
}

// hostKey identifies the servers of a service that have one address.
type hostKey struct {
	service ipvs.ServiceID
	addr    netip.Addr
}

// goneKey identifies a server that the table does not have.
type goneKey struct {
	protocol        string
	virtual, server netip.AddrPort
}

// maxGoneKept bounds the memory for servers that the table does not have: a service
// without a port can have one for each port.
const maxGoneKept = 10000

// ftpControlPort is the port of a service whose data connections have other ports.
const ftpControlPort = 21

// NewConnectionCounter returns a counter for the connections of a table.
func NewConnectionCounter(t *ipvs.Table) *ConnectionCounter {
	c := &ConnectionCounter{
		services: map[ipvs.ServiceID]bool{}, servers: map[ServerKey]int{},
		hosts: map[hostKey]netip.AddrPort{}, marks: map[netip.AddrPort]ipvs.ServiceID{},
		gone: map[goneKey]ServerConnections{},
	}

	for i := range t.Entries {
		id := t.Entries[i].Service.ID
		c.services[id] = true
		for _, d := range t.Entries[i].Destinations {
			c.servers[ServerKey{id, d.Addr}] = len(c.counts)
			c.counts = append(c.counts, ServerConnections{})
			c.hosts[hostKey{id, d.Addr.Addr()}] = d.Addr
			if id.FWMark != 0 {
				c.marks[d.Addr] = id
			}
		}
	}
	return c
}

// Add counts a connection.
func (c *ConnectionCounter) Add(conn *ipvs.Connection) {
	c.total++
	if !conn.Virtual.IsValid() || !conn.Destination.IsValid() || conn.Destination.Addr().IsUnspecified() {
		return // a bypass, which has no server (ip_vs_leave of ip_vs_core.c)
	}

	service, found := c.service(conn)
	if found {
		if place, ok := c.server(service, conn); ok {
			c.counts[place] = c.counts[place].plus(conn)
			return
		}
		if service.Addr.Port() == 0 && service.FWMark == 0 && c.isFTPData(conn) {
			return
		}
	}
	if !found && c.isFTPData(conn) {
		return
	}
	c.addGone(conn)
}

// service returns the service of a connection, and whether the table has it: the one with
// its address and port, else the one with its address, else a firewall mark with its
// server. The kernel shows the mark of templates alone, as their virtual address.
func (c *ConnectionCounter) service(conn *ipvs.Connection) (ipvs.ServiceID, bool) {
	if conn.Protocol == "IP" {
		b := conn.Virtual.Addr().AsSlice()
		id := ipvs.MarkService(binary.BigEndian.Uint32(b), ipvs.FamilyOf(conn.Virtual.Addr()))
		return id, c.services[id]
	}
	if p, ok := ipvs.ParseProcProtocol(conn.Protocol); ok {
		for _, port := range []uint16{conn.Virtual.Port(), 0} {
			id := ipvs.AddrService(p, netip.AddrPortFrom(conn.Virtual.Addr(), port))
			if c.services[id] {
				return id, true
			}
		}
		// The template of an FTP service has port 0 (ip_vs_sched_persist of ip_vs_core.c).
		id := ipvs.AddrService(p, netip.AddrPortFrom(conn.Virtual.Addr(), ftpControlPort))
		if isTemplate(conn) && conn.Virtual.Port() == 0 && c.services[id] {
			return id, true
		}
	}

	for _, port := range []uint16{conn.Destination.Port(), 0} {
		if id, ok := c.marks[netip.AddrPortFrom(conn.Destination.Addr(), port)]; ok {
			return id, true
		}
	}
	return ipvs.ServiceID{}, false
}

// server returns the place in counts of the server of a connection, and whether the service
// has that server. A server of port 0 takes connections to all ports, and the templates of
// some services have port 0.
func (c *ConnectionCounter) server(service ipvs.ServiceID, conn *ipvs.Connection) (int, bool) {
	if place, ok := c.servers[ServerKey{service, conn.Destination}]; ok {
		return place, true
	}
	anyPort := netip.AddrPortFrom(conn.Destination.Addr(), 0)
	if place, ok := c.servers[ServerKey{service, anyPort}]; ok {
		return place, true
	}
	if isTemplate(conn) && conn.Destination.Port() == 0 {
		if server, ok := c.hosts[hostKey{service, conn.Destination.Addr()}]; ok {
			return c.servers[ServerKey{service, server}], true
		}
	}
	return 0, false
}

// isFTPData reports whether a connection can be a data connection of an FTP service, whose
// server it goes to.
func (c *ConnectionCounter) isFTPData(conn *ipvs.Connection) bool {
	control := ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(conn.Virtual.Addr(), ftpControlPort))
	_, ok := c.hosts[hostKey{control, conn.Destination.Addr()}]
	return ok && conn.Protocol == "TCP"
}

// addGone counts a connection to a server that the table does not have.
func (c *ConnectionCounter) addGone(conn *ipvs.Connection) {
	if !isTemplate(conn) {
		c.goneTotal++
	}
	key := goneKey{conn.Protocol, conn.Virtual, conn.Destination}
	counted, ok := c.gone[key]
	if ok || len(c.gone) < maxGoneKept {
		c.gone[key] = counted.plus(conn)
	}
}

// Result returns the counts.
func (c *ConnectionCounter) Result() Connections {
	r := Connections{Total: c.total, Servers: map[ServerKey]ServerConnections{}, GoneTotal: c.goneTotal}
	for key, place := range c.servers {
		if counted := c.counts[place]; counted != (ServerConnections{}) {
			r.Servers[key] = counted
		}
	}
	for key, counted := range c.gone {
		r.Gone = append(r.Gone, GoneServer{key.protocol, key.virtual, key.server, counted})
	}
	slices.SortFunc(r.Gone, compareGone)
	r.Gone = r.Gone[:min(len(r.Gone), MaxGone)]
	return r
}

// compareGone orders servers by the number of their connections, and by address.
func compareGone(a, b GoneServer) int {
	return cmp.Or(
		-cmp.Compare(a.Connections.All, b.Connections.All),
		-cmp.Compare(a.Connections.Templates, b.Connections.Templates),
		a.Virtual.Compare(b.Virtual), a.Server.Compare(b.Server), cmp.Compare(a.Protocol, b.Protocol),
	)
}

// plus returns the counts with one more connection.
func (s ServerConnections) plus(conn *ipvs.Connection) ServerConnections {
	if isTemplate(conn) {
		s.Templates++
		return s
	}

	s.All++
	switch conn.State {
	case "SYN_RECV":
		s.SynRecv++
	case "ESTABLISHED":
		s.Established++
	}
	return s
}

// isTemplate reports whether a connection is the template of a persistent client, by which
// the kernel selects the same server again. It has no port of the client, and no state of
// a protocol.
func isTemplate(conn *ipvs.Connection) bool { return conn.Client.Port() == 0 && conn.State == "NONE" }
