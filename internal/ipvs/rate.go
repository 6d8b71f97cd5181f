package ipvs

import (
	"math"
	"net/netip"
	"time"
)

// Meter measures rates by the counters of a table, from one reading of it to another. It
// needs no estimator of the kernel, and its rates are no average over eight seconds.
//
// A service or a server that was not in the table before has rates of 0 in the first
// reading: the kernel may have kept the counters of a server that was removed and is back
// (ip_vs_trash_get_dest). Counters that are lower than before were zeroed, or are those of
// a new service of the same address; they count from 0.
type Meter struct {
	span     int
	readings []reading // the last ones, oldest first
}

// NewMeter returns a Meter that measures each rate since the reading a number of readings
// before, which is at least 1; at first, since the first one.
func NewMeter(span int) *Meter { return &Meter{span: max(span, 1)} }

// reading has the counters of a table at one time.
type reading struct {
	at      time.Time
	service map[ServiceID]counters
	server  map[serverKeyID]counters
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

// Measure takes the counters of services and servers that were read at a time, and
// replaces their rates. It returns the time over which they were measured, 0 for the
// first reading, which has no rates.
func (m *Meter) Measure(entries []Entry, at time.Time) time.Duration {
	now := m.next()
	now.at = at

	var before reading
	var elapsed time.Duration
	if len(m.readings) > 0 { // at most span
		before = m.readings[0]
		elapsed = at.Sub(before.at)
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

// next returns an empty reading. It has the memory of one that is needed no more, if
// there is one.
func (m *Meter) next() reading {
	if len(m.readings) < m.span+1 {
		return reading{service: map[ServiceID]counters{}, server: map[serverKeyID]counters{}}
	}

	r := m.readings[0]
	m.readings = append(m.readings[:0], m.readings[1:]...)
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
