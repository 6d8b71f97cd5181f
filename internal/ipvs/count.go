package ipvs

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
)

// ConnField is a property of connections by which they can be counted.
type ConnField uint8

// The fields. A client's network has the prefix length of its ConnKey.
const (
	ConnClient ConnField = iota + 1
	ConnNetwork
	ConnService
	ConnServer
	ConnState
	ConnProtocol
)

// ConnKey is a key by which connections are counted. The zero value is no key.
type ConnKey struct {
	Field ConnField
	// Bits is the prefix length of ConnNetwork, 1 to 128: IPv4 has at most 32. 0 stands
	// for 24 with IPv4, and 64 with IPv6.
	Bits uint8
}

// ConnKeys are keys, each field once, and zeros after them. They are comparable.
type ConnKeys [6]ConnKey

// List returns the keys.
func (k *ConnKeys) List() []ConnKey {
	for i := range k {
		if k[i].Field == 0 {
			return k[:i]
		}
	}
	return k[:]
}

// Add adds a key. It reports whether its field was not there before.
func (k *ConnKeys) Add(key ConnKey) bool {
	n := len(k.List())
	for _, other := range k[:n] {
		if other.Field == key.Field {
			return false
		}
	}
	k[n] = key
	return true
}

// prefixLength returns the length of the networks of a family.
func (k ConnKey) prefixLength(a netip.Addr) int {
	switch {
	case k.Bits != 0:
		return min(int(k.Bits), a.BitLen())
	case a.Is4():
		return 24
	}
	return 64
}

// ConnGroup is a group of connections that are equal in the fields by which they are
// counted. The other fields have no meaning.
type ConnGroup struct {
	// Connections and Templates are their numbers.
	Connections, Templates uint64

	Client  netip.Addr
	Network netip.Prefix
	// Protocol is the kernel's name, as in a Connection: that of Service, too.
	Protocol string
	Service  netip.AddrPort
	Server   netip.AddrPort
	State    string
}

// ConnTotals are the sums of groups.
type ConnTotals struct {
	Groups                 int
	Connections, Templates uint64
}

// ConnCounter counts connections by keys. Its memory grows with the number of groups,
// not with that of connections: a group takes some 60 bytes, and its service and its
// server, which groups share, some 100.
type ConnCounter struct {
	keys []ConnKey
	// templates reports whether templates count.
	templates bool
	counts    map[connGroupKey]connCount

	ends      interned[netip.AddrPort]
	protocols interned[string]
	states    interned[string]
}

// NewConnCounter returns a counter. The templates of persistence are counted by
// themselves, or not at all.
func NewConnCounter(keys []ConnKey, templates bool) *ConnCounter {
	return &ConnCounter{keys: keys, templates: templates, counts: map[connGroupKey]connCount{}}
}

// connGroupKey identifies a group. A field that is no key is zero; ends and words are
// the numbers that a counter gave them. There are no pointers in it, so that the garbage
// collector does not look at the groups.
type connGroupKey struct {
	client          [16]byte
	service, server uint32
	protocol, state uint16
	bits            uint8
	family          uint8
}

// connCount is what is counted of a group.
type connCount struct{ connections, templates uint64 }

// Add counts a connection.
func (n *ConnCounter) Add(c *Connection) {
	isTemplate := c.IsTemplate()
	if isTemplate && !n.templates {
		return
	}

	var key connGroupKey
	for _, k := range n.keys {
		n.set(&key, k, c)
	}

	count := n.counts[key]
	if isTemplate {
		count.templates++
	} else {
		count.connections++
	}
	n.counts[key] = count
}

// set sets one field of the key of a connection. The words of the kernel are few; if they
// were more than 65,535, the last ones would be counted together.
func (n *ConnCounter) set(key *connGroupKey, k ConnKey, c *Connection) {
	switch k.Field {
	case ConnClient:
		key.setClient(c.Client.Addr(), c.Client.Addr().BitLen())
	case ConnNetwork:
		key.setClient(c.Client.Addr(), k.prefixLength(c.Client.Addr()))
	case ConnService:
		key.service = n.ends.number(c.Virtual)
		key.protocol = uint16(n.protocols.number(c.Protocol))
	case ConnServer:
		key.server = n.ends.number(c.Destination)
	case ConnState:
		key.state = uint16(n.states.number(c.State))
	case ConnProtocol:
		key.protocol = uint16(n.protocols.number(c.Protocol))
	}
}

