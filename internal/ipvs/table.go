package ipvs

import (
	"cmp"
	"net/netip"
)

// Info is what the kernel tells of IPVS as a whole.
type Info struct {
	Version Version
	// ConnTableSize is the number of hash buckets for connections.
	ConnTableSize uint32
}

// Version is the version of IPVS in the kernel, a byte each for major, minor and
// patch: 0x010201 is 1.2.1.
type Version uint32

// Major, Minor and Patch are the three parts.
func (v Version) Major() int { return int(v>>16) & 0xff }
func (v Version) Minor() int { return int(v>>8) & 0xff }
func (v Version) Patch() int { return int(v) & 0xff }

// Entry is a virtual service with its real servers.
type Entry struct {
	Service      Service
	Destinations []Destination
}

// Table is a state of the IPVS table, or the part of it that a Query asked for.
type Table struct {
	Info    Info
	Entries []Entry
}

// Query says which part of the table is wanted.
type Query struct {
	// Service limits the answer to one virtual service. Nil is all of them.
	Service *ServiceID
	// Detail is how much of it is wanted.
	Detail Detail
}

// Detail says which fields of services and servers a Query asks for. A field
// that a Detail does not promise may be zero: reading it can cost a hundred
// times as much.
type Detail int

const (
	// WithStats asks for every field.
	WithStats Detail = iota
	// WithoutStats asks for every field but Stats. Stats are more than half of
	// what there is to read and to keep.
	WithoutStats
	// PlainColumns asks for the columns of the plain listing: every field of a
	// service but Stats; address, forwarding method, weight, active and
	// inactive connections of a server. /proc/net/ip_vs has all of them.
	PlainColumns
)

// Timeouts are the times in seconds after which idle connections are forgotten.
// In a change, 0 leaves the present value.
type Timeouts struct {
	TCP    uint32
	TCPFin uint32
	UDP    uint32
}

// or returns the timeouts with those that are 0 taken from others.
func (t Timeouts) or(others Timeouts) Timeouts {
	return Timeouts{
		TCP: cmp.Or(t.TCP, others.TCP), TCPFin: cmp.Or(t.TCPFin, others.TCPFin), UDP: cmp.Or(t.UDP, others.UDP),
	}
}

// DaemonState is the side of a sync daemon (IP_VS_STATE_*). A director can run
// one of each.
type DaemonState uint32

// The states of a sync daemon.
const (
	Master DaemonState = 1
	Backup DaemonState = 2
)

// Daemon is a sync daemon: a kernel thread that sends the connections of this
// director to others by multicast (master) or receives them (backup). In a
// start, the zero value of MaxLen, Group, Port and TTL leaves the choice to the
// kernel; a stop looks at State and SyncID only.
type Daemon struct {
	State     DaemonState
	Interface string // at most 15 bytes
	SyncID    uint32 // 0 to 255
	// MaxLen is the greatest length of a sync message, in bytes.
	MaxLen uint16
	Group  netip.Addr // multicast, IPv4 or IPv6
	Port   uint16     // UDP
	TTL    uint8
}

// or returns the daemon with the choices that it leaves to the kernel taken from
// another.
func (d Daemon) or(other Daemon) Daemon {
	d.MaxLen = cmp.Or(d.MaxLen, other.MaxLen)
	d.Group = cmp.Or(d.Group, other.Group)
	d.Port = cmp.Or(d.Port, other.Port)
	d.TTL = cmp.Or(d.TTL, other.TTL)
	return d
}
