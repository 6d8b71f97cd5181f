package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeServiceID encodes the identity of a service, which is all that the kernel needs
// in a request for its servers.
func encodeServiceID(e *genl.Encoder, id *ipvs.ServiceID) {
	e.Uint16(svcAttrFamily, uint16(id.Family))
	if id.FWMark != 0 {
		e.Uint32(svcAttrFWMark, id.FWMark)
		return
	}

	e.Uint16(svcAttrProtocol, uint16(id.Protocol))
	encodeAddr(e, svcAttrAddr, id.Addr.Addr())
	e.BigEndian16(svcAttrPort, id.Addr.Port())
}

// encodeService encodes a whole service, in the order of the reference program. It is the
// opposite of decodeService, and keeps flags that it does not know.
func encodeService(e *genl.Encoder, s *ipvs.Service) {
	encodeServiceID(e, &s.ID)
	e.String(svcAttrScheduler, s.Scheduler)
	if s.Engine != "" {
		e.String(svcAttrEngine, s.Engine)
	}

	var flags [8]byte
	binary.NativeEndian.PutUint32(flags[:], uint32(s.Flags))
	binary.NativeEndian.PutUint32(flags[4:], allServiceFlags)
	e.Bytes(svcAttrFlags, flags[:])

	e.Uint32(svcAttrTimeout, s.Timeout)
	if s.ID.Family == ipvs.IPv6 {
		e.Uint32(svcAttrNetmask, s.Netmask) // a prefix length
	} else {
		e.BigEndian32(svcAttrNetmask, s.Netmask)
	}
}

// namedService returns what stands for a service in requests that only name it. The
// reference program sends all attributes even then, with these values, and the kernel
// reads the ID alone.
func namedService(id ipvs.ServiceID) ipvs.Service {
	return ipvs.Service{ID: id, Netmask: id.Family.FullMask()}
}

// decodeService reads a service from the attributes of a message.
func decodeService(b []byte, names *interner, detail ipvs.Detail) (ipvs.Service, error) {
	d := serviceDecoder{names: names, detail: detail}
	a := genl.NewNestedDecoder(b, cmdAttrService)
	for a.Next() {
		d.attribute(&a)
	}

	err := a.Err()
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return ipvs.Service{}, fmt.Errorf("service: %w", err)
	}
	return d.s, nil
}

// serviceDecoder collects the attributes of a service, in whatever order they come.
type serviceDecoder struct {
	names  *interner
	detail ipvs.Detail
	s      ipvs.Service
	addr   rawAddr
	port   uint16
	mask   [4]byte
	stats  statsDecoder
}

// attribute reads one attribute. It ignores those that it does not know.
func (d *serviceDecoder) attribute(a *genl.Decoder) {
	switch a.Type() {
	case svcAttrFamily:
		d.s.ID.Family = ipvs.Family(a.Uint16())
	case svcAttrProtocol:
		d.s.ID.Protocol = ipvs.Protocol(a.Uint16())
	case svcAttrAddr:
		d.addr = decodeAddr(a)
	case svcAttrPort:
		d.port = a.BigEndian16()
	case svcAttrFWMark:
		d.s.ID.FWMark = a.Uint32()
	case svcAttrScheduler:
		d.s.Scheduler = d.names.intern(a.Text())
	case svcAttrEngine:
		d.s.Engine = d.names.intern(a.Text())
	case svcAttrFlags:
		d.s.Flags = decodeServiceFlags(a)
	case svcAttrTimeout:
		d.s.Timeout = a.Uint32()
	case svcAttrNetmask:
		binary.NativeEndian.PutUint32(d.mask[:], a.Uint32())
	case svcAttrStats:
		d.stats.old = a.Bytes()
	case svcAttrStats64:
		d.stats.exact = a.Bytes()
	}
}

// decodeServiceFlags reads struct ip_vs_flags, whose mask means nothing in an answer.
func decodeServiceFlags(a *genl.Decoder) ipvs.ServiceFlags {
	if b, ok := a.FixedBytes(8); ok {
		return ipvs.ServiceFlags(binary.NativeEndian.Uint32(b))
	}
	return 0
}

// finish completes the service after the last attribute: how the address and the mask
// are read depends on the family.
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

// decodeNetmask reads an IPv4 mask in network order, or an IPv6 prefix length in host
// order.
func decodeNetmask(f ipvs.Family, raw [4]byte) uint32 {
	if f == ipvs.IPv6 {
		return binary.NativeEndian.Uint32(raw[:])
	}
	return binary.BigEndian.Uint32(raw[:])
}
