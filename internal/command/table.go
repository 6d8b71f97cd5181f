package command

import (
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// group is a name of the fault messages, and the options that go by it. A line
// may name each group once. The order of the groups in the table is the order in
// which their legality is judged.
type group struct {
	// name is what messages call the options. The options of the group
	// without a name may be repeated and go with every command.
	name string
	// placeholder is what -h calls a choice of several options.
	placeholder string
	// verbs says which commands the options go with, by Verb.
	verbs rule
	// tunnels says which tunnel types they go with, by ipvs.TunnelType, for
	// the options that describe a tunnel.
	tunnels rule
	// views are the views that the options need in a listing; none of them
	// needed if empty.
	views   set
	options []option
}

// option is one spelling of the language: a command or an option.
type option struct {
	// long is the name after two dashes.
	long string
	// letters are the names after one dash: none, one, or two that mean the
	// same.
	letters string
	// value is what -h calls the value; empty when there is none.
	value string
	// words is what -h calls the plain words that it takes; empty when there
	// are none.
	words string
	// absent is the value of an option that may stand without one.
	absent string
	// verb is the command that the option stands for; None for an option.
	verb Verb
	// help is the line of -h.
	help string
	// leads marks what may stand before the command.
	leads bool
	// invocation marks what belongs to the invocation of the program, and not
	// to a rule: it is an error in a rule stream.
	invocation bool
	// beyond marks what the reference program does not have.
	beyond bool
	// read judges the value and stores it.
	read func(l *line, value string) error
}

// rule says what a set of commands, or of tunnel types, makes of a group of
// options. Whatever is in none of the three refuses them.
type rule struct {
	needs set // must have it
	takes set // may have it
	one   set // may have at most one of all the groups that say so
	// narrows is where one of them may all the same stand with another that
	// comes before it in the table.
	narrows set
}

// The commands by what they take.
var (
	serviceEdits = of(AddService, EditService)
	serverEdits  = of(AddServer, EditServer)
	servers      = of(AddServer, EditServer, DeleteServer)
	services     = of(AddService, EditService, DeleteService)
	lists        = of(List)
	daemons      = of(StartDaemon)
	restores     = of(Restore)
	everywhere   = services | servers | lists | daemons | restores | of(Flush, Save, Zero, SetTimeouts, StopDaemon)
)

// table is the language: every command and every option, once. An entry here,
// and the method of line that its read names, is all that a new option takes.
var table = []group{
	{name: "add-service", options: []option{
		{long: "add-service", letters: "A", verb: AddService, help: "add a virtual service"}}},
	{name: "edit-service", options: []option{
		{long: "edit-service", letters: "E", verb: EditService, help: "replace the settings of a virtual service"}}},
	{name: "delete-service", options: []option{
		{long: "delete-service", letters: "D", verb: DeleteService, help: "remove a virtual service and its real servers"}}},
	{name: "flush", options: []option{
		{long: "clear", letters: "C", verb: Flush, help: "remove everything"}}},
	{name: "restore", options: []option{
		{long: "restore", letters: "R", verb: Restore, help: "apply the commands on standard input, one a line"}}},
	{name: "save", options: []option{
		{long: "save", letters: "S", verb: Save, help: "print the table as commands that restore it"}}},
	{name: "add-server", options: []option{
		{long: "add-server", letters: "a", verb: AddServer, help: "add a real server to a virtual service"}}},
	{name: "edit-server", options: []option{
		{long: "edit-server", letters: "e", verb: EditServer, help: "replace the settings of a real server"}}},
	{name: "delete-server", options: []option{
		{long: "delete-server", letters: "d", verb: DeleteServer, help: "remove a real server from a virtual service"}}},
	{name: "list", options: []option{
		{long: "list", letters: "Ll", verb: List, help: "list the table, one service of it, or what the option says"}}},
	{name: "zero", options: []option{
		{long: "zero", letters: "Z", verb: Zero, help: "zero the counters of one service or of all"}}},
	{name: "set", options: []option{
		{long: "set", words: "TCP TCPFIN UDP", verb: SetTimeouts, help: "set the connection timeouts in seconds; 0 keeps one"}}},
	{name: "start-daemon", options: []option{
		{long: "start-daemon", value: "STATE", verb: StartDaemon, help: "start the connection sync daemon: master or backup",
			read: daemonState(StartDaemon)}}},
	{name: "stop-daemon", options: []option{
		{long: "stop-daemon", value: "STATE", verb: StopDaemon, help: "stop the connection sync daemon: master or backup",
			read: daemonState(StopDaemon)}}},
	{name: "help", options: []option{
		{long: "help", letters: "h", verb: Help, help: "print this text"}}},
	{name: "version", options: []option{
		{long: "version", letters: "v", verb: Version, help: "print the version"}}},

	{name: "numeric", verbs: rule{takes: lists | of(Save)}, options: []option{
		{long: "numeric", letters: "n", help: "print addresses and ports as numbers",
			read: flag(func(l *line) { l.listing.Numeric = true })}}},
	{name: "connection", verbs: rule{one: lists}, options: []option{
		{long: "connection", letters: "c", help: "list the connections", read: view(Connections)}}},
	{name: "service-address", placeholder: "SERVICE", verbs: rule{needs: services | servers, takes: of(Zero), one: lists, narrows: lists}, options: []option{
		{long: "tcp-service", letters: "t", value: "HOST[:PORT]", help: "TCP service", read: address(ipvs.TCP)},
		{long: "udp-service", letters: "u", value: "HOST[:PORT]", help: "UDP service", read: address(ipvs.UDP)},
		{long: "sctp-service", value: "HOST[:PORT]", help: "SCTP service", read: address(ipvs.SCTP)},
		{long: "fwmark-service", letters: "f", value: "MARK", help: "service of the packets with a firewall mark, 1 to 4294967295",
			read: (*line).readMark}}},
	{name: "scheduler", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "scheduler", letters: "s", value: "NAME", help: "how the real server is picked (default " + defaultScheduler + "): " + schedulers,
			read: (*line).readScheduler}}},
	{name: "persistent", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "persistent", letters: "p", value: "SECONDS", absent: "360", help: "keep a client on its real server for that time (default 360)",
			read: (*line).readPersistence}}},
	{name: "netmask", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "netmask", letters: "M", value: "MASK", help: "keep whole networks together: 255.255.255.0, or a prefix length for IPv6 (default one address)",
			read: (*line).readNetmask}}},
	{name: "real-server", verbs: rule{needs: servers, takes: lists}, views: of(Connections), options: []option{
		{long: "real-server", letters: "r", value: "HOST[:PORT]", help: "the real server (default port: the service's)",
			read: (*line).readServer}}},
	{name: "forwarding-method", verbs: rule{takes: serverEdits}, options: []option{
		{long: "masquerading", letters: "m", help: "forward by network address translation", read: forward(ipvs.Masquerade)},
		{long: "gatewaying", letters: "g", help: "forward by direct routing (default)", read: forward(ipvs.Route)},
		{long: "ipip", letters: "i", help: "forward through a tunnel", read: forward(ipvs.Tunnel)}}},
	{name: "weight", verbs: rule{takes: serverEdits}, options: []option{
		{long: "weight", letters: "w", value: "N", help: "capacity in relation to the other servers (default 1); 0: no new connections",
			read: number(weights, func(l *line, n uint32) { l.server.Weight = int32(n) })}}},
	{name: "u-threshold", verbs: rule{takes: serverEdits}, options: []option{
		{long: "u-threshold", letters: "x", value: "N", help: "no new connections above this number (default 0: no limit)",
			read: number(upperThresholds, func(l *line, n uint32) { l.server.UpperThreshold = n })}}},
	{name: "l-threshold", verbs: rule{takes: serverEdits}, options: []option{
		{long: "l-threshold", letters: "y", value: "N", help: "... until there are fewer than this (default 0: three quarters of it)",
			read: number(lowerThresholds, func(l *line, n uint32) { l.server.LowerThreshold = n })}}},
	{name: "mcast-interface", verbs: rule{takes: daemons}, options: []option{
		{long: "mcast-interface", value: "IFNAME", help: "multicast interface (default " + defaultInterface + ")", read: (*line).readInterface}}},
	{name: "timeout", verbs: rule{one: lists}, options: []option{
		{long: "timeout", help: "list the connection timeouts", read: view(Timeouts)}}},
	{name: "daemon", verbs: rule{one: lists}, options: []option{
		{long: "daemon", help: "list the sync daemons", read: view(Daemons)}}},
	{name: "stats", verbs: rule{takes: lists}, options: []option{
		{long: "stats", help: "list the counters", read: view(Stats)}}},
	{name: "rate", verbs: rule{takes: lists}, options: []option{
		{long: "rate", help: "list the rates per second", read: view(Rate)}}},
	{name: "thresholds", verbs: rule{takes: lists}, options: []option{
		{long: "thresholds", help: "list the connection thresholds", read: view(Thresholds)}}},
	{name: "persistent-conn", verbs: rule{takes: lists}, options: []option{
		{long: "persistent-conn", help: "list the persistent connections; with -c, the engines' data", read: view(PersistentConns)}}},
	{name: "nosort", verbs: rule{takes: lists}, options: []option{
		{long: "nosort", help: "list in the kernel's order",
			read: flag(func(l *line) { l.listing.KernelOrder = true })}}},
	{name: "syncid", verbs: rule{takes: daemons | of(StopDaemon) | lists}, options: []option{
		{long: "syncid", value: "N", help: "group of sync daemons, 0 to 255 (default 0: a backup takes all)",
			read: number(syncIDs, func(l *line, n uint32) { l.daemon.SyncID = n })}}},
	{name: "exact", verbs: rule{takes: lists}, options: []option{
		{long: "exact", letters: "X", help: "print counters in full",
			read: flag(func(l *line) { l.listing.Exact = true })}}},
	{name: "ops", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "ops", letters: "o", help: "schedule every packet on its own (UDP)",
			read: flag(func(l *line) { l.service.Flags |= ipvs.OnePacket })}}},
	{name: "pe", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "pe", value: "ENGINE", help: "persistence engine: sip", read: (*line).readEngine}}},
	{name: "sched-flags", verbs: rule{takes: serviceEdits}, options: []option{
		{long: "sched-flags", letters: "b", value: "FLAGS", help: "flags of the scheduler, parted by commas: " + schedulerFlags,
			read: (*line).readSchedFlags}}},
	{name: "mcast-group", verbs: rule{takes: daemons}, options: []option{
		{long: "mcast-group", value: "ADDRESS", help: "multicast group (default 224.0.0.81)", read: (*line).readGroup}}},
	{name: "mcast-port", verbs: rule{takes: daemons}, options: []option{
		{long: "mcast-port", value: "PORT", help: "UDP port (default 8848)",
			read: number(syncPorts, func(l *line, n uint32) { l.daemon.Port = uint16(n) })}}},
	{name: "mcast-ttl", verbs: rule{takes: daemons}, options: []option{
		{long: "mcast-ttl", value: "TTL", help: "time to live of the multicast packets (default 1)",
			read: number(syncTTLs, func(l *line, n uint32) { l.daemon.TTL = uint8(n) })}}},
	{name: "sync-maxlen", verbs: rule{takes: daemons}, options: []option{
		{long: "sync-maxlen", value: "BYTES", help: "greatest length of a sync message (default: what the interface takes)",
			read: number(syncLengths, func(l *line, n uint32) { l.daemon.MaxLen = uint16(n) })}}},
	{name: "tun-info", verbs: rule{takes: lists}, options: []option{
		{long: "tun-info", help: "list the tunnels", read: view(TunInfo)}}},
	{name: "tun-type", verbs: rule{takes: serverEdits}, tunnels: rule{takes: of(ipvs.IPIP, ipvs.GUE, ipvs.GRE)}, options: []option{
		{long: "tun-type", value: "TYPE", help: "encapsulation: ipip (default), gue or gre", read: (*line).readTunnelType}}},
	{name: "tun-port", verbs: rule{takes: serverEdits}, tunnels: rule{needs: of(ipvs.GUE)}, options: []option{
		{long: "tun-port", value: "PORT", help: "UDP port of a gue tunnel",
			read: number(tunnelPorts, func(l *line, n uint32) { l.server.Tunnel.Port = uint16(n) })}}},
	{name: "tun-nocsum", verbs: rule{takes: serverEdits}, tunnels: rule{one: of(ipvs.GUE, ipvs.GRE)}, options: []option{
		{long: "tun-nocsum", help: "gue, gre: no checksum (default)", read: tunnelFlag(ipvs.TunnelNoChecksum)}}},
	{name: "tun-csum", verbs: rule{takes: serverEdits}, tunnels: rule{one: of(ipvs.GUE, ipvs.GRE)}, options: []option{
		{long: "tun-csum", help: "gue, gre: checksum", read: tunnelFlag(ipvs.TunnelChecksum)}}},
	{name: "tun-remcsum", verbs: rule{takes: serverEdits}, tunnels: rule{one: of(ipvs.GUE)}, options: []option{
		{long: "tun-remcsum", help: "gue: remote checksum", read: tunnelFlag(ipvs.TunnelRemoteChecksum)}}},

	{name: "check", verbs: rule{one: restores}, options: []option{
		{long: "check", beyond: true, help: "read the commands, tell every bad line, change nothing", read: mode(Check)}}},
	{name: "diff", verbs: rule{one: restores}, options: []option{
		{long: "diff", beyond: true, help: "print the commands that would make the table what the stream describes; exit status 1 if there are any",
			read: mode(Diff)}}},
	{name: "sync", verbs: rule{one: restores}, options: []option{
		{long: "sync", beyond: true, help: "do those commands: what stays keeps its connections and counters; undone if one is refused",
			read: mode(Sync)}}},
	{name: "all", verbs: rule{takes: of(Save)}, options: []option{
		{long: "all", beyond: true, help: "save the timeouts and the sync daemons too",
			read: flag(func(l *line) { l.saving.All = true })}}},
	{name: "output", verbs: rule{takes: of(Save)}, options: []option{
		{long: "output", beyond: true, invocation: true, value: "FILE", help: "save to a file, which is replaced when all is written", read: (*line).readOutput}}},
	{name: "json", verbs: rule{takes: lists | restores | of(Save)}, options: []option{
		{long: "json", beyond: true, help: "print a JSON document, numbers exact, in the place of text; with -R, read one",
			read: flag(func(l *line) { l.listing.JSON = true })}}},
	{name: "keep", verbs: rule{takes: of(EditService, EditServer)}, options: []option{
		{long: "keep", beyond: true, help: "leave what the line does not name as it is",
			read: flag(func(l *line) { l.keep = true })}}},
	{name: "drain", verbs: rule{takes: of(DeleteServer)}, options: []option{
		{long: "drain", beyond: true, value: "TIME", help: "set the weight to 0 and wait that many seconds for the connections to end before removing",
			read: number(drainTimes, func(l *line, n uint32) {
				d := time.Duration(n) * time.Second
				l.drain = &d
			})}}},
	{name: "netns", verbs: rule{takes: everywhere}, options: []option{
		{long: "netns", beyond: true, invocation: true, leads: true, value: "NETNS", help: "work in a network namespace: a name as in ip netns, a process id or a path; may stand before the command",
			read: (*line).readNetNS}}},

	{options: []option{
		{long: "ipv6", letters: "6", help: "the firewall mark before it is that of IPv6 packets", read: (*line).readIPv6},
		{long: "sort", help: "does nothing: listings are sorted", read: flag(func(*line) {})}}},
}

