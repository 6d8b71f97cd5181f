package ipvs

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// tables draws tables of few services and servers with few settings, so that two
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

// settings is a table without what no change can make so, in an order of its own.
func settings(entries []Entry) []Entry {
	var all []Entry
	for _, e := range entries {
		s := changeable(e.Service)
		if s.Flags&Persistent == 0 {
			s.Netmask, s.Timeout = 0, 0
		}
		dests := []Destination{}
		for _, d := range e.Destinations {
			dests = append(dests, requestable(d))
		}
		slices.SortFunc(dests, func(a, b Destination) int { return a.Addr.Compare(b.Addr) })
		all = append(all, Entry{s, dests})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(fmt.Sprint(a.Service.ID), fmt.Sprint(b.Service.ID)) })
	return all
}

func same(t *rapid.T, what string, want, got []Entry) {
	t.Helper()
	if d := gocmp.Diff(settings(want), settings(got), cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}), cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// TestDiff: the changes turn one table into the other, each of them can be made,
// and a table needs none to be itself.
func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		state := StateOf(have)
		for _, c := range Diff(StateOf(have), StateOf(want)) {
			if err := state.Apply(c); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
		}
		same(t, "the end", want, state.Entries())
		if again := Diff(state, StateOf(want)); len(again) != 0 {
			t.Fatalf("a second diff is not empty: %+v", again)
		}
		if self := Diff(StateOf(have), StateOf(have)); len(self) != 0 {
			t.Fatalf("a table differs from itself: %+v", self)
		}
	})
}

// TestDiffKeepsServers: a service with servers in both tables has servers after
// every single change.
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
		for i, c := range Diff(StateOf(have), StateOf(want)) {
			if err := state.Apply(c); err != nil {
				t.Fatal(err)
			}
			now := served(state.Entries())
			for id := range before {
				if before[id] && after[id] && !now[id] {
					t.Fatalf("%v has no servers after change %d, %+v", id, i, c)
				}
			}
		}
	})
}

// TestUndo: whichever of the changes were made, the undo gives the start again.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		state := StateOf(have)
		var applied []Change
		for _, c := range Diff(StateOf(have), StateOf(want)) {
			if rapid.Bool().Draw(t, "refused") {
				continue
			}
			if state.Apply(c) == nil {
				applied = append(applied, c)
			}
		}
		for _, c := range Undo(StateOf(have), applied) {
			if err := state.Apply(c); err != nil {
				t.Fatalf("undo by %+v: %v", c, err)
			}
		}
		same(t, "after the undo", have, state.Entries())
	})
}

// TestDiffLocal: a server that the kernel found to be local is as the rule that
// made it has it, unless the rule says NAT.
func TestDiffLocal(t *testing.T) {
	table := func(f Forward, tun TunnelInfo) []Entry {
		return []Entry{{Service: Service{ID: MarkService(1, IPv4)}, Destinations: []Destination{
			{Addr: netip.MustParseAddrPort("127.0.0.1:80"), Forward: f, Tunnel: tun}}}}
	}
	for f, changes := range map[Forward]int{Route: 0, Tunnel: 0, Local: 0, Masquerade: 1} {
		if got := Diff(StateOf(table(Local, TunnelInfo{})), StateOf(table(f, TunnelInfo{Type: GRE}))); len(got) != changes {
			t.Errorf("local to %d: %+v", f, got)
		}
	}
}

