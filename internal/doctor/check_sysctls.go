package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// noForwarding finds that the answers of masquerading servers are dropped, because the
// director is no router (ip_route_input_slow, ip6_forward).
func noForwarding(v *view, r *reporter) {
	for _, f := range []struct {
		family ipvs.Family
		text   string
		name   string
	}{{ipvs.IPv4, "IPv4", "net.ipv4.ip_forward"}, {ipvs.IPv6, "IPv6", "net.ipv6.conf.all.forwarding"}} {
		n := v.masqueraded(f.family)
		if value, ok := v.sysctl(f.name); ok && value == 0 && n > 0 {
			r.fault(f.name, fmt.Sprintf("it is 0, and the table has %s of %s", count(n, "masquerading server"), f.text),
				fmt.Sprintf("the answers of the servers are not forwarded: sysctl -w %s=1", f.name))
		}
	}
}

// masqueraded returns the number of servers of a family that are masqueraded.
func (v *view) masqueraded(f ipvs.Family) int {
	n := 0
	for s, d := range v.servers() {
		if d.Forward == ipvs.Masquerade && s.ID.Family == f {
			n++
		}
	}
	return n
}

// routerAdvertisements finds that the director has no default route of IPv6, because a
// router ignores router advertisements (ipv6_accept_ra of include/net/ipv6.h).
func routerAdvertisements(v *view, r *reporter) {
	const forwarding = "net.ipv6.conf.all.forwarding"
	if !v.isSet(forwarding) || v.masqueraded(ipvs.IPv6) == 0 {
		return
	}
	if _, ok := v.defaultHop(ipvs.IPv6); ok {
		return
	}

	for _, l := range v.incomingLinks(ipvs.IPv6) {
		name := linkSysctl("ipv6", l.Name, "accept_ra")
		if accept, ok := v.sysctl(name); ok && accept == 1 {
			r.warning(l.Name, fmt.Sprintf("there is no default route of IPv6; accept_ra is 1, and %s is 1", forwarding),
				fmt.Sprintf("routers ignore router advertisements, so that clients of other networks get no answers: sysctl -w %s=2, or add a default route", name))
		}
	}
}

// incomingLinks returns the links that have addresses of services of a family and speak
// ARP.
func (v *view) incomingLinks(f ipvs.Family) []host.Link {
	var links []host.Link
	for _, vip := range v.vips() {
		l, ok := v.holder(vip)
		known := slices.ContainsFunc(links, func(other host.Link) bool { return other.Index == l.Index })
		if ok && !known && speaksARP(l) && ipvs.FamilyOf(vip) == f {
			links = append(links, l)
		}
	}
	return links
}

// reuseMode finds what becomes of new connections from the port of an old one (ip_vs_in_hook
// of net/netfilter/ipvs/ip_vs_core.c).
func reuseMode(v *view, r *reporter) {
	const name = "net.ipv4.vs.conn_reuse_mode"
	mode, ok := v.sysctl(name)
	if !ok || len(v.Table.Entries) == 0 {
		return
	}

	switch {
	case mode == 0:
		r.warning(name, "it is 0",
			"a client that uses a port again gets the server of its old connection, also one of weight 0 or one that is gone: sysctl -w "+name+"=1")
	case v.isSet("net.ipv4.vs.conntrack") && v.kernelBefore(5, 9):
		r.warning(name, fmt.Sprintf("it is %d, and net.ipv4.vs.conntrack is 1, on Linux %s", mode, v.Host.KernelRelease),
			"before Linux 5.9, a connection from a port that was used shortly before is delayed by a second: use a newer kernel, or sysctl -w net.ipv4.vs.conntrack=0")
	}
}

// kernelBefore reports whether the kernel is older than a version.
func (v *view) kernelBefore(major, minor int) bool {
	var ownMajor, ownMinor int
	if _, err := fmt.Sscanf(v.Host.KernelRelease, "%d.%d", &ownMajor, &ownMinor); err != nil {
		return false
	}
	return ownMajor < major || ownMajor == major && ownMinor < minor
}

