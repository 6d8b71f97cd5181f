package ipvs

import (
	"strconv"
	"strings"
)

// named is the constraint of numbers that can have a name.
type named interface{ ~uint8 | ~uint16 | ~uint32 }

// nameTable pairs the values of a type with their names.
type nameTable[T named] []struct {
	value T
	name  string
}

// name returns the name of a value, and whether it has one.
func (t nameTable[T]) name(v T) (string, bool) {
	for i := range t {
		if t[i].value == v {
			return t[i].name, true
		}
	}
	return "", false
}

// text returns the name of a value, or its number if it has none.
func (t nameTable[T]) text(v T) string {
	if name, ok := t.name(v); ok {
		return name
	}
	return strconv.FormatUint(uint64(v), 10)
}

// parse returns the value with a name, and whether there is one.
func (t nameTable[T]) parse(name string) (T, bool) {
	for i := range t {
		if t[i].name == name {
			return t[i].value, true
		}
	}
	return 0, false
}

// The names of the command line and of JSON documents.
var (
	familyNames      = nameTable[Family]{{IPv4, "ipv4"}, {IPv6, "ipv6"}}
	protocolNames    = nameTable[Protocol]{{TCP, "tcp"}, {UDP, "udp"}, {SCTP, "sctp"}}
	forwardNames     = nameTable[Forward]{{Masquerade, "masq"}, {Local, "local"}, {Tunnel, "tunnel"}, {Route, "route"}, {Bypass, "bypass"}}
	tunnelTypeNames  = nameTable[TunnelType]{{IPIP, "ipip"}, {GUE, "gue"}, {GRE, "gre"}}
	tunnelFlagsNames = nameTable[TunnelFlags]{{TunnelNoChecksum, "nocsum"}, {TunnelChecksum, "csum"}, {TunnelRemoteChecksum, "remcsum"}}
	daemonStateNames = nameTable[DaemonState]{{Master, "master"}, {Backup, "backup"}}
	connFieldNames   = nameTable[ConnField]{{ConnClient, "client"}, {ConnNetwork, "network"}, {ConnService, "service"}, {ConnServer, "server"}, {ConnState, "state"}, {ConnProtocol, "protocol"}}
)

// The names of /proc/net/ip_vs and /proc/net/ip_vs_conn (ip_vs_proto_name and
// ip_vs_fwd_name of net/netfilter/ipvs/ip_vs_ctl.c). Listings print the same.
// ip_vs_fwd_name has none for Bypass.
var (
	procProtocolNames = nameTable[Protocol]{{TCP, "TCP"}, {UDP, "UDP"}, {SCTP, "SCTP"}}
	procForwardNames  = nameTable[Forward]{{Masquerade, "Masq"}, {Local, "Local"}, {Tunnel, "Tunnel"}, {Route, "Route"}}
)

// Name returns the name of the family, ipv4 or ipv6, and whether it has one.
func (f Family) Name() (string, bool) { return familyNames.name(f) }

// String returns the name of the family, or its number if it has none.
func (f Family) String() string { return familyNames.text(f) }

// ParseFamily returns the family with a name, and whether there is one.
func ParseFamily(name string) (Family, bool) { return familyNames.parse(name) }

// Name returns the name of the protocol, and whether it has one: tcp, udp or
// sctp, as /etc/services has it.
func (p Protocol) Name() (string, bool) { return protocolNames.name(p) }

// String returns the name of the protocol, or its number if it has none.
func (p Protocol) String() string { return protocolNames.text(p) }

// ParseProtocol returns the protocol with a name, and whether there is one.
func ParseProtocol(name string) (Protocol, bool) { return protocolNames.parse(name) }

// ProcName returns the name of the protocol in the kernel's proc files, and
// whether it has one: TCP, UDP or SCTP.
func (p Protocol) ProcName() (string, bool) { return procProtocolNames.name(p) }

// ParseProcProtocol returns the protocol with a name of the kernel's proc
// files, and whether there is one.
func ParseProcProtocol(name string) (Protocol, bool) { return procProtocolNames.parse(name) }

// Name returns the name of the forwarding method, and whether it has one: masq,
// local, tunnel, route or bypass.
func (f Forward) Name() (string, bool) { return forwardNames.name(f) }

