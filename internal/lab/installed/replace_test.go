//go:build kernel && installed

package installed

import "testing"

// TestLongInstalledReplace replaces Debian's ipvsadm, which has loaded rules at boot, and
// goes back to it.
func TestLongInstalledReplace(t *testing.T) {
	onEach(t, func(t *testing.T, s system) {
		s.debian(t)
		replaceByDpkg(t, s)
		goBack(t, s)
		replaceByApt(t, s)
		purgeDebian(t, s)
	})
}

// TestLongInstalledReplaceOther replaces Debian's ipvsadm where its service is not used.
func TestLongInstalledReplaceOther(t *testing.T) {
	onEach(t, func(t *testing.T, s system) {
		notAtBoot(t, s)
		masked(t, s)
		withoutSystemd(t, s)
		settings(t, s)
	})
}

// Commands of packages. What is left out of their output is the progress, and the names
// and the version of Debian's package.
const (
	words       = ` 2>&1 | grep -v 'Reading database' | sed -e 's/1:1\.31[^) ]*/1:1.31/; s/[^ ]*ipvsadm_[^ ]*deb/ipvsadm.deb/'`
	install     = "dpkg -i /mnt/ipvsadm-go.deb" + words
	installBack = "dpkg -i /srv/ipvsadm_*.deb" + words

	// Of apt, the words of the packages and the errors.
	aptWords       = ` 2>&1 | tr -d '\r' | grep -e '^ipvsadm' -e '^E:'; :`
	aptInstall     = "DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install /mnt/ipvsadm-go.deb" + aptWords
	aptInstallBack = "DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install /srv/ipvsadm_*.deb" + aptWords
)

// What the package prints.
const (
	selecting    = "Selecting previously unselected package ipvsadm-go.\n"
	unpacked     = "Preparing to unpack /mnt/ipvsadm-go.deb ...\nUnpacking ipvsadm-go (0.1.0) ...\n"
	setUp        = "Setting up ipvsadm-go (0.1.0) ...\n"
	removing     = "dpkg: considering removing ipvsadm in favour of ipvsadm-go ...\ndpkg: yes, will remove ipvsadm in favour of ipvsadm-go\n"
	removed      = "Removing ipvsadm (1:1.31), to allow configuration of ipvsadm-go (0.1.0) ...\n"
	saidEnabled  = "ipvsadm-go: enabled ipvsadm.service, because of AUTO=true in /etc/default/ipvsadm; see also /etc/default/ipvsadm-go\n"
	saidLoaded   = "ipvsadm-go: loaded /etc/ipvsadm.rules: removing Debian's ipvsadm clears the table\n"
	saidKept     = "ipvsadm-go: left the table as it is\n"
	saidSaved    = "ipvsadm-go: saved the table to /var/backups/ipvsadm.table\n"
	saidEmpty    = "ipvsadm-go: the table is empty: removing Debian's ipvsadm clears it\n"
	saidDaemon   = "ipvsadm-go: ignored DAEMON in /etc/default/ipvsadm: start the sync daemon with ipvsadm, and save it with ipvsadm-save -n --all --output /etc/ipvsadm.rules\n"
	saidMasked   = "ipvsadm-go: cannot enable ipvsadm.service: no rules will be loaded at boot\n"
	saidWritten  = "ipvsadm-go: wrote the table to /etc/ipvsadm.rules, which had been removed\n"
	programsHere = "ls /usr/sbin/ipvsadm /usr/sbin/ipvsadm-save /usr/sbin/ipvsadm-restore > /dev/null && ls /sbin/*usr-is-merged; dpkg-divert --list '*ipvsadm*'; ipvsadm -v | grep -c ipvsadm-go"
	ourPrograms  = "ls: cannot access '/sbin/*usr-is-merged': No such file or directory\n1\n"
)

// refused is what dpkg prints of Debian's package while this one is installed.
const refused = "dpkg: regarding ipvsadm.deb containing ipvsadm:\n ipvsadm-go conflicts with ipvsadm\n  ipvsadm (version 1:1.31) is to be installed.\n\n" +
	"dpkg: error processing archive ipvsadm.deb (--install):\n conflicting packages - not installing ipvsadm\n" +
	"Errors were encountered while processing:\n ipvsadm.deb\n"

