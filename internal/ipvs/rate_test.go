package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// countersEntry returns a service and its server with counters: n connections, and two,
// three, four and five times as many of the others.
func countersEntry(mark uint32, n uint64) Entry {
	stats := func() *Stats {
		return &Stats{Connections: n, InPackets: 2 * n, OutPackets: 3 * n, InBytes: 4 * n, OutBytes: 5 * n, ConnectionRate: 99}
	}
	return Entry{
		Service:      Service{ID: MarkService(mark, IPv4), Stats: stats()},
		Destinations: []Destination{{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Stats: stats()}},
	}
}

// TestMeter measures rates of services that come, go and are zeroed.
func TestMeter(t *testing.T) {
	start := time.Unix(1000, 0)
	type reading struct {
		after    time.Duration
		counters map[uint32]uint64 // connections by mark
		elapsed  time.Duration
		rates    map[uint32]uint64
	}
	for name, test := range map[string]struct {
		span     int
		readings []reading
	}{
		"steady": {1, []reading{
			{0, map[uint32]uint64{1: 1000}, 0, map[uint32]uint64{1: 0}},
			{2 * time.Second, map[uint32]uint64{1: 1200}, 2 * time.Second, map[uint32]uint64{1: 100}},
			{4 * time.Second, map[uint32]uint64{1: 1201}, 2 * time.Second, map[uint32]uint64{1: 1}}, // rounded
			{6 * time.Second, map[uint32]uint64{1: 1201}, 2 * time.Second, map[uint32]uint64{1: 0}},
		}},
		"over two readings": {2, []reading{
			{0, map[uint32]uint64{1: 0}, 0, map[uint32]uint64{1: 0}},
			{1 * time.Second, map[uint32]uint64{1: 200}, 1 * time.Second, map[uint32]uint64{1: 200}},
			{2 * time.Second, map[uint32]uint64{1: 200}, 2 * time.Second, map[uint32]uint64{1: 100}},
			{3 * time.Second, map[uint32]uint64{1: 400}, 2 * time.Second, map[uint32]uint64{1: 100}},
		}},
		"zeroed": {1, []reading{
			{0, map[uint32]uint64{1: 1000}, 0, map[uint32]uint64{1: 0}},
			{2 * time.Second, map[uint32]uint64{1: 40}, 2 * time.Second, map[uint32]uint64{1: 20}},
			{4 * time.Second, map[uint32]uint64{1: 240}, 2 * time.Second, map[uint32]uint64{1: 100}},
		}},
		"comes and goes": {1, []reading{
			{0, map[uint32]uint64{1: 1000}, 0, map[uint32]uint64{1: 0}},
			{2 * time.Second, map[uint32]uint64{1: 1000, 2: 5000}, 2 * time.Second, map[uint32]uint64{1: 0, 2: 0}},
			{4 * time.Second, map[uint32]uint64{2: 5200}, 2 * time.Second, map[uint32]uint64{2: 100}},
			{6 * time.Second, map[uint32]uint64{1: 2000}, 2 * time.Second, map[uint32]uint64{1: 0}},
		}},
		"beyond 2^32": {1, []reading{
			{0, map[uint32]uint64{1: 1 << 40}, 0, map[uint32]uint64{1: 0}},
			{time.Second, map[uint32]uint64{1: 1<<40 + 1<<33}, time.Second, map[uint32]uint64{1: 1 << 33}},
		}},
		"the clock stands still": {1, []reading{
			{0, map[uint32]uint64{1: 1}, 0, map[uint32]uint64{1: 0}},
			{0, map[uint32]uint64{1: 2}, 0, map[uint32]uint64{1: 0}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMeter(test.span)
			for _, r := range test.readings {
				var entries, want []Entry
				for mark, n := range r.counters {
					e, w := countersEntry(mark, n), countersEntry(mark, n)
					for _, s := range []*Stats{w.Service.Stats, w.Destinations[0].Stats} {
						rate := r.rates[mark]
						s.ConnectionRate, s.InPacketRate, s.OutPacketRate, s.InByteRate, s.OutByteRate = rate, 2*rate, 3*rate, 4*rate, 5*rate
						if rate == 1 && test.span == 1 {
							// 1 connection in 2 s: half a connection rounds to 1.
							s.OutPacketRate, s.InPacketRate, s.InByteRate, s.OutByteRate = 2, 1, 2, 3
						}
					}
					entries, want = append(entries, e), append(want, w)
				}
				if got := m.Measure(entries, start.Add(r.after)); got != r.elapsed {
					t.Errorf("measured over %v, want %v", got, r.elapsed)
				}
				if diff := cmp.Diff(want, entries, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
					t.Errorf("after %v (-want +got):\n%s", r.after, diff)
				}
			}
		})
	}
}

// TestMeterMemory checks that readings do not add up.
func TestMeterMemory(t *testing.T) {
	m := NewMeter(2)
	for i := range 10 {
		m.Measure([]Entry{countersEntry(uint32(i), 1)}, time.Unix(int64(i), 0))
	}
	services := 0
	for _, r := range m.readings {
		services += len(r.service)
	}
	if len(m.readings) != 3 || services != 3 {
		t.Errorf("%d readings with %d services", len(m.readings), services)
	}
}
