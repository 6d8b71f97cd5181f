//go:build kernel

package ipvs_test

import (
	"iter"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
)

// The kernel's own answers to plans: as root, each test in a network namespace of
// its own.

// openFresh opens IPVS in a new network namespace with an interface for sync
// daemons, in which the test's goroutine stays: its thread ends with it.
func openFresh(t *testing.T) *kernel.Client {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("new network namespace: %v", err)
	}
	for _, command := range []string{
		"ip link set lo up",
		"ip link add d0 type dummy",
		"ip link set d0 up",
		"ip address add 10.9.0.1/24 dev d0",
		"ip -6 address add 2001:db8:9::1/64 dev d0 nodad",
	} {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	c, err := kernel.Open(kernel.Options{ModprobeOutput: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// wholeState draws the changes that describe a table with sync daemons. Most of
// what the kernel refuses is left out, but not all: see load.
var wholeState = rapid.Custom(func(t *rapid.T) []ipvs.Change {
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]ipvs.ServiceID{
		ipvs.MarkService(1, ipvs.IPv4), ipvs.MarkService(1, ipvs.IPv6),
		ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.0.1:80")),
		ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.9.0.1:21")),
		ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("10.9.0.1:0")),
		ipvs.AddrService(ipvs.SCTP, netip.MustParseAddrPort("[2001:db8:9::1]:80")),
	}), 0, 4, rapid.ID).Draw(t, "services")
	var changes []ipvs.Change
	for _, id := range ids {
		service := drawService(t, id)
		changes = append(changes, ipvs.Change{Op: ipvs.AddService, Service: service})
		addrs := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"10.0.0.1:80", "10.0.0.1:81", "10.0.0.2:80", "10.9.0.1:80", "[2001:db8::2]:80", "[2001:db8:9::1]:80", "[::1]:80",
		}), 0, 4, rapid.ID).Draw(t, "servers")
		for _, addr := range addrs {
			server := drawServer(t, netip.MustParseAddrPort(addr), id.Family)
			changes = append(changes, ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: id}, Destination: server})
		}
	}

	for _, state := range []ipvs.DaemonState{ipvs.Master, ipvs.Backup} {
		if rapid.Bool().Draw(t, state.String()) {
			daemon := ipvs.Daemon{
				State: state, Interface: "d0", SyncID: rapid.Uint32Range(0, 2).Draw(t, "syncid"),
				Port: rapid.SampledFrom([]uint16{0, 9000}).Draw(t, "port"),
			}
			changes = append(changes, ipvs.Change{Op: ipvs.StartDaemon, Daemon: daemon})
		}
	}
	return changes
})

