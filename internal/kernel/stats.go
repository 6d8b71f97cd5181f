package kernel

import (
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// statsDecoder collects the counters of one service or destination, which the
// kernel sends twice: cut to 32 bits, and since Linux 4.1 in 64. The zero value
// is ready.
type statsDecoder struct {
	stats ipvs.Stats
	exact bool   // stats are those of the 64-bit form
	old   []byte // the attributes of the old form
}

// decode64 takes the attribute with 64-bit counters.
func (d *statsDecoder) decode64(ad *netlink.AttributeDecoder) {
	d.stats, d.exact = ipvs.Stats{}, true
	unnest(ad, func(nad *netlink.AttributeDecoder) {
		if counter := counterOf(&d.stats, nad.Type()); counter != nil {
			*counter = nad.Uint64()
		}
	})
}

// keep32 keeps the attribute with the old counters. They are decoded only when
// there are no others; that is a quarter of the work on a server.
func (d *statsDecoder) keep32(ad *netlink.AttributeDecoder) {
	ad.Do(func(b []byte) error {
		d.old = append(d.old[:0], b...)
		return nil
	})
}

// result is the counters, once all attributes are there.
func (d *statsDecoder) result() (ipvs.Stats, error) {
	if d.exact {
		return d.stats, nil
	}
	var s ipvs.Stats
	err := decode(d.old, func(ad *netlink.AttributeDecoder) {
		counter := counterOf(&s, ad.Type())
		switch {
		case counter == nil:
		case ad.Type() == statsAttrInBytes, ad.Type() == statsAttrOutBytes:
			*counter = ad.Uint64()
		default:
			*counter = uint64(ad.Uint32())
		}
	})
	return s, err
}

// counterOf is the field of s that an attribute goes to, nil when it is none of
// the known ones.
func counterOf(s *ipvs.Stats, attr uint16) *uint64 {
	switch attr {
	case statsAttrConns:
		return &s.Connections
	case statsAttrInPkts:
		return &s.InPackets
	case statsAttrOutPkts:
		return &s.OutPackets
	case statsAttrInBytes:
		return &s.InBytes
	case statsAttrOutBytes:
		return &s.OutBytes
	case statsAttrCPS:
		return &s.ConnectionRate
	case statsAttrInPPS:
		return &s.InPacketRate
	case statsAttrOutPPS:
		return &s.OutPacketRate
	case statsAttrInBPS:
		return &s.InByteRate
	case statsAttrOutBPS:
		return &s.OutByteRate
	}
	return nil
}
