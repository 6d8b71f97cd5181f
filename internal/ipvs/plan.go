package ipvs

import (
	"iter"
	"slices"
)

// Plan is the changes from one State to another, in steps. It refers to both, which must
// not be changed while the Plan is in use.
type Plan struct {
	have, want *State
	scope      Scope
	phases     [phaseCount][]Step
}

// Scope limits what a Plan changes. The zero Scope is everything.
type Scope struct {
	// Services has the services that may be added, changed or deleted, with their
	// servers; nil stands for every service. Its settings do not matter.
	Services *State
	// KeepWeights leaves the weight of a server alone that is there before and after.
	KeepWeights bool
}

// has reports whether a service may be changed.
func (s Scope) has(svc *service) bool { return s.Services == nil || s.Services.find(svc.id) != nil }

// Step is one change of a Plan, which Plan.Change returns. A Plan can have many: a Step
// takes 12 bytes, and a Change 264.
type Step struct {
	op uint8 // an Op
	// service and server are positions in the State that has what the step adds,
	// edits, deletes, starts or stops. The position of a sync daemon is in server.
	service int32
	server  int32
}

// phase is a part of a Plan. All its steps come before those of the next phase.
type phase int

const (
	earlyStops phase = iota // of sync daemons that have to stop before the additions
	additions
	edits
	removals
	lateStarts // of sync daemons that can only start after the removals
	phaseCount
)

// Diff plans the changes that turn one state into another: none if the states are the
// same, as far as changes can make them the same. Timeouts, sync daemons and flags
// without a name that are not in want stay as they are.
func Diff(have, want *State) *Plan { return Scope{}.Diff(have, want) }

// Diff plans the changes of a part of the table, as the function Diff does of all of it.
func (s Scope) Diff(have, want *State) *Plan {
	p := &Plan{have: have, want: want, scope: s}
	for i, svc := range want.services.all {
		if s.has(svc) {
			p.planService(i, svc)
		}
	}

	p.planTimeouts()
	p.planDaemons()
	for i, svc := range have.services.all {
		if s.has(svc) && want.find(svc.id) == nil {
			p.add(removals, DeleteService, i, 0)
		}
	}
	return p
}

// Revert plans the changes that turn a state into an earlier one, if the same parts of both
// are known. Other than Diff, it stops the sync daemons that did not run then.
func Revert(have, earlier *State) *Plan { return Scope{}.Revert(have, earlier) }

// Revert plans the changes of a part of the table, as the function Revert does of all of
// it.
func (s Scope) Revert(have, earlier *State) *Plan {
	p := s.Diff(have, earlier)
	for i, d := range have.Daemons {
		if earlier.daemonIndex(d.State) >= 0 {
			continue
		}
		if earlier.hasMixedFamilies() {
			p.add(earlyStops, StopDaemon, 0, i)
		} else {
			p.add(edits, StopDaemon, 0, i)
		}
	}
	return p
}

// add adds a step to a phase.
func (p *Plan) add(to phase, op Op, service, server int) {
	p.phases[to] = append(p.phases[to], Step{uint8(op), int32(service), int32(server)})
}

// planService plans the changes of the i-th wanted service and its servers.
func (p *Plan) planService(i int, want *service) {
	present := p.have.services.find(want.id)
	if present < 0 {
		p.add(additions, AddService, i, 0)
		for j := range want.servers.all {
			p.add(additions, AddDestination, i, j)
		}
		return
	}

	have := p.have.services.records[present]
	if !sameService(have, want) {
		p.add(edits, EditService, i, 0)
	}

	for j, d := range want.servers.all {
		if there, ok := have.server(d.addr); !ok {
			p.add(additions, AddDestination, i, j)
		} else if !p.sameServer(there, d) {
			p.add(edits, EditDestination, i, j)
		}
	}

	for k, d := range have.servers.all {
		if want.servers.find(d.addr) < 0 {
			p.add(removals, DeleteDestination, present, k)
		}
	}
}

// planTimeouts plans the timeouts that are wanted, if any.
func (p *Plan) planTimeouts() {
	have, want := p.have.Timeouts, p.want.Timeouts
	if want == nil || have != nil && want.or(*have) == *have {
		return
	}
	p.add(edits, SetTimeouts, 0, 0)
}

// planDaemons plans the sync daemons that are wanted. One that runs with other settings
// has to stop first; a setting that is left to the kernel can have any value.
func (p *Plan) planDaemons() {
	for i, want := range p.want.Daemons {
		if j := p.have.daemonIndex(want.State); j >= 0 {
			if have := p.have.Daemons[j]; have == want.or(have) {
				continue
			}
			p.add(edits, StopDaemon, 0, j)
		}
		p.add(p.startPhase(), StartDaemon, 0, i)
	}
}

// startPhase returns the phase in which sync daemons start. The kernel starts none
// beside a server of another family than its service, and takes no such server
// beside a daemon: the protocol of the daemons has one family a connection
// (ip_vs_genl_new_daemon and ip_vs_genl_set_cmd of net/netfilter/ipvs/ip_vs_ctl.c).
func (p *Plan) startPhase() phase {
	if p.have.hasMixedFamilies() {
		return lateStarts
	}
	return edits
}

