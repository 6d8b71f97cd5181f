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
			m := NewMeter(test.span, nil)
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
				if got := m.add(entries, start.Add(r.after)); got != r.elapsed {
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
	m := NewMeter(2, nil)
	for i := range 10 {
		m.add([]Entry{countersEntry(uint32(i), 1)}, time.Unix(int64(i), 0))
	}
	services := 0
	for _, r := range m.readings {
		services += len(r.service)
	}
	if len(m.readings) != 3 || services != 3 {
		t.Errorf("%d readings with %d services", len(m.readings), services)
	}
}

// steppedClock is a CounterClock of a kernel that adds up every two seconds.
type steppedClock struct {
	updates int
	certain bool
}

func (c *steppedClock) Counted(read time.Time) (time.Time, bool) {
	return read.Truncate(2 * time.Second), c.certain
}

func (c *steppedClock) Updates() int { return c.updates }

// TestMeterClock measures counters that grow by 200 every two seconds, and stand still in
// between, once a second and at odd times.
func TestMeterClock(t *testing.T) {
	start := time.Unix(1000, 0)
	m := NewMeter(1, &steppedClock{certain: true})
	var got []uint64
	for _, ms := range []int{500, 1500, 2500, 3500, 4500, 9500, 9600, 10000, 17900} {
		at := start.Add(time.Duration(ms) * time.Millisecond)
		e := []Entry{countersEntry(1, uint64(ms/2000*200))}
		m.add(e, at)
		got = append(got, e[0].Service.Stats.ConnectionRate)
	}
	if diff := cmp.Diff([]uint64{0, 0, 100, 100, 100, 100, 100, 100, 100}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMeterRereads checks that a table is read once more if counters were added up
// meanwhile, unless that takes long, that an uncertain time is asked for again, and that an error is
// returned.
func TestMeterRereads(t *testing.T) {
	clock := &steppedClock{}
	m := NewMeter(1, clock)
	at := time.Unix(1000, 0)
	step := 100 * time.Millisecond
	m.now = func() time.Time { at = at.Add(step); return at }
	reads := 0
	read := func() ([]Entry, error) {
		reads++
		clock.updates++
		return nil, nil
	}
	if _, err := m.Measure(read); err != nil || reads != 2 {
		t.Errorf("%d reads, error %v", reads, err)
	}
	clock.certain = true
	at = at.Add(2 * time.Second)
	if elapsed, err := m.Measure(read); err != nil || elapsed != 2*time.Second || !m.readings[0].isCertain {
		t.Errorf("measured over %v, error %v, %+v", elapsed, err, m.readings)
	}
	step, reads = rereadBelow, 0
	if _, err := m.Measure(read); err != nil || reads != 1 {
		t.Errorf("%d slow reads, error %v", reads, err)
	}
	if _, err := m.Measure(func() ([]Entry, error) { return nil, ErrIncomplete }); err != ErrIncomplete {
		t.Errorf("error %v", err)
	}
}
