package kernel

import "github.com/ipvsadm-go/ipvsadm/internal/ipvs"

// statsDecoder collects the counters of one service or destination, which the
// kernel sends twice: cut to 32 bits, and since Linux 4.1 in 64. The zero value
// is ready.
type statsDecoder struct {
	exact, old []byte // the attributes of the two forms
}

// decode reads the counters, once all attributes are there: those of the old form
// only when there are no others. Without any they are zero, and nil for a detail
// that has none.
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

func decodeStats64(b []byte, s *ipvs.Stats) error {
	a := attributesOf(b)
	for a.Next() {
		if counter := counterOf(s, a.typ); counter != nil {
			*counter = a.Uint64()
		}
	}
	return a.err
}

func decodeStats32(b []byte, s *ipvs.Stats) error {
	a := attributesOf(b)
	for a.Next() {
		counter := counterOf(s, a.typ)
		switch {
		case counter == nil:
		case a.typ == statsAttrInBytes, a.typ == statsAttrOutBytes:
			*counter = a.Uint64()
		default:
			*counter = uint64(a.Uint32())
		}
	}
	return a.err
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
