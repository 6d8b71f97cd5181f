package ipvs

import (
	"slices"
	"syscall"
)

// State is a table, timeouts and sync daemons, read from a kernel or described by changes,
// such as the rules of a file. The zero State is an empty table.
//
// It keeps settings, not counters. A service takes some 120 bytes and a server 44 to 54,
// with what finds them (BenchmarkState).
//
// It rejects what every kernel rejects: to add what exists, and to change or delete what
// does not. It does not know what depends on the kernel, such as the schedulers.
type State struct {
	// Timeouts is nil if they are unknown, or if no change set them; one that no
	// change set is 0.
	Timeouts *Timeouts
	// Daemons are the running sync daemons.
	Daemons []Daemon

	services list[serviceID, *service]
	arena    arena
}

// StateOf returns the State of a table, without timeouts and sync daemons.
func StateOf(entries []Entry) *State {
	s := &State{}
	for i := range entries {
		svc := s.add(&entries[i].Service)
		if n := len(entries[i].Destinations); n >= serverBlock/2 {
			svc.servers.records = make([]server, 0, n)
		}
		for j := range entries[i].Destinations {
			s.addServer(svc, &entries[i].Destinations[j])
		}
	}
	return s
}

// Entries returns the table, in the order in which its parts were added.
func (s *State) Entries() []Entry {
	var entries []Entry
	for _, svc := range s.services.all {
		entries = append(entries, svc.entry())
	}
	return entries
}

// Entry returns a service with its servers, and whether it exists.
func (s *State) Entry(id ServiceID) (Entry, bool) {
	svc := s.find(serviceIDOf(id))
	if svc == nil {
		return Entry{}, false
	}
	return svc.entry(), true
}

// entry returns the service with its servers.
func (s *service) entry() Entry {
	e := Entry{Service: s.service()}
	for _, d := range s.servers.all {
		e.Destinations = append(e.Destinations, d.destination())
	}
	return e
}

// Apply applies a change. The error is an *Error with the number that the kernel would
// return. Zero changes nothing.
func (s *State) Apply(c *Change) error {
	var errno syscall.Errno
	switch c.Op {
	case AddService, EditService, DeleteService:
		errno = s.applyService(c.Op, &c.Service)
	case AddDestination, EditDestination, DeleteDestination:
		errno = s.applyDestination(c.Op, c.Service.ID, &c.Destination)
	case Flush:
		s.services, s.arena = list[serviceID, *service]{}, arena{}
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

// applyService applies a change of a service.
func (s *State) applyService(op Op, svc *Service) syscall.Errno {
	i := s.services.find(serviceIDOf(svc.ID))
	if op == AddService {
		if i >= 0 {
			return syscall.EEXIST
		}
		s.add(svc)
		return 0
	}

	if i < 0 {
		return syscall.ESRCH
	}
	if op == EditService {
		s.services.records[i].set(svc)
	} else {
		s.services.remove(i)
	}
	return 0
}

// applyDestination applies a change of a server.
func (s *State) applyDestination(op Op, id ServiceID, d *Destination) syscall.Errno {
	svc := s.find(serviceIDOf(id))
	if svc == nil {
		return syscall.ESRCH
	}

	i := svc.servers.find(endpointOf(d.Addr))
	if op == AddDestination {
		if i >= 0 {
			return syscall.EEXIST
		}
		if !d.Addr.IsValid() {
			return syscall.EINVAL
		}
		s.addServer(svc, d)
		return 0
	}

	if i < 0 {
		return syscall.ENOENT
	}
	if op == EditDestination {
		svc.servers.records[i] = serverOf(d)
	} else {
		svc.servers.remove(i)
	}
	return 0
}

// find returns the service with an ID, nil if there is none.
func (s *State) find(id serviceID) *service {
	if i := s.services.find(id); i >= 0 {
		return s.services.records[i]
	}
	return nil
}

// add adds a service that does not exist.
func (s *State) add(svc *Service) *service {
	added := s.arena.newService()
	added.set(svc)
	s.services.add(added)
	return added
}

// addServer adds a server that does not exist.
func (s *State) addServer(svc *service, d *Destination) {
	svc.servers.records = s.arena.append(svc.servers.records, serverOf(d))
	svc.servers.indexLast()
}

// setTimeouts sets the timeouts that are not 0.
func (s *State) setTimeouts(t Timeouts) {
	if s.Timeouts == nil {
		s.Timeouts = &Timeouts{}
	}
	*s.Timeouts = t.or(*s.Timeouts)
}

// applyDaemon starts or stops a sync daemon.
func (s *State) applyDaemon(op Op, d Daemon) syscall.Errno {
	i := s.daemonIndex(d.State)
	if op == StartDaemon {
		if i >= 0 {
			return syscall.EEXIST
		}
		s.Daemons = append(s.Daemons, d)
		return 0
	}

	if i < 0 {
		return syscall.ESRCH
	}

	s.Daemons = slices.Delete(s.Daemons, i, i+1)
	return 0
}

// daemonIndex returns the position of the daemon of a state, -1 if none runs.
func (s *State) daemonIndex(state DaemonState) int {
	return slices.IndexFunc(s.Daemons, func(d Daemon) bool { return d.State == state })
}

// hasMixedFamilies reports whether a service has a server of the other family.
func (s *State) hasMixedFamilies() bool {
	for _, svc := range s.services.all {
		for _, d := range svc.servers.all {
			if d.addr.family != svc.id.family {
				return true
			}
		}
	}
	return false
}
