//go:build kernel && installed

package installed

import "testing"

// TestLongInstalledService installs the package on a system without ipvsadm, and does with
// the service what an operator does, up to the purge.
func TestLongInstalledService(t *testing.T) {
	onEach(t, func(t *testing.T, s system) {
		// Without the kernel's module, as in a container, installing does not load it.
		s.check(t, install, selecting+unpacked+setUp)
		s.check(t, "grep -c ip_vs /proc/modules", "0\nstatus 1\n")
		s.checkService(t, "inactive", "disabled")

		start(t, s)
		restart(t, s)
		reload(t, s)
		reboot(t, s)
		keepFile(t, s)
		lateInterface(t, s)
		remove(t, s)
	})
}

// start enables and starts the service.
func start(t *testing.T, s system) {
	s.write(t, "/etc/ipvsadm.rules", "# by hand\n"+oneServer)
	s.check(t, "systemctl --quiet enable ipvsadm && systemctl start ipvsadm", "")
	s.checkService(t, "active", "enabled")
	s.checkTable(t, oneServer)
	s.checkRules(t, "# by hand\n"+oneServer)
}

// restart saves a change made by hand, and loads it.
func restart(t *testing.T, s system) {
	s.check(t, "ipvsadm "+secondLine+"systemctl restart ipvsadm", "")
	s.checkService(t, "active", "enabled")
	s.checkTable(t, twoServers)
	s.checkRules(t, twoServers)
}

// reload loads what was edited. An error in the rules changes nothing.
func reload(t *testing.T, s system) {
	s.write(t, "/etc/ipvsadm.rules", moreServers)
	s.check(t, "systemctl reload ipvsadm", "")
	s.checkTable(t, moreServers)

	s.write(t, "/etc/ipvsadm.rules", oneServer+"-A -t nonsense\n")
	s.check(t, "systemctl reload ipvsadm", "Job for ipvsadm.service failed.\n"+
		"See \"systemctl status ipvsadm.service\" and \"journalctl -xeu ipvsadm.service\" for details.\nstatus 1\n")
	s.checkTable(t, moreServers)
	s.checkService(t, "active", "enabled")
	s.check(t, "journalctl -b -u ipvsadm -t rules -o cat", "line 3: illegal virtual server address[:port] specified\n")
	s.write(t, "/etc/ipvsadm.rules", twoServers)
	s.check(t, "systemctl reload ipvsadm", "")
}

// probe is a unit that needs the network, and stores the table that it finds.
const probe = `[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'ipvsadm -Sn > /root/table'
[Install]
WantedBy=multi-user.target
`

// reboot saves a change made by hand at shutdown, and loads it at boot before anything
// that needs the network.
func reboot(t *testing.T, s system) {
	s.write(t, "/etc/systemd/system/probe.service", probe)
	s.check(t, "systemctl --quiet enable probe && ipvsadm "+thirdLine, "")
	s.reboot(t)
	s.checkTable(t, moreServers)
	s.check(t, "cat /root/table", moreServers)
	s.checkService(t, "active", "enabled")
	s.checkRules(t, moreServers)
	s.check(t, "systemctl --failed --no-legend", "")
}

// keepFile stops the service with the setting that leaves the file to the operator.
func keepFile(t *testing.T, s system) {
	s.check(t, "echo SAVE_ON_STOP=no >> /etc/default/ipvsadm-go; ipvsadm -C; systemctl stop ipvsadm", "")
	s.checkTable(t, "")
	s.checkRules(t, moreServers)
	s.check(t, "systemctl start ipvsadm", "")
	s.checkTable(t, moreServers)
}

// late is a unit that adds an interface two seconds after the rules can have been loaded,
// and stores the table of that moment.
const late = `[Unit]
Wants=network-online.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'until ipvsadm -Sn | grep -q .; do sleep 0.1; done; sleep 2; ipvsadm-save -n --all > /root/early; ip link add late0 type dummy && ip address add 10.7.0.1/24 dev late0 && ip link set late0 up'
[Install]
WantedBy=multi-user.target
`

// noDevice is what ipvsadm-restore prints if the interface of the sync daemon is missing.
const noDevice = "--start-daemon master --mcast-interface late0 --syncid 1 --mcast-group 224.0.0.81 --mcast-port 8848 --mcast-ttl 1 --sync-maxlen 1472: " +
	"No such device\n"

// lateInterface boots with a sync daemon whose interface comes later than the rules. The
// services do not wait for it, and what needs the network waits for the daemon.
func lateInterface(t *testing.T, s system) {
	const daemon = "--start-daemon master --mcast-interface late0 --syncid 1\n"
	s.check(t, "echo SAVE_OPTIONS='\"-n --all\"' >> /etc/default/ipvsadm-go; sed -i '/^SAVE_ON_STOP/d' /etc/default/ipvsadm-go", "")
	s.write(t, "/etc/systemd/system/late.service", late)
	s.check(t, "systemctl --quiet enable late && systemctl start late && ipvsadm "+daemon, "")
	all := s.run(t, "ipvsadm-save -n --all")

	s.reboot(t)
	s.check(t, "systemctl --failed --no-legend", "")
	s.check(t, "ipvsadm-save -n --all", all)
	s.checkRules(t, all)
	s.check(t, "cat /root/early", moreServers+"--set 900 120 300\n")
	s.check(t, "cat /root/table", moreServers)
	s.check(t, "journalctl -b -u ipvsadm -t rules -o cat", noDevice+"rolled back; no changes were kept\n"+
		"loaded the rules without the sync daemons; trying again for 30 seconds\nstarted the sync daemons\n")

	// The interface never comes: the rules are there, and the service has failed, so that
	// the file is not written without the daemon at shutdown.
	s.check(t, "systemctl --quiet disable late && echo DAEMON_TIMEOUT=3 >> /etc/default/ipvsadm-go", "")
	s.reboot(t)
	s.checkTable(t, moreServers)
	s.checkService(t, "failed", "enabled")
	s.check(t, "journalctl -b -u ipvsadm -t rules -o cat", noDevice+"rolled back; no changes were kept\n"+
		"loaded the rules without the sync daemons; trying again for 3 seconds\n"+noDevice+"no changes were made\n")
	s.reboot(t)
	s.checkRules(t, all)
	s.check(t, "systemctl start late && systemctl start ipvsadm", "")
	s.checkService(t, "active", "enabled")
}

// remove removes the package, which saves the table and clears it, and purges it.
func remove(t *testing.T, s system) {
	all := s.run(t, "cat /etc/ipvsadm.rules")
	s.check(t, "dpkg -r ipvsadm-go 2>&1 | grep -v 'Reading database'", "Removing ipvsadm-go (0.1.0) ...\n"+
		"ipvsadm-go: saved the table to /var/backups/ipvsadm.table\n")
	s.check(t, "systemctl is-active ipvsadm; :", "inactive\n")
	s.check(t, "tail -n +4 /proc/net/ip_vs", "")
	s.checkRules(t, all)
	s.check(t, "cat /var/backups/ipvsadm.table", moreServers)

	s.check(t, "dpkg -P ipvsadm-go 2>&1 | grep -v 'Reading database'", "Purging configuration files for ipvsadm-go (0.1.0) ...\n"+
		"ipvsadm-go: moved /etc/ipvsadm.rules to /var/backups\n")
	s.check(t, "cat /var/backups/ipvsadm.rules", all)
	s.check(t, "find / -xdev -name '*ipvsadm*' -not -path '/srv/*' | sort", "/var/backups/ipvsadm.rules\n/var/backups/ipvsadm.table\n")
}
