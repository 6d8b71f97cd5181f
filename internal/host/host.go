package host

import (
	"cmp"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// Host is this machine, as one network namespace of it. Make one with Open.
type Host struct {
	ns   *netns.Namespace
	proc string // the proc file system
}

// Request selects facts.
type Request struct {
	// Addresses are those whose routes and neighbours are wanted. One that comes twice is
	// asked for once.
	Addresses []netip.Addr
	// IPVS selects Facts.Status, Facts.Apps and the sysctls below net.ipv4.vs.
	IPVS bool
}

// Open opens a network namespace: that of a name, a process ID or a path as ip netns takes
// them, or the caller's own if name is empty. The error is *netns.Error.
func Open(name string) (*Host, error) {
	ns, err := netns.Open(name)
	if err != nil {
		return nil, err
	}
	return &Host{ns: ns, proc: "/proc"}, nil
}

// Close closes the namespace.
func (h *Host) Close() error { return h.ns.Close() }

// HasIPVS reports whether IPVS is in the kernel and works in the namespace. Nothing is
// loaded to find that out. The error is that of entering the namespace, *netns.Error, or
// of reading /proc.
func (h *Host) HasIPVS() (has bool, err error) {
	err = h.ns.Do(func() error {
		_, err := os.Stat(h.net("ip_vs"))
		has = err == nil
		if errors.Is(err, fs.ErrNotExist) {
			_, err = os.Stat(h.net("dev")) // which is everywhere
		}
		return err
	})
	return has, err
}

// net returns the path of a file in /proc/net, in the namespace of the calling thread.
func (h *Host) net(name string) string { return h.proc + "/thread-self/net/" + name }

// Facts reads the facts. What cannot be read is in Facts.Gaps. The error is that of
// entering the namespace, *netns.Error.
func (h *Host) Facts(r Request) (Facts, error) {
	g := gatherer{host: h, request: r, addresses: distinct(r.Addresses)}
	g.facts.Sysctls = Sysctls{}
	err := h.ns.Do(func() error {
		g.gather()
		return nil
	})
	return g.facts, err
}

// distinct returns the addresses without repetitions, sorted. Invalid ones, and those
// that stand for none, are left out.
func distinct(addresses []netip.Addr) []netip.Addr {
	list := make([]netip.Addr, 0, len(addresses))
	for _, a := range addresses {
		if a.IsValid() && !a.IsUnspecified() {
			list = append(list, a.WithZone(""))
		}
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}

// gatherer reads facts on one thread.
type gatherer struct {
	host      *Host
	request   Request
	addresses []netip.Addr
	facts     Facts
}

// gather reads all facts.
func (g *gatherer) gather() {
	g.readRoutes()
	g.readGeneric()
	g.readSysctls()
	g.readFiles()

	slices.SortStableFunc(g.facts.Links, func(a, b Link) int { return cmp.Compare(a.Index, b.Index) })
}

// readRoutes reads what rtnetlink knows.
func (g *gatherer) readRoutes() {
	socket, err := genl.OpenRouteSocket()
	if err != nil {
		for _, s := range []Source{Links, Addresses, Routes, Neighbours} {
			g.gap(s, "", err)
		}
		return
	}
	conn := genl.New(socket)
	conn.LongDatagrams()
	defer conn.Close()

	g.check(Links, g.readLinks(conn))
	g.check(Addresses, g.readAddresses(conn))
	g.check(Routes, g.readWays(conn))
	g.readDefaults(conn)
	g.check(Neighbours, g.readNeighbours(conn))
}

// readGeneric reads what a family of generic netlink knows.
func (g *gatherer) readGeneric() {
	socket, err := genl.OpenSocket()
	if err != nil {
		g.gap(Offloads, "", err)
		return
	}
	conn := genl.New(socket)
	conn.LongDatagrams()
	defer conn.Close()

	g.check(Offloads, g.readOffloads(conn))
}

// check adds a gap if a source could not be read.
func (g *gatherer) check(s Source, err error) {
	if err != nil {
		g.gap(s, "", err)
	}
}

// gap adds a gap. The reason has neither the name of the system call nor that of the file,
// which the source and the name say.
func (g *gatherer) gap(s Source, name string, err error) {
	reason := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		reason = errno.Error()
	}
	g.facts.Gaps = append(g.facts.Gaps, Gap{Source: s, Name: name, Reason: reason})
}

// readFiles reads the files of the proc file system, and the kernel's release.
func (g *gatherer) readFiles() {
	g.facts.KernelRelease = kernelRelease()
	if g.request.IPVS {
		g.check(StatusFile, g.readStatus())
		g.check(AppsFile, g.readApps())
	}
}

// kernelRelease returns the release of the running kernel.
func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}
