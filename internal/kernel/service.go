package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeServiceID encodes what tells a service from others: all that the kernel
// wants in a request for its servers.
func encodeServiceID(ae *encoder, id *ipvs.ServiceID) {
	ae.Uint16(svcAttrFamily, uint16(id.Family))
	if id.FWMark != 0 {
		ae.Uint32(svcAttrFWMark, id.FWMark)
		return
	}
	ae.Uint16(svcAttrProtocol, uint16(id.Protocol))
	ae.Addr(svcAttrAddr, id.Addr.Addr())
	ae.BigEndian16(svcAttrPort, id.Addr.Port())
}

// encodeService encodes a whole service, in the order of the reference program.
// It is the opposite of decodeService.
func encodeService(ae *encoder, s *ipvs.Service) {
	encodeServiceID(ae, &s.ID)
	ae.String(svcAttrScheduler, s.Scheduler)
	if s.Engine != "" {
		ae.String(svcAttrEngine, s.Engine)
	}
	var flags [8]byte
	binary.NativeEndian.PutUint32(flags[:], uint32(s.Flags))
	binary.NativeEndian.PutUint32(flags[4:], allServiceFlags)
	ae.Bytes(svcAttrFlags, flags[:])
	ae.Uint32(svcAttrTimeout, s.Timeout)
	if s.ID.Family == ipvs.IPv6 {
		ae.Uint32(svcAttrNetmask, s.Netmask) // a prefix length
	} else {
		ae.BigEndian32(svcAttrNetmask, s.Netmask)
	}
}

// namedService is what stands for a service in requests that only name it. The
// reference program sends all attributes even then, with these values, and the
// kernel looks at the ID alone.
func namedService(id ipvs.ServiceID) ipvs.Service {
	return ipvs.Service{ID: id, Netmask: id.Family.FullMask()}
}

// decodeService reads a service from the attributes of a message. The names in it
// are those of known.
func decodeService(b []byte, known *words, detail ipvs.Detail) (ipvs.Service, error) {
	d := serviceDecoder{known: known, detail: detail}
	a := nestedIn(b, cmdAttrService)
	for a.Next() {
		d.attribute(&a)
	}
	err := a.err
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return ipvs.Service{}, fmt.Errorf("service: %w", err)
	}
	return d.s, nil
}

// serviceDecoder collects the attributes of a service, in whatever order they
// come.
type serviceDecoder struct {
	known  *words
	detail ipvs.Detail
	s      ipvs.Service
	addr   rawAddr
	port   uint16
	mask   [4]byte
	stats  statsDecoder
}

func (d *serviceDecoder) attribute(a *attributes) {
	switch a.typ {
	case svcAttrFamily:
		d.s.ID.Family = ipvs.Family(a.Uint16())
	case svcAttrProtocol:
		d.s.ID.Protocol = ipvs.Protocol(a.Uint16())
	case svcAttrAddr:
		d.addr = a.Addr()
	case svcAttrPort:
		d.port = a.BigEndian16()
	case svcAttrFWMark:
		d.s.ID.FWMark = a.Uint32()
	case svcAttrScheduler:
		d.s.Scheduler = d.known.word(a.Text())
	case svcAttrEngine:
		d.s.Engine = d.known.word(a.Text())
	case svcAttrFlags:
		d.s.Flags = decodeServiceFlags(a)
	case svcAttrTimeout:
		d.s.Timeout = a.Uint32()
	case svcAttrNetmask:
		binary.NativeEndian.PutUint32(d.mask[:], a.Uint32())
	case svcAttrStats:
		d.stats.old = a.value
	case svcAttrStats64:
		d.stats.exact = a.value
	}
}

// decodeServiceFlags reads struct ip_vs_flags. Its mask means nothing in a reply.
func decodeServiceFlags(a *attributes) ipvs.ServiceFlags {
	if b, ok := a.sized(8); ok {
		return ipvs.ServiceFlags(binary.NativeEndian.Uint32(b))
	}
	return 0
}

// finish completes the service, once all attributes are there: how address and
// mask are read depends on the family.
func (d *serviceDecoder) finish() (err error) {
	id := &d.s.ID
	d.s.Netmask = decodeNetmask(id.Family, d.mask)
	if id.FWMark != 0 {
		id.Protocol = 0
	} else if addr := d.addr.addr(id.Family); addr.IsValid() {
		id.Addr = netip.AddrPortFrom(addr, d.port)
	}
	d.s.Stats, err = d.stats.decode(d.detail)
	return err
}

// decodeNetmask reads an IPv4 mask in network order, an IPv6 prefix length in
// host order.
func decodeNetmask(f ipvs.Family, raw [4]byte) uint32 {
	if f == ipvs.IPv6 {
		return binary.NativeEndian.Uint32(raw[:])
	}
	return binary.BigEndian.Uint32(raw[:])
}
