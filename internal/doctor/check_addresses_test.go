package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// addressesCases returns the conditions of check_addresses.go.
func addressesCases() []checkCase {
	return []checkCase{
		{"vip-not-local", "a gateway", newDirector, func(m machine) {
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: front, Gateway: addr("172.20.0.254")})
		}, []Finding{
			{Fault, "vip-not-local", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by gateway 172.20.0.254 on front",
				"IPVS takes packets on their way in: ip address add 172.20.0.200/32 dev INTERFACE"},
		}},
		{"vip-not-local", "a network of IPv6", newDirector, func(m machine) {
			m.route("2001:db8:20::201", host.Route{Type: host.RouteUnicast, Link: front})
		}, []Finding{
			{Fault, "vip-not-local", "2001:db8:20::201",
				"not an address of this machine: the route to 2001:db8:20::201 goes by front",
				"IPVS takes packets on their way in: ip address add 2001:db8:20::201/128 dev INTERFACE nodad"},
		}},
		{"vip-not-local", "no route", newDirector, func(m machine) {
			m.route("172.20.0.200", host.Route{Type: host.RouteNone})
		}, []Finding{
			{Fault, "vip-not-local", "172.20.0.200",
				"not an address of this machine: there is no route to 172.20.0.200",
				"IPVS takes packets on their way in: ip address add 172.20.0.200/32 dev INTERFACE"},
		}},
		{"vip-not-local", "two services of one address", newDirector, func(m machine) {
			m.service("172.20.0.200", 443, destination("192.168.30.17:8443", ipvs.Masquerade))
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: front})
		}, []Finding{
			{Fault, "vip-not-local", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by front",
				"IPVS takes packets on their way in: ip address add 172.20.0.200/32 dev INTERFACE"},
		}},
		{"vip-not-local", "a backup director", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: front})
		}, []Finding{
			{Note, "vip-not-local", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by front",
				"right while another director has it; this one needs it when it takes over: ip address add 172.20.0.200/32 dev INTERFACE"},
		}},
		{"vip-not-local", "a director that is active for another service", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.daemon(ipvs.Master, 2)
			m.route("172.20.0.200", host.Route{Type: host.RouteUnicast, Link: front})
		}, []Finding{
			{Fault, "vip-not-local", "172.20.0.200",
				"not an address of this machine: the route to 172.20.0.200 goes by front",
				"IPVS takes packets on their way in: ip address add 172.20.0.200/32 dev INTERFACE"},
		}},
		{"vip-no-arp", "arp_ignore is 1 for all", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = lo
			m.set("net.ipv4.conf.all.arp_ignore", "1")
		}, []Finding{
			{Warning, "vip-no-arp", "172.20.0.200",
				"it is on lo; arp_ignore keeps front from answering ARP for it",
				"neighbours on that network do not find the director, unless they have a route or another machine answers for it: ip address add 172.20.0.200/32 dev front"},
		}},
		{"vip-no-arp", "arp_ignore is 2 for the link, and the address is on a dummy", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = dummy
			m.set("net.ipv4.conf.front.arp_ignore", "2")
		}, []Finding{
			{Warning, "vip-no-arp", "172.20.0.200",
				"it is on dummy0; arp_ignore keeps front from answering ARP for it",
				"neighbours on that network do not find the director, unless they have a route or another machine answers for it: ip address add 172.20.0.200/32 dev front"},
		}},
		{"vip-no-arp", "arp_ignore is 3, and the scope is host", newDirector, func(m machine) {
			m.holder("172.20.0.200").Link = lo
			m.holder("172.20.0.200").Scope = host.ScopeHost
			m.set("net.ipv4.conf.front.arp_ignore", "3")
		}, []Finding{
			{Warning, "vip-no-arp", "172.20.0.200",
				"it is on lo; arp_ignore keeps front from answering ARP for it",
				"neighbours on that network do not find the director, unless they have a route or another machine answers for it: ip address add 172.20.0.200/32 dev front"},
		}},
		{"vip-no-arp", "IPv6", newDirector, func(m machine) {
			m.holder("2001:db8:20::200").Link = lo
		}, []Finding{
			{Warning, "vip-no-arp", "2001:db8:20::200",
				"it is on lo; front answers neighbour solicitations for its own addresses only",
				"neighbours on that network do not find the director, unless they have a route or another machine answers for it: ip address add 2001:db8:20::200/128 dev front nodad"},
		}},
		{"vip-v6-dad", "a duplicate on a director", newDirector, func(m machine) {
			m.holder("2001:db8:20::200").DADFailed = true
		}, []Finding{
			{Fault, "vip-v6-dad", "2001:db8:20::200",
				"another machine on the network of front has it, too (dadfailed)",
				"several machines have the address on purpose: ip address del 2001:db8:20::200/128 dev front; ip address add 2001:db8:20::200/128 dev front nodad"},
		}},
		{"vip-v6-dad", "a tentative address of a director", newDirector, func(m machine) {
			m.holder("2001:db8:20::201").Tentative = true
		}, []Finding{
			{Warning, "vip-v6-dad", "2001:db8:20::201",
				"front still looks for duplicates of it and does not use it (tentative)",
				"several machines have the address on purpose: ip address del 2001:db8:20::201/128 dev front; ip address add 2001:db8:20::201/128 dev front nodad"},
		}},
		{"vip-v6-dad", "a duplicate on a real server", routed, func(m machine) {
			m.holder("2001:db8:20::200").Link = dummy
			m.holder("2001:db8:20::200").DADFailed = true
			m.route("2001:db8:20::200", host.Route{Type: host.RouteUnicast, Link: lan})
		}, []Finding{
			{Fault, "vip-v6-dad", "2001:db8:20::200",
				"another machine on the network of dummy0 has it, too (dadfailed)",
				"several machines have the address on purpose: ip address del 2001:db8:20::200/128 dev dummy0; ip address add 2001:db8:20::200/128 dev dummy0 nodad"},
		}},
		{"vip-netmask", "a director", newDirector, func(m machine) {
			m.without("172.20.0.200")
			m.address("172.20.0.200/24", lo)
		}, []Finding{
			{Fault, "vip-netmask", "172.20.0.200",
				"it is on lo as 172.20.0.200/24, which makes all of 172.20.0.0/24 local",
				"nothing is sent to that network any more: ip address del 172.20.0.200/24 dev lo; ip address add 172.20.0.200/32 dev lo"},
		}},
		{"vip-netmask", "a real server", routed, func(m machine) {
			m.without("172.20.0.200")
			m.address("172.20.0.200/25", lo)
		}, []Finding{
			{Fault, "vip-netmask", "172.20.0.200",
				"it is on lo as 172.20.0.200/25, which makes all of 172.20.0.128/25 local",
				"nothing is sent to that network any more: ip address del 172.20.0.200/25 dev lo; ip address add 172.20.0.200/32 dev lo"},
		}},
		{"no-carrier", "no cable", newDirector, func(m machine) {
			m.link(front).Running = false
		}, []Finding{
			{Fault, "no-carrier", "front",
				"it has the address 172.20.0.200 of a service, and no carrier",
				"no request comes in by it: check the cable, or the other end of the link"},
		}},
	}
}
