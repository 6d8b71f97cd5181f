package kernel

import (
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// statsDecoder collects the counters of one service or destination, which the
// kernel sends twice: since Linux 4.1 in 64 bits, and in the old form cut to 32.
// The zero value is ready.
type statsDecoder struct {
	stats ipvs.Stats
	exact bool // stats are those of the 64-bit form
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

// decode32 takes the attribute with the old counters, unless better ones are
// known.
func (d *statsDecoder) decode32(ad *netlink.AttributeDecoder) {
	if d.exact {
		return
	}
	d.stats = ipvs.Stats{}
	unnest(ad, func(nad *netlink.AttributeDecoder) {
		counter := counterOf(&d.stats, nad.Type())
		switch {
		case counter == nil:
		case nad.Type() == statsAttrInBytes, nad.Type() == statsAttrOutBytes:
			*counter = nad.Uint64()
		default:
			*counter = uint64(nad.Uint32())
		}
	})
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
