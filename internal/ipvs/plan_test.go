package ipvs

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// tables draws tables of a few services and servers with few settings, so that two
// of them have much in common.
var tables = rapid.Custom(func(t *rapid.T) []Entry {
	ids := rapid.SliceOfDistinct(rapid.SampledFrom([]ServiceID{
		MarkService(1, IPv4), MarkService(1, IPv6), MarkService(2, IPv4),
		AddrService(TCP, netip.MustParseAddrPort("10.0.0.1:80")), AddrService(UDP, netip.MustParseAddrPort("10.0.0.1:80")),
		AddrService(TCP, netip.MustParseAddrPort("[2001:db8::1]:80")),
	}), rapid.ID).Draw(t, "services")
	var entries []Entry
	for _, id := range ids {
		entries = append(entries, Entry{
			Service: Service{
				ID: id, Scheduler: rapid.SampledFrom([]string{"rr", "wlc"}).Draw(t, "scheduler"),
				Flags:   Hashed | rapid.SampledFrom([]ServiceFlags{0, Persistent, OnePacket | Sched1}).Draw(t, "flags"),
				Timeout: rapid.Uint32Range(1, 2).Draw(t, "timeout"), Netmask: rapid.Uint32Range(31, 32).Draw(t, "mask"),
				Stats: &Stats{Connections: 5},
			},
			Destinations: servers.Draw(t, "servers"),
		})
	}
	return entries
})

// servers draws the servers of a service.
var servers = rapid.Custom(func(t *rapid.T) []Destination {
	addrs := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"10.1.0.1:80", "10.1.0.2:80", "10.1.0.2:81", "[2001:db8::2]:80"}), rapid.ID).Draw(t, "addresses")
	var all []Destination
	for _, a := range addrs {
		all = append(all, Destination{
			Addr: netip.MustParseAddrPort(a), Weight: rapid.Int32Range(0, 1).Draw(t, "weight"),
			Forward:           rapid.SampledFrom([]Forward{Masquerade, Route, Tunnel}).Draw(t, "forward"),
			UpperThreshold:    rapid.Uint32Range(0, 1).Draw(t, "upper"),
			ActiveConnections: 3,
		})
	}
	return all
})

// settings returns a table as changes can make it, in an order of its own.
func settings(entries []Entry) []Entry {
	var all []Entry
	for _, e := range entries {
		s := e.Service
		s.Flags &^= Hashed
		s.Stats = nil
		if s.Flags&Persistent == 0 {
			s.Netmask, s.Timeout = 0, 0
		}
		dests := []Destination{}
		for _, d := range e.Destinations {
			d.ActiveConnections, d.Stats = 0, nil
			dests = append(dests, d)
		}
		slices.SortFunc(dests, func(a, b Destination) int { return a.Addr.Compare(b.Addr) })
		all = append(all, Entry{s, dests})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(fmt.Sprint(a.Service.ID), fmt.Sprint(b.Service.ID)) })
	return all
}

// compareAddrs lets go-cmp compare addresses.
var compareAddrs = cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})

func same(t *rapid.T, what string, want, got []Entry) {
	t.Helper()
	if d := gocmp.Diff(settings(want), settings(got), compareAddrs, cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// apply applies the changes of steps, which must all be accepted.
func apply(t *rapid.T, to *State, changes iter.Seq[Change]) {
	t.Helper()
	for c := range changes {
		if err := to.Apply(&c); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
}

// TestDiff checks that the changes turn one table into the other, that each of
// them is accepted, and that a table needs none to become itself.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		state := StateOf(have)
		apply(t, state, Diff(StateOf(have), StateOf(want)).Changes())
		same(t, "the end", want, state.Entries())

		if again := Diff(state, StateOf(want)); again.Len() != 0 {
			t.Fatalf("a second diff is not empty: %+v", slices.Collect(again.Changes()))
		}
		if self := Diff(StateOf(have), StateOf(have)); self.Len() != 0 || len(self.Phases()) != 0 {
			t.Fatalf("a table differs from itself: %+v", slices.Collect(self.Changes()))
		}
	})
}

