package ipvs

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// model is what a State has to be: services and servers in the order of adding, each
// found by looking at all.
type model []Entry

func (m *model) service(id ServiceID) int {
	return slices.IndexFunc(*m, func(e Entry) bool { return e.Service.ID == id })
}

// apply applies a change of a service or of a server.
func (m *model) apply(c Change) syscall.Errno {
	i := m.service(c.Service.ID)
	switch {
	case c.Op == AddService && i >= 0:
		return syscall.EEXIST
	case c.Op == AddService:
		*m = append(*m, Entry{Service: c.Service})
		return 0
	case i < 0:
		return syscall.ESRCH
	case c.Op == EditService:
		(*m)[i].Service = c.Service
		return 0
	case c.Op == DeleteService:
		*m = slices.Delete(*m, i, i+1)
		return 0
	}

	servers := &(*m)[i].Destinations
	j := slices.IndexFunc(*servers, func(d Destination) bool { return d.Addr == c.Destination.Addr })
	switch {
	case c.Op == AddDestination && j >= 0:
		return syscall.EEXIST
	case c.Op == AddDestination:
		*servers = append(*servers, c.Destination)
	case j < 0:
		return syscall.ENOENT
	case c.Op == EditDestination:
		(*servers)[j] = c.Destination
	default:
		*servers = slices.Delete(*servers, j, j+1)
	}
	return 0
}

