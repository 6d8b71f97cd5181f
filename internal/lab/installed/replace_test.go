//go:build kernel && installed

package installed

import "testing"

// TestLongInstalledReplace replaces Debian's ipvsadm, which has loaded rules at boot.
func TestLongInstalledReplace(t *testing.T) {
	onEach(t, func(t *testing.T, s system) {
		s.debian(t)
		s.check(t, "ipvsadm "+thirdLine, "")
		t.Log(s.run(t, install+" 2>&1"))
		s.check(t, "ls /usr/sbin/ipvsadm* /sbin/ipvsadm*; dpkg-divert --list '*ipvsadm*'; ipvsadm -v", "")
		s.checkService(t, "active", "enabled")
		s.checkTable(t, twoServers)
		s.checkRules(t, "# by hand\n"+twoServers)
		s.check(t, "systemctl cat ipvsadm", "")

		s.check(t, "ipvsadm "+thirdLine, "")
		s.reboot(t)
		s.checkTable(t, twoServers)
		s.checkService(t, "active", "enabled")
		s.checkRules(t, "# by hand\n"+twoServers)

		s.check(t, "dpkg -P ipvsadm 2>&1 | grep -v 'Reading database'", "")
		s.checkService(t, "active", "enabled")
		s.checkRules(t, "# by hand\n"+twoServers)

		s.check(t, "ipvsadm "+thirdLine, "")
		t.Log(s.run(t, "dpkg -i /srv/ipvsadm_*.deb 2>&1"))
		s.checkTable(t, moreServers)
		s.check(t, "dpkg -r ipvsadm-go 2>&1", "")
		s.checkTable(t, "")
		t.Log(s.run(t, "dpkg -i /srv/ipvsadm_*.deb 2>&1"))
		s.checkTable(t, "")
		s.checkRules(t, "")
	})
}

// debian installs Debian's package, and loads rules with its service.
func (s system) debian(t *testing.T) {
	t.Helper()
	s.run(t, "dpkg -i /srv/ipvsadm_*.deb")
	s.check(t, "sed -i 's/^AUTO=.*/AUTO=\"true\"/; s/^DAEMON=.*/DAEMON=\"master\"/; s/^IFACE=.*/IFACE=lo/' /etc/default/ipvsadm", "")
	s.write(t, "/etc/ipvsadm.rules", "# by hand\n"+twoServers)
	s.check(t, "systemctl daemon-reload; systemctl restart ipvsadm", "")
	s.checkTable(t, twoServers)
}
