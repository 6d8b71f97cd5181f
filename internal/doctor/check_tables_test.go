package doctor

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tablesCases returns the conditions of check_tables.go.
func tablesCases() []checkCase {
	return []checkCase{
		{"no-service", "an empty table", newDirector, func(m machine) {
			m.Table.Entries = nil
		}, []Finding{
			{Note, "no-service", "IPVS table",
				"it has no services",
				"load rules: ipvsadm-restore < FILE, or start the program that manages them"},
		}},
		{"no-service", "the selected one is absent", newDirector, func(m machine) {
			id := ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("172.20.0.200:80"))
			m.Target.Service = &id
		}, []Finding{
			{Fault, "no-service", "UDP 172.20.0.200:80",
				"the table does not have this service",
				"add it with ipvsadm -A, or look at the rules: ipvsadm -Ln"},
		}},
		{"no-server", "no servers", newDirector, func(m machine) {
			m.entry("172.20.0.200").Destinations = nil
		}, []Finding{
			{Fault, "no-server", "TCP 172.20.0.200:80",
				"it has no servers",
				"new connections are refused: add a server with ipvsadm -a, or delete the service"},
		}},
		{"no-server", "weight 0", newDirector, func(m machine) {
			m.server("172.20.0.200").Weight = 0
		}, []Finding{
			{Fault, "no-server", "TCP 172.20.0.200:80",
				"it has 1 server, all of weight 0",
				"new connections are refused: give a server a weight with ipvsadm -e"},
		}},
		{"no-server", "a firewall mark, two servers of weight 0", newDirector, func(m machine) {
			e := m.entry("172.20.0.200")
			e.Service.ID = ipvs.MarkService(5, ipvs.IPv4)
			e.Destinations[0].Weight = 0
			e.Destinations = append(e.Destinations, e.Destinations[0])
		}, []Finding{
			{Fault, "no-server", "FWM 5",
				"it has 2 servers, all of weight 0",
				"new connections are refused: give a server a weight with ipvsadm -e"},
		}},
		{"no-server", "at the upper threshold", newDirector, func(m machine) {
			d := m.server("172.20.0.200")
			d.UpperThreshold, d.ActiveConnections, d.InactiveConnections = 10, 4, 6
		}, []Finding{
			{Warning, "no-server", "TCP 172.20.0.200:80",
				"no server is below its upper threshold (1 at it, 0 of weight 0)",
				"new connections are refused until there are fewer: add servers, or raise --u-threshold"},
		}},
		{"scheduler-module", "dh", newDirector, func(m machine) {
			m.entry("172.20.0.200").Service.Scheduler = "dh"
			m.twoServers("172.20.0.200")
		}, []Finding{
			{Note, "scheduler-module", "TCP 172.20.0.200:80",
				"scheduler dh selects by the address that clients connect to, which is always that of the service",
				"all connections go to one server; this scheduler is for caches with a firewall-mark service, sh and mh select by the client"},
		}},
		{"scheduler-module", "lblcr", newDirector, func(m machine) {
			m.entry("2001:db8:20::201").Service.Scheduler = "lblcr"
			m.twoServers("2001:db8:20::201")
		}, []Finding{
			{Note, "scheduler-module", "TCP [2001:db8:20::201]:80",
				"scheduler lblcr selects by the address that clients connect to, which is always that of the service",
				"all connections go to one server; this scheduler is for caches with a firewall-mark service, sh and mh select by the client"},
		}},
		{"scheduler-module", "lblc", newDirector, func(m machine) {
			m.entry("172.20.0.200").Service.Scheduler = "lblc"
			m.twoServers("172.20.0.200")
		}, []Finding{
			{Note, "scheduler-module", "TCP 172.20.0.200:80",
				"scheduler lblc selects by the address that clients connect to, which is always that of the service",
				"all connections go to one server; this scheduler is for caches with a firewall-mark service, sh and mh select by the client"},
		}},
		{"scheduler-module", "mh", newDirector, func(m machine) {
			m.entry("172.20.0.200").Service.Scheduler = "mh"
			m.twoServers("172.20.0.200")
		}, []Finding{
			{Note, "scheduler-module", "TCP 172.20.0.200:80",
				"scheduler mh selects by the address of the client, without its port",
				"clients behind one address share a server: ipvsadm -E with -b mh-port"},
		}},
		{"dr-port", "direct routing", newDirector, func(m machine) {
			m.server("172.20.0.201").Addr = netip.MustParseAddrPort("192.168.30.21:8080")
		}, []Finding{
			{Fault, "dr-port", "TCP 172.20.0.201:80 -> 192.168.30.21:8080",
				"forwarding method route does not change ports: packets arrive at port 80",
				"let the server listen on port 80 and add it with that port, or use masquerading (-m)"},
		}},
		{"dr-port", "a tunnel of IPv6", newDirector, func(m machine) {
			m.server("2001:db8:20::202").Addr = netip.MustParseAddrPort("[2001:db8:30::31]:8080")
		}, []Finding{
			{Fault, "dr-port", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:8080",
				"forwarding method tunnel does not change ports: packets arrive at port 80",
				"let the server listen on port 80 and add it with that port, or use masquerading (-m)"},
		}},
		{"port-zero", "no persistence", newDirector, func(m machine) {
			m.entry("172.20.0.200").Service.ID.Addr = netip.MustParseAddrPort("172.20.0.200:0")
		}, []Finding{
			{Fault, "port-zero", "TCP 172.20.0.200:0",
				"it is for all ports (port 0), and not persistent",
				"the kernel schedules no connections of it: make it persistent with ipvsadm -E and -p, or add a service for each port"},
		}},
		{"ftp-helper", "no helper", newDirector, func(m machine) {
			m.ftp("172.20.0.200")
			m.Host.Apps = nil
		}, []Finding{
			{Warning, "ftp-helper", "TCP 172.20.0.200:21 -> 192.168.30.17:21",
				"FTP is masqueraded, and /proc/net/ip_vs_app has no ftp",
				"clients log in, but get no data connections: modprobe ip_vs_ftp"},
		}},
		{"ftp-persistence", "direct routing", newDirector, func(m machine) {
			m.ftp("172.20.0.201")
		}, []Finding{
			{Warning, "ftp-persistence", "TCP 172.20.0.201:21",
				"FTP by direct routing or tunnels is not persistent",
				"clients log in, but passive data connections are refused: ipvsadm -E with -p 300"},
		}},
		{"ftp-persistence", "a tunnel of IPv6", newDirector, func(m machine) {
			m.ftp("2001:db8:20::202")
		}, []Finding{
			{Warning, "ftp-persistence", "TCP [2001:db8:20::202]:21",
				"FTP by direct routing or tunnels is not persistent",
				"clients log in, but passive data connections are refused: ipvsadm -E with -p 300"},
		}},
		{"sip-protocol", "TCP", newDirector, func(m machine) {
			s := &m.entry("172.20.0.200").Service
			s.Engine, s.Flags, s.Timeout = "sip", ipvs.Persistent, 300
		}, []Finding{
			{Fault, "sip-protocol", "TCP 172.20.0.200:80",
				"persistence engine sip takes UDP only",
				"all new connections are dropped: delete the service and add it without --pe"},
		}},
	}
}