// TestPlanPhases checks that the phases have all steps, and each those of its kind.
func TestPlanPhases(t *testing.T) {
	kinds := map[Op]int{
		AddService: 1, AddDestination: 1,
		EditService: 2, EditDestination: 2,
		DeleteService: 3, DeleteDestination: 3,
	}
	rapid.Check(t, func(t *rapid.T) {
		plan := Diff(StateOf(tables.Draw(t, "have")), StateOf(tables.Draw(t, "want")))
		last, n := 0, 0
		for _, phase := range plan.Phases() {
			kind := kinds[plan.Change(phase[0]).Op]
			if kind <= last {
				t.Fatalf("phase of kind %d after kind %d", kind, last)
			}
			for _, step := range phase {
				if op := plan.Change(step).Op; kinds[op] != kind {
					t.Fatalf("%v in a phase of kind %d", op, kind)
				}
			}
			last = kind
			n += len(phase)
		}
		if n != plan.Len() {
			t.Fatalf("%d steps in the phases, Len is %d", n, plan.Len())
		}
	})
}

// TestDiffKeepsServers checks that a service with servers in both tables has
// servers after every single change.
func TestDiffKeepsServers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		served := func(entries []Entry) map[ServiceID]bool {
			m := map[ServiceID]bool{}
			for _, e := range entries {
				m[e.Service.ID] = len(e.Destinations) > 0
			}
			return m
		}
		before, after := served(have), served(want)

		state := StateOf(have)
		for c := range Diff(StateOf(have), StateOf(want)).Changes() {
			if err := state.Apply(&c); err != nil {
				t.Fatal(err)
			}
			now := served(state.Entries())
			for id := range before {
				if before[id] && after[id] && !now[id] {
					t.Fatalf("%v has no servers after %+v", id, c)
				}
			}
		}
	})
}

// TestUndo checks that whichever of the steps were accepted, undoing them restores
// the table.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		state := StateOf(have)
		plan := Diff(StateOf(have), StateOf(want))
		var applied []Step
		for _, phase := range plan.Phases() {
			for _, step := range phase {
				if !rapid.Bool().Draw(t, "refused") && state.Apply(new(plan.Change(step))) == nil {
					applied = append(applied, step)
				}
			}
		}
		apply(t, state, plan.Undo(applied))
		same(t, "after the undo", have, state.Entries())
	})
}

// TestUndoPrefix checks that after any number of steps, undoing them restores the
// table, and that the reader of the changes may stop.
func TestUndoPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		plan := Diff(StateOf(have), StateOf(want))
		steps := slices.Concat(plan.Phases()...)
		applied := steps[:rapid.IntRange(0, len(steps)).Draw(t, "applied")]
		state := StateOf(have)
		for _, step := range applied {
			if err := state.Apply(new(plan.Change(step))); err != nil {
				t.Fatal(err)
			}
		}

		undo := slices.Collect(plan.Undo(applied))
		apply(t, state, slices.Values(undo))
		same(t, "after the undo", have, state.Entries())

		wanted := rapid.IntRange(0, len(undo)).Draw(t, "wanted")
		n := 0
		for range plan.Undo(applied) {
			if n == wanted {
				break
			}
			n++
		}
		if n != wanted {
			t.Fatalf("%d changes before the stop, want %d", n, wanted)
		}
	})
}