// String returns the name of the forwarding method, or its number if it has none.
func (f Forward) String() string { return forwardNames.text(f) }

// ParseForward returns the forwarding method with a name, and whether there is
// one.
func ParseForward(name string) (Forward, bool) { return forwardNames.parse(name) }

// ProcName returns the name of the forwarding method in the kernel's proc files,
// and whether it has one: Masq, Local, Tunnel or Route.
func (f Forward) ProcName() (string, bool) { return procForwardNames.name(f) }

// ParseProcForward returns the forwarding method with a name of the kernel's
// proc files, and whether there is one.
func ParseProcForward(name string) (Forward, bool) { return procForwardNames.parse(name) }

// Name returns the name of the tunnel type, ipip, gue or gre, and whether it has
// one.
func (t TunnelType) Name() (string, bool) { return tunnelTypeNames.name(t) }

// String returns the name of the tunnel type, or its number if it has none.
func (t TunnelType) String() string { return tunnelTypeNames.text(t) }

// ParseTunnelType returns the tunnel type with a name, and whether there is one.
func ParseTunnelType(name string) (TunnelType, bool) { return tunnelTypeNames.parse(name) }

// Name returns the name of the flags, and whether they have one: nocsum, csum or
// remcsum, as the options --tun-nocsum, --tun-csum and --tun-remcsum.
func (f TunnelFlags) Name() (string, bool) { return tunnelFlagsNames.name(f) }

// String returns the name of the flags, or their number if they have none.
func (f TunnelFlags) String() string { return tunnelFlagsNames.text(f) }

// ParseTunnelFlags returns the tunnel flags with a name, and whether there are
// such.
func ParseTunnelFlags(name string) (TunnelFlags, bool) { return tunnelFlagsNames.parse(name) }

// Name returns the name of the state, master or backup, and whether it has one.
func (s DaemonState) Name() (string, bool) { return daemonStateNames.name(s) }

// String returns the name of the state, or its number if it has none.
func (s DaemonState) String() string { return daemonStateNames.text(s) }

// ParseDaemonState returns the state with a name, and whether there is one.
func ParseDaemonState(name string) (DaemonState, bool) { return daemonStateNames.parse(name) }

// String returns the name of the field, or its number if it has none.
func (f ConnField) String() string { return connFieldNames.text(f) }

// ParseConnKey returns the key with a name, and whether there is one: client, network,
// network/BITS, service, server, state or protocol.
func ParseConnKey(name string) (ConnKey, bool) {
	name, length, hasLength := strings.Cut(name, "/")
	field, ok := connFieldNames.parse(name)
	if !ok || !hasLength {
		return ConnKey{Field: field}, ok
	}

	bits, err := strconv.ParseUint(length, 10, 8)
	ok = err == nil && field == ConnNetwork && bits >= 1 && bits <= 128
	return ConnKey{Field: field, Bits: uint8(bits)}, ok
}

// schedFlagNames are the names of the scheduler flags, those of a single scheduler first.
var schedFlagNames = []struct {
	name      string
	scheduler string // the one that has this name; empty for all
	flag      ServiceFlags
}{
	{"sh-fallback", "sh", Sched1},
	{"sh-port", "sh", Sched2},
	{"mh-fallback", "mh", Sched1},
	{"mh-port", "mh", Sched2},
	{"flag-1", "", Sched1},
	{"flag-2", "", Sched2},
	{"flag-3", "", Sched3},
}

// SchedFlagName returns the name of one scheduler flag for a scheduler: the
// scheduler's own (sh-fallback) if it has one, else a general one (flag-1). It
// returns the empty string for anything but one of the three flags.
func SchedFlagName(flag ServiceFlags, scheduler string) string {
	for i := range schedFlagNames {
		n := &schedFlagNames[i]
		if n.flag == flag && (n.scheduler == scheduler || n.scheduler == "") {
			return n.name
		}
	}
	return ""
}

// ParseSchedFlag returns the scheduler flag with a name, the only scheduler that
// has this name (empty for a general name), and whether there is such a flag.
func ParseSchedFlag(name string) (flag ServiceFlags, scheduler string, ok bool) {
	for _, n := range schedFlagNames {
		if n.name == name {
			return n.flag, n.scheduler, true
		}
	}
	return 0, "", false
}
