package doctor

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// daemonsCases returns the conditions of check_daemons.go.
func daemonsCases() []checkCase {
	return []checkCase{
		{"daemon-mismatch", "no interface", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.Daemons[0].Interface = "eth9"
		}, []Finding{
			{Fault, "daemon-mismatch", "master sync daemon on eth9",
				"there is no interface eth9",
				"ipvsadm --stop-daemon master, and --start-daemon master with --mcast-interface"},
		}},
		{"daemon-mismatch", "down", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.link(front).Up = false
		}, []Finding{
			{Fault, "daemon-mismatch", "backup sync daemon on front",
				"front is down",
				"connections are not synchronised: ip link set front up"},
		}},
		{"daemon-mismatch", "no carrier", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.link(front).Running = false
		}, []Finding{
			{Fault, "no-carrier", "front",
				"it has the address 172.20.0.200 of a service, and no carrier",
				"no request comes in by it: check the cable, or the other end of the link"},
			{Fault, "daemon-mismatch", "master sync daemon on front",
				"front has no carrier",
				"connections are not synchronised: check the cable, or the other end of the link"},
		}},
		{"daemon-mismatch", "no multicast", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.link(front).Multicast = false
		}, []Finding{
			{Fault, "daemon-mismatch", "master sync daemon on front",
				"front is not capable of multicast",
				"connections are not synchronised: ip link set front multicast on"},
		}},
		{"daemon-mismatch", "no address of the family", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.Daemons[0].Interface = "lan"
			m.Daemons[0].Group = addr("ff02::81")
			m.Host.Addresses = slices.DeleteFunc(m.Host.Addresses, func(a host.Address) bool { return a.Link == lan && a.Addr.Addr().Is6() })
		}, []Finding{
			{Fault, "daemon-mismatch", "master sync daemon on lan",
				"lan has no address of the family of the group ff02::81",
				"connections are not synchronised: add an address to lan, then ipvsadm --stop-daemon master, and --start-daemon master with --mcast-interface"},
		}},
		{"daemon-mismatch", "the same syncid", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 7)
			m.daemon(ipvs.Backup, 7)
		}, []Finding{
			{Note, "daemon-mismatch", "backup sync daemon on front",
				"the syncid of the backup is 7, that of the master on this director 7",
				"two directors that are active for different services need a syncid each: start the daemons with different --syncid"},
		}},
		{"daemon-mismatch", "a backup that takes every syncid", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 7)
			m.daemon(ipvs.Backup, 0)
		}, []Finding{
			{Note, "daemon-mismatch", "backup sync daemon on front",
				"the syncid of the backup is 0, that of the master on this director 7",
				"two directors that are active for different services need a syncid each: start the daemons with different --syncid"},
		}},
		{"backup-only", "a backup that is a server", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.route("192.168.30.21", host.Route{Type: host.RouteLocal, Link: lo})
		}, []Finding{
			{Warning, "backup-only", "TCP 172.20.0.201:80 -> 192.168.30.21:80",
				"this backup director is a server of the service, and net.ipv4.vs.backup_only is 0",
				"a packet that another director sends here is balanced again, and can go round between the two for ever: sysctl -w net.ipv4.vs.backup_only=1"},
			{Note, "local-node", "TCP 172.20.0.201:80 -> 192.168.30.21:80",
				"192.168.30.21 is an address of this machine",
				"the service has to run here: packets are not sent anywhere, whatever the forwarding method is"},
		}},
		{"sync-threshold", "the defaults of the kernel", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.set("net.ipv4.vs.sync_threshold", "3\t50")
		}, []Finding{
			{Note, "sync-threshold", "net.ipv4.vs.sync_threshold",
				"it is 3 50: a connection is synchronised with its packet 3 from the client, then with every 50 packets",
				"a backup never learns of shorter connections: sysctl -w net.ipv4.vs.sync_threshold=\"1 50\""},
		}},
		{"sync-threshold", "with a period of refreshing", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.set("net.ipv4.vs.sync_threshold", "3\t50")
			m.set("net.ipv4.vs.sync_refresh_period", "10")
		}, []Finding{
			{Note, "sync-threshold", "net.ipv4.vs.sync_threshold",
				"it is 3 50: a connection is synchronised with its packet 3 from the client, then every 10 s (sync_refresh_period)",
				"a backup never learns of shorter connections: sysctl -w net.ipv4.vs.sync_threshold=\"1 50\""},
		}},
		{"sync-version", "version 0", newDirector, func(m machine) {
			m.daemon(ipvs.Master, 1)
			m.set("net.ipv4.vs.sync_version", "0")
		}, []Finding{
			{Warning, "sync-version", "TCP [2001:db8:20::200]:80",
				"net.ipv4.vs.sync_version is 0: messages of version 0 have no IPv6",
				"connections of the service are not synchronised: sysctl -w net.ipv4.vs.sync_version=1"},
			{Warning, "sync-version", "TCP [2001:db8:20::201]:80",
				"net.ipv4.vs.sync_version is 0: messages of version 0 have no IPv6",
				"connections of the service are not synchronised: sysctl -w net.ipv4.vs.sync_version=1"},
			{Warning, "sync-version", "TCP [2001:db8:20::202]:80",
				"net.ipv4.vs.sync_version is 0: messages of version 0 have no IPv6",
				"connections of the service are not synchronised: sysctl -w net.ipv4.vs.sync_version=1"},
		}},
		{"sloppy-tcp", "a persistent service", newDirector, func(m machine) {
			m.daemon(ipvs.Backup, 1)
			m.set("net.ipv4.vs.sync_persist_mode", "1")
			m.entry("172.20.0.200").Service.Flags = ipvs.Persistent
		}, []Finding{
			{Warning, "sloppy-tcp", "TCP 172.20.0.200:80",
				"net.ipv4.vs.sync_persist_mode is 1, and net.ipv4.vs.sloppy_tcp is 0",
				"only templates are synchronised, and a backup that takes over drops the open connections: sysctl -w net.ipv4.vs.sloppy_tcp=1"},
		}},
		{"mixed-family-daemon", "a server of IPv6", newDirector, func(m machine) {
			m.service("172.20.0.202", 81, destination("[2001:db8:30::31]:81", ipvs.Tunnel))
		}, []Finding{
			{Note, "mixed-family-daemon", "TCP 172.20.0.202:81 -> [2001:db8:30::31]:81",
				"the family of the server is not that of the service",
				"the kernel starts no sync daemon beside such a server: a sync message has one family for both ends"},
		}},
	}
}
