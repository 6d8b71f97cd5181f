package top

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// newFor is the time for which what was added is marked.
	newFor = 10 * time.Second
	// goneFor is the time for which what was removed is shown.
	goneFor = 10 * time.Second
	// idleAfter is the time after which what has no traffic is marked.
	idleAfter = 30 * time.Second

	// trendLength is the number of samples that the graph of a row can have.
	trendLength = 30
	// totalsLength is that of the graphs above the table.
	totalsLength = 240
)

// mark is the letter that says what is particular about a service or a server.
type mark byte

// The marks. If there are several, the first one in this order is shown.
const (
	noMark   mark = ' '
	removed  mark = 'R'
	added    mark = 'A'
	full     mark = 'T' // at its upper threshold
	weight0  mark = 'Z'
	idle     mark = 'I'
	noServer mark = 'E' // an empty service
)

// life is what becomes of a service or a server from sample to sample.
type life struct {
	// generation is the number of the last sample that it was in.
	generation int
	// addedAt and removedAt are zero if that was not seen.
	addedAt, removedAt time.Time
	// activeAt is the time of the last traffic, or of the first sample.
	activeAt time.Time
	// trend has the connections per second of the last samples.
	trend history
}

// see notes that it is in a sample.
func (l *life) see(s *Sample, generation int, isFirst bool, stats *ipvs.Stats) {
	if l.generation == 0 || !l.removedAt.IsZero() {
		l.activeAt, l.removedAt = s.At, time.Time{}
		if !isFirst {
			l.addedAt = s.At
		}
	}

	l.generation = generation
	if stats == nil {
		return
	}
	if stats.ConnectionRate+stats.InPacketRate+stats.OutPacketRate > 0 {
		l.activeAt = s.At
	}
	if s.Elapsed > 0 {
		l.trend.add(stats.ConnectionRate, trendLength)
	}
}

// miss notes that it is not in a sample. It reports whether to show it any longer.
func (l *life) miss(at time.Time) bool {
	if l.removedAt.IsZero() {
		l.removedAt = at
	}
	return at.Sub(l.removedAt) < goneFor
}

// mark returns the mark at a time.
func (l *life) mark(at time.Time) mark {
	switch {
	case !l.removedAt.IsZero():
		return removed
	case !l.addedAt.IsZero() && at.Sub(l.addedAt) < newFor:
		return added
	case at.Sub(l.activeAt) >= idleAfter:
		return idle
	}
	return noMark
}

// service is a service with its servers.
type service struct {
	life
	ipvs.Service
	servers []*server
	byAddr  map[netip.AddrPort]*server
	folded  bool

	// The sums over the servers.
	weight, active, inactive, persistent uint64
}

// mark returns the mark of the service.
func (s *service) mark(at time.Time) mark {
	m := s.life.mark(at)
	if m != removed && m != added && len(s.servers) == 0 {
		return noServer
	}
	return m
}

// server is a server of a service.
type server struct {
	life
	ipvs.Destination
	// isFull reports whether the server gets no connections because of its upper
	// threshold.
	isFull bool
}

// mark returns the mark of the server.
func (s *server) mark(at time.Time) mark {
	m := s.life.mark(at)
	switch {
	case m == removed || m == added:
		return m
	case s.isFull:
		return full
	case s.Weight == 0:
		return weight0
	}
	return m
}

// setFull finds out whether the server is full, as the kernel does (ip_vs_bind_dest and
// ip_vs_unbind_dest of net/netfilter/ipvs/ip_vs_conn.c).
func (s *server) setFull() {
	total := uint64(s.ActiveConnections) + uint64(s.InactiveConnections)
	upper, lower := uint64(s.UpperThreshold), uint64(s.LowerThreshold)
	switch {
	case upper == 0:
		s.isFull = false
	case total >= upper:
		s.isFull = true
	case lower != 0 && total < lower, lower == 0 && 4*total < 3*upper:
		s.isFull = false
	}
}

