package ipvs

import "net/netip"

// Forward is a forwarding method: how a packet travels from the director to the
// real server (IP_VS_CONN_F_*).
type Forward uint32

// The forwarding methods. No option asks for Local and Bypass, but the kernel takes
// them from other programs. A real server whose address is the director's keeps the
// method that it was added with.
const (
	Masquerade Forward = iota // NAT
	Local
	Tunnel // IP in IP, GUE or GRE
	Route  // direct routing, also called gatewaying
	Bypass

	// ForwardMask selects the method from the connection flags that it shares a
	// number with (IP_VS_CONN_F_FWD_MASK).
	ForwardMask Forward = 7
)

// TunnelType is the encapsulation of a Tunnel destination
// (IP_VS_CONN_F_TUNNEL_TYPE_*).
type TunnelType uint8

// The tunnel types.
const (
	IPIP TunnelType = iota
	GUE
	GRE
)

// TunnelFlags are the checksums of an encapsulated packet
// (IP_VS_TUNNEL_ENCAP_FLAG_*). Zero is no checksum.
type TunnelFlags uint16

// The tunnel flags.
const (
	TunnelNoChecksum     TunnelFlags = 0
	TunnelChecksum       TunnelFlags = 1
	TunnelRemoteChecksum TunnelFlags = 2
)

// TunnelInfo is the encapsulation of a Tunnel destination. The zero value is plain
// IP in IP, and the TunnelInfo of every destination that is not a tunnel.
type TunnelInfo struct {
	Type TunnelType
	// Port is the UDP port of a GUE tunnel, 1 to 65535; else 0.
	Port  uint16
	Flags TunnelFlags
}

// Destination is a real server of a virtual service, identified by its address and
// port among the servers of that service. A change replaces all of it.
type Destination struct {
	Addr    netip.AddrPort
	Forward Forward
	// Weight is the capacity in relation to the other servers, 0 to MaxWeight. A
	// server of weight 0 gets no new connections.
	Weight int32
	// UpperThreshold is the number of connections above which the server gets no
	// new ones until there are fewer than LowerThreshold. 0 is no limit. Both are
	// 0 to MaxThreshold.
	UpperThreshold uint32
	LowerThreshold uint32
	Tunnel         TunnelInfo

	// The following are read from the kernel, and ignored in a change.

	ActiveConnections     uint32
	InactiveConnections   uint32
	PersistentConnections uint32
	// Stats is nil unless a Query asked for it.
	Stats *Stats
}

// Family returns the family of the address of the server. Only that of a Tunnel
// destination can differ from the family of the service.
func (d Destination) Family() Family { return FamilyOf(d.Addr.Addr()) }