// longLived are the ports of TCP services whose clients keep connections that are idle for
// hours: pools of databases, caches, directories, message brokers, shells.
var longLived = map[uint16]string{
	22: "SSH", 389: "LDAP", 636: "LDAP", 1433: "SQL Server", 1521: "Oracle", 1883: "MQTT", 3306: "MySQL",
	5432: "PostgreSQL", 5672: "AMQP", 6379: "Redis", 6432: "PgBouncer", 8883: "MQTT", 9042: "Cassandra",
	9092: "Kafka", 11211: "memcached", 27017: "MongoDB", 61616: "ActiveMQ",
}

// tcpTimeout finds that connections are forgotten before the first keepalive probe.
func tcpTimeout(v *view, r *reporter) {
	const name = "net.ipv4.tcp_keepalive_time"
	keepalive, ok := v.sysctl(name)
	timeout := int(v.Timeouts.TCP)
	if !ok || timeout == 0 || timeout >= keepalive {
		return
	}

	evidence := fmt.Sprintf("idle connections are forgotten after %d s, and keepalive probes start after %d s (%s)", timeout, keepalive, name)
	advice := fmt.Sprintf("ipvsadm --set %d 0 0, or let clients or servers send keepalives within %d s", keepalive, timeout)
	other := false
	for e := range v.services() {
		id := e.Service.ID
		if id.Protocol != ipvs.TCP {
			continue
		}
		if application, ok := longLived[id.Addr.Port()]; ok {
			r.warning(serviceText(id), evidence, fmt.Sprintf("clients of %s keep idle connections: %s", application, advice))
			continue
		}
		other = true
	}
	if other {
		r.note("timeout tcp", evidence, "matters if clients keep idle connections: "+advice)
	}
}

// conntrackFull finds that connections are dropped, or soon will be, because the table of
// connection tracking is full (__nf_conntrack_alloc).
func conntrackFull(v *view, r *reporter) {
	const name = "net.netfilter.nf_conntrack_max"
	n, ok := v.sysctl("net.netfilter.nf_conntrack_count")
	limit, okLimit := v.sysctl(name)
	if !ok || !okLimit || limit == 0 || !v.isSet("net.ipv4.vs.conntrack") {
		return
	}
	if nearLimit(n, limit) {
		r.warning(name, fmt.Sprintf("connection tracking has %d of %d entries, and net.ipv4.vs.conntrack is 1", n, limit),
			fmt.Sprintf("new connections are dropped if it is full: sysctl -w %s=%d, or net.ipv4.vs.conntrack=0 if no rule of the firewall needs it", name, 2*limit))
	}
}

// nearLimit reports whether a number is more than 90 percent of its limit.
func nearLimit(n, limit int) bool { return 10*int64(n) > 9*int64(limit) }

// noEstimation finds that rates are not computed (ip_vs_est_reload_start of
// net/netfilter/ipvs/ip_vs_est.c).
func noEstimation(v *view, r *reporter) {
	const run, list = "net.ipv4.vs.run_estimation", "net.ipv4.vs.est_cpulist"
	if on, ok := v.sysctl(run); ok && on == 0 {
		r.note(run, "it is 0", "counters stand still and rates are 0: sysctl -w "+run+"=1")
	}
	if cpus := v.Host.Sysctls[list]; cpus.State == host.Present && strings.TrimSpace(cpus.Text) == "" {
		r.note(list, "it is empty", "counters stand still and rates are 0: sysctl -w "+list+"=0")
	}
}

// defence finds defences against floods that drop packets or connections
// (update_defense_level of net/netfilter/ipvs/ip_vs_ctl.c).
func defence(v *view, r *reporter) {
	for _, d := range []struct{ name, effect string }{
		{"drop_entry", "connections whose handshake is not complete are dropped at random"},
		{"drop_packet", "one packet in net.ipv4.vs.am_droprate is dropped"},
		{"secure_tcp", "timeouts of TCP are those of an attack"},
	} {
		name := "net.ipv4.vs." + d.name
		switch mode, _ := v.sysctl(name); mode {
		case 2:
			threshold, _ := v.sysctl("net.ipv4.vs.amemthresh")
			r.warning(name, fmt.Sprintf("it is 2: less than %d pages of memory are free (net.ipv4.vs.amemthresh)", threshold),
				d.effect+": free memory, lower net.ipv4.vs.amemthresh, or sysctl -w "+name+"=0")
		case 3:
			r.warning(name, "it is 3: always on", d.effect+": sysctl -w "+name+"=1 for when memory is short, or 0")
		}
	}
}
