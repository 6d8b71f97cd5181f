// Package host reads facts about this machine that are not IPVS itself but decide whether
// IPVS works: links, addresses, the routes to given addresses, neighbours, sysctls.
// It changes nothing.
//
// What cannot be read is in Facts.Gaps, with the reason. It is never guessed.
package host

import "net/netip"

// Facts are the facts about one network namespace. A source that could not be read has its
// zero value here, and a Gap.
type Facts struct {
	// KernelRelease is that of uname(2), such as 6.1.0-28-amd64; empty if unknown.
	KernelRelease string
	// Links are the interfaces, in the order of their indexes.
	Links []Link
	// Addresses are those of all interfaces, in the kernel's order.
	Addresses []Address
	// Routes has one entry for each address of Request.Addresses.
	Routes map[netip.Addr]Route
	// Defaults are the ways to an address that no other route matches: none, or one for
	// each family that has one. See DefaultRoute.
	Defaults []DefaultRoute
	// Neighbours are the entries (ARP, neighbour discovery) for the addresses of
	// Request.Addresses and for the gateways of Routes and Defaults. There is no entry
	// for an address that nothing was sent to recently.
	Neighbours []Neighbour
	// Sysctls are the kernel parameters below net that the checks need: all of
	// net.ipv4.vs, those of SysctlNames, and some of net.ipv4.conf and net.ipv6.conf for
	// all, default and each link.
	Sysctls Sysctls
	// Status is /proc/net/ip_vs_status; nil without this file, as before Linux 7.1.
	Status *Status
	// Apps are the helpers of /proc/net/ip_vs_app, such as ftp; nil without this file.
	Apps []App
	// Gaps are the sources that could not be read.
	Gaps []Gap
}

// Source is a part of Facts that is read by itself.
type Source string

// The sources. Texts name them by these words.
const (
	Links      Source = "links"
	Offloads   Source = "offloads" // Link.LRO
	Addresses  Source = "addresses"
	Routes     Source = "routes" // Routes and Defaults
	Neighbours Source = "neighbours"
	SysctlTree Source = "sysctls"
	StatusFile Source = "ip_vs_status"
	AppsFile   Source = "ip_vs_app"
)

// Gap is a source, or a part of one, that could not be read.
type Gap struct {
	Source Source
	// Name is the part that could not be read, such as the name of a sysctl or an
	// address; empty for the whole source.
	Name string
	// Reason is the error in words, such as "permission denied".
	Reason string
}

// Link is a network interface.
type Link struct {
	Index int
	Name  string
	// Kind is the kind that rtnetlink reports (IFLA_INFO_KIND): dummy, bridge, bond, vlan,
	// ipip, ip6tnl, gre, ip6gre, sit, veth; empty for hardware and for lo.
	Kind string
	// MTU is in bytes.
	MTU int
	// Up reports whether the link was set up (IFF_UP), and Running whether it has a
	// carrier too (IFF_RUNNING).
	Up, Running bool
	Loopback    bool
	// NoARP reports whether the link has no ARP and no neighbour discovery (IFF_NOARP).
	NoARP bool
	// Multicast reports whether the link can send to groups (IFF_MULTICAST).
	Multicast bool
	// Master is the index of the bridge or bond that the link belongs to, else 0.
	Master int
	// Tunnel is set if Kind is that of a tunnel of IP.
	Tunnel *Tunnel
	// LRO reports whether large receive offload is on. It is false if that is unknown:
	// there is a Gap of Offloads then.
	LRO bool
}

// Tunnel is what a tunnel's link is bound to. tunl0, gre0 and ip6tnl0, which take packets
// from everybody, have neither end.
type Tunnel struct {
	Local, Remote netip.Addr
}

// IsTunnel reports whether the link decapsulates packets of a tunnel.
func (l Link) IsTunnel() bool { return l.Tunnel != nil }

// IsDummy reports whether nothing that is sent by the link leaves the machine.
func (l Link) IsDummy() bool { return l.Kind == "dummy" }

// Address is an address of an interface.
type Address struct {
	Addr netip.Prefix // the address itself, with the length of its network
	Link int          // the index
	// Scope is global, link or host.
	Scope Scope
	// The flags are those of IPv6 (IFA_F_*): Tentative while duplicates are looked for,
	// DADFailed if there is one, NoDAD if it was not looked for.
	Tentative, DADFailed, NoDAD bool
}

// Scope is where an address is valid (RT_SCOPE_*).
type Scope uint8

// The scopes of addresses.
const (
	ScopeGlobal Scope = 0
	ScopeSite   Scope = 200
	ScopeLink   Scope = 253
	ScopeHost   Scope = 254
)

// RouteType is what happens to a packet (RTN_*).
type RouteType uint8

// The types of routes. The zero value is that of a Route that could not be asked for.
const (
	RouteUnknown RouteType = iota
	RouteUnicast
	RouteLocal // it is taken in on this machine
	RouteBroadcast
	RouteMulticast
	RouteAnycast
	RouteNone // there is no route
	RouteUnreachable
	RouteProhibit
	RouteBlackhole
)

// Route is the way of a packet that this machine sends to an address, as the kernel
// answers (ip route get).
type Route struct {
	Type RouteType
	// Gateway is the next machine on the way; the zero Addr if the address is on a
	// network of the link.
	Gateway netip.Addr
	// Link is the index of the link by which the packet leaves; 0 if there is none. It is
	// that of lo for RouteLocal.
	Link int
	// Source is the address that the machine sends from.
	Source netip.Addr
	// MTU is that of the route, or that of the path if it was discovered; 0 if neither
	// is known, and that of the link counts.
	MTU int
}

// Reaches reports whether packets leave the machine by the route.
func (r Route) Reaches() bool { return r.Type == RouteUnicast && r.Link != 0 }

// DefaultRoute is the way to the addresses of a family that no other route matches.
type DefaultRoute struct {
	IPv6 bool
	// Hops has one element, or more if packets are distributed over several ways.
	Hops []Hop
}

// Hop is one way of a route.
type Hop struct {
	Gateway netip.Addr // the zero Addr if there is none
	Link    int
}

// Neighbour is an entry of the neighbour table: how to reach an address on a link.
type Neighbour struct {
	Addr  netip.Addr
	Link  int // the index
	State NeighbourState
}

// NeighbourState is the state of a neighbour entry (NUD_*).
type NeighbourState uint16

// The states of neighbour entries.
const (
	Incomplete NeighbourState = 0x01 // asked for, no answer yet
	Reachable  NeighbourState = 0x02
	Stale      NeighbourState = 0x04
	Delay      NeighbourState = 0x08
	Probe      NeighbourState = 0x10
	Failed     NeighbourState = 0x20 // asked for in vain
	NoARP      NeighbourState = 0x40
	Permanent  NeighbourState = 0x80
)

// Status is the contents of /proc/net/ip_vs_status (ip_vs_status_show of
// net/netfilter/ipvs/ip_vs_ctl.c), since Linux 7.1.
type Status struct {
	Connections       int
	ConnectionBuckets int
	Services          int
	ServiceBuckets    int
}

// App is a helper for a protocol whose packets contain addresses, with the port that it
// is registered for.
type App struct {
	Protocol string // TCP or UDP
	Port     uint16
	Name     string
}
