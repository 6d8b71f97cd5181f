package ipvs

import (
	"net/netip"
	"slices"
	"syscall"
)

// State is a table, timeouts and sync daemons, read from a kernel or described by
// changes: what the rules of a file add up to. The zero State is an empty table.
//
// It refuses what any kernel would refuse: to add what is there, and to touch what
// is not. What depends on the kernel at hand, such as the schedulers it has, it
// does not know.
type State struct {
	// Timeouts is nil if they are not known, or if no change set them; one
	// that no change set is 0.
	Timeouts *Timeouts
	// Daemons are the sync daemons that run.
	Daemons []Daemon

	entries []*stateEntry // in the order of adding; nil where deleted
	index   map[ServiceID]int
}

// stateEntry is a service of a State.
type stateEntry struct {
	service Service
	servers []Destination
	index   map[netip.AddrPort]int // of servers
}

// StateOf is the state of a table alone.
func StateOf(entries []Entry) *State {
	s := &State{}
	for i := range entries {
		e := s.add(entries[i].Service)
		for _, d := range entries[i].Destinations {
			e.add(d)
		}
	}
	return s
}

// Entries is the table, in the order in which its parts were added.
func (s *State) Entries() []Entry {
	var entries []Entry
	for _, e := range s.entries {
		if e != nil {
			entries = append(entries, Entry{Service: e.service, Destinations: slices.Clone(e.servers)})
		}
	}
	return entries
}

// Entry gives a service with its servers; false if there is none.
func (s *State) Entry(id ServiceID) (Entry, bool) {
	e := s.find(id)
	if e == nil {
		return Entry{}, false
	}
	return Entry{Service: e.service, Destinations: slices.Clone(e.servers)}, true
}

// Apply makes a change. The error is an *Error, with the number that the kernel
// has for the same refusal. Zero changes nothing here.
func (s *State) Apply(c Change) error {
	e := s.find(c.Service.ID)
	errno := syscall.Errno(0)
	switch c.Op {
	case AddService:
		if e != nil {
			errno = syscall.EEXIST
		} else {
			s.add(c.Service)
		}
	case EditService:
		if e == nil {
			errno = syscall.ESRCH
		} else {
			e.service = c.Service
		}
	case DeleteService:
		if e == nil {
			errno = syscall.ESRCH
		} else {
			s.entries[s.index[c.Service.ID]] = nil
			delete(s.index, c.Service.ID)
		}
	case AddDestination, EditDestination, DeleteDestination:
		if e == nil {
			errno = syscall.ESRCH
		} else {
			errno = e.apply(c.Op, c.Destination)
		}
	case Flush:
		s.entries, s.index = nil, nil
	case SetTimeouts:
		s.setTimeouts(c.Timeouts)
	case StartDaemon, StopDaemon:
		errno = s.applyDaemon(c.Op, c.Daemon)
	}
	if errno != 0 {
		return &Error{Op: c.Op, Errno: errno}
	}
	return nil
}

// find gives the entry of a service, nil if there is none.
func (s *State) find(id ServiceID) *stateEntry {
	if i, ok := s.index[id]; ok {
		return s.entries[i]
	}
	return nil
}

// add adds a service that is not there.
func (s *State) add(svc Service) *stateEntry {
	if s.index == nil {
		s.index = map[ServiceID]int{}
	}
	e := &stateEntry{service: svc, index: map[netip.AddrPort]int{}}
	s.index[svc.ID] = len(s.entries)
	s.entries = append(s.entries, e)
	return e
}

// add adds a server that is not there.
func (e *stateEntry) add(d Destination) {
	e.index[d.Addr] = len(e.servers)
	e.servers = append(e.servers, d)
}

// apply makes a change of a server.
func (e *stateEntry) apply(op Op, d Destination) syscall.Errno {
	i, there := e.index[d.Addr]
	switch {
	case op == AddDestination && there:
		return syscall.EEXIST
	case op == AddDestination:
		e.add(d)
	case !there:
		return syscall.ENOENT
	case op == EditDestination:
		e.servers[i] = d
	default:
		e.remove(i)
	}
	return 0
}

// remove removes the server at a place.
func (e *stateEntry) remove(i int) {
	delete(e.index, e.servers[i].Addr)
	e.servers = slices.Delete(e.servers, i, i+1)
	for j := i; j < len(e.servers); j++ {
		e.index[e.servers[j].Addr] = j
	}
}

// setTimeouts sets the timeouts that are not 0.
func (s *State) setTimeouts(t Timeouts) {
	if s.Timeouts == nil {
		s.Timeouts = &Timeouts{}
	}
	for _, v := range []struct {
		to   *uint32
		from uint32
	}{{&s.Timeouts.TCP, t.TCP}, {&s.Timeouts.TCPFin, t.TCPFin}, {&s.Timeouts.UDP, t.UDP}} {
		if v.from != 0 {
			*v.to = v.from
		}
	}
}

// applyDaemon starts or stops a sync daemon.
func (s *State) applyDaemon(op Op, d Daemon) syscall.Errno {
	running := s.daemon(d.State) != nil
	switch {
	case op == StartDaemon && running:
		return syscall.EEXIST
	case op == StartDaemon:
		s.Daemons = append(s.Daemons, d)
	case !running:
		return syscall.ESRCH
	default:
		s.Daemons = slices.DeleteFunc(s.Daemons, func(have Daemon) bool { return have.State == d.State })
	}
	return 0
}

// daemon gives the daemon of a state, nil if none runs.
func (s *State) daemon(state DaemonState) *Daemon {
	for i := range s.Daemons {
		if s.Daemons[i].State == state {
			return &s.Daemons[i]
		}
	}
	return nil
}
