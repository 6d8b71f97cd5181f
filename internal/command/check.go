package command

import (
	"math/bits"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// judgeLegality judges which options stand with the command.
func (l *line) judgeLegality() error {
	verb := int(l.verb)
	what := func() string { return "'" + verbName(l.verb) + "' command" }
	return l.judge(what, verb, func(g *group) *rule { return &g.verbs })
}

// judgeTunnel judges which tunnel options stand with the type of the tunnel.
func (l *line) judgeTunnel() error {
	t := l.server.Tunnel.Type
	what := func() string { return "'" + tunnelTypes[t] + "' tunnel type" }
	return l.judge(what, int(t), func(g *group) *rule { return &g.tunnels })
}

// Groups of the table by index, as in line.given.
var (
	// needing are those that anything needs.
	needing = groupsThat(func(g *group) bool { return g.verbs.needs|g.tunnels.needs != 0 })
	// aboutTunnels are those of the options that describe a tunnel.
	aboutTunnels = groupsThat(func(g *group) bool { return g.tunnels != rule{} })
)

// Groups that FromChange names, by index.
var (
	groupServiceAddress = groupNamed("service-address")
	groupRealServer     = groupNamed("real-server")
	groupTunnelType     = groupNamed("tun-type")
	groupTunnelPort     = groupNamed("tun-port")
	groupTunnelChecksum = groupNamed("tun-csum")
	groupTunnelRemote   = groupNamed("tun-remcsum")
)

// groupNamed returns the index of the group with this name in messages, which is in
// the table.
func groupNamed(name string) int {
	return slices.IndexFunc(table, func(g group) bool { return g.name == name })
}

func groupsThat(is func(*group) bool) (groups uint64) {
	for i := range table {
		if is(&table[i]) {
			groups |= 1 << i
		}
	}
	return groups
}

// judge holds the line against one of the rules of each group that it named or may
// need, in the order of the table. Groups that have no such rule for anything are not
// judged. what is what a fault calls the member.
func (l *line) judge(what func() string, member int, ruleOf func(*group) *rule) error {
	first := ""
	for groups := l.given | needing; groups != 0; groups &= groups - 1 {
		i := bits.TrailingZeros64(groups)
		g := &table[i]
		r := ruleOf(g)
		switch given := l.has(i); {
		case !given && !r.needs.has(member), *r == rule{}:
		case r.needs.has(member) && !given && !l.keeps():
			return usageError("You need to supply the '%s' option for the %s", g.name, what())
		case !given, l.allows(g, r, member):
		case !r.one.has(member):
			return usageError("Illegal '%s' option with the %s", g.name, what())
		case first != "" && r.narrows.has(member):
		case first != "":
			return usageError("The option '%s' conflicts with the '%s' option in the %s", g.name, first, what())
		default:
			first = g.name
		}
	}
	return nil
}

// keeps says whether what the line needs is there without being named: the one
// thing that can be so is the port of a present tunnel.
func (l *line) keeps() bool { return l.over && l.server.Tunnel.Port != 0 }

// allows says whether a group of options may stand, whatever stands beside it.
func (l *line) allows(g *group, r *rule, member int) bool {
	if l.verb == List && g.views != 0 && l.views&g.views == 0 {
		return false
	}
	return r.needs.has(member) || r.takes.has(member)
}

// verbName is the name of a command in messages.
func verbName(v Verb) string {
	for _, g := range table {
		if g.options[0].verb == v {
			return g.name
		}
	}
	return ""
}

// judgeSchedFlags judges the scheduler flags when the scheduler is known.
func (l *line) judgeSchedFlags() error {
	if l.keep && !l.over {
		return nil // the scheduler is not known yet
	}
	s := &l.service
	if s.Scheduler == "" {
		s.Scheduler = defaultScheduler
	}
	flags, err := ParseSchedFlags(l.schedFlags, s.Scheduler)
	if flags != 0 {
		s.Flags = s.Flags&^ipvs.SchedFlags | flags
	}
	return err
}

// judgeWhole judges what the options are together, and fills in what follows from
// them.
func (l *line) judgeWhole() error {
	if l.keep && !l.over {
		return nil // what they are together is not known yet
	}
	switch l.verb {
	case AddService, EditService:
		return l.judgeService()
	case AddServer, EditServer:
		return l.judgeServer()
	case StartDaemon:
		if l.daemon.Interface == "" {
			l.daemon.Interface = defaultInterface
		}
	case List:
		return l.judgeListing()
	}
	return nil
}

func (l *line) judgeService() error {
	s := &l.service
	if s.ID.FWMark != 0 {
		return nil
	}
	if s.ID.Addr.Port() == 0 && s.Flags&ipvs.Persistent == 0 {
		return usageError("Zero port specified for non-persistent service")
	}
	if s.Flags&ipvs.OnePacket != 0 && s.ID.Protocol != ipvs.UDP {
		return usageError("One-Packet Scheduling is only for UDP virtual services")
	}
	return nil
}

func (l *line) judgeServer() error {
	id, d := l.service.ID, &l.server
	if !l.translatesPorts() {
		d.Addr = netip.AddrPortFrom(d.Addr.Addr(), id.Addr.Port())
	}
	if d.Family() != id.Family && d.Forward != ipvs.Tunnel {
		return usageError("Different address family is allowed only for tunneling servers")
	}
	if d.Forward == ipvs.Tunnel {
		if l.over {
			l.keepTunnel()
		}
		return l.judgeTunnel()
	}
	if l.given&aboutTunnels != 0 {
		return usageError("Tunnel options conflict with forward method")
	}
	return nil
}

// translatesPorts reports whether the server's port can differ from the service's.
// It cannot where the packet reaches the server as the client sent it. A service by
// firewall mark has no port.
func (l *line) translatesPorts() bool {
	return l.server.Forward == ipvs.Masquerade || l.service.ID.FWMark != 0
}

// requestable returns the forwarding method to ask for where the kernel shows f:
// it makes Local of any server with an address of the director's.
func requestable(f ipvs.Forward) ipvs.Forward {
	if f == ipvs.Local {
		return ipvs.Route
	}
	return f
}

// keepTunnel completes a tunnel by what is kept of the present one: nothing if it
// becomes one of another type.
func (l *line) keepTunnel() {
	t := &l.server.Tunnel
	if !l.namesTunnelType {
		t.Type = l.kept.Type
	}
	if t.Type != l.kept.Type {
		return
	}
	if t.Port == 0 {
		t.Port = l.kept.Port
	}
	if !l.namesTunnelFlags {
		t.Flags = l.kept.Flags
	}
}

func (l *line) judgeListing() error {
	var (
		instead = l.views & of(Connections, Timeouts, Daemons)
		columns = l.views & of(Stats, Rate, Thresholds)
		persist = l.views & of(PersistentConns)
	)
	if instead != 0 && columns != 0 || instead&^of(Connections) != 0 && persist != 0 {
		return usageError("options conflicts in the list command")
	}
	listing := &l.listing
	listing.View = View(bits.TrailingZeros32(uint32(l.views | of(Plain))))
	listing.EngineData = persist != 0
	if l.namesService() {
		id := l.service.ID
		listing.Service = &id
	}
	listing.Server = l.server.Addr
	return nil
}
