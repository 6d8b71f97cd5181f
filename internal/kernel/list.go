package kernel

import (
	"encoding/binary"
	"math/bits"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The kernel lists services, in a dump and in the proc table, in the order of a hash
// table. It finds the place to go on at by counting, at every datagram or page, and locks
// nothing in between. (ip_vs_genl_dump_services and ip_vs_info_seq_start of
// net/netfilter/ipvs/ip_vs_ctl.c.)
//
// So a service that is added meanwhile can make another one come twice, and one that is
// deleted can make another one be skipped. Since Linux 7.1 the table is also hashed anew
// when its load has changed, which gives it another order: of services that stay, as many
// are missing then as others come twice. The flag by which a dump reports that it was
// interrupted is not set for any of this.
//
// If no listed service was deleted, then as many are missing as come twice. So a list is
// whole if it has no service twice, none of its services has gone, and as many services
// were counted before, meanwhile and after as are in it. The counts are for a service that
// was deleted and added again, and so seems to have been there.

// serviceList is one list of all services.
type serviceList struct {
	entries   []ipvs.Entry
	index     serviceIndex
	datagrams int // that the list came in

	// The numbers of services that were counted: of all and of those of IPv4, before,
	// meanwhile and after. Less than 0 is unknown.
	all, ipv4 []int
}

// plausible reports whether the list can be whole: it has no service twice, and the counts
// do not contradict it.
func (l *serviceList) plausible() bool {
	if l.index.duplicate {
		return false
	}
	if l.datagrams <= 1 {
		return true // of one moment
	}

	ipv4 := 0
	for i := range l.entries {
		if l.entries[i].Service.ID.Family == ipvs.IPv4 {
			ipv4++
		}
	}
	return agree(ipv4, l.ipv4) && agree(len(l.entries), l.all)
}

// agree reports whether those counts that are known are n.
func agree(n int, counts []int) bool {
	for _, count := range counts {
		if count >= 0 && count != n {
			return false
		}
	}
	return true
}

// contains reports whether all services of other are in the list.
func (l *serviceList) contains(other *serviceList) bool {
	for i := range other.entries {
		if _, ok := l.index.find(&other.entries[i].Service.ID); !ok {
			return false
		}
	}
	return true
}

// serviceIndex finds services in a list. It is a hash table with linear probing, of
// positions in the list: a quarter of the memory of a map, which hashes the pointer in an
// address, too.
type serviceIndex struct {
	entries   []ipvs.Entry
	slots     []int32 // a position + 1, or 0
	duplicate bool    // whether the list has a service twice
}

// newServiceIndex returns an index of these entries.
func newServiceIndex(entries []ipvs.Entry) serviceIndex {
	const minBits = 4
	size := 1 << max(minBits, bits.Len(uint(2*len(entries))))
	x := serviceIndex{entries: entries, slots: make([]int32, size)}
	for i := range entries {
		slot, found := x.slot(&entries[i].Service.ID)
		if found {
			x.duplicate = true
			continue
		}
		x.slots[slot] = int32(i) + 1
	}
	return x
}

// find returns the position of a service. It reports whether the service is in the list.
func (x *serviceIndex) find(id *ipvs.ServiceID) (position int, ok bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	slot, ok := x.slot(id)
	return int(x.slots[slot]) - 1, ok
}

// slot returns the slot of a service, or the free one where it belongs. It reports whether
// the service is there.
func (x *serviceIndex) slot(id *ipvs.ServiceID) (slot int, found bool) {
	mask := len(x.slots) - 1
	for i := int(hashServiceID(id)) & mask; ; i = (i + 1) & mask {
		switch position := int(x.slots[i]) - 1; {
		case position < 0:
			return i, false
		case x.entries[position].Service.ID == *id:
			return i, true
		}
	}
}

// hashServiceID returns a hash of the identity of a service.
func hashServiceID(id *ipvs.ServiceID) uint32 {
	const factor = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	addr := id.Addr.Addr().As16()
	h := uint64(id.FWMark)<<32 | uint64(id.Protocol)<<16 | uint64(id.Addr.Port()) ^ uint64(id.Family)<<56
	h = mix(h, factor)
	h = mix(h^binary.NativeEndian.Uint64(addr[:8]), factor)
	h = mix(h^binary.NativeEndian.Uint64(addr[8:]), factor)
	return uint32(h >> 32)
}

// mix multiplies two numbers, and returns the two halves of the product combined.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
