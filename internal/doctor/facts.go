package doctor

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Facts are all that the checks know. They are read before the first check, and no check
// reads anything itself.
//
// What could not be read is zero, and has a Gap. See Facts.Lacks.
type Facts struct {
	// Target is what the user asks about.
	Target Target
	// Host are the facts about this machine. On a director, its routes and neighbours are
	// those of the addresses of all services and real servers, on a real server those of
	// Target.VIPs and Target.Director.
	Host host.Facts
	// Table is the whole table, with every field but the counters, also if Target names
	// one service. It is empty on a real server, where IPVS is not asked.
	Table ipvs.Table
	// Timeouts are those of ipvsadm --set, in seconds.
	Timeouts ipvs.Timeouts
	// Daemons are the sync daemons that run.
	Daemons []ipvs.Daemon
	// Connections are the connections of all services.
	Connections Connections
	// Gaps are the facts that could not be read, those of Host among them.
	Gaps []Gap
}

// Target is what the user asks about.
type Target struct {
	// Service is the only service that findings are about; nil for all.
	Service *ipvs.ServiceID
	// VIPs are the virtual addresses that a real server is to serve. They are empty on a
	// director.
	VIPs []netip.Addr
	// Method is the forwarding method by which the director reaches the real server. It
	// counts only if HasMethod is set.
	Method    ipvs.Forward
	HasMethod bool
	// Director is an address of the director; the zero Addr if it is not known.
	Director netip.Addr
}

// Fact is a part of Facts that is read by itself. Texts name it by its word.
type Fact string

// The facts. Those about the host are named by the sources of package host.
const (
	TableFact       Fact = "IPVS table"
	TimeoutsFact    Fact = "IPVS timeouts"
	DaemonsFact     Fact = "sync daemons"
	ConnectionsFact Fact = "connections"

	LinksFact      = Fact(host.Links)
	OffloadsFact   = Fact(host.Offloads)
	AddressesFact  = Fact(host.Addresses)
	RoutesFact     = Fact(host.Routes)
	NeighboursFact = Fact(host.Neighbours)
	SysctlsFact    = Fact(host.SysctlTree)
	StatusFact     = Fact(host.StatusFile)
	AppsFact       = Fact(host.AppsFile)
)

// Gap is a fact, or a part of one, that could not be read.
type Gap struct {
	Fact Fact
	// Name is the part that could not be read, such as the name of a sysctl; empty for
	// all of the fact.
	Name string
	// Reason is the error in words.
	Reason string
}

// Lacks reports whether no part of a fact could be read.
func (f *Facts) Lacks(fact Fact) bool {
	for _, g := range f.Gaps {
		if g.Fact == fact && g.Name == "" {
			return true
		}
	}
	return false
}

// missing returns those of some facts of which no part could be read.
func (f *Facts) missing(needs []Fact) []Fact {
	var missing []Fact
	for _, fact := range needs {
		if f.Lacks(fact) {
			missing = append(missing, fact)
		}
	}
	return missing
}

// ServerKey identifies a real server of a service.
type ServerKey struct {
	Service ipvs.ServiceID
	Server  netip.AddrPort
}

// Connections are the connections of the table, counted.
type Connections struct {
	// Total is the number of all entries, with templates.
	Total int
	// Servers has those servers of the table that have connections.
	Servers map[ServerKey]ServerConnections
	// Gone has the servers that connections go to but that their service does not have any
	// more, the one with most connections first, up to MaxGone of them.
	Gone []GoneServer
	// GoneTotal is the number of connections to all gone servers, without templates.
	GoneTotal int
}

// MaxGone is the greatest number of gone servers that are listed.
const MaxGone = 100

// ServerConnections are the connections of a real server by state, as the kernel names it
// (tcp_state_name_table of net/netfilter/ipvs/ip_vs_proto_tcp.c).
type ServerConnections struct {
	// All is the number of connections in any state, without templates.
	All         int
	SynRecv     int // SYN_RECV: the director has seen no packet after the client's first
	Established int // ESTABLISHED
	// Templates is the number of persistent clients, or groups of them.
	Templates int
}

// GoneServer is a server that its service does not have any more, or whose service is gone.
// Virtual is the address that clients connect to.
type GoneServer struct {
	Protocol    string // as in ipvs.Connection
	Virtual     netip.AddrPort
	Server      netip.AddrPort
	Connections ServerConnections
}
