package ruleset

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// keySet is a set of services, or of the servers of a service. A netip.AddrPort takes
// 32 bytes; most keys fit into 8. The zero keySet is empty.
type keySet struct {
	short map[uint64]struct{}
	long  map[[19]byte]struct{}
}

// add adds a key, and reports whether it was not there.
func (s *keySet) add(protocol ipvs.Protocol, a netip.AddrPort) bool {
	if a.Addr().Is4() {
		raw := a.Addr().As4()
		return s.addShort(uint64(protocol)<<48 | uint64(raw[0])<<40 | uint64(raw[1])<<32 | uint64(raw[2])<<24 | uint64(raw[3])<<16 | uint64(a.Port()))
	}

	if s.long == nil {
		s.long = map[[19]byte]struct{}{}
	}
	raw := a.Addr().As16()
	key := [19]byte{byte(protocol), byte(a.Port() >> 8), byte(a.Port())}
	copy(key[3:], raw[:])
	before := len(s.long)
	s.long[key] = struct{}{}
	return len(s.long) > before
}

// addService adds the key of a service, and reports whether it was not there.
func (s *keySet) addService(id ipvs.ServiceID) bool {
	if id.FWMark != 0 {
		return s.addMark(id.FWMark, id.Family)
	}
	return s.add(id.Protocol, id.Addr)
}

// addMark adds the key of a firewall mark, and reports whether it was not there.
func (s *keySet) addMark(mark uint32, f ipvs.Family) bool {
	return s.addShort(1<<63 | uint64(f)<<32 | uint64(mark))
}

func (s *keySet) addShort(key uint64) bool {
	if s.short == nil {
		s.short = map[uint64]struct{}{}
	}
	before := len(s.short)
	s.short[key] = struct{}{}
	return len(s.short) > before
}
