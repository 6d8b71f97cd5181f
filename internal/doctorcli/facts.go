package doctorcli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// gather reads all facts. The error is that of the network namespace; all others are gaps
// of the facts.
func gather(env Env, r *request) (*doctor.Facts, error) {
	h, err := env.OpenHost(r.netns)
	if err != nil {
		return nil, namespaceError(err)
	}
	defer h.Close()

	f := &doctor.Facts{Target: r.target()}
	if !r.realServer {
		readIPVS(f, h, func() (Kernel, error) { return env.OpenKernel(r.netns) })
	}

	f.Host, err = h.Facts(host.Request{Addresses: addresses(f), IPVS: !r.realServer})
	if err != nil {
		return nil, namespaceError(err)
	}
	for _, g := range f.Host.Gaps {
		f.Gaps = append(f.Gaps, doctor.Gap{Fact: doctor.Fact(g.Source), Name: g.Name, Reason: g.Reason})
	}
	return f, nil
}

// namespaceError returns the error for a network namespace that cannot be used.
func namespaceError(err error) error { return fmt.Errorf("cannot use the namespace: %w", err) }

// errNotLoaded is the reason why nothing of IPVS can be read where it is absent.
var errNotLoaded = errors.New("IPVS is not loaded")

// readIPVS reads the facts about IPVS.
func readIPVS(f *doctor.Facts, h Host, open func() (Kernel, error)) {
	has, err := h.HasIPVS()
	if err == nil && !has {
		err = errNotLoaded
	}
	var k Kernel
	if err == nil {
		k, err = open()
	}
	if err != nil {
		for _, fact := range []doctor.Fact{doctor.TableFact, doctor.TimeoutsFact, doctor.DaemonsFact, doctor.ConnectionsFact} {
			addGap(f, fact, "", err)
		}
		return
	}
	defer k.Close()

	f.Table, err = k.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	f.Table.Sort() // findings are in the order of the listing
	addGap(f, doctor.TableFact, "", err)
	hasTable := err == nil

	f.Timeouts, err = k.Timeouts()
	addGap(f, doctor.TimeoutsFact, "", err)
	f.Daemons, err = k.Daemons()
	addGap(f, doctor.DaemonsFact, "", err)

	if !hasTable {
		addGap(f, doctor.ConnectionsFact, "", errors.New("they cannot be counted without the table"))
		return
	}
	readConnections(f, k)
}

// readConnections counts the connections.
func readConnections(f *doctor.Facts, k Kernel) {
	list, err := k.Connections()
	if err != nil {
		addGap(f, doctor.ConnectionsFact, "", err)
		return
	}

	counter, p := doctor.NewConnectionCounter(&f.Table), newPace(time.Now())
	for conn, err := range list {
		if err != nil {
			addGap(f, doctor.ConnectionsFact, "some of them", err)
			continue
		}
		counter.Add(conn)
		if p.n++; p.n%paceStep == 0 && p.isOver(time.Now()) {
			err := fmt.Errorf("the kernel takes more than %v to list them", p.elapsed.Truncate(time.Second))
			addGap(f, doctor.ConnectionsFact, fmt.Sprintf("those after the first %d", p.n), err)
			break
		}
	}
	f.Connections = counter.Result()
}

// pace decides when reading connections takes too long. Before Linux 6.14 the kernel goes
// through all connections before those that it lists next, so that the time grows with the
// square of their number (ip_vs_conn_array of net/netfilter/ipvs/ip_vs_conn.c): 100,000
// take 15 s on a slow machine. A part of them shows as much, because they are listed in the
// order of a hash.
type pace struct {
	n       int // connections so far
	steps   int // of paceStep connections
	start   time.Time
	first   time.Duration // of the first step
	elapsed time.Duration
}

const (
	// paceStep is the number of connections after which the time is looked at.
	paceStep = 2048
	// budget is the time that reading may take, and slowingBudget the time if a step takes
	// slowing times as long as the first one, on average.
	budget, slowingBudget = 10 * time.Second, time.Second
	slowing               = 8
)

// newPace returns the pace of a listing that starts now.
func newPace(now time.Time) *pace { return &pace{start: now} }

// isOver reports, after each step, whether reading takes too long.
func (p *pace) isOver(now time.Time) bool {
	p.steps++
	p.elapsed = now.Sub(p.start)
	if p.steps == 1 {
		p.first = p.elapsed
	}
	average := p.elapsed / time.Duration(p.steps)
	return p.elapsed > budget || p.elapsed > slowingBudget && average > slowing*p.first
}

// addGap adds a gap if err is not nil, and there is none of the same part yet. The reason
// is that of the system, without the request, which the fact says.
func addGap(f *doctor.Facts, fact doctor.Fact, name string, err error) {
	isSame := func(g doctor.Gap) bool { return g.Fact == fact && g.Name == name }
	if err == nil || slices.ContainsFunc(f.Gaps, isSame) {
		return
	}

	reason := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) && !errors.Is(err, ipvs.ErrIncomplete) {
		reason = errno.Error()
	}
	if errors.Is(err, fs.ErrPermission) {
		reason += " (CAP_NET_ADMIN is needed)"
	}
	f.Gaps = append(f.Gaps, doctor.Gap{Fact: fact, Name: name, Reason: reason})
}

// addresses returns the addresses whose routes and neighbours the checks need.
func addresses(f *doctor.Facts) []netip.Addr {
	list := append([]netip.Addr{f.Target.Director}, f.Target.VIPs...)
	for i := range f.Table.Entries {
		list = append(list, f.Table.Entries[i].Service.ID.Addr.Addr())
		for j := range f.Table.Entries[i].Destinations {
			list = append(list, f.Table.Entries[i].Destinations[j].Addr.Addr())
		}
	}
	return list
}