// TestDiffLocal checks that a local server, which is saved as Route, is kept where a
// rule says Route.
func TestDiffLocal(t *testing.T) {
	service := Service{ID: MarkService(1, IPv4)}
	server := func(f Forward, weight int32) Destination {
		return Destination{Addr: netip.MustParseAddrPort("127.0.0.1:80"), Forward: f, Weight: weight}
	}
	for _, test := range []struct {
		name         string
		have, want   Destination
		edit, undone []Destination
	}{
		{name: "the same", have: server(Local, 1), want: server(Local, 1)},
		{name: "as it is saved", have: server(Local, 1), want: server(Route, 1)},
		{
			name: "another weight", have: server(Local, 1), want: server(Route, 2),
			edit: []Destination{server(Local, 2)}, undone: []Destination{server(Local, 1)},
		},
		{
			name: "to NAT", have: server(Local, 1), want: server(Masquerade, 1),
			edit: []Destination{server(Masquerade, 1)}, undone: []Destination{server(Local, 1)},
		},
		{
			name: "to a tunnel", have: server(Local, 1), want: server(Tunnel, 1),
			edit: []Destination{server(Tunnel, 1)}, undone: []Destination{server(Local, 1)},
		},
		{
			name: "from another method", have: server(Route, 1), want: server(Local, 1),
			edit: []Destination{server(Local, 1)}, undone: []Destination{server(Route, 1)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			edits := func(servers []Destination) (changes []Change) {
				for _, d := range servers {
					changes = append(changes, Change{Op: EditDestination, Service: service, Destination: d})
				}
				return changes
			}
			plan := Diff(StateOf([]Entry{{service, []Destination{test.have}}}), StateOf([]Entry{{service, []Destination{test.want}}}))
			if d := gocmp.Diff(edits(test.edit), slices.Collect(plan.Changes()), compareAddrs); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			undo := slices.Collect(plan.Undo(slices.Concat(plan.Phases()...)))
			if d := gocmp.Diff(edits(test.undone), undo, compareAddrs); d != "" {
				t.Errorf("undo (-want +got):\n%s", d)
			}
		})
	}
}

// TestDiffTunnel checks that the settings of a tunnel count for tunnels alone.
func TestDiffTunnel(t *testing.T) {
	state := func(f Forward, tunnel TunnelInfo) *State {
		return StateOf([]Entry{{Service: Service{ID: MarkService(1, IPv4)}, Destinations: []Destination{
			{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Forward: f, Tunnel: tunnel}}}})
	}
	for _, test := range []struct {
		name       string
		have, want *State
		steps      int
	}{
		{"another type of a tunnel", state(Tunnel, TunnelInfo{}), state(Tunnel, TunnelInfo{Type: GRE}), 1},
		{"other flags of a tunnel", state(Tunnel, TunnelInfo{Type: GRE}), state(Tunnel, TunnelInfo{Type: GRE, Flags: TunnelChecksum}), 1},
		{"another type of no tunnel", state(Route, TunnelInfo{}), state(Route, TunnelInfo{Type: GRE}), 0},
		{"to a tunnel", state(Route, TunnelInfo{}), state(Tunnel, TunnelInfo{}), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if plan := Diff(test.have, test.want); plan.Len() != test.steps {
				t.Errorf("%+v", slices.Collect(plan.Changes()))
			}
		})
	}
}

// TestDiffBesideTheTable checks that timeouts and sync daemons are changed when
// they are wanted otherwise, and left alone when nothing is said of them.
func TestDiffBesideTheTable(t *testing.T) {
	group := netip.MustParseAddr("224.0.0.81")
	running := Daemon{State: Master, Interface: "eth0", MaxLen: 1472, Group: group, Port: 8848, TTL: 1}
	have := &State{Timeouts: &Timeouts{900, 120, 300}, Daemons: []Daemon{running}}
	start := func(d Daemon) Change { return Change{Op: StartDaemon, Daemon: d} }
	stop := func(d Daemon) Change { return Change{Op: StopDaemon, Daemon: d} }
	backup := Daemon{State: Backup, Interface: "eth1"}
	otherPort := Daemon{State: Master, Interface: "eth0", Port: 1}
	for _, test := range []struct {
		name       string
		want       *State
		diff, undo []Change
	}{
		{"nothing said", &State{}, nil, nil},
		{"the same", &State{Timeouts: &Timeouts{TCP: 900}, Daemons: []Daemon{{State: Master, Interface: "eth0"}}}, nil, nil},
		{
			"other timeouts", &State{Timeouts: &Timeouts{UDP: 5}},
			[]Change{{Op: SetTimeouts, Timeouts: Timeouts{UDP: 5}}},
			[]Change{{Op: SetTimeouts, Timeouts: Timeouts{900, 120, 300}}},
		},
		{"a backup too", &State{Daemons: []Daemon{backup}}, []Change{start(backup)}, []Change{stop(backup)}},
		{
			"another port", &State{Daemons: []Daemon{otherPort}},
			[]Change{stop(running), start(otherPort)}, []Change{stop(otherPort), start(running)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := Diff(have, test.want)
			if d := gocmp.Diff(test.diff, slices.Collect(plan.Changes()), compareAddrs); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			undo := slices.Collect(plan.Undo(slices.Concat(plan.Phases()...)))
			if d := gocmp.Diff(test.undo, undo, compareAddrs); d != "" {
				t.Errorf("undo (-want +got):\n%s", d)
			}
		})
	}

	t.Run("timeouts were not known", func(t *testing.T) {
		plan := Diff(&State{}, &State{Timeouts: &Timeouts{TCP: 5}})
		if got := slices.Collect(plan.Undo(slices.Concat(plan.Phases()...))); plan.Len() != 1 || got != nil {
			t.Errorf("%d steps, undone by %+v", plan.Len(), got)
		}
	})
}

