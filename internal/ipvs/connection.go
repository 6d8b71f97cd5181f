package ipvs

import "net/netip"

// Connection is one entry of the kernel's connection table, as
// /proc/net/ip_vs_conn shows it.
type Connection struct {
	// Protocol is the kernel's name of the protocol: TCP, UDP, SCTP, or IP for
	// the template of a persistent firewall-mark service.
	Protocol string
	// Client, Virtual and Destination are the three ends. A template's client
	// has port 0, and may be a whole network.
	Client      netip.AddrPort
	Virtual     netip.AddrPort
	Destination netip.AddrPort
	// State is the kernel's name of the state, such as ESTABLISHED; NONE for
	// templates.
	State string
	// Expires is the time in seconds until the entry is removed.
	Expires uint64
	// Engine and EngineData are set in the templates of a persistence engine:
	// for example sip, and the call ID.
	Engine     string
	EngineData string
}
