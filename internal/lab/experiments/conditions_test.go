//go:build kernel

package experiments

import (
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// unmade has the checks whose condition cannot be made in a guest, and why. Package doctor
// tests them with facts written by hand, and so the second condition of reuse-mode, which
// only kernels before 5.9 have.
var unmade = map[string]string{
	"lro": "no link of a guest has large receive offload",
}

// conditions returns the conditions of all other checks.
func conditions() []condition {
	return slices.Concat(addressConditions(), routeConditions(), serverConditions(), tableConditions(),
		connectionConditions(), parameterConditions(), daemonConditions(), realServerConditions())
}

// addressConditions returns those of the addresses of services.
func addressConditions() []condition {
	return []condition{{
		name: "IPv4", on: "director1", quick: true,
		want:   "FAULT vip-not-local 172.20.0.200",
		made:   "ip address del 172.20.0.200/32 dev eth0",
		mended: "ip address add 172.20.0.200/32 dev eth0",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "IPv6", on: "director1",
		want:   "FAULT vip-not-local 2001:db8:20::200",
		made:   "ip address del 2001:db8:20::200/128 dev eth0",
		mended: "ip address add 2001:db8:20::200/128 dev eth0 nodad preferred_lft 0",
		client: "client", address: "[2001:db8:20::200]:81",
	}, {
		name: "on lo with arp_ignore", on: "director1",
		want: "WARNING vip-no-arp 172.20.0.200",
		made: `ip address del 172.20.0.200/32 dev eth0
			ip address add 172.20.0.200/32 dev lo
			sysctl -qw net.ipv4.conf.all.arp_ignore=1
			@client ip neighbour flush dev eth0`,
		mended: `ip address del 172.20.0.200/32 dev lo
			ip address add 172.20.0.200/32 dev eth0
			@client ip neighbour flush dev eth0`,
		after:  "sysctl -qw net.ipv4.conf.all.arp_ignore=0",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "of IPv6 on lo", on: "director1",
		want: "WARNING vip-no-arp 2001:db8:20::200",
		made: `ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev lo nodad preferred_lft 0
			@client ip -6 neighbour flush dev eth0`,
		mended: `ip address del 2001:db8:20::200/128 dev lo
			ip address add 2001:db8:20::200/128 dev eth0 nodad preferred_lft 0
			@client ip -6 neighbour flush dev eth0`,
		client: "client", address: "[2001:db8:20::200]:81",
	}, {
		name: "another machine has it", on: "director1",
		want: "FAULT vip-v6-dad 2001:db8:20::200",
		made: `@client ip address add 2001:db8:20::200/128 dev eth0 nodad
			ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev eth0 preferred_lft 0`,
		mended: `@client ip address del 2001:db8:20::200/128 dev eth0
			ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev eth0 nodad preferred_lft 0`,
		client: "remote", address: "[2001:db8:20::200]:81",
	}, {
		name: "no cable", on: "director1", args: "-t 172.20.0.200:80",
		want:   "FAULT no-carrier eth0",
		made:   "@machine ip link set director1-lan down",
		mended: "@machine ip link set director1-lan up",
		client: "client", address: "172.20.0.200:80",
	}, {
		name: "a network on lo", on: "real21", args: onReal21,
		want: "FAULT vip-netmask 172.20.0.200",
		made: `ip address del 172.20.0.200/32 dev lo
			ip address add 172.20.0.200/24 dev lo`,
		mended: `ip address del 172.20.0.200/24 dev lo
			ip address add 172.20.0.200/32 dev lo`,
		client: "client", address: "172.20.0.200:81",
	}}
}

// routeConditions returns those of routes and neighbours.
func routeConditions() []condition {
	return []condition{{
		name: "unreachable", on: "director1", args: "-t 172.20.0.200:82", quick: true,
		want:   "FAULT no-route TCP 172.20.0.200:82 -> 192.168.40.31:82",
		made:   "ip route add unreachable 192.168.40.31",
		mended: "ip route del unreachable 192.168.40.31",
		client: "client", address: "172.20.0.200:82",
	}, {
		name: "IPv6, by lo", on: "director1", args: "-t [2001:db8:20::200]:83",
		want:   "FAULT no-route TCP [2001:db8:20::200]:83 -> [2001:db8:40::31]:83",
		made:   "ip -6 route add 2001:db8:40::31/128 dev lo",
		mended: "ip -6 route del 2001:db8:40::31/128 dev lo",
		client: "client", address: "[2001:db8:20::200]:83",
	}, {
		name: "no cable", on: "director1", args: "-t 172.20.0.200:80",
		want: "FAULT neighbour TCP 172.20.0.200:80 -> 192.168.30.17:8080",
		made: `@machine ip link set real17-inner nomaster
			ip neighbour flush dev eth1`,
		mended: "@machine ip link set real17-inner master inner",
		client: "client", address: "172.20.0.200:80",
	}, {
		name: "IPv4", on: "director1", args: "-t 172.20.0.200:81", quick: true,
		want:   "FAULT dr-gateway TCP 172.20.0.200:81 -> 172.20.0.21:81",
		made:   "ip route add 172.20.0.21 via 172.20.0.254",
		mended: "ip route del 172.20.0.21 via 172.20.0.254",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "IPv6", on: "director1", args: "-t [2001:db8:20::200]:81",
		want:   "FAULT dr-gateway TCP [2001:db8:20::200]:81 -> [2001:db8:20::21]:81",
		made:   "ip -6 route add 2001:db8:20::21/128 via 2001:db8:20::254",
		mended: "ip -6 route del 2001:db8:20::21/128 via 2001:db8:20::254",
		client: "client", address: "[2001:db8:20::200]:81",
	}, {
		name: "the default route is by another link", on: "director1",
		want: "WARNING rp-filter eth0",
		made: `ip route replace default via 192.168.30.2
			sysctl -qw net.ipv4.conf.eth0.rp_filter=1`,
		mended: "ip route replace default via 172.20.0.254",
		after:  "sysctl -qw net.ipv4.conf.eth0.rp_filter=0",
		client: "remote", address: "172.20.0.200:81",
	}, {
		name: "no default route", on: "director1",
		want:   "WARNING v6-forwarding eth0",
		made:   "ip -6 route del default",
		mended: "ip -6 route add default via 2001:db8:20::254",
		client: "remote", address: "[2001:db8:20::200]:80",
	}, {
		name: "the address of the service", on: "director1", args: "-t [2001:db8:20::200]:82", quick: true,
		want: "FAULT tunnel-source TCP [2001:db8:20::200]:82 -> [2001:db8:40::31]:82",
		made: `ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev eth0 nodad`,
		mended: `ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev eth0 nodad preferred_lft 0`,
		client: "client", address: "[2001:db8:20::200]:82",
	}, {
		name: "of IPv4", on: "director1", args: "-t 172.20.0.200:82",
		want:   "FAULT tunnel-source TCP 172.20.0.200:82 -> 192.168.40.31:82",
		made:   "ip route add 192.168.40.31 via 172.20.0.254 src 172.20.0.200",
		mended: "ip route change 192.168.40.31 via 172.20.0.254 src 172.20.0.1",
		after:  "ip route del 192.168.40.31",
		client: "client", address: "172.20.0.200:82",
	}}
}

// serverConditions returns those of the servers of a service.
func serverConditions() []condition {
	return []condition{{
		name: "weight 0", on: "director1", args: "-t 172.20.0.200:81", quick: true,
		want:   "FAULT no-server TCP 172.20.0.200:81",
		made:   "ipvsadm -e -t 172.20.0.200:81 -r 172.20.0.21 -g -w 0",
		mended: "ipvsadm -e -t 172.20.0.200:81 -r 172.20.0.21 -g -w 1",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "none", on: "director1", args: "-t [2001:db8:20::200]:86",
		want:   "FAULT no-server TCP [2001:db8:20::200]:86",
		made:   "ipvsadm -d -t [2001:db8:20::200]:86 -r [2001:db8:30::17]:8080",
		mended: "ipvsadm -a -t [2001:db8:20::200]:86 -r [2001:db8:30::17]:8080 -m",
		client: "client", address: "[2001:db8:20::200]:86",
	}, {
		name: "at the threshold", on: "director1", args: "-t 172.20.0.200:81",
		want:   "WARNING no-server TCP 172.20.0.200:81",
		made:   "ipvsadm -e -t 172.20.0.200:81 -r 172.20.0.21 -g -x 1",
		mended: "ipvsadm -e -t 172.20.0.200:81 -r 172.20.0.21 -g",
		client: "client", address: "172.20.0.200:81", requests: 1,
	}, {
		name: "an address of the director", on: "director1", args: "-t 172.20.0.200:81",
		want:   "NOTE local-node TCP 172.20.0.200:81 -> 172.20.0.1:81",
		made:   "ipvsadm -a -t 172.20.0.200:81 -r 172.20.0.1 -g -w 0",
		mended: "ipvsadm -d -t 172.20.0.200:81 -r 172.20.0.1",
	}, {
		name: "a masquerading server beside the clients", on: "director1", args: "-t 172.20.0.200:80",
		want:   "NOTE one-network TCP 172.20.0.200:80 -> 172.20.0.22:80",
		made:   "ipvsadm -a -t 172.20.0.200:80 -r 172.20.0.22 -m -w 0",
		mended: "ipvsadm -d -t 172.20.0.200:80 -r 172.20.0.22",
	}, {
		name: "a tunnel of IPv6", on: "director1", args: "-t 172.20.0.200:82",
		want: "NOTE mixed-family-daemon TCP 172.20.0.200:82 -> [2001:db8:40::31]:82\n" +
			"NOTE tunnel-mtu TCP 172.20.0.200:82 -> [2001:db8:40::31]:82",
		made: `ipvsadm --stop-daemon master
			ipvsadm -a -t 172.20.0.200:82 -r 2001:db8:40::31 -i -w 0`,
		mended: `ipvsadm -d -t 172.20.0.200:82 -r 2001:db8:40::31
			ipvsadm --start-daemon master --mcast-interface eth1 --syncid 7`,
	}}
}

// tableConditions returns those of the rules.
func tableConditions() []condition {
	return []condition{{
		name: "an empty table", on: "idle",
		want:   "NOTE no-service IPVS table",
		made:   "ipvsadm -Sn > /run/idle && ipvsadm -C",
		mended: "ipvsadm -R < /run/idle",
	}, {
		name: "dh", on: "director1", args: "-t 172.20.0.200:89",
		want:   "NOTE scheduler-module TCP 172.20.0.200:89",
		made:   "ipvsadm -E -t 172.20.0.200:89 -s dh",
		mended: "ipvsadm -E -t 172.20.0.200:89 -s rr",
	}, {
		name: "mh", on: "director1", args: "-t [2001:db8:20::200]:89",
		want:   "NOTE scheduler-module TCP [2001:db8:20::200]:89",
		made:   "ipvsadm -E -t [2001:db8:20::200]:89 -s mh",
		mended: "ipvsadm -E -t [2001:db8:20::200]:89 -s mh -b mh-port",
		after:  "ipvsadm -E -t [2001:db8:20::200]:89 -s rr",
	}, {
		// A program that asks the kernel itself, as keepalived does: ipvsadm gives the
		// server the port of the service.
		name: "direct routing", on: "director1", args: "-t 172.20.0.200:87",
		want:    "FAULT dr-port TCP 172.20.0.200:87 -> 172.20.0.22:8087",
		changes: []ipvs.Change{addition("172.20.0.200:87", "172.20.0.22:8087", ipvs.Route)},
		mended:  "ipvsadm -d -t 172.20.0.200:87 -r 172.20.0.22:8087",
	}, {
		name: "a tunnel of IPv6", on: "director1", args: "-t [2001:db8:20::200]:87",
		want: "FAULT dr-port TCP [2001:db8:20::200]:87 -> [2001:db8:40::31]:8087\n" +
			"NOTE tunnel-mtu TCP [2001:db8:20::200]:87 -> [2001:db8:40::31]:8087",
		changes: []ipvs.Change{addition("[2001:db8:20::200]:87", "[2001:db8:40::31]:8087", ipvs.Tunnel)},
		mended:  "ipvsadm -d -t [2001:db8:20::200]:87 -r [2001:db8:40::31]:8087",
	}, {
		name: "not persistent", on: "director1",
		want: "FAULT port-zero TCP 172.20.0.200:0",
		changes: []ipvs.Change{
			{Op: ipvs.AddService, Service: roundRobin("172.20.0.200:0")},
			addition("172.20.0.200:0", "172.20.0.21:0", ipvs.Route),
		},
		mended: "ipvsadm -E -t 172.20.0.200:0 -s rr -p 300",
		after:  "ipvsadm -D -t 172.20.0.200:0",
		client: "client", address: "172.20.0.200:93",
	}, {
		name: "TCP", on: "director1",
		want: "FAULT sip-protocol TCP 172.20.0.200:93",
		made: `ipvsadm -A -t 172.20.0.200:93 -s rr -p 300 --pe sip
			ipvsadm -a -t 172.20.0.200:93 -r 172.20.0.21 -g`,
		mended: `ipvsadm -D -t 172.20.0.200:93
			ipvsadm -A -t 172.20.0.200:93 -s rr -p 300
			ipvsadm -a -t 172.20.0.200:93 -r 172.20.0.21 -g`,
		after:  "ipvsadm -D -t 172.20.0.200:93",
		client: "client", address: "172.20.0.200:93",
	}, {
		name: "direct routing", on: "director1", args: "-t 172.20.0.200:21",
		want:   "WARNING ftp-persistence TCP 172.20.0.200:21",
		made:   "ipvsadm -E -t 172.20.0.200:21 -s rr",
		mended: "ipvsadm -E -t 172.20.0.200:21 -s rr -p 300",
	}, {
		name: "no helper", on: "director1", args: "-t 172.20.0.200:21",
		want: "WARNING ftp-helper TCP 172.20.0.200:21 -> 192.168.30.17:21",
		made: "ipvsadm -a -t 172.20.0.200:21 -r 192.168.30.17 -m -w 0",
		// The module cannot be removed while a service is for FTP.
		mended: "modprobe ip_vs_ftp",
		after:  "ipvsadm -d -t 172.20.0.200:21 -r 192.168.30.17",
	}}
}

// connectionConditions returns those of connections.
func connectionConditions() []condition {
	return []condition{{
		name: "another gateway", on: "director1", args: "-t 172.20.0.200:86",
		want:   "WARNING nat-way-back TCP 172.20.0.200:86 -> 192.168.30.17:8080",
		made:   "@real17 ip route replace default via 192.168.30.2",
		mended: "@real17 ip route replace default via 192.168.30.1",
		client: "client", address: "172.20.0.200:86", requests: 3,
	}, {
		name: "the server lacks the address", on: "director1", args: "-t 172.20.0.200:87",
		want:   "WARNING no-answer TCP 172.20.0.200:87 -> 172.20.0.21:87",
		made:   "@real21 ip address del 172.20.0.200/32 dev lo",
		mended: "@real21 ip address add 172.20.0.200/32 dev lo",
		client: "client", address: "172.20.0.200:87", requests: 3,
	}, {
		name: "IPv6: the server lacks the address", on: "director1", args: "-t [2001:db8:20::200]:87",
		want:   "WARNING no-answer TCP [2001:db8:20::200]:87 -> [2001:db8:20::21]:87",
		made:   "@real21 ip address del 2001:db8:20::200/128 dev lo",
		mended: "@real21 ip address add 2001:db8:20::200/128 dev lo nodad",
		client: "client", address: "[2001:db8:20::200]:87", requests: 3,
	}, {
		name: "a server was removed", on: "director1", args: "-t 172.20.0.200:89",
		want:   "WARNING gone-servers TCP 172.20.0.200:89 -> 172.20.0.21:89",
		open:   "172.20.0.200:89",
		made:   "ipvsadm -d -t 172.20.0.200:89 -r 172.20.0.21",
		mended: "sysctl -qw net.ipv4.vs.expire_nodest_conn=1",
		after: `sysctl -qw net.ipv4.vs.expire_nodest_conn=0
			ipvsadm -a -t 172.20.0.200:89 -r 172.20.0.21 -g`,
	}, {
		name: "a server has weight 0", on: "director1", args: "-t 172.20.0.200:92",
		want: "WARNING quiescent-template TCP 172.20.0.200:92 -> 172.20.0.21:92",
		made: `@client : < /dev/tcp/172.20.0.200/92
			@remote : < /dev/tcp/172.20.0.200/92
			ipvsadm -e -t 172.20.0.200:92 -r 172.20.0.21 -g -w 0`,
		mended: "sysctl -qw net.ipv4.vs.expire_quiescent_template=1",
		after: `sysctl -qw net.ipv4.vs.expire_quiescent_template=0
			ipvsadm -e -t 172.20.0.200:92 -r 172.20.0.21 -g`,
	}}
}

// parameterConditions returns those of kernel parameters.
func parameterConditions() []condition {
	return []condition{{
		name: "IPv4", on: "director1", quick: true,
		want:   "FAULT no-forwarding net.ipv4.ip_forward",
		made:   "sysctl -qw net.ipv4.ip_forward=0",
		mended: "sysctl -qw net.ipv4.ip_forward=1",
		client: "client", address: "172.20.0.200:80",
	}, {
		name: "IPv6", on: "director1", quick: true,
		want:   "FAULT no-forwarding net.ipv6.conf.all.forwarding",
		made:   "sysctl -qw net.ipv6.conf.all.forwarding=0",
		mended: "sysctl -qw net.ipv6.conf.all.forwarding=1",
		client: "client", address: "[2001:db8:20::200]:80",
	}, {
		name: "for the link of the clients", on: "director1", args: "-t 172.20.0.200:85",
		want:   "WARNING send-redirects eth0",
		made:   "sysctl -qw net.ipv4.conf.eth0.send_redirects=1",
		mended: "sysctl -qw net.ipv4.conf.eth0.send_redirects=0",
	}, {
		name: "fragments", on: "director1", args: "-t 172.20.0.200:82",
		want:   "WARNING tunnel-mtu TCP 172.20.0.200:82 -> 192.168.40.31:82",
		made:   "sysctl -qw net.ipv4.vs.pmtu_disc=0",
		mended: "sysctl -qw net.ipv4.vs.pmtu_disc=1",
	}, {
		name: "too little for IPv6", on: "director1", args: "-t [2001:db8:20::200]:82",
		want:   "FAULT tunnel-mtu TCP [2001:db8:20::200]:82 -> [2001:db8:40::31]:82",
		made:   "ip -6 route add 2001:db8:40::31/128 via 2001:db8:20::254 mtu 1300",
		mended: "ip -6 route change 2001:db8:40::31/128 via 2001:db8:20::254 mtu 1320",
		after:  "ip -6 route del 2001:db8:40::31/128",
		client: "client", address: "[2001:db8:20::200]:82",
	}, {
		name: "mode 0", on: "director1",
		want:   "WARNING reuse-mode net.ipv4.vs.conn_reuse_mode",
		made:   "sysctl -qw net.ipv4.vs.conn_reuse_mode=0",
		mended: "sysctl -qw net.ipv4.vs.conn_reuse_mode=1",
	}, {
		name: "the default of the kernel", on: "director1", args: "-t 172.20.0.200:80",
		want:   "NOTE tcp-timeout timeout tcp",
		made:   "ipvsadm --set 900 0 0",
		mended: "ipvsadm --set 7200 0 0",
	}, {
		name: "a database", on: "director1", args: "-t 172.20.0.200:5432",
		want:   "WARNING tcp-timeout TCP 172.20.0.200:5432",
		made:   "ipvsadm --set 900 0 0",
		mended: "ipvsadm --set 7200 0 0",
	}, {
		name: "every packet is dropped", on: "director1", quick: true,
		want:   "WARNING defence net.ipv4.vs.drop_packet",
		made:   "sysctl -qw net.ipv4.vs.am_droprate=1 net.ipv4.vs.drop_packet=3",
		mended: "sysctl -qw net.ipv4.vs.drop_packet=1",
		after:  "sysctl -qw net.ipv4.vs.am_droprate=10 net.ipv4.vs.drop_packet=0",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "secure_tcp", on: "director1",
		want:   "WARNING defence net.ipv4.vs.secure_tcp",
		made:   "sysctl -qw net.ipv4.vs.secure_tcp=3",
		mended: "sysctl -qw net.ipv4.vs.secure_tcp=0",
	}, {
		name: "off", on: "director1", file: "/proc/sys/net/ipv4/vs/run_estimation", quick: true,
		want:   "NOTE no-estimation net.ipv4.vs.run_estimation",
		made:   "sysctl -qw net.ipv4.vs.run_estimation=0",
		mended: "sysctl -qw net.ipv4.vs.run_estimation=1",
	}, {
		name: "full", on: "director1", args: "-t 172.20.0.200:81",
		want: "WARNING conntrack-full net.netfilter.nf_conntrack_max",
		made: `sysctl -qw net.ipv4.vs.conntrack=1
			@client : < /dev/tcp/172.20.0.200/81
			@client : < /dev/tcp/172.20.0.200/81
			@guest cp /proc/sys/net/netfilter/nf_conntrack_max /run/conntrack
			@guest sysctl -qw net.netfilter.nf_conntrack_max=1`,
		mended: "@guest sysctl -qw net.netfilter.nf_conntrack_max=$(cat /run/conntrack)",
		after:  "sysctl -qw net.ipv4.vs.conntrack=0",
		client: "client", address: "172.20.0.200:81",
	}, {
		// The connections of datagrams end after 20 s. Only a module that is loaded again
		// has another table.
		name: "more than two in each", on: "director1", args: "-t 172.20.0.200:80", without: "/proc/net/ip_vs_status",
		want: "WARNING conn-buckets connection table",
		made: `ipvsadm -A -u 172.20.0.200:53 -s rr
			ipvsadm -a -u 172.20.0.200:53 -r 192.168.30.17 -m
			ipvsadm --set 0 0 20
			@client sysctl -qw net.ipv4.ip_local_port_range="1024 65000"
			@client for i in $(seq 9500); do echo > /dev/udp/172.20.0.200/53; done 2> /dev/null`,
		mended: "sleep 20",
		after: `ipvsadm -D -u 172.20.0.200:53
			ipvsadm --set 0 0 300`,
	}, {
		name: "at the limit", on: "director1", file: "/proc/sys/net/ipv4/vs/conn_max", quick: true,
		want:   "WARNING conn-max net.ipv4.vs.conn_max",
		made:   "sysctl -n net.ipv4.vs.conn_max > /run/conn_max && sysctl -qw net.ipv4.vs.conn_max=1",
		mended: "sysctl -qw net.ipv4.vs.conn_max=$(cat /run/conn_max)",
		client: "client", address: "172.20.0.200:81", requests: 1,
	}}
}

// daemonConditions returns those of sync daemons.
func daemonConditions() []condition {
	return []condition{{
		name: "no multicast", on: "director1", args: "-t 172.20.0.200:80",
		want:   "FAULT daemon-mismatch master sync daemon on eth1",
		made:   "ip link set eth1 multicast off",
		mended: "ip link set eth1 multicast on",
	}, {
		name: "the same syncid", on: "director1", args: "-t 172.20.0.200:80",
		want:   "NOTE daemon-mismatch backup sync daemon on eth1",
		made:   "ipvsadm --start-daemon backup --mcast-interface eth1 --syncid 7",
		mended: "ipvsadm --stop-daemon backup",
	}, {
		name: "a backup that is a server", on: "director2", args: "-t 172.20.0.200:81",
		want: "WARNING backup-only TCP 172.20.0.200:81 -> 172.20.0.2:81\n" +
			"NOTE local-node TCP 172.20.0.200:81 -> 172.20.0.2:81",
		made: `ipvsadm -a -t 172.20.0.200:81 -r 172.20.0.2 -g
			sysctl -qw net.ipv4.vs.backup_only=0`,
		mended: `ipvsadm -d -t 172.20.0.200:81 -r 172.20.0.2
			sysctl -qw net.ipv4.vs.backup_only=1`,
	}, {
		name: "the default of the kernel", on: "director1", args: "-t 172.20.0.200:80",
		want:   "NOTE sync-threshold net.ipv4.vs.sync_threshold",
		made:   `sysctl -qw net.ipv4.vs.sync_threshold="3 50"`,
		mended: `sysctl -qw net.ipv4.vs.sync_threshold="1 50"`,
	}, {
		name: "version 0", on: "director1", args: "-t [2001:db8:20::200]:81",
		want:   "WARNING sync-version TCP [2001:db8:20::200]:81",
		made:   "sysctl -qw net.ipv4.vs.sync_version=0",
		mended: "sysctl -qw net.ipv4.vs.sync_version=1",
	}, {
		name: "a persistent service", on: "director2", args: "-t 172.20.0.200:92",
		want:   "WARNING sloppy-tcp TCP 172.20.0.200:92",
		made:   "sysctl -qw net.ipv4.vs.sync_persist_mode=1",
		mended: "sysctl -qw net.ipv4.vs.sloppy_tcp=1",
		after:  "sysctl -qw net.ipv4.vs.sync_persist_mode=0 net.ipv4.vs.sloppy_tcp=0",
	}}
}

// realServerConditions returns those of real servers.
func realServerConditions() []condition {
	return []condition{{
		name: "direct routing", on: "real21", args: onReal21, quick: true,
		want:   "FAULT vip-missing 172.20.0.200",
		made:   "ip address del 172.20.0.200/32 dev lo",
		mended: "ip address add 172.20.0.200/32 dev lo",
		client: "client", address: "172.20.0.200:81",
	}, {
		name: "a tunnel of IPv6", on: "real31", args: onReal31,
		want:   "FAULT vip-missing 2001:db8:20::200",
		made:   "ip address del 2001:db8:20::200/128 dev lo",
		mended: "ip address add 2001:db8:20::200/128 dev ip6tnl0 nodad",
		after: `ip address del 2001:db8:20::200/128 dev ip6tnl0
			ip address add 2001:db8:20::200/128 dev lo nodad`,
		client: "client", address: "[2001:db8:20::200]:82",
	}, {
		name: "down", on: "real31", args: onReal31,
		want: "FAULT tunnel-device 172.20.0.200",
		made: `ip link set tunl0 down
			ip link set gre0 down`,
		mended: "ip link set tunl0 up",
		after:  "ip link set gre0 up",
		client: "client", address: "172.20.0.200:82",
	}, {
		name: "of IPv6, down", on: "real31", args: onReal31,
		want: "FAULT tunnel-device 2001:db8:20::200",
		made: `ip link set ip6tnl0 down
			ip link set ip6gre0 down`,
		mended: "ip link set ip6tnl0 up",
		after:  "ip link set ip6gre0 up",
		client: "client", address: "[2001:db8:20::200]:82",
	}, {
		name: "a tunnel", on: "real31", args: onReal31, quick: true,
		want:   "FAULT rp-filter tunl0",
		made:   "sysctl -qw net.ipv4.conf.tunl0.rp_filter=1",
		mended: "sysctl -qw net.ipv4.conf.tunl0.rp_filter=0",
		client: "client", address: "172.20.0.200:82",
	}, {
		// Port 80 is not one of this server, so that clients who find it get nothing.
		name: "it answers ARP", on: "real21", args: onReal21, quick: true,
		want: "FAULT arp-problem 172.20.0.200",
		made: `sysctl -qw net.ipv4.conf.all.arp_ignore=0
			@client ip neighbour flush dev eth0`,
		mended: `sysctl -qw net.ipv4.conf.all.arp_ignore=1
			@client ip neighbour flush dev eth0`,
		client: "client", address: "172.20.0.200:80",
	}, {
		name: "it asks from the address", on: "real21", args: onReal21,
		want:   "WARNING arp-problem 172.20.0.200",
		made:   "sysctl -qw net.ipv4.conf.all.arp_announce=0",
		mended: "sysctl -qw net.ipv4.conf.all.arp_announce=2",
	}, {
		name: "an address of IPv6 on an interface", on: "real21", args: onReal21,
		want: "FAULT arp-problem 2001:db8:20::200",
		made: `ip address del 2001:db8:20::200/128 dev lo
			ip address add 2001:db8:20::200/128 dev eth0 nodad`,
		mended: `ip address del 2001:db8:20::200/128 dev eth0
			ip address add 2001:db8:20::200/128 dev lo nodad`,
	}, {
		name: "another gateway", on: "real17", args: onReal17, quick: true,
		want:   "FAULT way-back default route",
		made:   "ip route replace default via 192.168.30.2",
		mended: "ip route replace default via 192.168.30.1",
		client: "client", address: "172.20.0.200:80",
	}, {
		name: "direct routing back to the director", on: "real21", args: onReal21,
		want:   "WARNING way-back default route",
		made:   "ip route replace default via 172.20.0.1",
		mended: "ip route replace default via 172.20.0.254",
		client: "remote", address: "172.20.0.200:81",
	}}
}

// roundRobin returns a TCP service.
func roundRobin(address string) ipvs.Service {
	return ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(address)), Scheduler: "rr"}
}

// addition returns the change that adds a server to a TCP service.
func addition(service, server string, method ipvs.Forward) ipvs.Change {
	d := ipvs.Destination{Addr: netip.MustParseAddrPort(server), Forward: method, Weight: 1}
	return ipvs.Change{Op: ipvs.AddDestination, Service: roundRobin(service), Destination: d}
}
