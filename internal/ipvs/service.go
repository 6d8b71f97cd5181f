package ipvs

import "net/netip"

// Family is the number of an address family (AF_INET, AF_INET6). The zero value is an
// unknown family.
type Family uint16

// The families of IPVS.
const (
	IPv4 Family = 2
	IPv6 Family = 10
)

// FamilyOf returns the family of an address, 0 for the zero netip.Addr. An IPv4-mapped
// IPv6 address is IPv6, as it is for the kernel.
func FamilyOf(a netip.Addr) Family {
	switch {
	case a.Is4():
		return IPv4
	case a.Is6():
		return IPv6
	}
	return 0
}

// Bits returns the length of an address of the family in bits: 32, 128, or 0 if the
// family is unknown.
func (f Family) Bits() int {
	switch f {
	case IPv4:
		return 32
	case IPv6:
		return 128
	}
	return 0
}

// FullMask returns the Netmask of a Service that tells clients apart by their whole
// address: 255.255.255.255 for IPv4, 128 for IPv6.
func (f Family) FullMask() uint32 {
	if f == IPv6 {
		return 128
	}
	return 0xffffffff
}

// Unspecified returns the all-zero address of the family, or the zero netip.Addr if the
// family is unknown.
func (f Family) Unspecified() netip.Addr {
	switch f {
	case IPv4:
		return netip.IPv4Unspecified()
	case IPv6:
		return netip.IPv6Unspecified()
	}
	return netip.Addr{}
}

// Protocol is the number of an IP protocol. Firewall-mark services have none: theirs is
// 0.
type Protocol uint16

// The protocols that a virtual service can have.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// ServiceID identifies a virtual service: by protocol, address and port, or by firewall
// mark and family. It is comparable.
type ServiceID struct {
	// FWMark is the firewall mark, 1 to 2^32-1; 0 for a service that is
	// identified by its address.
	FWMark uint32
	// Family is the family of the address, or of the packets of a firewall-mark
	// service.
	Family Family
	// Protocol is 0 in a firewall-mark service.
	Protocol Protocol
	// Addr is the virtual address and port. Port 0 is all ports that have no
	// service of their own. It is the zero AddrPort in a firewall-mark service.
	Addr netip.AddrPort
}

// AddrService returns the ID of a service by protocol, address and port.
func AddrService(p Protocol, addr netip.AddrPort) ServiceID {
	return ServiceID{Family: FamilyOf(addr.Addr()), Protocol: p, Addr: addr}
}

// MarkService returns the ID of a firewall-mark service.
func MarkService(mark uint32, f Family) ServiceID {
	return ServiceID{FWMark: mark, Family: f}
}

// ServiceFlags are the IP_VS_SVC_F_* bits of a service.
type ServiceFlags uint32

// The service flags of include/uapi/linux/ip_vs.h. The kernel sets Hashed in a service
// that is in its table. What the three scheduler flags mean depends on the scheduler.
const (
	Persistent ServiceFlags = 1 << iota
	Hashed
	OnePacket
	Sched1
	Sched2
	Sched3

	SchedFlags = Sched1 | Sched2 | Sched3
	// KnownFlags are all of these. A newer kernel may have others, which no
	// option sets.
	KnownFlags = Persistent | Hashed | OnePacket | SchedFlags
)

// Service is a virtual service: where clients connect, and how IPVS selects the real
// server. A change replaces all of it.
type Service struct {
	ID ServiceID
	// Scheduler is the name of the scheduler, such as wlc: 1 to MaxSchedulerName
	// bytes in a change.
	Scheduler string
	// Flags do not have Hashed in a change.
	Flags ServiceFlags
	// Timeout is the time in seconds for which the connections of a client go to
	// the same real server, 1 to MaxTimeout. It is 0 unless Flags has Persistent.
	Timeout uint32
	// Netmask groups the clients of a persistent service. IPv4: the mask as a
	// number, 0xffffff00 for 255.255.255.0. IPv6: the prefix length, 1 to
	// MaxPrefixLength. With ID.Family.FullMask() each client is its own group.
	Netmask uint32
	// Engine is the name of the persistence engine, such as sip; empty for none.
	Engine string
	// Stats are read from the kernel, and ignored in a change. They are nil unless
	// a Query asked for them.
	Stats *Stats
}

// Stats are the counters of a service or a real server since they were last zeroed, and
// their rates. The kernel updates both every two seconds; the rates are averages over
// the last eight.
type Stats struct {
	Connections uint64
	InPackets   uint64
	OutPackets  uint64
	InBytes     uint64
	OutBytes    uint64

	ConnectionRate uint64 // per second
	InPacketRate   uint64 // per second
	OutPacketRate  uint64 // per second
	InByteRate     uint64 // bytes per second
	OutByteRate    uint64 // bytes per second
}
