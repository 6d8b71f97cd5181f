package ipvs

import (
	"cmp"
	"net/netip"
)

// Info describes IPVS as a whole.
type Info struct {
	Version Version
	// ConnTableSize is the number of hash buckets for connections. Since Linux 7.1 it
	// changes with their number.
	ConnTableSize uint32
}

// Version is the version of IPVS in the kernel, one byte each for major, minor and patch:
// 0x010201 is 1.2.1.
type Version uint32

// Major, Minor and Patch return the three parts.
func (v Version) Major() int { return int(v>>16) & 0xff }
func (v Version) Minor() int { return int(v>>8) & 0xff }
func (v Version) Patch() int { return int(v) & 0xff }

// Entry is a virtual service with its real servers.
type Entry struct {
	Service      Service
	Destinations []Destination
}

// Table is the IPVS table, or the part of it that a Query asked for.
type Table struct {
	Info    Info
	Entries []Entry
}

// Query selects a part of the table.
type Query struct {
	// Service selects one virtual service; nil selects all.
	Service *ServiceID
	// Detail selects the fields of services and servers.
	Detail Detail
}

// Detail selects fields of services and servers. Those that are not selected may be zero:
// to read them can take a hundred times as long.
type Detail int

const (
	// WithStats selects every field.
	WithStats Detail = iota
	// WithoutStats selects every field but Stats, which are more than half of what
	// has to be read and kept.
	WithoutStats
	// PlainColumns selects the columns of the plain listing: every field of a service
	// but Stats; address, forwarding method, weight, active and inactive connections
	// of a server. /proc/net/ip_vs has all of those of a server.
	PlainColumns
)

// Timeouts are the times in seconds after which idle connections are removed, up to
// MaxTimeout. In a change, 0 keeps the present value.
type Timeouts struct {
	TCP    uint32
	TCPFin uint32
	UDP    uint32
}

// or returns the timeouts, with those of others in the place of zeros.
func (t Timeouts) or(others Timeouts) Timeouts {
	return Timeouts{
		TCP: cmp.Or(t.TCP, others.TCP), TCPFin: cmp.Or(t.TCPFin, others.TCPFin), UDP: cmp.Or(t.UDP, others.UDP),
	}
}

// DaemonState is the role of a sync daemon (IP_VS_STATE_*). A director can run one of
// each.
type DaemonState uint32

// The states of a sync daemon.
const (
	Master DaemonState = 1
	Backup DaemonState = 2
)

// Daemon is a sync daemon: a kernel thread that sends the connections of this director to
// others by multicast (master) or receives them (backup). To start one, zero MaxLen,
// Group, Port and TTL leave the choice to the kernel; to stop one, State and SyncID are
// enough.
type Daemon struct {
	State     DaemonState
	Interface string // 1 to MaxInterfaceName bytes
	SyncID    uint32 // up to MaxSyncID
	// MaxLen is the greatest length of a sync message in bytes, up to MaxSyncLength.
	MaxLen uint16
	Group  netip.Addr // multicast, IPv4 or IPv6
	Port   uint16     // UDP
	TTL    uint8
}

// or returns the daemon, with the settings of another in the place of those that it leaves
// to the kernel.
func (d Daemon) or(other Daemon) Daemon {
	d.MaxLen = cmp.Or(d.MaxLen, other.MaxLen)
	d.Group = cmp.Or(d.Group, other.Group)
	d.Port = cmp.Or(d.Port, other.Port)
	d.TTL = cmp.Or(d.TTL, other.TTL)
	return d
}
