package kernel

import (
	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// statsDecoder collects the counters of one service or destination, which the kernel sends
// twice: cut to 32 bits, and since Linux 4.1 in 64. The zero value is ready for use.
type statsDecoder struct {
	exact, old []byte // the attributes of the two forms
}

// decode returns the counters: those of the old form only if there are no others, and zero
// if there are none at all. For a detail without counters it returns nil.
func (d *statsDecoder) decode(detail ipvs.Detail) (*ipvs.Stats, error) {
	if detail != ipvs.WithStats {
		return nil, nil
	}

	s := new(ipvs.Stats)
	if d.exact != nil {
		return s, decodeStats64(d.exact, s)
	}
	return s, decodeStats32(d.old, s)
}

// decodeStats64 reads counters of 64 bits.
func decodeStats64(b []byte, s *ipvs.Stats) error {
	a := genl.NewDecoder(b)
	for a.Next() {
		if counter := counterOf(s, a.Type()); counter != nil {
			*counter = a.Uint64()
		}
	}
	return a.Err()
}

// decodeStats32 reads the counters of the old form.
func decodeStats32(b []byte, s *ipvs.Stats) error {
	a := genl.NewDecoder(b)
	for a.Next() {
		counter := counterOf(s, a.Type())
		switch {
		case counter == nil:
		case a.Type() == statsAttrInBytes, a.Type() == statsAttrOutBytes:
			*counter = a.Uint64()
		default:
			*counter = uint64(a.Uint32())
		}
	}
	return a.Err()
}

// counterOf returns the field of s for an attribute, nil for an unknown one.
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
