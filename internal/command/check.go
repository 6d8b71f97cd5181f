package command

import (
	"math/bits"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Groups of options that checks name, by their index.
var (
	groupConnection     = groupNamed("connection")
	groupServiceAddress = groupNamed("service-address")
	groupRealServer     = groupNamed("real-server")
	groupTunnelType     = groupNamed("tun-type")
	groupTunnelPort     = groupNamed("tun-port")
	groupTunnelPlain    = groupNamed("tun-nocsum")
	groupTunnelChecksum = groupNamed("tun-csum")
	groupTunnelRemote   = groupNamed("tun-remcsum")
	groupOutput         = groupNamed("output")
	groupJSON           = groupNamed("json")
	groupPartial        = groupNamed("partial")
	groupKeepWeights    = groupNamed("keep-weights")
	groupChanges        = groupNamed("changes")
	groupAgainst        = groupNamed("against")
	groupAtomic         = groupNamed("atomic")
	groupBy             = groupNamed("by")
	groupLimit          = groupNamed("limit")
	groupMetrics        = groupNamed("metrics")
	groupInterval       = groupNamed("interval")
	groupCount          = groupNamed("count")
)

// Sets of groups, as bits at their index.
var (
	// tunnelGroups are the groups that describe a tunnel.
	tunnelGroups = groupsWhere(func(g *Group) bool { return !g.tunnels.isEmpty() })
	// tunnelFlagGroups are the groups of the tunnel flags.
	tunnelFlagGroups = uint64(1<<groupTunnelPlain | 1<<groupTunnelChecksum | 1<<groupTunnelRemote)
	// invocationGroups are the groups with an option of the invocation.
	invocationGroups = groupsWhere(func(g *Group) bool {
		return slices.ContainsFunc(g.Options, func(o Option) bool { return o.Invocation })
	})
)

// optionTable returns the groups of options: the table without the commands. A group's
// index is its position there.
func optionTable() []Group { return table[len(commandGroups):] }

// groupNamed returns the index of the group of options with a name. There must be one.
func groupNamed(name string) int {
	return bits.TrailingZeros64(groupsWhere(func(g *Group) bool { return g.Name == name }))
}

// groupsWhere returns the set of the groups of options for which is returns true.
func groupsWhere(is func(*Group) bool) (groups uint64) {
	options := optionTable()
	for i := range options {
		if is(&options[i]) {
			groups |= 1 << i
		}
	}
	return groups
}

// see notes that the line has an option of a group.
func (l *line) see(group int) { l.seen |= 1 << group }

// has reports whether the line has an option of a group.
func (l *line) has(group int) bool { return l.seen&(1<<group) != 0 }

// check checks the line as a whole, and fills in what follows from it.
func (l *line) check() error {
	if err := l.checkSchedulerFlags(); err != nil {
		return err
	}
	if err := l.checkCommandOptions(); err != nil {
		return err
	}
	if l.isIncomplete() {
		return nil
	}

	switch l.verb {
	case AddService, EditService:
		return l.checkService()
	case AddServer, EditServer:
		return l.checkServer()
	case StartDaemon:
		if l.daemon.Interface == "" {
			l.daemon.Interface = defaultInterface
		}
	case List:
		return l.checkListing()
	case Restore:
		return l.checkRestore()
	}
	return nil
}

// isIncomplete reports whether the line keeps settings that are not known yet. Its
// values are checked against each other by ParseOver.
func (l *line) isIncomplete() bool { return l.keep && !l.over }

// checkSchedulerFlags checks the scheduler flags, now that the scheduler is known.
func (l *line) checkSchedulerFlags() error {
	if l.isIncomplete() {
		return nil
	}

	s := &l.service
	if s.Scheduler == "" {
		s.Scheduler = defaultScheduler
	}

	flags, err := ParseSchedFlags(l.schedulerFlags, s.Scheduler)
	if flags != 0 {
		s.Flags = s.Flags&^ipvs.SchedFlags | flags
	}
	return err
}

// checkCommandOptions checks which options go with the command.
func (l *line) checkCommandOptions() error {
	return l.checkOptions(&commandRules, int(l.verb), func() string { return commandSubject(l.verb) })
}

// checkTunnelOptions checks which options go with the type of the tunnel.
func (l *line) checkTunnelOptions() error {
	t := l.server.Tunnel.Type
	return l.checkOptions(&tunnelRules, int(t), func() string { return tunnelSubject(t) })
}

// checkOptions checks the line against one rule of each group, in the order of the
// table. Only groups that the line has or that the member needs can break a rule. member
// is the command or the tunnel type that the rules are applied for, and subject returns
// its name in messages.
func (l *line) checkOptions(rules *rules, member int, subject func() string) error {
	required := rules.required.of(member)
	if required&^l.seen == 0 && l.seen&^(rules.legal.of(member)|rules.empty) == 0 {
		return nil
	}

	options := optionTable()
	first := "" // the first exclusive option
	for groups := l.seen | required; groups != 0; groups &= groups - 1 {
		g := &options[bits.TrailingZeros64(groups)]
		r := rules.of(g)
		isSeen := l.has(g.index)

		switch {
		case r.isEmpty():
			// The rules are not about these options.
		case !isSeen && r.required.has(member) && !l.isKept(g):
			return requiredError(g.Name, subject())
		case !isSeen, l.isLegal(g, r, member):
			// Nothing to check, or legal beside any other option.
		case !r.exclusive.has(member):
			return illegalError(g.Name, subject())
		case first == "":
			first = g.Name
		case !r.exclusiveUnlessFirst.has(member):
			return conflictError(g.Name, first, subject())
		}
	}
	return nil
}

// isKept reports whether the line keeps a value for an option that is required but
// left out: the port of the present tunnel.
func (l *line) isKept(g *Group) bool {
	return g.index == groupTunnelPort && l.over && l.server.Tunnel.Port != 0
}

// isLegal reports whether options are legal beside any other option.
func (l *line) isLegal(g *Group, r *rule, member int) bool {
	return (r.required.has(member) || r.optional.has(member)) && !l.needsOtherView(g)
}

// needsOtherView reports whether options are legal only in listings of another kind.
func (l *line) needsOtherView(g *Group) bool {
	return l.verb == List && g.views != 0 && l.views&g.views == 0
}

// checkService checks the settings of a virtual service against each other.
func (l *line) checkService() error {
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

// checkServer checks the settings of a real server against each other and against its
// service, and sets the port that follows from the service.
func (l *line) checkServer() error {
	id, d := l.service.ID, &l.server
	if !l.translatesPort() {
		d.Addr = netip.AddrPortFrom(d.Addr.Addr(), id.Addr.Port())
	}

	if d.Family() != id.Family && d.Forward != ipvs.Tunnel {
		return usageError("Different address family is allowed only for tunneling servers")
	}
	if d.Forward == ipvs.Tunnel {
		l.keepTunnel()
		return l.checkTunnelOptions()
	}
	if l.seen&tunnelGroups != 0 {
		return usageError("Tunnel options conflict with forward method")
	}
	return nil
}

// translatesPort reports whether the port of the real server may differ from the port
// of the service. With direct routing and tunnels the server receives the packet as the
// client sent it. A service with a firewall mark has no port.
func (l *line) translatesPort() bool {
	return l.server.Forward == ipvs.Masquerade || l.service.ID.FWMark != 0
}

// keepTunnel fills in the settings of the present tunnel that the line does not name.
// A tunnel whose type changes keeps none.
func (l *line) keepTunnel() {
	t, present := &l.server.Tunnel, l.presentTunnel
	if !l.over {
		return
	}

	if !l.has(groupTunnelType) {
		t.Type = present.Type
	}
	if t.Type != present.Type {
		return
	}
	if !l.has(groupTunnelPort) {
		t.Port = present.Port
	}
	if l.seen&tunnelFlagGroups == 0 {
		t.Flags = present.Flags
	}
}

// checkListing checks what a listing shows, and selects the view.
func (l *line) checkListing() error {
	var (
		replacesTable = l.views & setOf(Connections, Timeouts, Daemons)
		addsColumns   = l.views & setOf(Stats, Rate, Thresholds)
		isPersistent  = l.views.has(int(PersistentConns))
	)
	if replacesTable != 0 && addsColumns != 0 ||
		replacesTable&^setOf(Connections) != 0 && isPersistent {
		return usageError("options conflicts in the list command")
	}

	listing := &l.listing
	listing.View = View(bits.TrailingZeros32(uint32(l.views | setOf(Plain))))
	listing.EngineData = isPersistent
	if l.namesService() {
		id := l.service.ID
		listing.Service = &id
	}

	listing.Server = l.server.Addr
	return l.checkExtendedListing()
}

// checkRule checks that the line may be a rule: it has no option of the invocation.
func (l *line) checkRule() error {
	if groups := l.seen & invocationGroups; groups != 0 {
		g := &optionTable()[bits.TrailingZeros64(groups)]
		return usageError("--%s belongs to the invocation, not to a rule stream", g.Name)
	}
	return nil
}