// testModel applies random changes to a State and to the model, and compares them.
// ops are drawn from; services and servers are how many there can be.
func testModel(t *testing.T, ops []Op, services, servers int) {
	rapid.Check(t, func(t *rapid.T) {
		var state State
		var want model
		for range rapid.IntRange(0, 300).Draw(t, "changes") {
			c := Change{Op: rapid.SampledFrom(ops).Draw(t, "op")}
			port := rapid.Uint16Range(1, uint16(services)).Draw(t, "service")
			c.Service = Service{ID: AddrService(TCP, netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), port))}
			if c.Op == AddService || c.Op == EditService {
				c.Service.Scheduler, c.Service.Timeout = "rr", rapid.Uint32Range(0, 9).Draw(t, "timeout")
			} else if c.Op != DeleteService {
				host := byte(rapid.IntRange(1, servers).Draw(t, "server"))
				c.Destination.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, host}), 80)
				c.Destination.Weight = rapid.Int32Range(0, 9).Draw(t, "weight")
			}

			errno := want.apply(c)
			err, _ := state.Apply(&c).(*Error)
			if (err != nil) != (errno != 0) || err != nil && err.Errno != errno {
				t.Fatalf("%+v: got %v, want %v", c, err, errno)
			}
		}

		for _, e := range want {
			got, ok := state.Entry(e.Service.ID)
			if !ok || !gocmp.Equal(e, got, compareAddrs, cmpopts.EquateEmpty()) {
				t.Fatalf("entry %+v, %v, want %+v", got, ok, e)
			}
		}
		if d := gocmp.Diff([]Entry(want), state.Entries(), compareAddrs, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// TestState checks that a State finds what is in it and keeps its order, with few
// services and servers, which it looks through, and with many, which it has an
// index of.
func TestState(t *testing.T) {
	all := []Op{AddService, EditService, DeleteService, AddDestination, EditDestination, DeleteDestination}
	t.Run("few", func(t *testing.T) { testModel(t, all, 3, 6) })
	t.Run("many services", func(t *testing.T) { testModel(t, append(all, AddService, AddDestination), 60, 2) })
	t.Run("many servers", func(t *testing.T) {
		testModel(t, []Op{AddService, AddDestination, AddDestination, EditDestination, DeleteDestination}, 2, 60)
	})
}

// TestStateOfMany checks tables of more servers than a block of memory has, in one
// service and in several that get their servers by turns.
func TestStateOfMany(t *testing.T) {
	for _, services := range []int{1, 2, 7} {
		t.Run(fmt.Sprintf("%d services", services), func(t *testing.T) {
			var state State
			var want model
			for i := range services {
				c := Change{Op: AddService, Service: Service{ID: MarkService(uint32(i+1), IPv4)}}
				want.apply(c)
				if err := state.Apply(&c); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 1000 {
				// Three servers at a time for each service.
				addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
				c := Change{
					Op: AddDestination, Service: Service{ID: MarkService(uint32(i/3%services+1), IPv4)},
					Destination: Destination{Addr: netip.AddrPortFrom(addr, 80), Weight: int32(i)},
				}
				want.apply(c)
				if err := state.Apply(&c); err != nil {
					t.Fatal(err)
				}
			}
			if d := gocmp.Diff([]Entry(want), state.Entries(), compareAddrs, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if d := gocmp.Diff([]Entry(want), StateOf(want).Entries(), compareAddrs); d != "" {
				t.Errorf("StateOf (-want +got):\n%s", d)
			}
		})
	}
}

// listOf returns a list of servers that differ by their ports, 1 to n.
func listOf(n int) *list[endpoint, server] {
	l := &list[endpoint, server]{}
	for port := range n {
		l.add(server{addr: endpoint{family: IPv4, port: uint16(port + 1)}})
	}
	return l
}

// TestListIndex checks which lists have an index, and how large it is.
func TestListIndex(t *testing.T) {
	for _, test := range []struct{ records, slots int }{
		{0, 0},
		{maxUnindexed, 0},
		{13, 32},
		{24, 32}, // three in four are used
		{25, 64},
		{48, 64},
		{49, 128},
	} {
		t.Run(fmt.Sprint(test.records), func(t *testing.T) {
			l := listOf(test.records)
			slots := 0
			if l.index != nil {
				slots = len(l.index.slots)
			}
			if slots != test.slots {
				t.Errorf("%d slots, want %d", slots, test.slots)
			}
		})
	}
}

// TestListCompacts checks that a list with an index keeps the positions of its records
// until more than half of them are removed.
func TestListCompacts(t *testing.T) {
	l := listOf(40)
	for port := range 20 {
		l.remove(l.find(endpoint{family: IPv4, port: uint16(port + 1)}))
	}
	if len(l.records) != 40 || l.find(endpoint{family: IPv4, port: 21}) != 20 {
		t.Errorf("with half of them removed: %d records, the 21st at %d", len(l.records), l.find(endpoint{family: IPv4, port: 21}))
	}

	l.remove(l.find(endpoint{family: IPv4, port: 40}))
	if len(l.records) != 19 || l.removed != 0 || l.index == nil {
		t.Errorf("with one more removed: %d records, %d of them removed, index %v", len(l.records), l.removed, l.index)
	}
	for port := 21; port < 40; port++ {
		if i := l.find(endpoint{family: IPv4, port: uint16(port)}); i != port-21 {
			t.Errorf("record %d at %d", port, i)
		}
	}

	l = listOf(25)
	for port := range 13 {
		l.remove(l.find(endpoint{family: IPv4, port: uint16(port + 1)}))
	}
	if len(l.records) != maxUnindexed || l.index != nil {
		t.Errorf("few are left: %d records, index %v", len(l.records), l.index)
	}
}

// TestStateAllocations checks that a State of many services with few servers each takes
// memory in blocks, not for each of them.
func TestStateAllocations(t *testing.T) {
	const services, servers = 640, 4
	entries := numbered(services, servers, 1)
	got := testing.AllocsPerRun(5, func() {
		state := &State{}
		for c := range changesOf(entries) {
			if err := state.Apply(&c); err != nil {
				t.Fatal(err)
			}
		}
	})
	const (
		blocks  = services/serviceBlock + services*servers/serverBlock
		growing = 40 // the list of services and its index
	)
	if got > blocks+growing {
		t.Errorf("%v allocations, want at most %d", got, blocks+growing)
	}
}

// TestArena checks where the servers of a service are: in a block that services share
// while they are few, and by themselves when they are many or have been left.
func TestArena(t *testing.T) {
	var a arena
	add := func(servers []server, n int) []server {
		for range n {
			servers = a.append(servers, server{addr: endpoint{family: IPv4}})
		}
		return servers
	}
	inBlock := func(servers []server, at int) bool {
		return len(servers) > 0 && &servers[0] == &a.servers[at]
	}

	first := add(nil, 3)
	second := add(nil, 100)
	if !inBlock(first, 0) || !inBlock(second, 3) || len(a.servers) != 103 {
		t.Errorf("two services are not one after the other in a block of %d", len(a.servers))
	}

	first = add(first, 1)
	if inBlock(first, 0) || len(first) != 4 || len(a.servers) != 103 {
		t.Errorf("a service that was left has %d servers, the block %d", len(first), len(a.servers))
	}

	second = add(second, 28)
	if !inBlock(second, 3) || len(a.servers) != 131 {
		t.Errorf("a service with half of a block is not in it: it has %d", len(a.servers))
	}
	second = add(second, 1)
	if inBlock(second, 3) || len(second) != 129 || len(a.servers) != 131 {
		t.Errorf("a service with more than that has %d servers, the block %d", len(second), len(a.servers))
	}

	third := add(nil, 125)
	if !inBlock(third, 131) || len(a.servers) != serverBlock {
		t.Errorf("the block is not full: it has %d", len(a.servers))
	}
	third = add(third, 1)
	if !inBlock(third, 0) || len(a.servers) != 126 {
		t.Errorf("the last service did not move to a new block, which has %d", len(a.servers))
	}
}

// TestStateOfLargeService checks that a service with a slice of its own can grow.
func TestStateOfLargeService(t *testing.T) {
	entries := numbered(1, 200, 1)
	state := StateOf(entries)
	added := Destination{Addr: netip.MustParseAddrPort("10.3.0.1:80")}
	if err := state.Apply(&Change{Op: AddDestination, Service: entries[0].Service, Destination: added}); err != nil {
		t.Fatal(err)
	}
	e, _ := state.Entry(entries[0].Service.ID)
	if d := gocmp.Diff(append(entries[0].Destinations, added), e.Destinations, compareAddrs); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
