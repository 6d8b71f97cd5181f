package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// parallel is the number of lookups at once.
	parallel = 16
	// lookupTimeout is the timeout of one lookup, and lookupBudget the time that may
	// be lost to timeouts in all.
	lookupTimeout = 2 * time.Second
	lookupBudget  = 4 * time.Second

	servicesFile = "/etc/services"
)

// netResolver is what a Resolver needs of a net.Resolver.
type netResolver interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolver looks names up and remembers them. It may be used by several goroutines at
// once.
type Resolver struct {
	dns      netResolver
	files    netResolver // after a failure of dns
	budget   timeoutBudget
	services func() services
	hosts    *cache[netip.Addr, string]
	addrs    *cache[hostQuery, hostAnswer]
}

// hostQuery is a lookup of the address of a name.
type hostQuery struct {
	name   string
	family ipvs.Family
}

// hostAnswer is what it returned.
type hostAnswer struct {
	addr netip.Addr
	err  error
}

// New returns a Resolver that asks this machine's files and its DNS servers. It reads
// nothing yet.
func New() *Resolver {
	return newResolver(&net.Resolver{PreferGo: true}, newFilesResolver(), lookupTimeout, lookupBudget, servicesFile)
}

// newResolver returns a Resolver of its parts.
func newResolver(dns, files netResolver, timeout, budget time.Duration, servicesPath string) *Resolver {
	r := &Resolver{
		dns:      dns,
		files:    files,
		budget:   timeoutBudget{timeout: timeout, total: budget},
		services: sync.OnceValue(func() services { return readServices(servicesPath) }),
	}
	r.hosts = newCache(r.reverse)
	r.addrs = newCache(r.forward)
	return r
}

// Host returns the name of an address: the first one that /etc/hosts has for it, or the
// first one that DNS has. It returns false if there is none, if it could not be read in
// a rule, and after the budget for a resolver that does not answer is spent.
func (r *Resolver) Host(a netip.Addr) (string, bool) {
	name := r.hosts.get(a.WithZone(""))
	return name, name != ""
}

// reverse looks up the name of an address, "" if there is none. The C library does not
// look up ::, for which every wildcard service would ask DNS.
func (r *Resolver) reverse(a netip.Addr) string {
	if !a.IsValid() || a == netip.IPv6Unspecified() {
		return ""
	}
	var names []string
	err := r.lookUp(func(ctx context.Context, by netResolver) (err error) {
		names, err = by.LookupAddr(ctx, a.String())
		return err
	})
	if err != nil || len(names) == 0 {
		return ""
	}

	name := strings.TrimSuffix(names[0], ".")
	if !isHostName(name) || isAddress(name) {
		return ""
	}
	return name
}

// lookUp does a lookup by DNS within the budget and, unless the answer is that there is
// no such name, by the files alone.
func (r *Resolver) lookUp(lookup func(context.Context, netResolver) error) error {
	err := r.budget.do(func(ctx context.Context) error { return lookup(ctx, r.dns) })
	var answer *net.DNSError
	if err == nil || errors.As(err, &answer) && answer.IsNotFound {
		return err
	}
	if lookup(context.Background(), r.files) == nil {
		return nil
	}
	return err
}

// isHostName reports whether a name consists of the characters of host names, is no
// number and does not begin like an option. A saved -t -dash:80 or -t 123:80 would load
// as something else or not at all.
func isHostName(name string) bool {
	if strings.HasPrefix(name, "-") {
		return false
	}

	letters := 0
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			letters++
		case '0' <= c && c <= '9', c == '-', c == '.':
		default:
			return false
		}
	}
	return letters > 0
}

// isAddress reports whether inet_aton(3) reads a name as an address, as a rule is read:
// one to four numbers, which may be octal or hexadecimal.
func isAddress(name string) bool {
	labels := strings.Split(name, ".")
	if len(labels) > 4 {
		return false
	}
	return !slices.ContainsFunc(labels, func(label string) bool {
		base := 10 // or 8, whose digits are among these
		if len(label) > 1 && (label[:2] == "0x" || label[:2] == "0X") {
			label, base = label[2:], 16
		}
		_, err := strconv.ParseUint(label, base, 64)
		return err != nil
	})
}

// Prefetch looks up the names of many addresses, several at a time. After it, Host
// answers for all of them at once.
func (r *Resolver) Prefetch(addrs []netip.Addr) {
	work := make(chan netip.Addr)
	var workers sync.WaitGroup
	for range min(parallel, len(addrs)) {
		workers.Go(func() {
			for a := range work {
				r.Host(a)
			}
		})
	}

	seen := make(map[netip.Addr]bool, min(len(addrs), 1024))
	for _, a := range addrs {
		// Two workers on one address would both wait for it.
		if !seen[a] {
			seen[a] = true
			work <- a
		}
	}
	close(work)
	workers.Wait()
}

// LookupHost returns the address of a host in a family. An unknown family counts as
// IPv4.
func (r *Resolver) LookupHost(name string, f ipvs.Family) (netip.Addr, error) {
	answer := r.addrs.get(hostQuery{name, f})
	return answer.addr, answer.err
}

// forward looks up the address of a name.
func (r *Resolver) forward(q hostQuery) hostAnswer {
	network := "ip4"
	if q.family == ipvs.IPv6 {
		network = "ip6"
	}

	var addrs []netip.Addr
	err := r.lookUp(func(ctx context.Context, by netResolver) (err error) {
		addrs, err = by.LookupNetIP(ctx, network, q.name)
		return err
	})
	if err != nil {
		return hostAnswer{err: fmt.Errorf("look up host %q: %w", q.name, err)}
	}

	for _, a := range addrs {
		if a = a.WithZone(""); network == "ip4" {
			a = a.Unmap()
		}
		if (network == "ip4") == a.Is4() {
			return hostAnswer{addr: a}
		}
	}
	return hostAnswer{err: fmt.Errorf("look up host %q: no address of the family", q.name)}
}

// Port returns the name of a port of a protocol.
func (r *Resolver) Port(p ipvs.Protocol, port uint16) (string, bool) {
	name, ok := r.services().names[portKey{p, port}]
	return name, ok
}

// LookupPort returns the port of a protocol that has a name.
func (r *Resolver) LookupPort(p ipvs.Protocol, name string) (uint16, bool) {
	port, ok := r.services().ports[nameKey{p, name}]
	return port, ok
}
