//go:build kernel

package kernel

import (
	"errors"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// These tests talk to the real kernel, as root, with the module ip_vs loaded.
// They fail where it is not. Each has a network namespace, and so an IPVS table,
// of its own.

// openFresh opens IPVS in a new network namespace, in which the test's goroutine
// stays: its thread is thrown away with it.
func openFresh(t testing.TB) *Client {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("a network namespace for the test: %v", err)
	}
	// Without an interface that is up there are no routes, and the kernel takes
	// no address for unicast.
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("set lo up: %v: %s", err, out)
	}
	c, err := Open(Options{ModprobeOutput: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// mustApply makes changes that must all succeed.
func mustApply(t testing.TB, c *Client, changes ...ipvs.Change) {
	t.Helper()
	for i, err := range c.Apply(changes) {
		if err != nil {
			t.Fatalf("change %d: %v", i, err)
		}
	}
}

func add(s ipvs.Service) ipvs.Change { return ipvs.Change{Op: ipvs.AddService, Service: s} }

func addTo(id ipvs.ServiceID, d ipvs.Destination) ipvs.Change {
	return ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: id}, Destination: d}
}

// mixed returns a table with every kind of service and server, in the order in which it
// is added.
func mixed() []ipvs.Entry {
	masq := func(addr string, weight int32) ipvs.Destination {
		return ipvs.Destination{Addr: addrPort(addr), Forward: ipvs.Masquerade, Weight: weight}
	}
	tunnel := func(addr string, info ipvs.TunnelInfo) ipvs.Destination {
		return ipvs.Destination{Addr: addrPort(addr), Forward: ipvs.Tunnel, Weight: 1, Tunnel: info}
	}
	limited := masq("10.0.0.3:8080", 1<<31-1)
	limited.UpperThreshold, limited.LowerThreshold = 200, 100
	return []ipvs.Entry{
		{Service: service(tcp("172.20.0.200:80"), "wlc"), Destinations: []ipvs.Destination{masq("10.0.0.1:8080", 3), masq("10.0.0.2:80", 0), limited}},
		{Service: service(udp("172.20.0.200:53"), "rr", flags(ipvs.OnePacket)), Destinations: []ipvs.Destination{{Addr: addrPort("10.0.0.4:53"), Forward: ipvs.Route, Weight: 1}}},
		{Service: service(sctp("172.20.0.200:9"), "sh", flags(ipvs.Sched1|ipvs.Sched2))},
		{Service: service(udp("172.20.0.201:5060"), "rr", persistent(60, 0), engine("sip"))},
		{Service: service(tcp("172.20.0.202:0"), "rr", persistent(600, 0xffffff00))},
		{Service: service(tcp("[2001:db8::1]:80"), "wrr", persistent(300, 64)), Destinations: []ipvs.Destination{
			masq("[2001:db8::17]:8080", 1), tunnel("10.0.0.5:80", ipvs.TunnelInfo{}),
		}},
		{Service: service(mark(7), "wlc"), Destinations: []ipvs.Destination{
			tunnel("10.0.0.6:0", ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelChecksum}),
			tunnel("10.0.0.7:0", ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}),
		}},
		{Service: service(mark6(7), "mh", flags(ipvs.Sched1)), Destinations: []ipvs.Destination{masq("[2001:db8::18]:0", 1)}},
		{Service: service(mark(1<<32-1), "lc", persistent(2678400, 0))},
	}
}

// changesFor clears the table and adds these entries.
func changesFor(entries []ipvs.Entry) []ipvs.Change {
	changes := []ipvs.Change{{Op: ipvs.Flush}}
	for _, e := range entries {
		changes = append(changes, add(e.Service))
		for _, d := range e.Destinations {
			changes = append(changes, addTo(e.Service.ID, d))
		}
	}
	return changes
}

// fill makes the table that of these entries.
func fill(t testing.TB, c *Client, entries []ipvs.Entry) {
	t.Helper()
	mustApply(t, c, changesFor(entries)...)
}

// byID returns a table by service, with the servers by address, without the flag that
// the kernel sets.
func byID(entries []ipvs.Entry) map[ipvs.ServiceID]map[string]any {
	m := map[ipvs.ServiceID]map[string]any{}
	for _, e := range entries {
		e.Service.Flags &^= ipvs.Hashed
		one := map[string]any{"service": e.Service}
		for _, d := range e.Destinations {
			one[d.Addr.String()] = d
		}
		m[e.Service.ID] = one
	}
	return m
}

// TestKernelTableIsWhatWasAdded checks that a table is read as it was added.
func TestKernelTableIsWhatWasAdded(t *testing.T) {
	c := openFresh(t)
	fill(t, c, mixed())
	got, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byID(mixed()), byID(got.Entries), compareEnds); diff != "" {
		t.Errorf("table (-added +read):\n%s", diff)
	}
	// The table has 4096 buckets before Linux 7.1, and another number since.
	if got.Info.Version != 0x010201 || got.Info.ConnTableSize == 0 {
		t.Errorf("info %+v, want version %#x and a size", got.Info, 0x010201)
	}
}

