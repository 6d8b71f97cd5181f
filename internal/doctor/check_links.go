package doctor

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// sendRedirects finds links by which the director tells masquerading servers to send their
// answers to clients directly (ip_rt_send_redirect of net/ipv4/route.c). There is no such
// parameter in IPv6.
func sendRedirects(v *view, r *reporter) {
	seen := map[int]bool{}
	for s, d := range v.servers() {
		l, ok := v.sharedNetwork(s, d)
		if !ok || s.ID.Family != ipvs.IPv4 || seen[l.Index] {
			continue
		}
		seen[l.Index] = true

		if redirects, known := v.linkParameter("send_redirects", l); known && redirects != 0 {
			r.warning(l.Name, "send_redirects is 1, and masquerading servers are on the network of the clients",
				fmt.Sprintf("the servers learn to answer clients directly: sysctl -w net.ipv4.conf.all.send_redirects=0 %s=0",
					linkSysctl("ipv4", l.Name, "send_redirects")))
		}
	}
}

// largeReceiveOffload finds links that merge the packets of clients into ones that are too
// large to be sent on. The kernel turns this off where it forwards (dev_disable_lro), but
// IPVS needs no forwarding for direct routing and tunnels.
func largeReceiveOffload(v *view, r *reporter) {
	if !v.sendsOn() {
		return
	}
	for _, l := range v.Host.Links {
		if l.LRO && l.Up && v.takesRequests(l) {
			r.warning(l.Name, "large receive offload is on",
				fmt.Sprintf("merged packets are too large for the way to the servers, and lost: ethtool -K %s lro off", l.Name))
		}
	}
}

// sendsOn reports whether one of the servers gets packets by direct routing or a tunnel.
func (v *view) sendsOn() bool {
	for _, d := range v.servers() {
		if d.Forward == ipvs.Route || d.Forward == ipvs.Tunnel {
			return true
		}
	}
	return false
}

// takesRequests reports whether requests may come in by a link: it has the address of a
// service, or no link that speaks ARP has one.
func (v *view) takesRequests(l host.Link) bool {
	elsewhere := false
	for _, vip := range v.vips() {
		holder, ok := v.holder(vip)
		if !ok || !speaksARP(holder) {
			continue
		}
		if holder.Index == l.Index {
			return true
		}
		elsewhere = true
	}
	return !elsewhere && speaksARP(l)
}