// Phases returns the steps in phases, none of which is empty: additions of services and
// servers, then edits, then removals. The start of a sync daemon is an edit, but in a phase
// after the removals if the kernel demands it; a stop, likewise, can be in a phase before
// the additions.
//
// No step may be applied before all steps of the phases before have been accepted. Then a
// service that is in both states has servers all the time, wherever the plan is cut off,
// and nothing is removed for an addition that the kernel refuses.
func (p *Plan) Phases() [][]Step {
	return slices.DeleteFunc(slices.Clone(p.phases[:]), func(steps []Step) bool { return len(steps) == 0 })
}

// Len returns the number of steps.
func (p *Plan) Len() int {
	n := 0
	for _, steps := range p.phases {
		n += len(steps)
	}
	return n
}

// Changes yields the changes of all steps in order.
func (p *Plan) Changes() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, steps := range p.phases {
			for _, step := range steps {
				if !yield(p.Change(step)) {
					return
				}
			}
		}
	}
}

// Change returns the change of a step of the Plan.
func (p *Plan) Change(step Step) Change {
	c := Change{Op: Op(step.op)}
	switch c.Op {
	case AddService:
		c.Service = p.want.services.records[step.service].service()
	case EditService:
		svc := p.want.services.records[step.service]
		c.Service = svc.service()
		c.Service.Flags = wantedFlags(p.have.find(svc.id), svc)
	case DeleteService:
		c.Service.ID = p.have.services.records[step.service].id.serviceID()
	case AddDestination:
		svc, d := p.want.at(step)
		c.Service.ID, c.Destination = svc.id.serviceID(), d.destination()
	case EditDestination:
		svc, d := p.want.at(step)
		have, _ := p.have.find(svc.id).server(d.addr)
		c.Service.ID, c.Destination = svc.id.serviceID(), p.wantedServer(have, d).destination()
	case DeleteDestination:
		svc, d := p.have.at(step)
		c.Service.ID, c.Destination = svc.id.serviceID(), d.destination()
	case SetTimeouts:
		c.Timeouts = *p.want.Timeouts
	case StartDaemon:
		c.Daemon = p.want.Daemons[step.server]
	case StopDaemon:
		c.Daemon = p.have.Daemons[step.server]
	}
	return c
}

// at returns the service and the server at the positions of a step.
func (s *State) at(step Step) (*service, server) {
	svc := s.services.records[step.service]
	return svc, svc.servers.records[step.server]
}

// Undo yields the changes that undo steps of the Plan, the last one first. The steps are
// some of the Plan's, in its order.
func (p *Plan) Undo(applied []Step) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, step := range slices.Backward(applied) {
			if !p.undo(step, yield) {
				return
			}
		}
	}
}

// undo yields the changes that undo a step, and reports whether more are wanted. A Plan
// changes each service and each server at most once, so what was before is in p.have.
func (p *Plan) undo(step Step, yield func(Change) bool) bool {
	c := p.Change(step)
	switch c.Op {
	case AddService:
		return yield(Change{Op: DeleteService, Service: Service{ID: c.Service.ID}})
	case EditService:
		return yield(Change{Op: EditService, Service: p.have.find(serviceIDOf(c.Service.ID)).service()})
	case DeleteService:
		return p.undoDeleteService(int(step.service), yield)
	case AddDestination:
		c.Op = DeleteDestination
	case EditDestination:
		have, _ := p.have.find(serviceIDOf(c.Service.ID)).server(endpointOf(c.Destination.Addr))
		c.Destination = have.destination()
	case DeleteDestination:
		c.Op = AddDestination
	case SetTimeouts:
		if p.have.Timeouts == nil {
			return true // unknown
		}
		c.Timeouts = *p.have.Timeouts
	case StartDaemon:
		c.Op = StopDaemon
	case StopDaemon:
		c.Op = StartDaemon
	}
	return yield(c)
}

// undoDeleteService yields the changes that add a present service with its servers
// again, and reports whether more are wanted.
func (p *Plan) undoDeleteService(i int, yield func(Change) bool) bool {
	svc := p.have.services.records[i]
	add := svc.service()
	if !yield(Change{Op: AddService, Service: add}) {
		return false
	}

	for _, d := range svc.servers.all {
		if !yield(Change{Op: AddDestination, Service: Service{ID: add.ID}, Destination: d.destination()}) {
			return false
		}
	}
	return true
}

// wantedFlags returns the flags that a present service is to have. Those without a name,
// which a newer kernel can have and no option sets, are kept.
func wantedFlags(have, want *service) ServiceFlags {
	return want.flags | have.flags&^KnownFlags
}

// sameService reports whether a service needs no edit. The mask and the timeout of a
// service that is not persistent have no effect, and are in no rule.
func sameService(have, want *service) bool {
	return have.flags == wantedFlags(have, want) &&
		have.scheduler == want.scheduler && have.engine == want.engine &&
		(want.flags&Persistent == 0 || have.timeout == want.timeout && have.netmask == want.netmask)
}

// wantedServer returns what a present server is to become. Local, which other programs
// can ask for and no option, is saved as Route. So it is kept where Route is wanted.
func (p *Plan) wantedServer(have, want server) server {
	if have.forward == Local && want.forward == Route {
		want.forward = Local
	}
	if p.scope.KeepWeights {
		want.weight = have.weight
	}
	return want
}

// sameServer reports whether a server needs no edit. What is set for a tunnel has
// no effect on other servers.
func (p *Plan) sameServer(have, want server) bool {
	want = p.wantedServer(have, want)
	if want.forward != Tunnel {
		have.tunnel = want.tunnel
	}
	return have == want
}
