package ipvs

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
)

// numbered returns a table of services with so many servers each, all of one weight.
func numbered(services, servers int, weight int32) []Entry {
	entries := make([]Entry, services)
	for i := range entries {
		addr := netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
		e := &entries[i]
		e.Service = Service{ID: AddrService(TCP, netip.AddrPortFrom(addr, uint16(1+i>>16))), Scheduler: "wlc", Netmask: 0xffffffff}
		e.Destinations = make([]Destination, servers)
		for j := range e.Destinations {
			addr := netip.AddrFrom4([4]byte{10, 2, byte(j >> 8), byte(j)})
			e.Destinations[j] = Destination{Addr: netip.AddrPortFrom(addr, 80), Weight: weight}
		}
	}
	return entries
}

// changesOf returns the changes that make a table of an empty one.
func changesOf(entries []Entry) func(yield func(Change) bool) {
	return func(yield func(Change) bool) {
		for _, e := range entries {
			if !yield(Change{Op: AddService, Service: e.Service}) {
				return
			}
			for _, d := range e.Destinations {
				if !yield(Change{Op: AddDestination, Service: e.Service, Destination: d}) {
					return
				}
			}
		}
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// sizes are tables of 120,000 services and servers.
var sizes = []struct{ services, servers int }{{60000, 1}, {20000, 5}, {1000, 119}, {2, 60000}}

// BenchmarkState measures what it takes to make a State by changes, and what it
// keeps in memory for each of its services and servers.
func BenchmarkState(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%dx%d", size.services, size.servers), func(b *testing.B) {
			entries := numbered(size.services, size.servers, 1)
			b.ReportAllocs()
			before := heap()
			var state *State
			for b.Loop() {
				state = &State{}
				for c := range changesOf(entries) {
					if err := state.Apply(&c); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(heap()-before)/float64(size.services*(1+size.servers)), "bytes/element")
			runtime.KeepAlive(state)
			runtime.KeepAlive(entries)
		})
	}
}

// BenchmarkDiff measures a Plan that edits every server.
func BenchmarkDiff(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%dx%d", size.services, size.servers), func(b *testing.B) {
			have, want := StateOf(numbered(size.services, size.servers, 1)), StateOf(numbered(size.services, size.servers, 2))
			b.ReportAllocs()
			before := heap()
			var plan *Plan
			for b.Loop() {
				plan = Diff(have, want)
			}
			b.ReportMetric(float64(heap()-before)/float64(plan.Len()), "bytes/step")
			runtime.KeepAlive(plan)
		})
	}
}
