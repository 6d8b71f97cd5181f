package ruleset

import (
	"math"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// jsonServer is a server as a document describes it.
type jsonServer struct {
	ipvs.Destination // the port is 0 if it is not there
	index            int
	hasPort          bool
	hasTunnelType    bool
}

// beginServer begins to read a server.
func (d *Decoder) beginServer(index int) {
	d.values.server = jsonServer{index: index, Destination: ipvs.Destination{Forward: ipvs.Route, Weight: 1}}
	if !d.beginObject(&serverObject) {
		d.values.service.serverErrors++
	}
}

var serverObject = object{
	members: []member{
		{"address", func(d *Decoder) { d.values.server.setAddr(d.addr()) }},
		{"port", func(d *Decoder) { d.values.server.setPort(uint16(d.number(0, math.MaxUint16))) }},
		// A server becomes local by its address: the kernel finds that out.
		{"forward", func(d *Decoder) {
			d.values.server.Forward = oneOf(d, ipvs.Masquerade, ipvs.Tunnel, ipvs.Route, ipvs.Local, ipvs.Bypass)
		}},
		{"weight", func(d *Decoder) { d.values.server.Weight = int32(d.number(0, ipvs.MaxWeight)) }},
		{"upper_threshold", func(d *Decoder) { d.values.server.UpperThreshold = d.uint32(0, ipvs.MaxThreshold) }},
		{"lower_threshold", func(d *Decoder) { d.values.server.LowerThreshold = d.uint32(0, ipvs.MaxThreshold) }},
		{"tunnel", func(d *Decoder) { d.beginObject(&tunnelObject) }},
		{"active_connections", (*Decoder).skip},
		{"inactive_connections", (*Decoder).skip},
		{"persistent_connections", (*Decoder).skip},
		{"stats", (*Decoder).skip},
	},
	end: (*Decoder).endServer,
}

// setAddr sets the address, and leaves the port.
func (s *jsonServer) setAddr(a netip.Addr) { s.Addr = netip.AddrPortFrom(a, s.Addr.Port()) }

// setPort sets the port, and leaves the address.
func (s *jsonServer) setPort(port uint16) {
	s.Addr = netip.AddrPortFrom(s.Addr.Addr(), port)
	s.hasPort = true
}

var tunnelObject = object{
	members: []member{
		{"type", func(d *Decoder) {
			d.values.server.Tunnel.Type = oneOf(d, ipvs.IPIP, ipvs.GUE, ipvs.GRE)
			d.values.server.hasTunnelType = true
		}},
		{"port", func(d *Decoder) { d.values.server.Tunnel.Port = uint16(d.number(0, math.MaxUint16)) }},
		{"flags", func(d *Decoder) {
			d.values.server.Tunnel.Flags = oneOf(d, ipvs.TunnelNoChecksum, ipvs.TunnelChecksum, ipvs.TunnelRemoteChecksum)
		}},
	},
}

// endServer keeps a server until its service has been read.
func (d *Decoder) endServer(nerrors int) {
	if d.nerrors == nerrors && !d.values.server.Addr.Addr().IsValid() {
		d.fail("address is missing")
	}
	d.values.service.serverErrors += d.nerrors - nerrors
	if d.nerrors == nerrors {
		d.values.servers.append(&d.values.server)
	}
}

// beginServers begins to make the rules of the servers of a service.
func (d *Decoder) beginServers() {
	d.values.serverAddrs = keySet{}
	d.values.serversPath = string(d.path) + ".destinations"
	d.values.servers.rewind()
}

// addServer makes the rule of the next server of a service.
func (d *Decoder) addServer() {
	v := &d.values
	s := v.servers.next()
	if !s.hasPort {
		s.setPort(v.service.port)
	}

	pos := Position{Path: v.serversPath, Element: s.index + 1}
	if s.hasTunnelType && s.Forward != ipvs.Tunnel {
		d.report(pos, usageError("Tunnel options conflict with forward method"))
		return
	}
	d.add(pos, ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: v.service.ID}, Destination: s.Destination})
}

// serverList keeps servers in compact memory, and returns them in order.
type serverList struct {
	servers records
	codec   codec
	last    int      // index of the last server
	rest    [][]byte // chunks that have not been decoded
}

// append appends a server. All are appended before the first is returned.
func (l *serverList) append(s *jsonServer) {
	l.codec.begin()
	l.fields(s)
	l.servers.append(l.codec.record())
}

// rewind goes to the first server.
func (l *serverList) rewind() {
	l.codec = codec{decoding: true}
	l.rest, l.last = l.servers.chunks, 0
	l.servers = records{}
}

// decoding reports whether there is another server to return.
func (l *serverList) decoding() bool { return l.codec.decoding && len(l.codec.buf)+len(l.rest) > 0 }

// next returns the next server.
func (l *serverList) next() jsonServer {
	if len(l.codec.buf) == 0 {
		l.codec.buf, l.rest = l.rest[0], l.rest[1:]
	}
	var s jsonServer
	l.codec.begin()
	l.fields(&s)
	return s
}

// fields lists the fields of a server.
func (l *serverList) fields(s *jsonServer) {
	c := &l.codec
	c.destination(&s.Destination)
	c.flag(&s.hasPort)
	c.flag(&s.hasTunnelType)
	c.difference(&s.index, l.last)
	l.last = s.index
}
