package ipvs

import "net/netip"

// Family is an address family as the kernel numbers it (AF_INET, AF_INET6). The
// zero value means "not known".
type Family uint16

// The families IPVS knows.
const (
	IPv4 Family = 2
	IPv6 Family = 10
)

// FamilyOf gives the family of an address, 0 for the zero netip.Addr. An
// IPv4-mapped IPv6 address counts as IPv6, as it does for the kernel.
func FamilyOf(a netip.Addr) Family {
	switch {
	case a.Is4():
		return IPv4
	case a.Is6():
		return IPv6
	}
	return 0
}

// Bits is the length of an address of the family in bits: 32, 128, or 0 when the
// family is not known.
func (f Family) Bits() int {
	switch f {
	case IPv4:
		return 32
	case IPv6:
		return 128
	}
	return 0
}

// FullMask is the Netmask of a Service that keeps clients apart by their whole
// address: 255.255.255.255 for IPv4, 128 for IPv6.
func (f Family) FullMask() uint32 {
	if f == IPv6 {
		return 128
	}
	return 0xffffffff
}

// Unspecified is the all-zero address of the family; the zero netip.Addr when
// the family is not known.
func (f Family) Unspecified() netip.Addr {
	switch f {
	case IPv4:
		return netip.IPv4Unspecified()
	case IPv6:
		return netip.IPv6Unspecified()
	}
	return netip.Addr{}
}

// Protocol is an IP protocol number. The zero value is that of firewall-mark
// services, which have none.
type Protocol uint16

// The protocols that a virtual service can have.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// ServiceID is what tells one virtual service from another: either a protocol,
// an address and a port, or a firewall mark and a family. It is comparable.
type ServiceID struct {
	// FWMark is the firewall mark, 1 to 2^32-1; 0 for a service that is
	// known by its address.
	FWMark uint32
	// Family is that of the address, and of the packets that a firewall-mark
	// service takes.
	Family Family
	// Protocol is 0 in a firewall-mark service.
	Protocol Protocol
	// Addr is the virtual address and port. Port 0 takes the packets of all
	// ports. It is the zero AddrPort in a firewall-mark service.
	Addr netip.AddrPort
}

// AddrService makes the ID of a service known by protocol, address and port.
func AddrService(p Protocol, addr netip.AddrPort) ServiceID {
	return ServiceID{Family: FamilyOf(addr.Addr()), Protocol: p, Addr: addr}
}

// MarkService makes the ID of a firewall-mark service.
func MarkService(mark uint32, f Family) ServiceID {
	return ServiceID{FWMark: mark, Family: f}
}

// ServiceFlags are the IP_VS_SVC_F_* bits of a service.
type ServiceFlags uint32

// The service flags of include/uapi/linux/ip_vs.h. Hashed is the kernel's own
// mark on a service in its table; the three scheduler flags mean what the
// scheduler makes of them.
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

// Service is a virtual service: where clients connect, and how IPVS picks the
// real server. A change replaces all of it; nothing is kept "as before".
type Service struct {
	ID ServiceID
	// Scheduler is the name of the scheduler, such as wlc: at most 15 bytes,
	// and never empty in a request.
	Scheduler string
	// Flags of a change carry no Hashed.
	Flags ServiceFlags
	// Timeout is the time in seconds for which a client is kept on its real
	// server. It is 0 unless Flags has Persistent.
	Timeout uint32
	// Netmask groups the clients of a persistent service. IPv4: the mask as a
	// number, 255.255.255.0 being 0xffffff00. IPv6: the prefix length, 1 to
	// 128. ID.Family.FullMask() keeps every client for itself.
	Netmask uint32
	// Engine is the persistence engine, such as sip; empty for none.
	Engine string
	// Stats are read from the kernel, and ignored in a change. They are nil
	// unless a Query asked for them.
	Stats *Stats
}

// Stats are the counters of a service or a real server since they were last
// zeroed, and the kernel's moving averages over the last eight seconds, which it
// renews every two.
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