// state is what samples add up to.
type state struct {
	last       Sample // without its entries
	generation int
	services   []*service // in the order of listings
	byID       map[ipvs.ServiceID]*service
	servers    int // that are there

	totals ipvs.Stats // the sums of the rates
	// connections are the sums of the servers.
	active, inactive uint64

	connTrend, packetTrend, bitTrend history
}

// add adds a sample. What is in none for a while is forgotten.
func (t *state) add(s *Sample) {
	isFirst := t.generation == 0
	if t.byID == nil {
		t.byID = map[ipvs.ServiceID]*service{}
	}

	t.generation++
	before := t.services
	t.services = make([]*service, 0, len(s.Entries))
	t.totals, t.active, t.inactive, t.servers = ipvs.Stats{}, 0, 0, 0

	for i := range s.Entries {
		e := &s.Entries[i]
		svc := t.byID[e.Service.ID]
		if svc == nil {
			svc = &service{byAddr: map[netip.AddrPort]*server{}}
			t.byID[e.Service.ID] = svc
		}
		svc.Service = e.Service
		svc.see(s, t.generation, isFirst, e.Service.Stats)
		svc.update(s, e.Destinations, t.generation, isFirst)
		t.services = append(t.services, svc)
		t.sum(svc)
	}

	for _, svc := range before {
		if svc.generation == t.generation {
			continue
		}
		if svc.miss(s.At) {
			t.services = append(t.services, svc)
		} else {
			delete(t.byID, svc.ID)
		}
	}

	t.last = Sample{At: s.At, Elapsed: s.Elapsed, Daemons: s.Daemons, Frozen: s.Frozen}
	if s.Elapsed > 0 {
		t.connTrend.add(t.totals.ConnectionRate, totalsLength)
		t.packetTrend.add(t.totals.InPacketRate+t.totals.OutPacketRate, totalsLength)
		t.bitTrend.add(8*(t.totals.InByteRate+t.totals.OutByteRate), totalsLength)
	}
}

// sum adds a service to the totals.
func (t *state) sum(svc *service) {
	t.active += svc.active
	t.inactive += svc.inactive
	for _, d := range svc.servers {
		if d.removedAt.IsZero() {
			t.servers++
		}
	}

	if s := svc.Stats; s != nil {
		t.totals.ConnectionRate += s.ConnectionRate
		t.totals.InPacketRate += s.InPacketRate
		t.totals.OutPacketRate += s.OutPacketRate
		t.totals.InByteRate += s.InByteRate
		t.totals.OutByteRate += s.OutByteRate
	}
}

// update takes the servers of a sample.
func (svc *service) update(s *Sample, destinations []ipvs.Destination, generation int, isFirst bool) {
	before := svc.servers
	svc.servers = make([]*server, 0, len(destinations))
	svc.weight, svc.active, svc.inactive, svc.persistent = 0, 0, 0, 0

	for i := range destinations {
		d := &destinations[i]
		srv := svc.byAddr[d.Addr]
		if srv == nil {
			srv = &server{}
			svc.byAddr[d.Addr] = srv
		}
		srv.Destination = *d
		srv.see(s, generation, isFirst, d.Stats)
		srv.setFull()
		svc.servers = append(svc.servers, srv)

		svc.weight += uint64(uint32(d.Weight))
		svc.active += uint64(d.ActiveConnections)
		svc.inactive += uint64(d.InactiveConnections)
		svc.persistent += uint64(d.PersistentConnections)
	}

	for _, srv := range before {
		if srv.generation == generation {
			continue
		}
		if srv.miss(s.At) {
			svc.servers = append(svc.servers, srv)
		} else {
			delete(svc.byAddr, srv.Addr)
		}
	}
}

// present returns the number of services that are there.
func (t *state) present() int {
	n := 0
	for _, svc := range t.services {
		if svc.removedAt.IsZero() {
			n++
		}
	}
	return n
}

// history has the last values of a number, oldest first.
type history []uint64

// add adds a value, and drops the oldest one of more than limit.
func (h *history) add(v uint64, limit int) {
	if len(*h) >= limit {
		n := copy(*h, (*h)[len(*h)-limit+1:])
		*h = (*h)[:n]
	}
	*h = append(*h, v)
}