// TestDiffBesideTheTable: timeouts and sync daemons are changed when they are
// wanted otherwise, and left alone when nothing is said of them.
func TestDiffBesideTheTable(t *testing.T) {
	group := netip.MustParseAddr("224.0.0.81")
	running := Daemon{State: Master, Interface: "eth0", MaxLen: 1472, Group: group, Port: 8848, TTL: 1}
	have := &State{Timeouts: &Timeouts{900, 120, 300}, Daemons: []Daemon{running}}
	start := func(d Daemon) Change { return Change{Op: StartDaemon, Daemon: d} }
	for name, test := range map[string]struct {
		want *State
		diff []Change
	}{
		"nothing said":   {&State{}, nil},
		"the same":       {&State{Timeouts: &Timeouts{TCP: 900}, Daemons: []Daemon{{State: Master, Interface: "eth0"}}}, nil},
		"other timeouts": {&State{Timeouts: &Timeouts{UDP: 5}}, []Change{{Op: SetTimeouts, Timeouts: Timeouts{UDP: 5}}}},
		"a backup too": {&State{Daemons: []Daemon{{State: Backup, Interface: "eth1"}}},
			[]Change{start(Daemon{State: Backup, Interface: "eth1"})}},
		"another port": {&State{Daemons: []Daemon{{State: Master, Interface: "eth0", Port: 1}}},
			[]Change{{Op: StopDaemon, Daemon: running}, start(Daemon{State: Master, Interface: "eth0", Port: 1})}},
	} {
		opts := cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})
		got := Diff(have, test.want)
		if d := gocmp.Diff(test.diff, got, opts); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		var undone []Op
		for _, c := range Undo(have, got) {
			undone = append(undone, c.Op)
		}
		opposite := map[Op]Op{StartDaemon: StopDaemon, StopDaemon: StartDaemon, SetTimeouts: SetTimeouts}
		var wanted []Op
		for _, c := range slices.Backward(got) {
			wanted = append(wanted, opposite[c.Op])
		}
		if d := gocmp.Diff(wanted, undone); d != "" {
			t.Errorf("%s: undo (-want +got):\n%s", name, d)
		}
	}
}

// TestStateRefuses: what is there cannot be added, what is not cannot be touched.
func TestStateRefuses(t *testing.T) {
	svc, other := Service{ID: MarkService(1, IPv4)}, Service{ID: MarkService(2, IPv4)}
	d := Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	s := StateOf([]Entry{{Service: svc, Destinations: []Destination{d}}})
	for _, test := range []struct {
		c    Change
		want syscall.Errno
	}{
		{Change{Op: AddService, Service: svc}, syscall.EEXIST},
		{Change{Op: EditService, Service: other}, syscall.ESRCH},
		{Change{Op: DeleteService, Service: other}, syscall.ESRCH},
		{Change{Op: AddDestination, Service: other, Destination: d}, syscall.ESRCH},
		{Change{Op: AddDestination, Service: svc, Destination: d}, syscall.EEXIST},
		{Change{Op: EditDestination, Service: svc}, syscall.ENOENT},
		{Change{Op: DeleteDestination, Service: svc}, syscall.ENOENT},
		{Change{Op: StopDaemon, Daemon: Daemon{State: Master}}, syscall.ESRCH},
		{Change{Op: StartDaemon, Daemon: Daemon{State: Master}}, 0},
		{Change{Op: StartDaemon, Daemon: Daemon{State: Master}}, syscall.EEXIST},
		{Change{Op: StopDaemon, Daemon: Daemon{State: Master}}, 0},
		{Change{Op: SetTimeouts, Timeouts: Timeouts{TCP: 5}}, 0},
		{Change{Op: SetTimeouts, Timeouts: Timeouts{UDP: 6}}, 0},
		{Change{Op: Zero}, 0},
		{Change{Op: DeleteDestination, Service: svc, Destination: d}, 0},
		{Change{Op: Flush}, 0},
		{Change{Op: DeleteService, Service: svc}, syscall.ESRCH},
	} {
		var got *Error
		err := s.Apply(test.c)
		if errors.As(err, &got) != (test.want != 0) || got != nil && (got.Errno != test.want || got.Op != test.c.Op) {
			t.Errorf("%+v: got %v, want %v", test.c, err, test.want)
		}
	}
	if want := (Timeouts{TCP: 5, UDP: 6}); *s.Timeouts != want || len(s.Daemons) != 0 {
		t.Errorf("timeouts %+v, daemons %+v", s.Timeouts, s.Daemons)
	}
}
