package ipvs

import (
	"cmp"
	"slices"
)

// Diff gives the changes that turn one state into another: nothing for states that
// are the same, as far as changes can make them so. Timeouts and sync daemons that
// want says nothing of stay as they are.
//
// New services and servers come first, then edits, then removals, so that no
// service which is in both states is ever without servers on the way, wherever the
// changes are cut off.
func Diff(have, want *State) []Change {
	var p plan
	for _, e := range want.entries {
		if e != nil {
			p.toward(have.find(e.service.ID), e)
		}
	}
	p.timeouts(have.Timeouts, want.Timeouts)
	for _, d := range want.Daemons {
		p.daemon(have.daemon(d.State), d)
	}
	for _, e := range have.entries {
		if e != nil && want.find(e.service.ID) == nil {
			p.removals = append(p.removals, Change{Op: DeleteService, Service: Service{ID: e.service.ID}})
		}
	}
	return slices.Concat(p.additions, p.edits, p.removals)
}

// plan is the changes of a Diff by what they do.
type plan struct{ additions, edits, removals []Change }

// toward plans what makes a wanted service of the present one, which is nil if
// there is none.
func (p *plan) toward(have, want *stateEntry) {
	switch {
	case have == nil:
		p.additions = append(p.additions, Change{Op: AddService, Service: changeable(want.service)})
		have = &stateEntry{}
	case !sameService(have.service, want.service):
		p.edits = append(p.edits, Change{Op: EditService, Service: changeable(want.service)})
	}
	id := Service{ID: want.service.ID}
	for _, d := range want.servers {
		i, there := have.index[d.Addr]
		switch {
		case !there:
			p.additions = append(p.additions, Change{Op: AddDestination, Service: id, Destination: d})
		case !sameDestination(have.servers[i], d):
			p.edits = append(p.edits, Change{Op: EditDestination, Service: id, Destination: d})
		}
	}
	for _, d := range have.servers {
		if _, stays := want.index[d.Addr]; !stays {
			p.removals = append(p.removals, Change{Op: DeleteDestination, Service: id, Destination: d})
		}
	}
}

// timeouts plans the timeouts that are wanted, if any.
func (p *plan) timeouts(have, want *Timeouts) {
	if want == nil {
		return
	}
	if have != nil {
		after := State{Timeouts: &Timeouts{}}
		after.setTimeouts(*have)
		if after.setTimeouts(*want); *after.Timeouts == *have {
			return
		}
	}
	p.edits = append(p.edits, Change{Op: SetTimeouts, Timeouts: *want})
}

// daemon plans a wanted sync daemon. One that runs with other settings has to stop
// first; a setting that is not wanted in particular may be any.
func (p *plan) daemon(have *Daemon, want Daemon) {
	switch {
	case have == nil:
	case *have == want.or(*have):
		return
	default:
		p.edits = append(p.edits, Change{Op: StopDaemon, Daemon: *have})
	}
	p.edits = append(p.edits, Change{Op: StartDaemon, Daemon: want})
}

// or is a daemon with what it does not say filled in from another.
func (d Daemon) or(other Daemon) Daemon {
	d.MaxLen = cmp.Or(d.MaxLen, other.MaxLen)
	d.Group = cmp.Or(d.Group, other.Group)
	d.Port = cmp.Or(d.Port, other.Port)
	d.TTL = cmp.Or(d.TTL, other.TTL)
	return d
}

// Undo gives the changes that take back others, the last one first. They are some
// of a Diff of have, in its order.
func Undo(have *State, applied []Change) []Change {
	var undo []Change
	for _, c := range slices.Backward(applied) {
		undo = append(undo, have.inverse(c)...)
	}
	return undo
}

// inverse is what takes back a change of a Diff from the state. There each service
// and each server is changed at most once, so what was before is in the state.
func (s *State) inverse(c Change) []Change {
	switch c.Op {
	case AddService:
		return []Change{{Op: DeleteService, Service: c.Service}}
	case AddDestination:
		return []Change{{Op: DeleteDestination, Service: c.Service, Destination: c.Destination}}
	case StartDaemon:
		return []Change{{Op: StopDaemon, Daemon: c.Daemon}}
	case StopDaemon:
		return []Change{{Op: StartDaemon, Daemon: c.Daemon}}
	case SetTimeouts:
		if s.Timeouts == nil {
			return nil // not known
		}
		return []Change{{Op: SetTimeouts, Timeouts: *s.Timeouts}}
	}
	e := s.find(c.Service.ID)
	if e == nil {
		return nil
	}
	switch c.Op {
	case EditService:
		return []Change{{Op: EditService, Service: changeable(e.service)}}
	case DeleteService:
		add := []Change{{Op: AddService, Service: changeable(e.service)}}
		for _, d := range e.servers {
			add = append(add, Change{Op: AddDestination, Service: c.Service, Destination: requestable(d)})
		}
		return add
	}
	i, ok := e.index[c.Destination.Addr]
	if !ok {
		return nil
	}
	op := EditDestination
	if c.Op == DeleteDestination {
		op = AddDestination
	}
	return []Change{{Op: op, Service: c.Service, Destination: requestable(e.servers[i])}}
}

// changeable is a service as a change can ask for it.
func changeable(s Service) Service {
	s.Flags &^= Hashed
	s.Stats = nil
	return s
}

// requestable is a server as a change can ask for it: Local is the kernel's own
// finding, made of any server with an address of the director's.
func requestable(d Destination) Destination {
	if d.Forward == Local {
		d.Forward = Route
	}
	return Destination{
		Addr: d.Addr, Forward: d.Forward, Weight: d.Weight, Tunnel: d.Tunnel,
		UpperThreshold: d.UpperThreshold, LowerThreshold: d.LowerThreshold,
	}
}

// sameService says whether a service needs no edit. The mask and the time of a
// service that is not persistent have no effect, and no rule tells them.
func sameService(have, want Service) bool {
	have, want = changeable(have), changeable(want)
	if (have.Flags|want.Flags)&Persistent == 0 {
		have.Netmask, have.Timeout = want.Netmask, want.Timeout
	}
	return have == want
}

// sameDestination says whether a server needs no edit.
func sameDestination(have, want Destination) bool {
	if have.Forward == Local && want.Forward != Masquerade {
		have.Forward = want.Forward // what the kernel makes of it here
		have.Tunnel = want.Tunnel
	}
	if want.Forward != Tunnel {
		have.Tunnel = want.Tunnel
	}
	return requestable(have) == requestable(want)
}
