package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// connectionsCases returns the conditions of check_connections.go.
func connectionsCases() []checkCase {
	return []checkCase{
		{"nat-way-back", "no answers", newDirector, func(m machine) {
			m.connections("172.20.0.200", ServerConnections{All: 7, SynRecv: 7})
		}, []Finding{
			{Warning, "nat-way-back", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"all 7 connections are in SYN_RECV: no answer of the server has come by",
				"the default route of the server must be the director, and the server must listen on port 8080; look there with ipvsadm-doctor --real-server --method masq --vip 172.20.0.200 --director ADDRESS"},
		}},
		{"no-answer", "direct routing", newDirector, func(m machine) {
			m.connections("172.20.0.201", ServerConnections{All: 3, SynRecv: 3})
		}, []Finding{
			{Warning, "no-answer", "TCP 172.20.0.201:80 -> 192.168.30.21:80",
				"all 3 connections are in SYN_RECV: no client has got an answer",
				"the server must have the address of the service and listen on port 80; look there with ipvsadm-doctor --real-server --method route --vip 172.20.0.201"},
		}},
		{"no-answer", "a tunnel of IPv6", newDirector, func(m machine) {
			m.connections("2001:db8:20::202", ServerConnections{All: 4, SynRecv: 4, Templates: 1})
		}, []Finding{
			{Warning, "no-answer", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"all 4 connections are in SYN_RECV: no client has got an answer",
				"the server must have the address of the service and listen on port 80; look there with ipvsadm-doctor --real-server --method tunnel --vip 2001:db8:20::202"},
		}},
		{"gone-servers", "two connections", newDirector, func(m machine) {
			m.gone("172.20.0.200:80", "192.168.30.27:80", ServerConnections{All: 2, Established: 2})
		}, []Finding{
			{Warning, "gone-servers", "TCP 172.20.0.200:80 -> 192.168.30.27:80",
				"2 open connections to this server, which the table does not have any more; net.ipv4.vs.expire_nodest_conn is 0",
				"the clients hang until their connections time out: sysctl -w net.ipv4.vs.expire_nodest_conn=1, or add the server again with weight 0"},
		}},
		{"gone-servers", "one connection of the selected service", newDirector, func(m machine) {
			id := m.entry("172.20.0.200").Service.ID
			m.Target.Service = &id
			m.gone("172.20.0.200:80", "192.168.30.27:80", ServerConnections{All: 4, Established: 1})
			m.gone("172.20.0.201:80", "192.168.30.27:80", ServerConnections{All: 4, Established: 1})
		}, []Finding{
			{Warning, "gone-servers", "TCP 172.20.0.200:80 -> 192.168.30.27:80",
				"1 open connection to this server, which the table does not have any more; net.ipv4.vs.expire_nodest_conn is 0",
				"the clients hang until their connections time out: sysctl -w net.ipv4.vs.expire_nodest_conn=1, or add the server again with weight 0"},
		}},
		{"gone-servers", "datagrams", newDirector, func(m machine) {
			m.gone("172.20.0.200:53", "192.168.30.27:53", ServerConnections{All: 3})
			m.Connections.Gone[0].Protocol = "UDP"
		}, []Finding{
			{Warning, "gone-servers", "UDP 172.20.0.200:53 -> 192.168.30.27:53",
				"3 open connections to this server, which the table does not have any more; net.ipv4.vs.expire_nodest_conn is 0",
				"the clients hang until their connections time out: sysctl -w net.ipv4.vs.expire_nodest_conn=1, or add the server again with weight 0"},
		}},
		{"quiescent-template", "two clients", newDirector, func(m machine) {
			e := m.entry("172.20.0.200")
			e.Service.Flags, e.Service.Timeout = ipvs.Persistent, 300
			d := destination("192.168.30.27:80", ipvs.Masquerade)
			d.Weight, d.PersistentConnections = 0, 2
			e.Destinations = append(e.Destinations, d)
			m.route("192.168.30.27", host.Route{Type: host.RouteUnicast, Link: lan})
		}, []Finding{
			{Warning, "quiescent-template", "TCP 172.20.0.200:80 -> 192.168.30.27:80",
				"it has weight 0 and 2 persistent clients; net.ipv4.vs.expire_quiescent_template is 0",
				"their new connections still go there: sysctl -w net.ipv4.vs.expire_quiescent_template=1"},
		}},
		{"conn-max", "near the limit", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conn_max", "1000")
			m.Connections.Total = 901
		}, []Finding{
			{Warning, "conn-max", "net.ipv4.vs.conn_max",
				"there are 901 connections of at most 1000",
				"new connections are dropped at the limit: sysctl -w net.ipv4.vs.conn_max=2000"},
		}},
		{"conn-max", "by ip_vs_status", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conn_max", "1000")
			m.Host.Status = &host.Status{Connections: 1000}
		}, []Finding{
			{Warning, "conn-max", "net.ipv4.vs.conn_max",
				"there are 1000 connections of at most 1000",
				"new connections are dropped at the limit: sysctl -w net.ipv4.vs.conn_max=2000"},
		}},
		{"conn-buckets", "more than two in a bucket", newDirector, func(m machine) {
			m.Connections.Total = 8193
		}, []Finding{
			{Warning, "conn-buckets", "connection table",
				"8193 connections in 4096 buckets",
				"every packet searches long lists: options ip_vs conn_tab_bits=14 in /etc/modprobe.d, and load the module again"},
		}},
		{"conn-buckets", "as many as there can be", newDirector, func(m machine) {
			m.Connections.Total = 5000000
		}, []Finding{
			{Warning, "conn-buckets", "connection table",
				"5000000 connections in 4096 buckets",
				"every packet searches long lists: options ip_vs conn_tab_bits=20 in /etc/modprobe.d, and load the module again"},
		}},
	}
}