// saidAgain is what is printed when purging Debian's package disabled the service.
var saidAgain = map[string]string{"trixie": "ipvsadm-go: enabled ipvsadm.service again\n"}

// notAtBootWords is what is printed when Debian's package does not load rules at boot. Its
// removal then leaves the table alone.
var notAtBootWords = map[string]string{
	"trixie": "ipvsadm-go: disabled ipvsadm.service, because AUTO is not true in /etc/default/ipvsadm\n",
}

// byHand are rules with a comment, as an operator writes them.
const byHand = "# by hand\n" + twoServers

// debian installs Debian's package, and loads rules with its service.
func (s system) debian(t *testing.T) {
	t.Helper()
	s.run(t, installBack)
	s.check(t, `sed -i 's/^AUTO=.*/AUTO="true"/; s/^DAEMON=.*/DAEMON="master"/; s/^IFACE=.*/IFACE=lo/' /etc/default/ipvsadm`, "")
	s.write(t, "/etc/ipvsadm.rules", byHand)
	s.check(t, "systemctl daemon-reload; systemctl restart ipvsadm", "")
	s.checkTable(t, twoServers)
}

// replaceByDpkg installs the package over Debian's, whose removal stops its service and
// so clears the table. The rules of the file are loaded again, now and at the next boot,
// and the file is not written, as before.
func replaceByDpkg(t *testing.T, s system) {
	s.check(t, "ipvsadm "+thirdLine, "")
	s.check(t, install, selecting+removing+unpacked+removed+setUp+saidEnabled+saidLoaded+saidDaemon)
	s.check(t, programsHere, ourPrograms)
	s.checkService(t, "active", "enabled")
	s.checkTable(t, twoServers)
	s.checkRules(t, byHand)

	s.check(t, "ipvsadm "+thirdLine, "")
	s.reboot(t)
	s.checkService(t, "active", "enabled")
	s.checkTable(t, twoServers)
	s.checkRules(t, byHand)
}

// goBack replaces the package by Debian's. It saves the table before it is cleared.
func goBack(t *testing.T, s system) {
	s.check(t, "ipvsadm "+thirdLine, "")
	s.check(t, installBack, refused)
	s.checkTable(t, moreServers)

	s.check(t, aptInstallBack, saidSaved)
	s.check(t, "cat /var/backups/ipvsadm.table", moreServers)
	s.checkService(t, "active", "enabled")
	s.checkTable(t, twoServers)
	s.checkRules(t, byHand)
	s.reboot(t)
	s.checkTable(t, twoServers)
}