// setClient sets the client, or its network. If both are keys, the client decides.
func (key *connGroupKey) setClient(a netip.Addr, bits int) {
	if int(key.bits) > bits {
		return
	}

	key.bits = uint8(bits)
	key.family = uint8(FamilyOf(a))
	if p, err := a.WithZone("").Prefix(bits); err == nil {
		a = p.Addr()
	}
	key.client = a.As16()
}

// address returns the client of a key, or the address of its network.
func (key *connGroupKey) address() netip.Addr {
	a := netip.AddrFrom16(key.client)
	if Family(key.family) == IPv4 {
		return a.Unmap()
	}
	return a
}

// Groups returns the groups with most connections, at most limit of them (all if it is
// 0), and the totals of all groups and of those that the limit leaves out. Groups with
// equally many connections are in the order of their templates, and then of their keys.
func (n *ConnCounter) Groups(limit int) (groups iter.Seq[ConnGroup], all, omitted ConnTotals) {
	sorted := make([]countedGroup, 0, len(n.counts))
	for key, count := range n.counts {
		sorted = append(sorted, countedGroup{key, count})
	}

	slices.SortFunc(sorted, n.compare)
	all = totalsOf(sorted)

	if limit > 0 && limit < len(sorted) {
		omitted = totalsOf(sorted[limit:])
		sorted = sorted[:limit]
	}
	return func(yield func(ConnGroup) bool) {
		for i := range sorted {
			if !yield(n.group(&sorted[i])) {
				return
			}
		}
	}, all, omitted
}

// countedGroup is a group with what was counted.
type countedGroup struct {
	key   connGroupKey
	count connCount
}

// totalsOf returns the sums of groups.
func totalsOf(groups []countedGroup) ConnTotals {
	t := ConnTotals{Groups: len(groups)}
	for i := range groups {
		t.Connections += groups[i].count.connections
		t.Templates += groups[i].count.templates
	}
	return t
}

// compare compares two groups by their place in a listing.
func (n *ConnCounter) compare(a, b countedGroup) int {
	c := cmp.Or(
		cmp.Compare(b.count.connections, a.count.connections),
		cmp.Compare(b.count.templates, a.count.templates),
	)
	for i := 0; c == 0 && i < len(n.keys); i++ {
		c = n.compareField(n.keys[i].Field, &a.key, &b.key)
	}
	return c
}

// compareField compares one field of two keys.
func (n *ConnCounter) compareField(f ConnField, a, b *connGroupKey) int {
	switch f {
	case ConnClient, ConnNetwork:
		return a.address().Compare(b.address())
	case ConnService:
		return cmp.Or(
			cmp.Compare(n.protocols.values[a.protocol], n.protocols.values[b.protocol]),
			n.ends.values[a.service].Compare(n.ends.values[b.service]),
		)
	case ConnServer:
		return n.ends.values[a.server].Compare(n.ends.values[b.server])
	case ConnState:
		return cmp.Compare(n.states.values[a.state], n.states.values[b.state])
	}
	return cmp.Compare(n.protocols.values[a.protocol], n.protocols.values[b.protocol])
}

// group returns a group as others see it.
func (n *ConnCounter) group(c *countedGroup) ConnGroup {
	g := ConnGroup{Connections: c.count.connections, Templates: c.count.templates}
	for _, k := range n.keys {
		switch k.Field {
		case ConnClient:
			g.Client = c.key.address()
		case ConnNetwork:
			a := c.key.address()
			g.Network = netip.PrefixFrom(a, k.prefixLength(a)).Masked()
		case ConnService:
			g.Service = n.ends.values[c.key.service]
			g.Protocol = n.protocols.values[c.key.protocol]
		case ConnServer:
			g.Server = n.ends.values[c.key.server]
		case ConnState:
			g.State = n.states.values[c.key.state]
		case ConnProtocol:
			g.Protocol = n.protocols.values[c.key.protocol]
		}
	}
	return g
}

// interned numbers values from 0, each once.
type interned[T comparable] struct {
	numbers map[T]uint32
	values  []T
}

// number returns the number of a value.
func (t *interned[T]) number(v T) uint32 {
	n, ok := t.numbers[v]
	if !ok {
		if t.numbers == nil {
			t.numbers = map[T]uint32{}
		}
		n = uint32(len(t.values))
		t.numbers[v] = n
		t.values = append(t.values, v)
	}
	return n
}
