package ruleset

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// keySet is a set of services, or of the servers of a service. The zero keySet is
// empty.
type keySet struct {
	short hashSet[uint64]
	long  hashSet[[19]byte]
}

// The kinds of short keys: none is 0.
const (
	addrKey uint64 = 1 << 62
	markKey uint64 = 1 << 63
)

// addService adds a service, and reports whether it was not there.
func (s *keySet) addService(id ipvs.ServiceID) bool {
	if id.FWMark != 0 {
		return s.short.add(markKey | uint64(id.Family)<<32 | uint64(id.FWMark))
	}
	return s.addAddr(id.Protocol, id.Addr)
}

// addAddr adds an address of a protocol, and reports whether it was not there. The
// protocol of servers is 0.
func (s *keySet) addAddr(p ipvs.Protocol, a netip.AddrPort) bool {
	if a.Addr().Is4() {
		raw := a.Addr().As4()
		return s.short.add(addrKey | uint64(p)<<48 | uint64(binary.BigEndian.Uint32(raw[:]))<<16 | uint64(a.Port()))
	}
	raw := a.Addr().As16()
	// The bit makes a key that is not 0, and no other protocol of one.
	key := [19]byte{byte(p) | 1, byte(a.Port() >> 8), byte(a.Port())}
	copy(key[3:], raw[:])
	return s.long.add(key)
}

// hashSet is a set of values that are not zero, in an open hash table: a value takes 16
// bytes of a map[uint64]struct{}, and 8 here. The zero hashSet is empty.
type hashSet[K comparable] struct {
	slots []K // a power of 2 of them; zero where empty
	len   int
	seed  maphash.Seed
}

// add adds a key, and reports whether it was not there.
func (s *hashSet[K]) add(key K) bool {
	if 4*(s.len+1) > 3*len(s.slots) {
		s.grow()
	}

	slot := s.find(key)
	if *slot == key {
		return false
	}

	*slot = key
	s.len++
	return true
}

// find returns the slot of a key, or the empty one for it.
func (s *hashSet[K]) find(key K) *K {
	var empty K
	mask := uint64(len(s.slots) - 1)
	for i := maphash.Comparable(s.seed, key); ; i++ {
		if slot := &s.slots[i&mask]; *slot == key || *slot == empty {
			return slot
		}
	}
}

// grow doubles the table.
func (s *hashSet[K]) grow() {
	old := s.slots
	if old == nil {
		s.seed = maphash.MakeSeed()
	}

	s.slots = make([]K, max(2*len(old), 16))
	var empty K
	for _, key := range old {
		if key != empty {
			*s.find(key) = key
		}
	}
}