// set is a set of small numbers: of verbs, or of tunnel types.
type set uint32

// of makes the set of its arguments.
func of[T ~int | ~uint8](members ...T) set {
	var s set
	for _, m := range members {
		s |= 1 << m
	}
	return s
}

// has says whether the number is in the set.
func (s set) has(n int) bool { return s&(1<<n) != 0 }

// Option is what the table says of a command or an option, for those who describe
// the language: manuals, completions, tests.
type Option struct {
	// Group is the name in messages. Of the options of a group a line may
	// have one. It is empty for those that may be repeated.
	Group string
	// Long is the name after two dashes, Letters those after one, if any.
	Long, Letters string
	// Value is what to call the value; empty if there is none. Optional says
	// that it may be left out.
	Value    string
	Optional bool
	// Words is what to call the plain words that a command takes, if any.
	Words string
	// Verb is the command that it is; None for an option.
	Verb Verb
	// Needed and Taken are the commands that an option must and may stand
	// with.
	Needed, Taken []Verb
	Help          string
	// Beyond says that ipvsadm 1.31 does not have it.
	Beyond bool
}

// Options is the table, in its order.
func Options() []Option {
	var all []Option
	for _, g := range table {
		for _, o := range g.options {
			all = append(all, Option{
				Group: g.name, Long: o.long, Letters: o.letters, Value: o.value, Optional: o.absent != "", Words: o.words,
				Verb: o.verb, Needed: verbsIn(g.verbs.needs), Taken: verbsIn(g.verbs.takes | g.verbs.one), Help: o.help, Beyond: o.beyond,
			})
		}
	}
	return all
}

// verbsIn lists the members of a set of verbs.
func verbsIn(s set) []Verb {
	var verbs []Verb
	for v := None; v <= Version; v++ {
		if s.has(int(v)) {
			verbs = append(verbs, v)
		}
	}
	return verbs
}
