package doctor

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
)

// realserverCases returns the conditions of check_realserver.go.
func realserverCases() []checkCase {
	return []checkCase{
		{"vip-missing", "direct routing", routed, func(m machine) {
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: lan, Gateway: addr("192.168.30.254")})
			m.without("172.20.0.200")
		}, []Finding{
			{Fault, "vip-missing", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by gateway 192.168.30.254 on lan",
				"packets for it are not taken in: ip address add 172.20.0.200/32 dev lo"},
		}},
		{"vip-missing", "a tunnel of IPv6", tunnelled, func(m machine) {
			m.route("2001:db8:20::200", host.Route{Type: host.RouteNone})
			m.without("2001:db8:20::200")
		}, []Finding{
			{Fault, "vip-missing", "2001:db8:20::200",
				"not an address of this machine: there is no route to 2001:db8:20::200",
				"packets for it are not taken in: ip address add 2001:db8:20::200/128 dev ip6tnl0 nodad"},
		}},
		{"vip-missing", "the method is not known", unknownMethod, func(m machine) {
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: lan})
			m.without("172.20.0.200")
		}, []Finding{
			{Warning, "vip-missing", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by lan",
				"right for masquerading only; else: ip address add 172.20.0.200/32 dev lo"},
		}},
		{"tunnel-device", "none for IPv4", tunnelled, func(m machine) {
			m.Host.Links = slices.DeleteFunc(m.Host.Links, func(l host.Link) bool { return l.Index == tunl })
		}, []Finding{
			{Fault, "tunnel-device", "172.20.0.200",
				"no interface unwraps packets for it",
				"packets of the director are dropped: modprobe ipip; ip link set tunl0 up (GRE: ip_gre and gre0; GUE: ip fou add port PORT gue, too)"},
		}},
		{"tunnel-device", "none for IPv6", tunnelled, func(m machine) {
			m.Host.Links = slices.DeleteFunc(m.Host.Links, func(l host.Link) bool { return l.Index == ip6tnl })
		}, []Finding{
			{Fault, "tunnel-device", "2001:db8:20::200",
				"no interface unwraps packets for it",
				"packets of the director are dropped: modprobe ip6_tunnel; ip link set ip6tnl0 up (GRE: ip_gre and gre0; GUE: ip fou add port PORT gue, too)"},
		}},
		{"tunnel-device", "down", tunnelled, func(m machine) {
			m.link(tunl).Up = false
		}, []Finding{
			{Fault, "tunnel-device", "172.20.0.200",
				"tunl0, which unwraps packets for it, is down",
				"packets of the director are dropped: ip link set tunl0 up"},
		}},
		{"tunnel-device", "bound to another machine", tunnelled, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
			m.Target.VIPs = m.Target.VIPs[:1]
			m.link(tunl).Tunnel.Remote = addr("192.168.30.9")
			m.route("192.168.30.1", host.Route{Type: host.RouteUnicast, Link: lan})
		}, []Finding{
			{Fault, "tunnel-device", "172.20.0.200",
				"no interface unwraps packets for it",
				"packets of the director are dropped: modprobe ipip; ip link set tunl0 up (GRE: ip_gre and gre0; GUE: ip fou add port PORT gue, too)"},
		}},
		{"rp-filter", "a tunnel", tunnelled, func(m machine) {
			m.set("net.ipv4.conf.tunl0.rp_filter", "1")
		}, []Finding{
			{Fault, "rp-filter", "tunl0",
				"rp_filter is 1, and the way to clients is not by tunl0",
				"packets of clients that it unwraps are dropped: sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0"},
		}},
		{"rp-filter", "requests of direct routing by another link than the default route", routed, func(m machine) {
			m.Target.Director = addr("172.20.0.1")
			m.route("172.20.0.1", host.Route{Type: host.RouteUnicast, Link: front})
			m.set("net.ipv4.conf.front.rp_filter", "1")
			m.set("net.ipv4.conf.front.arp_ignore", "1")
		}, []Finding{
			{Warning, "rp-filter", "front",
				"rp_filter is 1, and the default route is by gateway 192.168.30.254 on lan",
				"requests that come in by front from clients outside its networks are dropped: sysctl -w net.ipv4.conf.front.rp_filter=2 (greater than that of all), or a default route by front"},
		}},
		{"arp-problem", "arp_ignore is 0", routed, func(m machine) {
			m.set("net.ipv4.conf.all.arp_ignore", "0")
			m.set("net.ipv4.conf.lan.arp_ignore", "0")
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lo, and lan answers ARP for it (arp_ignore is 0)",
				"clients find this server in the director's place: sysctl -w net.ipv4.conf.all.arp_ignore=1, then clear the entry in the neighbours' ARP tables"},
		}},
		{"arp-problem", "arp_announce is 1", routed, func(m machine) {
			m.set("net.ipv4.conf.all.arp_announce", "1")
		}, []Finding{
			{Warning, "arp-problem", "172.20.0.200",
				"it is on lo, and lan may ask from it by ARP (arp_announce is less than 2)",
				"who is asked learns this server in the director's place: sysctl -w net.ipv4.conf.all.arp_announce=2"},
		}},
		{"arp-problem", "arp_ignore is 3, and the scope is global", routed, func(m machine) {
			m.set("net.ipv4.conf.all.arp_ignore", "3")
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lo, and lan answers ARP for it (arp_ignore is 3)",
				"clients find this server in the director's place: sysctl -w net.ipv4.conf.all.arp_ignore=1, then clear the entry in the neighbours' ARP tables"},
		}},
		{"arp-problem", "the address is on an interface", routed, func(m machine) {
			m.holder("172.20.0.200").Link = lan
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lan, which tells the network so",
				"clients find this server in the director's place: ip address del 172.20.0.200/32 dev lan, and have it on lo"},
		}},
		{"arp-problem", "the address is on lo and on an interface", routed, func(m machine) {
			m.vip("172.20.0.200", lan)
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lan, which tells the network so",
				"clients find this server in the director's place: ip address del 172.20.0.200/32 dev lan, and have it on lo"},
		}},
		{"arp-problem", "the address of IPv6 is on an interface", routed, func(m machine) {
			m.holder("2001:db8:20::200").Link = lan
		}, []Finding{
			{Fault, "arp-problem", "2001:db8:20::200",
				"it is on lan, which tells the network so",
				"clients find this server in the director's place: ip address del 2001:db8:20::200/128 dev lan, and have it on lo"},
		}},
		{"arp-problem", "the link of the director", routed, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
			m.route("192.168.30.1", host.Route{Type: host.RouteUnicast, Link: lan})
			m.set("net.ipv4.conf.all.arp_ignore", "0")
			m.set("net.ipv4.conf.lan.arp_ignore", "0")
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lo, and lan answers ARP for it (arp_ignore is 0)",
				"clients find this server in the director's place: sysctl -w net.ipv4.conf.all.arp_ignore=1, then clear the entry in the neighbours' ARP tables"},
		}},
		{"arp-problem", "a tunnel, and a link on the network of the address", tunnelled, func(m machine) {
			m.address("172.20.0.31/24", front)
			m.set("net.ipv4.conf.all.arp_ignore", "0")
		}, []Finding{
			{Fault, "arp-problem", "172.20.0.200",
				"it is on lo, and front answers ARP for it (arp_ignore is 0)",
				"clients find this server in the director's place: sysctl -w net.ipv4.conf.all.arp_ignore=1, then clear the entry in the neighbours' ARP tables"},
		}},
		{"way-back", "masquerading without a default route", masqueraded, func(m machine) {
			m.Host.Defaults = m.Host.Defaults[1:]
		}, []Finding{
			{Fault, "way-back", "default route",
				"there is none",
				"the answers must go back by the director: ip -4 route replace default via DIRECTOR"},
		}},
		{"way-back", "masquerading by another router", masqueraded, func(m machine) {
			m.Target.Director = addr("192.168.30.1")
		}, []Finding{
			{Fault, "way-back", "default route",
				"it goes by gateway 192.168.30.254 on lan, and the director is 192.168.30.1",
				"the answers must go back by the director: ip -4 route replace default via 192.168.30.1"},
		}},
		{"way-back", "masquerading of IPv6 by another router", masqueraded, func(m machine) {
			m.Target.Director = addr("2001:db8:30::1")
		}, []Finding{
			{Fault, "way-back", "IPv6 default route",
				"it goes by gateway 2001:db8:30::254 on lan, and the director is 2001:db8:30::1",
				"the answers must go back by the director: ip -6 route replace default via 2001:db8:30::1"},
		}},
		{"way-back", "direct routing back to the director", routed, func(m machine) {
			m.Target.Director = addr("192.168.30.254")
			m.route("192.168.30.254", host.Route{Type: host.RouteUnicast, Link: lan})
		}, []Finding{
			{Warning, "way-back", "default route",
				"it is by gateway 192.168.30.254 on lan, which is the director",
				"the director drops packets that come from the address of the service, its own, unless accept_local is 1 there: use another router, or masquerading (-m)"},
		}},
	}
}
