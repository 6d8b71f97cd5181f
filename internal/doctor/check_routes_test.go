package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// routesCases returns the conditions of check_routes.go.
func routesCases() []checkCase {
	return []checkCase{
		{"no-route", "no route", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteNone})
		}, []Finding{
			{Fault, "no-route", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"there is no route to 192.168.30.17",
				"add a route: ip route add 192.168.30.17 via GATEWAY, or remove the server"},
		}},
		{"no-route", "unreachable", newDirector, func(m machine) {
			m.route("2001:db8:30::21", host.Route{Type: host.RouteUnreachable, Link: lo})
		}, []Finding{
			{Fault, "no-route", "TCP [2001:db8:20::201]:80 -> [2001:db8:30::21]:80",
				"the route to 2001:db8:30::21 is of type unreachable",
				"add a route: ip route add 2001:db8:30::21 via GATEWAY, or remove the server"},
		}},
		{"no-route", "prohibit", newDirector, func(m machine) {
			m.route("192.168.30.31", host.Route{Type: host.RouteProhibit})
		}, []Finding{
			{Fault, "no-route", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"the route to 192.168.30.31 is of type prohibit",
				"add a route: ip route add 192.168.30.31 via GATEWAY, or remove the server"},
		}},
		{"no-route", "blackhole", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteBlackhole})
		}, []Finding{
			{Fault, "no-route", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"the route to 192.168.30.17 is of type blackhole",
				"add a route: ip route add 192.168.30.17 via GATEWAY, or remove the server"},
		}},
		{"no-route", "a broadcast address", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteBroadcast, Link: lan})
		}, []Finding{
			{Fault, "no-route", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"192.168.30.17 is a broadcast address",
				"add a route: ip route add 192.168.30.17 via GATEWAY, or remove the server"},
		}},
		{"no-route", "by lo", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteUnicast, Link: lo})
		}, []Finding{
			{Fault, "no-route", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"the route to 192.168.30.17 is by lo",
				"remove this route: ip route del 192.168.30.17 dev lo"},
		}},
		{"dr-gateway", "IPv4", newDirector, func(m machine) {
			m.route("192.168.30.21", host.Route{Type: host.RouteUnicast, Link: front, Gateway: addr("172.20.0.254")})
			m.neighbour("172.20.0.254", front, host.Reachable)
		}, []Finding{
			{Fault, "dr-gateway", "TCP 172.20.0.201:80 -> 192.168.30.21:80",
				"the route to 192.168.30.21 goes by gateway 172.20.0.254 on front",
				"direct routing needs the server on a network of the director; use tunnels (-i) or masquerading (-m), or move the server"},
		}},
		{"dr-gateway", "IPv6", newDirector, func(m machine) {
			m.route("2001:db8:30::21", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("fe80::1")})
		}, []Finding{
			{Fault, "dr-gateway", "TCP [2001:db8:20::201]:80 -> [2001:db8:30::21]:80",
				"the route to 2001:db8:30::21 goes by gateway fe80::1 on lan",
				"direct routing needs the server on a network of the director; use tunnels (-i) or masquerading (-m), or move the server"},
		}},
		{"local-node", "a masquerading server", newDirector, func(m machine) {
			m.route("192.168.30.17", host.Route{Type: host.RouteLocal, Link: lo})
		}, []Finding{
			{Note, "local-node", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"192.168.30.17 is an address of this machine",
				"the service has to run here: packets are not sent anywhere, whatever the forwarding method is"},
		}},
		{"local-node", "a tunnel of IPv6", newDirector, func(m machine) {
			m.route("2001:db8:30::31", host.Route{Type: host.RouteLocal, Link: lo})
		}, []Finding{
			{Note, "local-node", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"2001:db8:30::31 is an address of this machine",
				"the service has to run here: packets are not sent anywhere, whatever the forwarding method is"},
		}},
		{"rp-filter", "a director whose default route is by another link", newDirector, func(m machine) {
			m.Host.Defaults[0] = defaultRoute("192.168.30.254", lan)
			m.set("net.ipv4.conf.front.rp_filter", "1")
		}, []Finding{
			{Warning, "rp-filter", "front",
				"rp_filter is 1, and the default route is by gateway 192.168.30.254 on lan",
				"requests that come in by front from clients outside its networks are dropped: sysctl -w net.ipv4.conf.front.rp_filter=2 (greater than that of all), or a default route by front"},
		}},
		{"rp-filter", "the same, for all links", newDirector, func(m machine) {
			m.Host.Defaults[0] = defaultRoute("192.168.30.254", lan)
			m.set("net.ipv4.conf.all.rp_filter", "1")
		}, []Finding{
			{Warning, "rp-filter", "front",
				"rp_filter is 1, and the default route is by gateway 192.168.30.254 on lan",
				"requests that come in by front from clients outside its networks are dropped: sysctl -w net.ipv4.conf.front.rp_filter=2 (greater than that of all), or a default route by front"},
		}},
		{"one-network", "a server on the network of the clients", newDirector, func(m machine) {
			m.service("172.20.0.200", 8080, destination("172.20.0.17:80", ipvs.Masquerade))
			m.route("172.20.0.17", host.Route{Type: host.RouteUnicast, Link: front})
		}, []Finding{
			{Note, "one-network", "TCP 172.20.0.200:8080 -> 172.20.0.17:80",
				"the server and the address of the service are both on the network of front",
				"clients on that network get no answer by the director, unless the server has a route to them by the director"},
		}},
	}
}
