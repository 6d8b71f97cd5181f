package ipvs

import (
	"net/netip"
	"unique"
)

// endpoint is an address without a zone, and a port. It takes 20 bytes without a pointer;
// a netip.AddrPort takes 32 with one.
type endpoint struct {
	addr   [16]byte // as netip.Addr.As16
	port   uint16
	family Family // 0 if there is no address
}

func endpointOf(a netip.AddrPort) endpoint {
	e := endpoint{port: a.Port(), family: FamilyOf(a.Addr())}
	if e.family != 0 {
		e.addr = a.Addr().As16()
	}
	return e
}

func (e endpoint) addrPort() netip.AddrPort {
	switch e.family {
	case IPv4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(e.addr[12:])), e.port)
	case IPv6:
		return netip.AddrPortFrom(netip.AddrFrom16(e.addr), e.port)
	}
	return netip.AddrPortFrom(netip.Addr{}, e.port)
}

// serviceID is a ServiceID in 28 bytes.
type serviceID struct {
	addr     endpoint
	mark     uint32
	family   Family
	protocol Protocol
}

func serviceIDOf(id ServiceID) serviceID {
	return serviceID{endpointOf(id.Addr), id.FWMark, id.Family, id.Protocol}
}

func (id serviceID) serviceID() ServiceID {
	return ServiceID{FWMark: id.mark, Family: id.family, Protocol: id.protocol, Addr: id.addr.addrPort()}
}

// service is a service of a State: its settings and its servers. The strings are interned,
// so that they do not keep alive a text that they are parts of.
type service struct {
	id        serviceID
	flags     ServiceFlags // without Hashed
	timeout   uint32
	netmask   uint32
	scheduler unique.Handle[string]
	engine    unique.Handle[string]
	servers   list[endpoint, server]
}

func (s *service) key() serviceID  { return s.id }
func (s *service) isRemoved() bool { return s == nil }

// set sets the settings of the service.
func (s *service) set(to *Service) {
	s.id = serviceIDOf(to.ID)
	s.flags = to.Flags &^ Hashed
	s.timeout, s.netmask = to.Timeout, to.Netmask
	s.scheduler, s.engine = unique.Make(to.Scheduler), unique.Make(to.Engine)
}

func (s *service) service() Service {
	return Service{
		ID: s.id.serviceID(), Scheduler: s.scheduler.Value(), Flags: s.flags,
		Timeout: s.timeout, Netmask: s.netmask, Engine: s.engine.Value(),
	}
}

// server returns the server with an address, and whether it is there.
func (s *service) server(addr endpoint) (server, bool) {
	if i := s.servers.find(addr); i >= 0 {
		return s.servers.records[i], true
	}
	return server{}, false
}

// server is a server of a State: its settings, in 44 bytes.
type server struct {
	addr           endpoint
	tunnel         TunnelInfo
	forward        Forward
	weight         int32
	upperThreshold uint32
	lowerThreshold uint32
}

func serverOf(d *Destination) server {
	return server{
		addr: endpointOf(d.Addr), tunnel: d.Tunnel, forward: d.Forward, weight: d.Weight,
		upperThreshold: d.UpperThreshold, lowerThreshold: d.LowerThreshold,
	}
}

func (s server) key() endpoint   { return s.addr }
func (s server) isRemoved() bool { return s.addr.family == 0 }

func (s server) destination() Destination {
	return Destination{
		Addr: s.addr.addrPort(), Tunnel: s.tunnel, Forward: s.forward, Weight: s.weight,
		UpperThreshold: s.upperThreshold, LowerThreshold: s.lowerThreshold,
	}
}

// arena allocates the records of a State in blocks. As rules name the servers of a service
// one after the other, these can be next to each other in a block that services share, and
// few slices have to be copied to grow.
type arena struct {
	services []service // the unused part of the present block
	servers  []server  // the used part of the present block
}

// The lengths of blocks.
const (
	serviceBlock = 64
	serverBlock  = 256
)

// newService returns a new service.
func (a *arena) newService() *service {
	if len(a.services) == 0 {
		a.services = make([]service, serviceBlock)
	}
	s := &a.services[0]
	a.services = a.services[1:]
	return s
}

// append appends a server to those of a service.
func (a *arena) append(servers []server, s server) []server {
	n := len(servers)
	if n < cap(servers) || n > 0 && !a.isLast(servers) || n >= serverBlock/2 {
		return append(servers, s)
	}

	if len(a.servers) == cap(a.servers) {
		a.servers = append(make([]server, 0, serverBlock), servers...)
	}

	a.servers = append(a.servers, s)
	end := len(a.servers)
	return a.servers[end-n-1 : end : end]
}

// isLast reports whether servers, which are not none, are the end of the used part of the
// block.
func (a *arena) isLast(servers []server) bool {
	return len(a.servers) > 0 && &a.servers[len(a.servers)-1] == &servers[len(servers)-1]
}
