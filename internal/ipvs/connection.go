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
	// State is the kernel's name of the state, such as ESTABLISHED; NONE or
	// ASSURED for templates.
	State string
	// Expires is the time in seconds until the entry is removed.
	Expires uint64
	// Engine and EngineData are set in the templates of a persistence engine:
	// for example sip, and the call ID.
	Engine     string
	EngineData string
}

// IsTemplate reports whether the entry is the template of a persistent client, and not a
// connection. The kernel gives templates the client port 0 (ip_vs_sched_persist) and has
// two states for them alone (IP_VS_CTPL_S_*, by ip_vs_state_name); a packet from port 0
// makes a connection with a state of its protocol.
func (c *Connection) IsTemplate() bool {
	return c.Client.Port() == 0 && (c.State == "NONE" || c.State == "ASSURED")
}
