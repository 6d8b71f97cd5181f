package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeServiceID encodes what tells a service from others: all that the kernel
// wants in a request for its servers.
func encodeServiceID(ae *encoder, id ipvs.ServiceID) {
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
func encodeService(ae *encoder, s ipvs.Service) {
	encodeServiceID(ae, s.ID)
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

// decodeService reads a service from the attributes of a message.
func decodeService(b []byte) (ipvs.Service, error) {
	var d serviceDecoder
	err := decode(b, func(ad *netlink.AttributeDecoder) {
		if ad.Type() == cmdAttrService {
			d.seen = true
			unnest(ad, d.attribute)
		}
	})
	if err == nil && !d.seen {
		err = errMalformed
	}
	var stats ipvs.Stats
	if err == nil {
		stats, err = d.stats.result()
	}
	if err != nil {
		return ipvs.Service{}, fmt.Errorf("service: %w", err)
	}
	s := d.service()
	s.Stats = stats
	return s, nil
}

// serviceDecoder collects the attributes of a service, in whatever order they
// come.
type serviceDecoder struct {
	seen  bool
	s     ipvs.Service
	addr  rawAddr
	port  uint16
	mask  [4]byte
	stats statsDecoder
}

func (d *serviceDecoder) attribute(ad *netlink.AttributeDecoder) {
	switch ad.Type() {
	case svcAttrFamily:
		d.s.ID.Family = ipvs.Family(ad.Uint16())
	case svcAttrProtocol:
		d.s.ID.Protocol = ipvs.Protocol(ad.Uint16())
	case svcAttrAddr:
		d.addr = decodeAddr(ad)
	case svcAttrPort:
		d.port = decodeBigEndian16(ad)
	case svcAttrFWMark:
		d.s.ID.FWMark = ad.Uint32()
	case svcAttrScheduler:
		d.s.Scheduler = ad.String()
	case svcAttrEngine:
		d.s.Engine = ad.String()
	case svcAttrFlags:
		d.s.Flags = decodeServiceFlags(ad)
	case svcAttrTimeout:
		d.s.Timeout = ad.Uint32()
	case svcAttrNetmask:
		binary.NativeEndian.PutUint32(d.mask[:], ad.Uint32())
	case svcAttrStats:
		d.stats.keep32(ad)
	case svcAttrStats64:
		d.stats.decode64(ad)
	}
}

// decodeServiceFlags reads struct ip_vs_flags. Its mask means nothing in a reply.
func decodeServiceFlags(ad *netlink.AttributeDecoder) (flags ipvs.ServiceFlags) {
	ad.Do(func(b []byte) error {
		if len(b) != 8 {
			return errMalformed
		}
		flags = ipvs.ServiceFlags(binary.NativeEndian.Uint32(b))
		return nil
	})
	return flags
}

// service is the service but for its counters, once all attributes are there: how address and mask
// are read depends on the family.
func (d *serviceDecoder) service() ipvs.Service {
	s := d.s
	s.Netmask = decodeNetmask(s.ID.Family, d.mask)
	if s.ID.FWMark != 0 {
		s.ID.Protocol = 0
		return s
	}
	if addr := d.addr.addr(s.ID.Family); addr.IsValid() {
		s.ID.Addr = netip.AddrPortFrom(addr, d.port)
	}
	return s
}

// decodeNetmask reads an IPv4 mask in network order, an IPv6 prefix length in
// host order.
func decodeNetmask(f ipvs.Family, raw [4]byte) uint32 {
	if f == ipvs.IPv6 {
		return binary.NativeEndian.Uint32(raw[:])
	}
	return binary.BigEndian.Uint32(raw[:])
}
