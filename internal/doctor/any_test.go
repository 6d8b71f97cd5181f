package doctor

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestAnyFacts checks that the checks take any facts, also those that no kernel has, and
// that each finding is complete and each of its parts is one line.
func TestAnyFacts(t *testing.T) {
	kinds := map[string]bool{}
	for seed := range uint64(1000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		f := g.facts()
		for _, role := range []Role{Director, RealServer} {
			report := Run(f, Options{Role: role})
			for _, found := range report.Findings {
				kinds[found.Code] = true
				if problem := incomplete(found); problem != "" {
					t.Fatalf("seed %d: %s: %+v", seed, problem, found)
				}
			}
		}
	}
	if n := len(kinds); n < 30 {
		t.Errorf("only %d checks found something", n)
	}
}

// incomplete returns what is wrong with a finding; empty for nothing.
func incomplete(f Finding) string {
	if f.Level < Note || f.Level > Fault {
		return "no level"
	}
	for _, text := range []string{f.Code, f.Subject, f.Evidence, f.Advice} {
		if text == "" || strings.ContainsAny(text, "\n\x00") || strings.Contains(text, "%!") {
			return "a part is empty, not one line, or not formatted"
		}
	}
	return ""
}

// generator makes facts at random.
type generator struct{ *rand.Rand }

// coin reports true once in n times.
func (g generator) coin(n int) bool { return g.IntN(n) == 0 }

// pick returns one of some values.
func pick[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// addr returns an address, one of few; seldom none at all.
func (g generator) addr() netip.Addr {
	if g.coin(30) {
		return pick(g, netip.Addr{}, netip.IPv4Unspecified(), netip.IPv6Unspecified())
	}
	if g.coin(2) {
		return addr(fmt.Sprintf("10.0.0.%d", g.IntN(12)))
	}
	return addr(fmt.Sprintf("2001:db8::%d", g.IntN(12)))
}

// facts returns facts.
func (g generator) facts() *Facts {
	m := newServer(pick(g, ipvs.Masquerade, ipvs.Route, ipvs.Tunnel))
	m.Target.HasMethod = g.coin(2)
	m.Target.Director = g.addr()
	m.Target.VIPs = []netip.Addr{g.addr(), g.addr()}
	m.Timeouts.TCP = uint32(g.IntN(10000))
	m.Host.Routes, m.Host.Addresses, m.Host.Neighbours = map[netip.Addr]host.Route{}, nil, nil
	m.Host.KernelRelease = pick(g, "", "5.8", "6", "7.2.7", "x")

	for range g.IntN(12) {
		m.Table.Entries = append(m.Table.Entries, g.entry())
		m.Host.Routes[g.addr()] = g.route()
		m.Host.Neighbours = append(m.Host.Neighbours, host.Neighbour{Addr: g.addr(), Link: g.IntN(8), State: pick(g, host.Failed, host.Incomplete, host.Stale)})
		if a := g.addr(); a.IsValid() {
			m.Host.Addresses = append(m.Host.Addresses, host.Address{
				Addr: netip.PrefixFrom(a, g.IntN(a.BitLen()+1)), Link: g.IntN(8), DADFailed: g.coin(20), Tentative: g.coin(20), Scope: pick(g, host.ScopeGlobal, host.ScopeHost),
			})
		}
	}
	for i := range m.Host.Links {
		l := &m.Host.Links[i]
		l.MTU, l.Up, l.Running, l.LRO, l.Multicast = g.IntN(3000), !g.coin(5), !g.coin(5), g.coin(5), !g.coin(5)
	}
	for name := range m.Host.Sysctls {
		m.Host.Sysctls[name] = host.Sysctl{State: pick(g, host.Present, host.Present, host.Absent), Text: pick(g, "0", "1", "2", "3", "", "-1", "x", "3 50", "99999999999999999999")}
	}
	g.addState(m)
	return m.Facts
}

// addState adds daemons and connections.
func (g generator) addState(m machine) {
	for range g.IntN(3) {
		m.Daemons = append(m.Daemons, ipvs.Daemon{State: pick(g, ipvs.Master, ipvs.Backup, 0), Interface: pick(g, "front", "lan", "eth9"), SyncID: uint32(g.IntN(3)), Group: g.addr()})
	}
	for _, e := range m.Table.Entries {
		for _, d := range e.Destinations {
			n := g.IntN(6)
			m.Connections.Servers[ServerKey{e.Service.ID, d.Addr}] = ServerConnections{All: n, SynRecv: n - g.IntN(2)}
			m.Connections.Total += n
		}
	}
	if g.coin(3) {
		m.Connections.Gone = append(m.Connections.Gone, GoneServer{Protocol: "TCP", Virtual: netip.AddrPortFrom(g.addr(), 80), Server: netip.AddrPortFrom(g.addr(), 80), Connections: ServerConnections{All: 1}})
	}
	if g.coin(3) {
		m.Host.Status = &host.Status{Connections: g.IntN(10)}
	}
}

// route returns a route.
func (g generator) route() host.Route {
	r := host.Route{Type: host.RouteType(g.IntN(12)), Link: g.IntN(8), MTU: pick(g, 0, 40, 1300, 1500)}
	if g.coin(3) {
		r.Gateway = g.addr()
	}
	if g.coin(2) {
		r.Source = g.addr()
	}
	return r
}

// entry returns a service with servers.
func (g generator) entry() ipvs.Entry {
	port := pick(g, uint16(0), 21, 80, 3306)
	id := ipvs.AddrService(pick(g, ipvs.TCP, ipvs.UDP, ipvs.SCTP, 99), netip.AddrPortFrom(g.addr(), port))
	if g.coin(4) {
		id = ipvs.MarkService(uint32(g.IntN(3)), pick(g, ipvs.IPv4, ipvs.IPv6))
	}

	e := ipvs.Entry{Service: ipvs.Service{
		ID: id, Scheduler: pick(g, "wlc", "dh", "mh", "lblc", ""), Flags: ipvs.ServiceFlags(g.IntN(64)), Engine: pick(g, "", "", "sip"),
	}}
	for range g.IntN(4) {
		e.Destinations = append(e.Destinations, ipvs.Destination{
			Addr: netip.AddrPortFrom(g.addr(), port), Forward: ipvs.Forward(g.IntN(6)), Weight: int32(g.IntN(2)),
			UpperThreshold: uint32(g.IntN(3)), ActiveConnections: uint32(g.IntN(3)), PersistentConnections: uint32(g.IntN(2)),
			Tunnel: ipvs.TunnelInfo{Type: ipvs.TunnelType(g.IntN(4)), Flags: ipvs.TunnelFlags(g.IntN(3))},
		})
	}
	return e
}