// replaceByApt installs the package over Debian's while services must not be stopped or
// started, so that the table is not cleared.
func replaceByApt(t *testing.T, s system) {
	s.check(t, "ipvsadm "+thirdLine, "")
	s.write(t, "/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
	s.check(t, "chmod +x /usr/sbin/policy-rc.d", "")
	s.check(t, aptInstall, saidEnabled+saidKept+saidDaemon)
	s.check(t, "rm /usr/sbin/policy-rc.d", "")
	s.check(t, programsHere, ourPrograms)
	s.checkService(t, "active", "enabled")
	s.checkTable(t, moreServers)
	s.checkRules(t, byHand)
}

// purgeDebian removes what Debian's package has left, of which /etc/ipvsadm.rules is part.
func purgeDebian(t *testing.T, s system) {
	s.check(t, "dpkg -P ipvsadm"+words, "Purging configuration files for ipvsadm (1:1.31) ...\nProcessing triggers for ipvsadm-go (0.1.0) ...\n"+saidWritten+saidAgain[s.suite])
	s.checkService(t, "active", "enabled")
	s.checkRules(t, moreServers)
	s.reboot(t)
	s.checkService(t, "active", "enabled")
	s.checkTable(t, moreServers)
	s.check(t, "dpkg -P ipvsadm-go"+words, "Removing ipvsadm-go (0.1.0) ...\n"+saidSaved+
		"Purging configuration files for ipvsadm-go (0.1.0) ...\nipvsadm-go: moved /etc/ipvsadm.rules to /var/backups\n")
}

// notAtBoot replaces Debian's package when it does not load rules at boot.
func notAtBoot(t *testing.T, s system) {
	s.debian(t)
	s.check(t, "sed -i 's/^AUTO=.*/AUTO=false/; s/^DAEMON=.*/DAEMON=none/' /etc/default/ipvsadm", "")
	s.check(t, install, selecting+removing+unpacked+removed+setUp+notAtBootWords[s.suite])
	s.checkService(t, "inactive", "disabled")
	s.checkTable(t, twoServers)
	s.checkRules(t, byHand)

	// The service is not used, so that its file is not written again.
	s.check(t, "dpkg -P ipvsadm"+words, "Purging configuration files for ipvsadm (1:1.31) ...\nProcessing triggers for ipvsadm-go (0.1.0) ...\n")
	s.check(t, "ipvsadm -C; dpkg -P ipvsadm-go"+words, "Removing ipvsadm-go (0.1.0) ...\nPurging configuration files for ipvsadm-go (0.1.0) ...\n")
}

// masked replaces Debian's package when the unit is masked.
func masked(t *testing.T, s system) {
	s.debian(t)
	s.check(t, "systemctl --quiet mask ipvsadm", "")
	s.check(t, install, selecting+removing+unpacked+removed+setUp+saidMasked+saidDaemon)
	s.checkService(t, "inactive", "masked")
	s.checkRules(t, byHand)
	s.check(t, "systemctl --quiet unmask ipvsadm; dpkg -P ipvsadm ipvsadm-go > /dev/null 2>&1", "")
}

// withoutSystemd replaces Debian's package where no service manager runs, as in a
// container or in an image that is being made. The script of Debian's package clears the
// table even so, and prints that.
func withoutSystemd(t *testing.T, s system) {
	s.debian(t)
	s.write(t, "/root/install", install+"\n")
	s.check(t, "unshare -m sh -c 'mount -t tmpfs tmpfs /run && sh /root/install' | grep -v -e '^invoke-rc.d' -e IPVS",
		selecting+removing+unpacked+removed+setUp+saidEnabled+saidEmpty+saidDaemon)
	s.check(t, programsHere, ourPrograms)
	s.checkService(t, "active", "enabled")
	s.check(t, "unshare -m sh -c 'mount -t tmpfs tmpfs /run && dpkg -P ipvsadm ipvsadm-go > /dev/null 2>&1'", "")
	s.check(t, "systemctl daemon-reload", "")
}

// settings upgrades from a version that had its settings in the file of Debian's package.
// The service goes on.
func settings(t *testing.T, s system) {
	s.check(t, `dpkg-deb -R /mnt/ipvsadm-go.deb old && cd old && mv etc/default/ipvsadm-go etc/default/ipvsadm &&
		sed -i 's/^Version:.*/Version: 0.0.9/' DEBIAN/control && sed -i 's/-go$//' DEBIAN/conffiles && rm DEBIAN/preinst &&
		sed -i 's|default/ipvsadm-go|default/ipvsadm|' usr/lib/systemd/system/ipvsadm.service && dpkg-deb -b . ../old.deb > /dev/null && dpkg -i ../old.deb > /dev/null`, "")
	s.check(t, "echo SAVE_ON_STOP=no >> /etc/default/ipvsadm && systemctl start ipvsadm && ipvsadm -A -t 10.0.0.1:80", "")
	s.check(t, install, "Preparing to unpack /mnt/ipvsadm-go.deb ...\nUnpacking ipvsadm-go (0.1.0) over (0.0.9) ...\n"+setUp+
		"Preserving user changes to /etc/default/ipvsadm-go (renamed from /etc/default/ipvsadm)...\n")
	s.check(t, "ls /etc/default/ipvsadm*; tail -n 1 /etc/default/ipvsadm-go", "/etc/default/ipvsadm-go\n/etc/default/ipvsadm-go.dpkg-new\nSAVE_ON_STOP=no\n")
	s.checkService(t, "active", "disabled")
	s.checkTable(t, "-A -t 10.0.0.1:80 -s wlc\n")
}
