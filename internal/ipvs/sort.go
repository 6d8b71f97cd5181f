package ipvs

import (
	"encoding/binary"
	"net/netip"
)

// Sort puts the services, and the servers of each, in the order in which the
// reference program lists them: services by firewall mark, family, protocol,
// address and port; servers by address and port.
//
// The reference compares 32-bit values by their wrapping difference read as
// signed, so 192.168.0.1 and 200.0.0.1 come before 10.0.0.1, and a firewall mark
// of 2^31 or more before the services without one. That is not a total order
// (three values can each be less than the next, in a circle), so the result
// depends on the order from which it starts, the kernel's, and on the algorithm:
// see mergeSort. Scripts compare listings taken by either program, so the same
// table must print in the same order.
func (t *Table) Sort() {
	var s sorter
	s.sortEntries(t.Entries)
	for i := range t.Entries {
		s.sortDestinations(t.Entries[i].Destinations)
	}
}

// sortKey is what an element is compared by, computed once so that a comparison
// is a few subtractions. A server has neither mark, family nor protocol.
type sortKey struct {
	mark     uint32
	family   Family
	protocol Protocol
	addr     [4]uint32
	port     uint16
	// index is where the element stood before the sort.
	index int32
}

// compare is negative, zero or positive as k comes before, with or after o.
func (k *sortKey) compare(o *sortKey) int32 {
	if d := int32(k.mark - o.mark); d != 0 {
		return d
	}
	if d := int32(k.family) - int32(o.family); d != 0 {
		return d
	}
	if d := int32(k.protocol) - int32(o.protocol); d != 0 {
		return d
	}
	for i := range k.addr {
		if d := int32(k.addr[i] - o.addr[i]); d != 0 {
			return d
		}
	}
	return int32(k.port) - int32(o.port)
}

// addrWords are the 32-bit words of an address; an IPv4 address is the first of
// four, the others being zero, as in the kernel's union nf_inet_addr.
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

// sorter holds the memory that sorts of one table share.
type sorter struct {
	keys, spare []sortKey
}

// grow makes room for n keys.
func (s *sorter) grow(n int) {
	if cap(s.keys) < n {
		s.keys, s.spare = make([]sortKey, n), make([]sortKey, n)
	}
	s.keys, s.spare = s.keys[:n], s.spare[:n]
}

// sortEntries sorts the services.
func (s *sorter) sortEntries(entries []Entry) {
	if len(entries) < 2 {
		return
	}
	s.grow(len(entries))
	for i := range entries {
		id := &entries[i].Service.ID
		s.keys[i] = sortKey{id.FWMark, id.Family, id.Protocol, addrWords(id.Addr.Addr()), id.Addr.Port(), int32(i)}
	}
	mergeSort(s.keys, s.spare)
	arrange(entries, s.keys)
}

// sortDestinations sorts the servers of one service.
func (s *sorter) sortDestinations(servers []Destination) {
	if len(servers) < 2 {
		return
	}
	s.grow(len(servers))
	for i := range servers {
		addr := servers[i].Addr
		s.keys[i] = sortKey{addr: addrWords(addr.Addr()), port: addr.Port(), index: int32(i)}
	}
	mergeSort(s.keys, s.spare)
	arrange(servers, s.keys)
}

// mergeSort sorts keys with the help of spare, of the same length. It is the
// merge sort of the GNU C library's qsort, step by step: n is split into n/2 and
// n-n/2, each half is sorted, and of two heads the left is taken unless it is
// greater. With an order that is not total, any other sort, and even the other
// way of halving, gives another result.
func mergeSort(keys, spare []sortKey) {
	if len(keys) < 2 {
		return
	}
	half := len(keys) / 2
	mergeSort(keys[:half], spare[:half])
	mergeSort(keys[half:], spare[half:])
	merge(spare, keys[:half], keys[half:])
	copy(keys, spare)
}

// merge writes two sorted runs into out as one.
func merge(out, left, right []sortKey) {
	for i := range out {
		if len(right) == 0 || len(left) > 0 && left[0].compare(&right[0]) <= 0 {
			out[i], left = left[0], left[1:]
		} else {
			out[i], right = right[0], right[1:]
		}
	}
}

// arrange moves the elements to where the sorted keys have them: element i
// becomes the one that stood at keys[i].index. Each circle of moves is followed
// once, and its keys are marked as done by pointing at themselves.
func arrange[E any](elements []E, keys []sortKey) {
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
