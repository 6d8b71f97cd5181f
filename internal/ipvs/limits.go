package ipvs

import "math"

// The greatest numbers that the reference program accepts.
const (
	// MaxTimeout is 31 days in seconds: the longest time of a persistent service, and
	// of each of the Timeouts. Of these a kernel with 1000 ticks a second accepts no
	// more than 2147483, as they have to fit in an int as ticks.
	MaxTimeout = 31 * 24 * 60 * 60
	// MaxWeight is the greatest weight of a server: it is a C int.
	MaxWeight = math.MaxInt32
	// MaxThreshold is the greatest upper or lower threshold of a server.
	MaxThreshold = math.MaxInt32
	// MaxPrefixLength is the greatest Netmask of an IPv6 service, in bits.
	MaxPrefixLength = 128
	// MaxSyncID is the greatest ID of a sync daemon: it is one byte of a sync
	// message.
	MaxSyncID = math.MaxUint8
	// MaxSyncLength is the greatest length of a sync message in bytes: what
	// fits in a UDP packet over IPv4, 65535-20-8.
	MaxSyncLength = 65507
	// MaxTTL is the greatest time to live of a sync message.
	MaxTTL = math.MaxUint8
)

// The greatest lengths of names in bytes. The kernel refuses longer ones
// (ip_vs_svc_policy and ip_vs_daemon_policy of net/netfilter/ipvs/ip_vs_ctl.c).
// Its policy for the name of an engine leaves no room for the closing zero, so
// that one byte more is accepted, though no engine has such a name.
const (
	MaxSchedulerName = 15
	MaxInterfaceName = 15
	MaxEngineName    = 16
)
