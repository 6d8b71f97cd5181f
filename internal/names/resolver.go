package names

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// parallel is the number of look-ups at once.
	parallel = 16
	// eachWait and maxWait are how long one look-up may take, and how much
	// time may be lost on look-ups without an answer in all.
	eachWait = 2 * time.Second
	maxWait  = 4 * time.Second

	servicesFile = "/etc/services"
)

// dns is what is used of a net.Resolver.
type dns interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolver looks names up and remembers them. It may be used by several
// goroutines at once.
type Resolver struct {
	dns      dns
	patience patience
	services func() services
	hosts    *cache[netip.Addr, string]
	addrs    *cache[hostQuery, hostAnswer]
}

// hostQuery is the question for the address of a name.
type hostQuery struct {
	name   string
	family ipvs.Family
}

// hostAnswer is the answer to it.
type hostAnswer struct {
	addr netip.Addr
	err  error
}

// New makes a Resolver that asks this machine's files and its DNS servers. It
// reads nothing yet.
func New() *Resolver {
	return newResolver(&net.Resolver{PreferGo: true}, eachWait, maxWait, servicesFile)
}

// newResolver makes a Resolver of its parts.
func newResolver(d dns, each, limit time.Duration, servicesPath string) *Resolver {
	r := &Resolver{
		dns:      d,
		patience: patience{each: each, limit: limit},
		services: sync.OnceValue(func() services { return readServices(servicesPath) }),
	}
	r.hosts = newCache(r.reverse)
	r.addrs = newCache(r.forward)
	return r
}

// Host is the name of an address: the first that /etc/hosts has for it, or the
// first that DNS has. It is false where there is none, where it is not fit to be
// printed, and after the resolver has kept silent for too long.
func (r *Resolver) Host(a netip.Addr) (string, bool) {
	name := r.hosts.get(a.WithZone(""))
	return name, name != ""
}

// reverse asks for the name of an address; "" is none. The C library refuses to
// look :: up, which would otherwise be asked of DNS for every wildcard service.
func (r *Resolver) reverse(a netip.Addr) string {
	if !a.IsValid() || a == netip.IPv6Unspecified() {
		return ""
	}
	var names []string
	err := r.patience.ask(func(ctx context.Context) (err error) {
		names, err = r.dns.LookupAddr(ctx, a.String())
		return err
	})
	if err != nil || len(names) == 0 {
		return ""
	}
	name := strings.TrimSuffix(names[0], ".")
	if !isHostName(name) {
		return ""
	}
	return name
}

// isHostName reports that a name consists of what names of hosts are made of, and
// can be told from an option and a number when it is read in a rule: a saved
// -t -dash:80 or -t 123:80 would load as something else or not at all.
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

// Prefetch looks the names of many addresses up, several at a time, and returns
// when Host knows what there is to know of all.
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

// LookupHost is the address of a host in a family; an unknown family counts as
// IPv4, as in the place of a virtual service's address.
func (r *Resolver) LookupHost(name string, f ipvs.Family) (netip.Addr, error) {
	answer := r.addrs.get(hostQuery{name, f})
	return answer.addr, answer.err
}

// forward asks for the address of a name.
func (r *Resolver) forward(q hostQuery) hostAnswer {
	network := "ip4"
	if q.family == ipvs.IPv6 {
		network = "ip6"
	}
	var addrs []netip.Addr
	err := r.patience.ask(func(ctx context.Context) (err error) {
		addrs, err = r.dns.LookupNetIP(ctx, network, q.name)
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

// Port is the name of a port as a protocol knows it.
func (r *Resolver) Port(p ipvs.Protocol, port uint16) (string, bool) {
	name, ok := r.services().names[portKey{p, port}]
	return name, ok
}

// LookupPort is the port that a protocol knows by a name.
func (r *Resolver) LookupPort(p ipvs.Protocol, name string) (uint16, bool) {
	port, ok := r.services().ports[nameKey{p, name}]
	return port, ok
}
