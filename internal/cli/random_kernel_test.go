//go:build kernel

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// randomRules returns the rules of a random table: all kinds of services, flags, engines,
// tunnels and thresholds, of both address families.
//
// The addresses lie within half the number range, in which the order of listings is a
// total order: the same table is printed alike, whatever order the kernel keeps it in.
func randomRules(r *rand.Rand) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 1 + r.IntN(6) {
		svc := newRandomService(r)
		if seen[svc.id] {
			continue
		}

		seen[svc.id] = true
		fmt.Fprintf(&b, "-A %s%s\n", svc.id, svc.options)
		servers := map[string]bool{}
		for range r.IntN(6) {
			if rule, server := svc.randomServer(r); !servers[server] {
				servers[server] = true
				b.WriteString(rule)
			}
		}
	}
	return b.String()
}

// randomService is a service of a random table.
type randomService struct {
	id, options string
	family      ipvs.Family
	port        int // 0 for firewall marks
}

// newRandomService returns a random service.
func newRandomService(r *rand.Rand) randomService {
	s := randomService{family: pick(r, ipvs.IPv4, ipvs.IPv6), port: 1 + r.IntN(9)}
	addr := fmt.Sprintf("10.0.%d.%d", r.IntN(3), 1+r.IntN(3))
	if s.family == ipvs.IPv6 {
		addr = fmt.Sprintf("[2001:db8::%d:%d]", r.IntN(3), 1+r.IntN(3))
	}
	kind := pick(r, "-t", "-u", "--sctp-service", "-f")
	s.id = fmt.Sprintf("%s %s:%d", kind, addr, s.port)
	if kind == "-f" {
		s.id, s.port = fmt.Sprintf("-f %d", 1+r.IntN(4)), 0
		if s.family == ipvs.IPv6 {
			s.id += " -6"
		}
	}

	s.options = " -s " + pick(r, "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sed", "nq", "fo", "ovf", "sh -b sh-port", "sh -b sh-fallback,sh-port", "mh -b mh-port", "rr -b flag-1,flag-3")
	if r.IntN(2) == 0 {
		s.options += fmt.Sprintf(" -p %d", 1+r.IntN(4000))
		if r.IntN(2) == 0 {
			s.options += map[ipvs.Family]string{ipvs.IPv4: " -M 255.255.240.0", ipvs.IPv6: " -M 52"}[s.family]
		}
	}
	if kind == "-u" {
		s.options += pick(r, "", " -o", " --pe sip")
	}
	return s
}

// randomServer returns the rule of a random server, and its address and port.
func (s randomService) randomServer(r *rand.Rand) (rule, server string) {
	family, method := s.family, pick(r, "-m", "-g", "-i")
	if method == "-i" {
		family = pick(r, ipvs.IPv4, ipvs.IPv6)
		method += pick(r, "", " --tun-type ipip", " --tun-type gue --tun-port 5555 --tun-nocsum", " --tun-type gue --tun-port 66 --tun-csum",
			" --tun-type gue --tun-port 7 --tun-remcsum", " --tun-type gre", " --tun-type gre --tun-csum")
	}

	port := s.port
	if method == "-m" || s.port == 0 {
		port = r.IntN(3)
	}
	addr := fmt.Sprintf("20.0.0.%d", 1+r.IntN(4))
	if family == ipvs.IPv6 {
		addr = fmt.Sprintf("[2001:db8:1::%d]", 1+r.IntN(4))
	}

	server = fmt.Sprintf("%s:%d", addr, port)
	limits := pick(r, "", "", " -x 50", " -x 60 -y 50", " -x 3 -y 3")
	return fmt.Sprintf("-a %s -r %s %s -w %d%s\n", s.id, server, method, r.IntN(4), limits), server
}

// pick returns one of some values.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
