package ipvs

import (
	"math"
	"net/netip"
	"time"
)

// Meter measures rates by the counters of a table, from one reading of it to another. They
// are no averages over eight seconds, as those of the kernel's estimators are.
//
// A service or a server that was not in the table before has rates of 0 in the first
// reading: the kernel may have kept the counters of a server that was removed and is back
// (ip_vs_trash_get_dest). Counters that are lower than before were zeroed, or are those of
// a new service of the same address; they count from 0.
type Meter struct {
	span     int
	clock    CounterClock
	now      func() time.Time // replaced by tests
	readings []reading        // the last ones, oldest first, at most span + 1
}

// CounterClock knows when the kernel added up the counters of its processors. In between,
// they stand still for those who read them.
type CounterClock interface {
	// Counted returns the time up to which counters count that are read at a time. It
	// reports whether that is certain, or else may be asked for again later.
	Counted(read time.Time) (upTo time.Time, certain bool)
	// Updates returns how often counters were seen to be added up.
	Updates() int
}

// NewMeter returns a Meter that measures each rate since the reading a number of readings
// before, which is at least 1; at first, since the first one. Without a clock, the
// counters count up to the time at which they are read.
func NewMeter(span int, clock CounterClock) *Meter {
	if clock == nil {
		clock = readClock{}
	}
	return &Meter{span: max(span, 1), clock: clock, now: time.Now}
}

// readClock is the CounterClock of counters that always count up to now.
type readClock struct{}

func (readClock) Counted(read time.Time) (time.Time, bool) { return read, true }
func (readClock) Updates() int                             { return 0 }

// reading has the counters of a table at one time.
type reading struct {
	// at is the time at which they were read, and upTo that up to which they count.
	at, upTo  time.Time
	isCertain bool
	service   map[ServiceID]counters
	server    map[serverKeyID]counters
}

// serverKeyID identifies a server of a service.
type serverKeyID struct {
	service ServiceID
	addr    netip.AddrPort
}

// counters are the counters of Stats.
type counters struct{ connections, inPackets, outPackets, inBytes, outBytes uint64 }

// countersOf returns the counters.
func countersOf(s *Stats) counters {
	return counters{s.Connections, s.InPackets, s.OutPackets, s.InBytes, s.OutBytes}
}

// rereadBelow is the time that a reading may take to be repeated. A table that takes longer
// would meet the next update, too.
const rereadBelow = 250 * time.Millisecond

// Measure reads a table by a function, and replaces the rates in it. If counters were added
// up meanwhile, it reads once more: else some of them would be newer than others. It returns
// the time over which the rates were measured, 0 for the first reading, which has none.
func (m *Meter) Measure(read func() ([]Entry, error)) (time.Duration, error) {
	updates := m.clock.Updates()
	at := m.now()
	entries, err := read()
	if err == nil && m.now().Sub(at) < rereadBelow && m.clock.Updates() != updates {
		at = m.now()
		entries, err = read()
	}
	if err != nil {
		return 0, err
	}
	return m.add(entries, at), nil
}

// add takes the counters that were read at a time, and replaces the rates.
func (m *Meter) add(entries []Entry, at time.Time) time.Duration {
	upTo, isCertain := m.clock.Counted(at)
	now := m.next(upTo)
	now.at, now.upTo, now.isCertain = at, upTo, isCertain

	var before reading
	var elapsed time.Duration
	if len(m.readings) > 0 {
		first := &m.readings[0]
		if !first.isCertain {
			first.upTo, first.isCertain = m.clock.Counted(first.at)
		}
		before = *first
		elapsed = max(upTo.Sub(before.upTo), 0)
	}

	for i := range entries {
		s := &entries[i].Service
		if s.Stats != nil {
			now.service[s.ID] = countersOf(s.Stats)
			old, ok := before.service[s.ID]
			s.Stats.setRates(old, ok, elapsed)
		}
		for j := range entries[i].Destinations {
			d := &entries[i].Destinations[j]
			if d.Stats == nil {
				continue
			}
			id := serverKeyID{s.ID, d.Addr}
			now.server[id] = countersOf(d.Stats)
			old, ok := before.server[id]
			d.Stats.setRates(old, ok, elapsed)
		}
	}

	m.readings = append(m.readings, now)
	return elapsed
}

// next returns an empty reading for counters up to a time. It removes the last one if that
// has the same counters, so that rates are measured from one before it; or the oldest one
// if there are enough.
func (m *Meter) next(upTo time.Time) reading {
	n := len(m.readings)
	remove := -1
	switch {
	case n > 1 && !upTo.After(m.readings[n-1].upTo):
		remove = n - 1
	case n > m.span:
		remove = 0
	}
	if remove < 0 {
		return reading{service: map[ServiceID]counters{}, server: map[serverKeyID]counters{}}
	}

	r := m.readings[remove]
	m.readings = append(m.readings[:remove], m.readings[remove+1:]...)
	clear(r.service)
	clear(r.server)
	return r
}

// setRates sets the rates from the counters before, if they are known.
func (s *Stats) setRates(before counters, known bool, elapsed time.Duration) {
	now := countersOf(s)
	switch {
	case !known:
		before = now
	case now.restartedSince(before):
		before = counters{}
	}

	s.ConnectionRate = perSecond(now.connections-before.connections, elapsed)
	s.InPacketRate = perSecond(now.inPackets-before.inPackets, elapsed)
	s.OutPacketRate = perSecond(now.outPackets-before.outPackets, elapsed)
	s.InByteRate = perSecond(now.inBytes-before.inBytes, elapsed)
	s.OutByteRate = perSecond(now.outBytes-before.outBytes, elapsed)
}

// restartedSince reports whether a counter is lower than before.
func (c counters) restartedSince(before counters) bool {
	return c.connections < before.connections ||
		c.inPackets < before.inPackets || c.outPackets < before.outPackets ||
		c.inBytes < before.inBytes || c.outBytes < before.outBytes
}

// perSecond returns the nearest whole number of events per second.
func perSecond(events uint64, elapsed time.Duration) uint64 {
	if elapsed <= 0 {
		return 0
	}
	return uint64(math.Round(float64(events) / elapsed.Seconds()))
}
