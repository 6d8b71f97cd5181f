package ipvs

import (
	"encoding/binary"
	"net/netip"
)

// Sort sorts the services, and the servers of each, as the reference program lists
// them: services by firewall mark, family, protocol, address and port; servers by
// address and port.
//
// The reference compares 32-bit values by their wrapping difference read as signed, so
// 192.168.0.1 and 200.0.0.1 come before 10.0.0.1, and a firewall mark of 2^31 or more
// before the services without one. This is not a total order: three values can each be
// less than the next, in a circle. So the result depends on the initial order, the
// kernel's, and on the algorithm: see mergeSort. Scripts compare listings of either
// program, so the same table must be printed in the same order.
func (t *Table) Sort() {
	services := sorter[Entry, serviceKey]{
		key: func(e *Entry) serviceKey {
			id := &e.Service.ID
			return serviceKey{id.FWMark, id.Family, id.Protocol, keyOf(id.Addr)}
		},
		compare: (*serviceKey).compare,
	}

	services.sort(t.Entries)
	servers := sorter[Destination, serverKey]{
		key:     func(d *Destination) serverKey { return keyOf(d.Addr) },
		compare: (*serverKey).compare,
	}

	for i := range t.Entries {
		servers.sort(t.Entries[i].Destinations)
	}
}

// ranked is the key of an element, computed once, and the position of the element
// before the sort.
type ranked[K any] struct {
	key   K
	index int32
}

// serverKey is the key of a server.
type serverKey struct {
	addr [4]uint32
	port uint16
}

// compare returns a negative number, zero or a positive number if k is less than, equal
// to or greater than o.
func (k *serverKey) compare(o *serverKey) int32 {
	for i := range k.addr {
		if d := int32(k.addr[i] - o.addr[i]); d != 0 {
			return d
		}
	}
	return int32(k.port) - int32(o.port)
}

// serviceKey is the key of a service.
type serviceKey struct {
	mark     uint32
	family   Family
	protocol Protocol
	serverKey
}

// compare returns a negative number, zero or a positive number if k is less than, equal
// to or greater than o. The address is compared last.
func (k *serviceKey) compare(o *serviceKey) int32 {
	if d := int32(k.mark - o.mark); d != 0 {
		return d
	}
	if d := int32(k.family) - int32(o.family); d != 0 {
		return d
	}
	if d := int32(k.protocol) - int32(o.protocol); d != 0 {
		return d
	}
	return k.serverKey.compare(&o.serverKey)
}

// keyOf returns the key of an address and port.
func keyOf(a netip.AddrPort) serverKey { return serverKey{addrWords(a.Addr()), a.Port()} }

// addrWords returns the 32-bit words of an address. An IPv4 address is the first of
// four, and the others are zero, as in the kernel's union nf_inet_addr.
func addrWords(a netip.Addr) (words [4]uint32) {
	switch {
	case a.Is4():
		raw := a.As4()
		words[0] = binary.BigEndian.Uint32(raw[:])
	case a.Is6():
		raw := a.As16()
		for i := range words {
			words[i] = binary.BigEndian.Uint32(raw[4*i:])
		}
	}
	return words
}

// sorter sorts slices of E by keys of type K. It keeps its memory from one slice to the
// next, as a table can have thousands of them.
type sorter[E, K any] struct {
	key         func(*E) K
	compare     func(a, b *K) int32
	keys, spare []ranked[K]
}

// sort sorts elements.
func (s *sorter[E, K]) sort(elements []E) {
	n := len(elements)
	if n < 2 {
		return
	}

	if cap(s.keys) < n {
		s.keys, s.spare = make([]ranked[K], n), make([]ranked[K], n/2)
	}

	keys := s.keys[:n]
	for i := range elements {
		keys[i] = ranked[K]{s.key(&elements[i]), int32(i)}
	}

	s.mergeSort(keys)
	arrange(elements, keys)
}

// mergeSort sorts keys as qsort of the GNU C library does, step by step: n keys are split
// into n/2 and n-n/2, each half is sorted, and of the first keys of both the left one is
// next unless it is greater. As the order is not total, any other algorithm, and even the
// other way of halving, would have another result.
func (s *sorter[E, K]) mergeSort(keys []ranked[K]) {
	if len(keys) < 2 {
		return
	}

	half := len(keys) / 2
	s.mergeSort(keys[:half])
	s.mergeSort(keys[half:])
	s.merge(keys, half)
}

// merge merges two sorted runs, the first of which has half of the keys. Only the first
// is copied: the result never overtakes the second.
func (s *sorter[E, K]) merge(keys []ranked[K], half int) {
	left, right := s.spare[:copy(s.spare, keys[:half])], keys[half:]
	for i := 0; len(left) > 0; i++ {
		if len(right) == 0 || s.compare(&left[0].key, &right[0].key) <= 0 {
			keys[i], left = left[0], left[1:]
		} else {
			keys[i], right = right[0], right[1:]
		}
	}
}

// arrange moves the elements to the positions of their sorted keys: element i becomes the
// one that was at keys[i].index. It follows each cycle of moves once, and marks its keys
// as done by their own positions.
func arrange[E, K any](elements []E, keys []ranked[K]) {
	for start := range keys {
		if int(keys[start].index) == start {
			continue
		}

		first := elements[start]
		at := start
		for {
			from := int(keys[at].index)
			keys[at].index = int32(at)
			if from == start {
				elements[at] = first
				break
			}
			elements[at] = elements[from]
			at = from
		}
	}
}