// TestKernelServersOnSeveralConnections checks that a table is the same, and in the same
// order, on several connections and on one.
func TestKernelServersOnSeveralConnections(t *testing.T) {
	c := openFresh(t)
	entries := mixed()
	for i, e := range withServers(2000) {
		for server := range i % 5 {
			d := serverOf(i)
			d.Addr = netip.AddrPortFrom(d.Addr.Addr(), uint16(server+1))
			e.Destinations = append(e.Destinations, d)
		}
		entries = append(entries, e)
	}
	fill(t, c, entries)

	var tables [2]ipvs.Table
	for i, processors := range []int{1, 4} {
		setProcessors(t, processors)
		var err error
		if tables[i], err = c.Table(ipvs.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(tables[0].Entries); n != len(entries) {
		t.Errorf("%d services, want %d", n, len(entries))
	}
	// Since Linux 7.1 the services can be hashed anew in between, shortly after many were
	// added, which gives them another order.
	if diff := cmp.Diff(byID(tables[0].Entries), byID(tables[1].Entries), compareEnds); diff != "" {
		t.Errorf("table (-one connection +several):\n%s", diff)
	}
}

// TestKernelOneService checks that one service is read as it was added, and the error
// of an absent one.
func TestKernelOneService(t *testing.T) {
	c := openFresh(t)
	fill(t, c, mixed())
	for _, want := range mixed() {
		id := want.Service.ID
		got, err := c.Table(ipvs.Query{Service: &id, Detail: ipvs.WithoutStats})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(byID([]ipvs.Entry{want}), byID(got.Entries), compareEnds); diff != "" {
			t.Errorf("%v (-added +read):\n%s", id, diff)
		}
	}
	absent := tcp("192.0.2.1:1")
	_, err := c.Table(ipvs.Query{Service: &absent})
	if want := (&ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}); !equalError(err, want) {
		t.Errorf("an absent service: %v, want %v", err, want)
	}
}

func equalError(err error, want *ipvs.Error) bool {
	var got *ipvs.Error
	return errors.As(err, &got) && *got == *want
}

// TestKernelProcTable checks that the proc table has the servers of the dumps.
func TestKernelProcTable(t *testing.T) {
	c := openFresh(t)
	fill(t, c, mixed())
	dumped, err := c.listServices(ipvs.WithStats, nil)
	if err != nil {
		t.Fatal(err)
	}
	joined := listOf(slices.Clone(dumped.entries))
	r := newTableReader(c, ipvs.WithStats)
	if changed, err := r.readServers(dumped); err != nil || changed {
		t.Fatalf("changed %t, %v", changed, err)
	}

	join, err := c.joinProc(joined, new(arena))
	if err != nil || join.unlisted != 0 {
		t.Fatalf("%d unlisted services, %v", join.unlisted, err)
	}
	for i, want := range plainColumns(dumped.entries) {
		if want.Service.ID.FWMark != 0 {
			want.Destinations = nil
		}
		if isMark := want.Service.ID.FWMark != 0; join.joined(i) == isMark {
			t.Errorf("%+v joined: %t", want.Service.ID, join.joined(i))
		}
		if diff := cmp.Diff(want, joined.entries[i], compareEnds); diff != "" {
			t.Errorf("(-dumped +proc):\n%s", diff)
		}
	}
}

// plainColumns drops what PlainColumns does not promise.
func plainColumns(entries []ipvs.Entry) (cut []ipvs.Entry) {
	for _, e := range entries {
		var dests []ipvs.Destination
		for _, d := range e.Destinations {
			dests = append(dests, ipvs.Destination{
				Addr: d.Addr, Forward: d.Forward, Weight: d.Weight,
				ActiveConnections: d.ActiveConnections, InactiveConnections: d.InactiveConnections,
			})
		}
		cut = append(cut, ipvs.Entry{Service: e.Service, Destinations: dests})
	}
	return cut
}

// TestKernelServersOfNoService checks that the kernel's answer is an empty list, which is
// why anyGone has to ask again.
func TestKernelServersOfNoService(t *testing.T) {
	c := openFresh(t)
	dests, err := c.destinations(tcp("192.0.2.1:80"), ipvs.WithStats, new(arena))
	if err != nil || len(dests) != 0 {
		t.Errorf("%v, %v", dests, err)
	}
}

// TestKernelTenThousandRejections checks that every rejection is reported with its
// change.
func TestKernelTenThousandRejections(t *testing.T) {
	c := openFresh(t)
	var changes []ipvs.Change
	s := service(tcp("10.0.0.1:80"), "rr")
	for range 10000 {
		changes = append(changes, add(s))
	}
	errs := errnos(t, changes, c.Apply(changes))
	for i, errno := range errs {
		if want := syscall.EEXIST; i > 0 && errno != want || i == 0 && errno != 0 {
			t.Fatalf("change %d: %v", i, errno)
		}
	}
	if len(errs) != len(changes) {
		t.Errorf("%d results", len(errs))
	}
}

// TestKernelMixedRejections checks that the changes after a rejected one are applied.
func TestKernelMixedRejections(t *testing.T) {
	c := openFresh(t)
	s, d := service(tcp("10.0.0.1:80"), "rr"), ipvs.Destination{Addr: addrPort("10.0.1.1:80"), Weight: 1}
	bad := service(tcp("10.0.0.2:80"), "nosuch")
	changes := []ipvs.Change{
		{Op: ipvs.Flush}, add(s), add(s), add(bad), addTo(s.ID, d), addTo(s.ID, d), addTo(bad.ID, d),
		{Op: ipvs.EditDestination, Service: s, Destination: ipvs.Destination{Addr: addrPort("10.0.1.9:80")}},
		{Op: ipvs.DeleteService, Service: bad}, {Op: ipvs.Zero, Service: bad}, {Op: ipvs.Zero, Service: s}, {Op: ipvs.Zero},
		{Op: ipvs.StopDaemon, Daemon: ipvs.Daemon{State: ipvs.Master}},
		{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "nosuch0"}},
		{Op: ipvs.DeleteDestination, Service: s, Destination: d},
	}
	want := []syscall.Errno{
		0, 0, syscall.EEXIST, syscall.ENOENT, 0, syscall.EEXIST, syscall.ESRCH,
		syscall.ENOENT, syscall.ESRCH, syscall.ESRCH, 0, 0,
		syscall.ESRCH, syscall.ENODEV, 0,
	}
	if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// TestKernelTimeouts checks that timeouts are set, and that 0 leaves one as it is.
func TestKernelTimeouts(t *testing.T) {
	c := openFresh(t)
	mustApply(t, c, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 1000, TCPFin: 200, UDP: 400}})
	mustApply(t, c, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCPFin: 60}})
	got, err := c.Timeouts()
	if want := (ipvs.Timeouts{TCP: 1000, TCPFin: 60, UDP: 400}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// TestKernelDaemons checks that daemons are started, listed and stopped.
func TestKernelDaemons(t *testing.T) {
	c := openFresh(t)
	for _, args := range [][]string{
		{"link", "add", "dummy0", "type", "dummy"}, {"addr", "add", "10.9.9.1/24", "dev", "dummy0"},
		{"addr", "add", "2001:db8:9::1/64", "dev", "dummy0", "nodad"}, {"link", "set", "dummy0", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", args, err, out)
		}
	}
	want := []ipvs.Daemon{
		{State: ipvs.Master, Interface: "dummy0", SyncID: 255, MaxLen: 1400, Group: netip.MustParseAddr("224.0.0.90"), Port: 8849, TTL: 3},
		{State: ipvs.Backup, Interface: "dummy0", SyncID: 1, MaxLen: 1300, Group: netip.MustParseAddr("ff02::90"), Port: 8850, TTL: 1},
	}
	for _, d := range want {
		mustApply(t, c, ipvs.Change{Op: ipvs.StartDaemon, Daemon: d})
	}
	got, err := c.Daemons()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, compareDaemons); diff != "" {
		t.Errorf("daemons (-started +read):\n%s", diff)
	}
	for _, d := range want {
		mustApply(t, c, ipvs.Change{Op: ipvs.StopDaemon, Daemon: d})
	}
	if got, err = c.Daemons(); err != nil || len(got) != 0 {
		t.Errorf("after the stop: %v, %v", got, err)
	}
}

