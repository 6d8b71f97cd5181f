package doctor

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// linksCases returns the conditions of check_links.go.
func linksCases() []checkCase {
	return []checkCase{
		{"send-redirects", "for all links", newDirector, func(m machine) {
			m.service("172.20.0.200", 8080, destination("172.20.0.17:80", ipvs.Masquerade))
			m.route("172.20.0.17", host.Route{Type: host.RouteUnicast, Link: front})
			m.set("net.ipv4.conf.all.send_redirects", "1")
		}, []Finding{
			{Warning, "send-redirects", "front",
				"send_redirects is 1, and masquerading servers are on the network of the clients",
				"the servers learn to answer clients directly: sysctl -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.front.send_redirects=0"},
			{Note, "one-network", "TCP 172.20.0.200:8080 -> 172.20.0.17:80",
				"the server and the address of the service are both on the network of front",
				"clients on that network get no answer by the director, unless the server has a route to them by the director"},
		}},
		{"send-redirects", "for the link", newDirector, func(m machine) {
			m.service("172.20.0.200", 8080, destination("172.20.0.17:80", ipvs.Masquerade))
			m.route("172.20.0.17", host.Route{Type: host.RouteUnicast, Link: front})
			m.set("net.ipv4.conf.front.send_redirects", "1")
		}, []Finding{
			{Warning, "send-redirects", "front",
				"send_redirects is 1, and masquerading servers are on the network of the clients",
				"the servers learn to answer clients directly: sysctl -w net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.front.send_redirects=0"},
			{Note, "one-network", "TCP 172.20.0.200:8080 -> 172.20.0.17:80",
				"the server and the address of the service are both on the network of front",
				"clients on that network get no answer by the director, unless the server has a route to them by the director"},
		}},
		{"lro", "the link of the addresses", newDirector, func(m machine) {
			m.link(front).LRO = true
		}, []Finding{
			{Warning, "lro", "front",
				"large receive offload is on",
				"merged packets are too large for the way to the servers, and lost: ethtool -K front lro off"},
		}},
		{"lro", "addresses on lo", newDirector, func(m machine) {
			for _, vip := range m.vips() {
				m.holder(vip).Link = lo
			}
			m.Host.Addresses = slices.DeleteFunc(m.Host.Addresses, func(a host.Address) bool { return a.Link == front })
			m.link(front).LRO = true
		}, []Finding{
			{Warning, "lro", "front",
				"large receive offload is on",
				"merged packets are too large for the way to the servers, and lost: ethtool -K front lro off"},
		}},
	}
}