func drawService(t *rapid.T, id ipvs.ServiceID) ipvs.Service {
	s := ipvs.Service{
		ID: id, Netmask: id.Family.FullMask(),
		Scheduler: rapid.SampledFrom([]string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh"}).Draw(t, "scheduler"),
		Flags: rapid.SampledFrom([]ipvs.ServiceFlags{
			0, ipvs.Sched1, ipvs.Sched2 | ipvs.Sched3, ipvs.OnePacket, ipvs.Persistent, ipvs.Persistent | ipvs.Sched1,
		}).Draw(t, "flags"),
	}
	if s.Flags&ipvs.Persistent != 0 || id.FWMark == 0 && id.Addr.Port() == 0 {
		s.Flags |= ipvs.Persistent
		s.Timeout = rapid.SampledFrom([]uint32{1, 360}).Draw(t, "timeout")
		if id.Family == ipvs.IPv6 {
			s.Netmask = rapid.SampledFrom([]uint32{64, 128}).Draw(t, "prefix")
		} else {
			s.Netmask = rapid.SampledFrom([]uint32{0xffffff00, 0xffffffff}).Draw(t, "mask")
		}
	}
	if id.Protocol == ipvs.UDP {
		s.Engine = rapid.SampledFrom([]string{"", "sip"}).Draw(t, "engine")
	}
	return s
}

func drawServer(t *rapid.T, addr netip.AddrPort, service ipvs.Family) ipvs.Destination {
	d := ipvs.Destination{
		Addr: addr, Weight: rapid.Int32Range(0, 3).Draw(t, "weight"),
		Forward: rapid.SampledFrom([]ipvs.Forward{ipvs.Masquerade, ipvs.Local, ipvs.Route, ipvs.Tunnel}).Draw(t, "forward"),
	}
	if ipvs.FamilyOf(addr.Addr()) != service {
		d.Forward = ipvs.Tunnel
	}
	if d.Forward == ipvs.Tunnel {
		d.Tunnel = rapid.SampledFrom([]ipvs.TunnelInfo{
			{}, {Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelChecksum}, {Type: ipvs.GUE, Port: 6081}, {Type: ipvs.GRE},
		}).Draw(t, "tunnel")
	}
	limits := rapid.SampledFrom([][2]uint32{{0, 0}, {10, 5}, {4, 4}, {100, 0}}).Draw(t, "thresholds")
	d.UpperThreshold, d.LowerThreshold = limits[0], limits[1]
	return d
}

// empty empties the kernel.
func empty(t rapid.TB, c *kernel.Client) {
	t.Helper()
	daemons, err := c.Daemons()
	if err != nil {
		t.Fatal(err)
	}
	changes := []ipvs.Change{{Op: ipvs.Flush}}
	for _, d := range daemons {
		changes = append(changes, ipvs.Change{Op: ipvs.StopDaemon, Daemon: d})
	}
	applyAll(t, c, slices.Values(changes))
}

// applyAll applies changes, which the kernel must all accept.
func applyAll(t rapid.TB, c *kernel.Client, changes iter.Seq[ipvs.Change]) {
	t.Helper()
	for change := range changes {
		for _, err := range c.Apply([]ipvs.Change{change}) {
			if err != nil {
				t.Fatalf("%+v: %v", change, err)
			}
		}
	}
}

// load makes the kernel what changes describe, as far as it accepts them, and
// returns what it is then: a state that it is able to be in.
func load(t rapid.TB, c *kernel.Client, changes []ipvs.Change) *ipvs.State {
	t.Helper()
	empty(t, c)
	c.Apply(changes)
	return readState(t, c)
}

// readState returns the state of the kernel.
func readState(t rapid.TB, c *kernel.Client) *ipvs.State {
	t.Helper()
	table, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	if err != nil {
		t.Fatal(err)
	}
	state := ipvs.StateOf(table.Entries)
	if state.Daemons, err = c.Daemons(); err != nil {
		t.Fatal(err)
	}
	return state
}

// sameState checks that the kernel is in a state. Diff says nothing of a daemon
// that is not wanted; Revert does.
func sameState(t rapid.TB, what string, c *kernel.Client, want *ipvs.State) {
	t.Helper()
	if rest := ipvs.Revert(readState(t, c), want); rest.Len() > 0 {
		t.Fatalf("%s: what is left to do: %+v", what, slices.Collect(rest.Changes()))
	}
}

// TestKernelPlan checks that from any state which the kernel can be in to any
// other, it accepts each step of the plan in its order, that it is then in the
// other state, and that undoing any number of the steps is accepted and restores
// the first.
func TestKernelPlan(t *testing.T) {
	c := openFresh(t)
	rapid.Check(t, func(t *rapid.T) {
		want := load(t, c, wholeState.Draw(t, "want"))
		have := load(t, c, wholeState.Draw(t, "have"))
		// A daemon that runs and is not wanted stays, and with it the kernel
		// refuses servers of another family.
		if len(want.Daemons) == 0 {
			for _, d := range have.Daemons {
				applyAll(t, c, slices.Values([]ipvs.Change{{Op: ipvs.StopDaemon, Daemon: d}}))
			}
			have.Daemons = nil
		}

		plan := ipvs.Diff(have, want)
		steps := slices.Concat(plan.Phases()...)
		applied := steps[:rapid.IntRange(0, len(steps)).Draw(t, "applied")]
		for _, step := range applied {
			applyAll(t, c, slices.Values([]ipvs.Change{plan.Change(step)}))
		}
		applyAll(t, c, plan.Undo(applied))
		sameState(t, "after the undo", c, have)

		applyAll(t, c, plan.Changes())
		if rest := ipvs.Diff(readState(t, c), want); rest.Len() > 0 {
			t.Fatalf("what is left to do: %+v", slices.Collect(rest.Changes()))
		}

		// Back, as when the answer to a step was lost.
		applyAll(t, c, ipvs.Revert(readState(t, c), have).Changes())
		sameState(t, "after the revert", c, have)
	})
}

// TestKernelDaemonBesideMixedFamilies checks the way from a server of another
// family than its service to a sync daemon and back, which the kernel refuses beside
// each other.
func TestKernelDaemonBesideMixedFamilies(t *testing.T) {
	c := openFresh(t)
	service := ipvs.Service{ID: ipvs.MarkService(1, ipvs.IPv6), Scheduler: "rr", Netmask: 128}
	tunnel := ipvs.Destination{Addr: netip.MustParseAddrPort("10.0.0.1:80"), Forward: ipvs.Tunnel, Weight: 1}
	have := load(t, c, []ipvs.Change{
		{Op: ipvs.AddService, Service: service},
		{Op: ipvs.AddDestination, Service: service, Destination: tunnel},
	})
	want := ipvs.StateOf([]ipvs.Entry{{Service: service}})
	want.Daemons = []ipvs.Daemon{{State: ipvs.Backup, Interface: "d0"}}

	plan := ipvs.Diff(have, want)
	applyAll(t, c, plan.Changes())
	sameState(t, "after the changes", c, want)
	applyAll(t, c, plan.Undo(slices.Concat(plan.Phases()...)))
	sameState(t, "after the undo", c, have)
	applyAll(t, c, plan.Changes())
	applyAll(t, c, ipvs.Revert(readState(t, c), have).Changes())
	sameState(t, "after the revert", c, have)
}
