package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tunnelsCases returns the conditions of check_tunnels.go.
func tunnelsCases() []checkCase {
	return []checkCase{
		{"tunnel-mtu", "IPIP: clients are asked for smaller packets", newDirector, func(m machine) {
			m.link(lan).MTU = 1500
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1500 of the way to 192.168.30.31, the tunnel leaves 1480; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1520, or set advmss 1440 in the routes of the server"},
			{Note, "tunnel-mtu", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"of the MTU 1500 of the way to 2001:db8:30::31, the tunnel leaves 1460; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1540, or set advmss 1400 in the routes of the server"},
		}},
		{"tunnel-mtu", "the MTU of the route", newDirector, func(m machine) {
			m.Host.Routes[addr("192.168.30.31")] = host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1519}
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1519 of the way to 192.168.30.31, the tunnel leaves 1499; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1520, or set advmss 1459 in the routes of the server"},
		}},
		{"tunnel-mtu", "GUE", newDirector, func(m machine) {
			m.server("172.20.0.202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080}
			m.link(lan).MTU = 1540
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1531})
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1531 of the way to 192.168.30.31, the tunnel leaves 1499; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1532, or set advmss 1459 in the routes of the server"},
		}},
		{"tunnel-mtu", "GUE with remote checksums, IPv6", newDirector, func(m machine) {
			m.server("2001:db8:20::202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GUE, Port: 6080, Flags: ipvs.TunnelRemoteChecksum}
			m.route("2001:db8:30::31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1559})
		}, []Finding{
			{Note, "tunnel-mtu", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"of the MTU 1559 of the way to 2001:db8:30::31, the tunnel leaves 1499; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1560, or set advmss 1439 in the routes of the server"},
		}},
		{"tunnel-mtu", "GRE", newDirector, func(m machine) {
			m.server("172.20.0.202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GRE}
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1523})
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1523 of the way to 192.168.30.31, the tunnel leaves 1499; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1524, or set advmss 1459 in the routes of the server"},
		}},
		{"tunnel-mtu", "GRE with checksums", newDirector, func(m machine) {
			m.server("172.20.0.202").Tunnel = ipvs.TunnelInfo{Type: ipvs.GRE, Flags: ipvs.TunnelChecksum}
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1527})
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1527 of the way to 192.168.30.31, the tunnel leaves 1499; packets of clients have up to 1500 on front",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1528, or set advmss 1459 in the routes of the server"},
		}},
		{"tunnel-mtu", "fragments", newDirector, func(m machine) {
			m.set("net.ipv4.vs.pmtu_disc", "0")
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1500})
		}, []Finding{
			{Warning, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1500 of the way to 192.168.30.31, the tunnel leaves 1480; packets of clients have up to 1500 on front; pmtu_disc is 0",
				"larger packets are sent in fragments: sysctl -w net.ipv4.vs.pmtu_disc=1, or raise the MTU of the way to 1520"},
		}},
		{"tunnel-mtu", "too little for IPv6", newDirector, func(m machine) {
			m.route("2001:db8:30::31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1319})
		}, []Finding{
			{Fault, "tunnel-mtu", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"of the MTU 1319 of the way to 2001:db8:30::31, the tunnel leaves 1279; packets of clients have up to 1500 on front",
				"IPv6 needs 1280: raise the MTU of the way to 1320"},
		}},
		{"tunnel-mtu", "the address is on lo", newDirector, func(m machine) {
			m.holder("172.20.0.202").Link = lo
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, MTU: 1519})
		}, []Finding{
			{Note, "tunnel-mtu", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"of the MTU 1519 of the way to 192.168.30.31, the tunnel leaves 1499",
				"clients are asked for smaller packets by ICMP, which must not be filtered; or raise the MTU of the way to 1520, or set advmss 1459 in the routes of the server"},
		}},
		{"tunnel-source", "IPv4", newDirector, func(m machine) {
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: lan, Source: addr("172.20.0.200")})
		}, []Finding{
			{Fault, "tunnel-source", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"packets to 192.168.30.31 are sent from 172.20.0.200, which is the address of a service",
				"the server has that address, too, and drops them: change the route to 192.168.30.31 so that it has src ADDRESS, another address of this machine"},
		}},
		{"tunnel-source", "IPv6", newDirector, func(m machine) {
			m.route("2001:db8:30::31", host.Route{Type: host.RouteUnicast, Link: lan, Source: addr("2001:db8:20::202")})
		}, []Finding{
			{Fault, "tunnel-source", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"packets to 2001:db8:30::31 are sent from 2001:db8:20::202, which is the address of a service",
				"the server has that address, too, and drops them: ip address del 2001:db8:20::202/128 dev front; ip address add 2001:db8:20::202/128 dev front nodad preferred_lft 0"},
		}},
	}
}