// TestKernelDaemonStoppedAtOnce checks that a daemon can be stopped before its thread
// has run, as is always so with one processor. The kernel does not answer that request.
func TestKernelDaemonStoppedAtOnce(t *testing.T) {
	c := openFresh(t)
	master := ipvs.Daemon{State: ipvs.Master, Interface: "lo"}
	for range 10 {
		mustApply(t, c, ipvs.Change{Op: ipvs.StartDaemon, Daemon: master}, ipvs.Change{Op: ipvs.StopDaemon, Daemon: master})
	}
	if got, err := c.Daemons(); err != nil || len(got) != 0 {
		t.Errorf("after the stop: %v, %v", got, err)
	}
}

// TestKernelWithoutPrivilege checks that the family is found without privilege, and
// that requests are rejected.
func TestKernelWithoutPrivilege(t *testing.T) {
	c := openFresh(t)
	_ = c.Close()
	// The thread, which ends with the test, drops all its capabilities.
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &make([]unix.CapUserData, 2)[0]); err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.Info()
	wantError(t, err, ipvs.ReadInfo, syscall.EPERM)
	_, err = c.Table(ipvs.Query{})
	wantError(t, err, ipvs.ReadInfo, syscall.EPERM)
	_, err = c.Daemons()
	wantError(t, err, ipvs.ReadDaemons, syscall.EPERM)
	_, err = c.Timeouts()
	wantError(t, err, ipvs.ReadTimeouts, syscall.EPERM)
	changes := someChanges(3)
	want := []syscall.Errno{syscall.EPERM, syscall.EPERM, syscall.EPERM}
	if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// TestKernelConnections checks that the title of an empty connection table is parsed.
func TestKernelConnections(t *testing.T) {
	c := openFresh(t)
	connections, err := c.Connections()
	if err != nil {
		t.Fatal(err)
	}
	for conn, err := range connections {
		t.Errorf("%+v, %v", conn, err)
	}
}
