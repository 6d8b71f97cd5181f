package doctor

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// minUnanswered is the number of connections without an answer from which on it is no
// coincidence that all of them wait.
const minUnanswered = 3

// natWayBack finds masquerading servers whose answers do not come back through the
// director: their connections stay in SYN_RECV (tcp_states of
// net/netfilter/ipvs/ip_vs_proto_tcp.c).
func natWayBack(v *view, r *reporter) {
	for s, d := range v.servers() {
		n, ok := v.unanswered(s, d)
		if !ok || d.Forward != ipvs.Masquerade {
			continue
		}
		r.warning(serverText(s, d), fmt.Sprintf("all %d connections are in SYN_RECV: no answer of the server has come by", n),
			fmt.Sprintf("the default route of the server must be the director, and the server must listen on port %d; look there with ipvsadm-doctor --real-server --method masq --vip %s --director ADDRESS",
				d.Addr.Port(), s.ID.Addr.Addr()))
	}
}

// noAnswer finds servers of direct routing and tunnels that do not answer clients: of
// their connections the director sees only packets of clients, and none after the first.
func noAnswer(v *view, r *reporter) {
	methods := map[ipvs.Forward]string{ipvs.Route: "route", ipvs.Tunnel: "tunnel"}
	for s, d := range v.servers() {
		n, ok := v.unanswered(s, d)
		method, forwards := methods[d.Forward]
		if !ok || !forwards {
			continue
		}
		r.warning(serverText(s, d), fmt.Sprintf("all %d connections are in SYN_RECV: no client has got an answer", n),
			fmt.Sprintf("the server must have the address of the service and listen on port %d; look there with ipvsadm-doctor --real-server --method %s --vip %s",
				d.Addr.Port(), method, s.ID.Addr.Addr()))
	}
}

// unanswered returns the number of connections of a server, and whether all of them wait
// for an answer.
func (v *view) unanswered(s *ipvs.Service, d *ipvs.Destination) (int, bool) {
	c := v.Connections.Servers[ServerKey{s.ID, d.Addr}]
	return c.All, c.All >= minUnanswered && c.SynRecv == c.All
}

// goneServers finds connections to servers that were removed. ip_vs_in_hook drops their
// packets without an answer until they time out, unless expire_nodest_conn is set.
func goneServers(v *view, r *reporter) {
	const name = "net.ipv4.vs.expire_nodest_conn"
	if on, ok := v.sysctl(name); !ok || on != 0 {
		return
	}
	for _, g := range v.Connections.Gone {
		n := openConnections(g)
		if n == 0 || !v.isOfTarget(g) {
			continue
		}
		r.warning(fmt.Sprintf("%s %s -> %s", g.Protocol, g.Virtual, g.Server),
			fmt.Sprintf("%s to this server, which the table does not have any more; %s is 0", count(n, "open connection"), name),
			"the clients hang until their connections time out: sysctl -w "+name+"=1, or add the server again with weight 0")
	}
}

// openConnections returns the number of connections to a gone server that are not closing.
// Those of UDP have no such state.
func openConnections(g GoneServer) int {
	if g.Protocol == "UDP" {
		return g.Connections.All
	}
	return g.Connections.SynRecv + g.Connections.Established
}

// isOfTarget reports whether connections to a gone server are of the services that findings
// are about.
func (v *view) isOfTarget(g GoneServer) bool {
	t := v.Target.Service
	if t == nil {
		return true
	}
	protocol, _ := t.Protocol.ProcName()
	return t.FWMark == 0 && protocol == g.Protocol && t.Addr == g.Virtual
}

// quiescentTemplate finds persistent clients that stay on a server of weight 0
// (ip_vs_check_template).
func quiescentTemplate(v *view, r *reporter) {
	const name = "net.ipv4.vs.expire_quiescent_template"
	if on, ok := v.sysctl(name); !ok || on != 0 {
		return
	}
	for e := range v.services() {
		for i := range e.Destinations {
			d := &e.Destinations[i]
			if e.Service.Flags&ipvs.Persistent == 0 || d.Weight != 0 || d.PersistentConnections == 0 {
				continue
			}
			r.warning(serverText(&e.Service, d),
				fmt.Sprintf("it has weight 0 and %s; %s is 0", count(int(d.PersistentConnections), "persistent client"), name),
				"their new connections still go there: sysctl -w "+name+"=1")
		}
	}
}

// connMax finds that the number of connections is near its limit (ip_vs_conn_new, since
// Linux 7.2).
func connMax(v *view, r *reporter) {
	const name = "net.ipv4.vs.conn_max"
	limit, ok := v.sysctl(name)
	if n := v.connectionCount(); ok && limit > 0 && nearLimit(n, limit) {
		r.warning(name, fmt.Sprintf("there are %d connections of at most %d", n, limit),
			fmt.Sprintf("new connections are dropped at the limit: sysctl -w %s=%d", name, 2*limit))
	}
}

// connBuckets finds that the table of connections is too small, which slows every packet
// down. Since Linux 7.1 the table grows.
func connBuckets(v *view, r *reporter) {
	size := int(v.Table.Info.ConnTableSize)
	n := v.connectionCount()
	if v.Host.Status != nil || size == 0 || n <= 2*size {
		return
	}
	r.warning("connection table", fmt.Sprintf("%d connections in %d buckets", n, size),
		fmt.Sprintf("every packet searches long lists: options ip_vs conn_tab_bits=%d in /etc/modprobe.d, and load the module again", bitsFor(n)))
}

// connectionCount returns the number of connections, with templates.
func (v *view) connectionCount() int {
	if v.Host.Status != nil {
		return v.Host.Status.Connections
	}
	return v.Connections.Total
}

// bitsFor returns the least conn_tab_bits that gives n connections a bucket each, at most
// 20, which every kernel takes.
func bitsFor(n int) int {
	bits := 8
	for bits < 20 && 1<<bits < n {
		bits++
	}
	return bits
}
