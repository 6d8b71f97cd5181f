package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// sysctlsCases returns the conditions of check_sysctls.go.
func sysctlsCases() []checkCase {
	return []checkCase{
		{"no-forwarding", "IPv4", newDirector, func(m machine) {
			m.set("net.ipv4.ip_forward", "0")
		}, []Finding{
			{Fault, "no-forwarding", "net.ipv4.ip_forward",
				"it is 0, and the table has 1 masquerading server of IPv4",
				"the answers of the servers are not forwarded: sysctl -w net.ipv4.ip_forward=1"},
		}},
		{"no-forwarding", "IPv6, two servers", newDirector, func(m machine) {
			m.service("2001:db8:20::200", 443, destination("[2001:db8:30::17]:443", ipvs.Masquerade))
			m.set("net.ipv6.conf.all.forwarding", "0")
		}, []Finding{
			{Fault, "no-forwarding", "net.ipv6.conf.all.forwarding",
				"it is 0, and the table has 2 masquerading servers of IPv6",
				"the answers of the servers are not forwarded: sysctl -w net.ipv6.conf.all.forwarding=1"},
		}},
		{"v6-forwarding", "no default route", newDirector, func(m machine) {
			m.Host.Defaults = m.Host.Defaults[:1]
		}, []Finding{
			{Warning, "v6-forwarding", "front",
				"there is no default route of IPv6; accept_ra is 1, and net.ipv6.conf.all.forwarding is 1",
				"routers ignore router advertisements, so that clients of other networks get no answers: sysctl -w net.ipv6.conf.front.accept_ra=2, or add a default route"},
		}},
		{"reuse-mode", "mode 0", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conn_reuse_mode", "0")
		}, []Finding{
			{Warning, "reuse-mode", "net.ipv4.vs.conn_reuse_mode",
				"it is 0",
				"a client that uses a port again gets the server of its old connection, also one of weight 0 or one that is gone: sysctl -w net.ipv4.vs.conn_reuse_mode=1"},
		}},
		{"reuse-mode", "with connection tracking on Linux 5.8", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.Host.KernelRelease = "5.8.0-63-generic"
		}, []Finding{
			{Warning, "reuse-mode", "net.ipv4.vs.conn_reuse_mode",
				"it is 1, and net.ipv4.vs.conntrack is 1, on Linux 5.8.0-63-generic",
				"before Linux 5.9, a connection from a port that was used shortly before is delayed by a second: use a newer kernel, or sysctl -w net.ipv4.vs.conntrack=0"},
		}},
		{"reuse-mode", "with connection tracking on Linux 4.19", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.Host.KernelRelease = "4.19.0"
		}, []Finding{
			{Warning, "reuse-mode", "net.ipv4.vs.conn_reuse_mode",
				"it is 1, and net.ipv4.vs.conntrack is 1, on Linux 4.19.0",
				"before Linux 5.9, a connection from a port that was used shortly before is delayed by a second: use a newer kernel, or sysctl -w net.ipv4.vs.conntrack=0"},
		}},
		{"tcp-timeout", "the defaults of the kernel", newDirector, func(m machine) {
			m.Timeouts.TCP = 900
		}, []Finding{
			{Note, "tcp-timeout", "timeout tcp",
				"idle connections are forgotten after 900 s, and keepalive probes start after 7200 s (net.ipv4.tcp_keepalive_time)",
				"matters if clients keep idle connections: ipvsadm --set 7200 0 0, or let clients or servers send keepalives within 900 s"},
		}},
		{"tcp-timeout", "a database among the services", newDirector, func(m machine) {
			m.Timeouts.TCP = 900
			m.service("172.20.0.200", 5432, destination("192.168.30.17:5432", ipvs.Masquerade))
		}, []Finding{
			{Warning, "tcp-timeout", "TCP 172.20.0.200:5432",
				"idle connections are forgotten after 900 s, and keepalive probes start after 7200 s (net.ipv4.tcp_keepalive_time)",
				"clients of PostgreSQL keep idle connections: ipvsadm --set 7200 0 0, or let clients or servers send keepalives within 900 s"},
			{Note, "tcp-timeout", "timeout tcp",
				"idle connections are forgotten after 900 s, and keepalive probes start after 7200 s (net.ipv4.tcp_keepalive_time)",
				"matters if clients keep idle connections: ipvsadm --set 7200 0 0, or let clients or servers send keepalives within 900 s"},
		}},
		{"tcp-timeout", "a database alone", newDirector, func(m machine) {
			m.Timeouts.TCP = 900
			id := m.service("172.20.0.200", 3306, destination("192.168.30.17:3306", ipvs.Masquerade)).Service.ID
			m.Target.Service = &id
		}, []Finding{
			{Warning, "tcp-timeout", "TCP 172.20.0.200:3306",
				"idle connections are forgotten after 900 s, and keepalive probes start after 7200 s (net.ipv4.tcp_keepalive_time)",
				"clients of MySQL keep idle connections: ipvsadm --set 7200 0 0, or let clients or servers send keepalives within 900 s"},
		}},
		{"conntrack-full", "91 percent", newDirector, func(m machine) {
			m.set("net.ipv4.vs.conntrack", "1")
			m.set("net.netfilter.nf_conntrack_max", "1000")
			m.set("net.netfilter.nf_conntrack_count", "910")
		}, []Finding{
			{Warning, "conntrack-full", "net.netfilter.nf_conntrack_max",
				"connection tracking has 910 of 1000 entries, and net.ipv4.vs.conntrack is 1",
				"new connections are dropped if it is full: sysctl -w net.netfilter.nf_conntrack_max=2000, or net.ipv4.vs.conntrack=0 if no rule of the firewall needs it"},
		}},
		{"no-estimation", "off", newDirector, func(m machine) {
			m.set("net.ipv4.vs.run_estimation", "0")
		}, []Finding{
			{Note, "no-estimation", "net.ipv4.vs.run_estimation",
				"it is 0",
				"counters stand still and rates are 0: sysctl -w net.ipv4.vs.run_estimation=1"},
		}},
		{"no-estimation", "no processors", newDirector, func(m machine) {
			m.set("net.ipv4.vs.run_estimation", "1")
			m.set("net.ipv4.vs.est_cpulist", "")
		}, []Finding{
			{Note, "no-estimation", "net.ipv4.vs.est_cpulist",
				"it is empty",
				"counters stand still and rates are 0: sysctl -w net.ipv4.vs.est_cpulist=0"},
		}},
		{"defence", "drop_entry is active", newDirector, func(m machine) {
			m.set("net.ipv4.vs.drop_entry", "2")
		}, []Finding{
			{Warning, "defence", "net.ipv4.vs.drop_entry",
				"it is 2: less than 1024 pages of memory are free (net.ipv4.vs.amemthresh)",
				"connections whose handshake is not complete are dropped at random: free memory, lower net.ipv4.vs.amemthresh, or sysctl -w net.ipv4.vs.drop_entry=0"},
		}},
		{"defence", "drop_packet is always on", newDirector, func(m machine) {
			m.set("net.ipv4.vs.drop_packet", "3")
		}, []Finding{
			{Warning, "defence", "net.ipv4.vs.drop_packet",
				"it is 3: always on",
				"one packet in net.ipv4.vs.am_droprate is dropped: sysctl -w net.ipv4.vs.drop_packet=1 for when memory is short, or 0"},
		}},
		{"defence", "secure_tcp is always on", newDirector, func(m machine) {
			m.set("net.ipv4.vs.secure_tcp", "3")
		}, []Finding{
			{Warning, "defence", "net.ipv4.vs.secure_tcp",
				"it is 3: always on",
				"timeouts of TCP are those of an attack: sysctl -w net.ipv4.vs.secure_tcp=1 for when memory is short, or 0"},
		}},
	}
}