// TestDaemonBesideMixedFamilies checks that a sync daemon and a server of another
// family than its service, which the kernel refuses beside each other, do not meet
// on the way from one to the other.
func TestDaemonBesideMixedFamilies(t *testing.T) {
	service := Service{ID: MarkService(1, IPv6), Scheduler: "rr"}
	mixed := Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Forward: Tunnel}
	plain := Destination{Addr: netip.MustParseAddrPort("[2001:db8::1]:80"), Forward: Route}
	daemon := Daemon{State: Backup, Interface: "eth0"}
	state := func(daemons []Daemon, servers ...Destination) *State {
		s := StateOf([]Entry{{service, servers}})
		s.Daemons = daemons
		return s
	}
	withTunnel, withDaemon := state(nil, mixed), state([]Daemon{daemon}, plain)
	for _, test := range []struct {
		name string
		plan *Plan
		want [][]Op
	}{
		{"to the daemon", Diff(withTunnel, withDaemon), [][]Op{{AddDestination}, {DeleteDestination}, {StartDaemon}}},
		{"back to the tunnel", Revert(withDaemon, withTunnel), [][]Op{{StopDaemon}, {AddDestination}, {DeleteDestination}}},
		{"from plain servers", Diff(state(nil, plain), withDaemon), [][]Op{{StartDaemon}}},
		{"back to plain servers", Revert(withDaemon, state(nil, plain)), [][]Op{{StopDaemon}}},
		{"a daemon that ran before", Revert(withDaemon, withDaemon), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got [][]Op
			for _, phase := range test.plan.Phases() {
				var ops []Op
				for _, step := range phase {
					ops = append(ops, test.plan.Change(step).Op)
				}
				got = append(got, ops)
			}
			if d := gocmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestUnknownFlags checks that flags of a service which only a newer kernel knows
// are kept by whatever changes the service, and are no reason for a change, unless
// they are asked for.
func TestUnknownFlags(t *testing.T) {
	const unknown ServiceFlags = 0x40
	service := func(scheduler string, flags ServiceFlags) *State {
		return StateOf([]Entry{{Service: Service{ID: MarkService(1, IPv4), Scheduler: scheduler, Flags: flags}}})
	}
	for _, test := range []struct {
		name       string
		have, want *State
		edited     []ServiceFlags // of the changes
		undone     []ServiceFlags
	}{
		{"no difference", service("rr", unknown|Sched1), service("rr", Sched1), nil, nil},
		{"another scheduler", service("rr", unknown|Sched1), service("wlc", OnePacket), []ServiceFlags{unknown | OnePacket}, []ServiceFlags{unknown | Sched1}},
		{"asked for", service("rr", Sched1), service("rr", Sched1|unknown), []ServiceFlags{unknown | Sched1}, []ServiceFlags{Sched1}},
		{"added", &State{}, service("rr", unknown), []ServiceFlags{unknown}, []ServiceFlags{0}},
		{"deleted", service("rr", unknown), &State{}, []ServiceFlags{0}, []ServiceFlags{unknown}},
	} {
		t.Run(test.name, func(t *testing.T) {
			flags := func(changes iter.Seq[Change]) (all []ServiceFlags) {
				for c := range changes {
					all = append(all, c.Service.Flags)
				}
				return all
			}
			plan := Diff(test.have, test.want)
			if d := gocmp.Diff(test.edited, flags(plan.Changes())); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if d := gocmp.Diff(test.undone, flags(plan.Undo(slices.Concat(plan.Phases()...)))); d != "" {
				t.Errorf("undo (-want +got):\n%s", d)
			}
		})
	}
}
