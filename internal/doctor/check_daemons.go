package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// daemonText returns a sync daemon as a subject: master sync daemon on eth0.
func daemonText(d ipvs.Daemon) string {
	return fmt.Sprintf("%s sync daemon on %s", d.State, d.Interface)
}

// daemonMismatch finds sync daemons that do not reach others.
func daemonMismatch(v *view, r *reporter) {
	for _, d := range v.Daemons {
		i := slices.IndexFunc(v.Host.Links, func(l host.Link) bool { return l.Name == d.Interface })
		if i < 0 {
			r.fault(daemonText(d), "there is no interface "+d.Interface, restartAdvice(d))
			continue
		}
		v.reportLink(r, d, v.Host.Links[i])
	}

	if master, backup, ok := v.bothDaemons(); ok && (master.SyncID == backup.SyncID || backup.SyncID == 0) {
		r.note(daemonText(backup), fmt.Sprintf("the syncid of the backup is %d, that of the master on this director %d", backup.SyncID, master.SyncID),
			"two directors that are active for different services need a syncid each: start the daemons with different --syncid")
	}
}

// reportLink adds a finding if a sync daemon cannot use its link.
func (v *view) reportLink(r *reporter, d ipvs.Daemon, l host.Link) {
	switch {
	case !l.Up:
		r.fault(daemonText(d), l.Name+" is down", "connections are not synchronised: ip link set "+l.Name+" up")
	case !l.Running:
		r.fault(daemonText(d), l.Name+" has no carrier", "connections are not synchronised: check the cable, or the other end of the link")
	case !l.Multicast:
		r.fault(daemonText(d), l.Name+" is not capable of multicast", "connections are not synchronised: ip link set "+l.Name+" multicast on")
	case !v.hasAddress(l, d.Group.Is6()):
		r.fault(daemonText(d), l.Name+" has no address of the family of the group "+d.Group.String(),
			"connections are not synchronised: add an address to "+l.Name+", then "+restartAdvice(d))
	}
}

// hasAddress reports whether a link has an address of a family.
func (v *view) hasAddress(l host.Link, ipv6 bool) bool {
	return slices.ContainsFunc(v.Host.Addresses, func(a host.Address) bool {
		return a.Link == l.Index && a.Addr.Addr().Is6() == ipv6
	})
}

// restartAdvice returns how a sync daemon is started again.
func restartAdvice(d ipvs.Daemon) string {
	return fmt.Sprintf("ipvsadm --stop-daemon %s, and --start-daemon %[1]s with --mcast-interface", d.State)
}

// bothDaemons returns the sync daemons, and whether there are both.
func (v *view) bothDaemons() (master, backup ipvs.Daemon, ok bool) {
	for _, d := range v.Daemons {
		if d.State == ipvs.Master {
			master = d
		} else {
			backup = d
		}
	}
	return master, backup, v.hasDaemon(ipvs.Master) && v.hasDaemon(ipvs.Backup)
}

// backupLoop finds directors that are also servers and send a connection of another
// director on, which may send it back (backup_only of ipvs-sysctl.rst).
func backupLoop(v *view, r *reporter) {
	const name = "net.ipv4.vs.backup_only"
	if on, ok := v.sysctl(name); !ok || on != 0 || !v.backupOnly() {
		return
	}
	for e := range v.services() {
		for i := range e.Destinations {
			d := &e.Destinations[i]
			if d.Forward == ipvs.Masquerade || !v.isLocal(d.Addr.Addr()) {
				continue
			}
			r.warning(serverText(&e.Service, d), fmt.Sprintf("this backup director is a server of the service, and %s is 0", name),
				"a packet that another director sends here is balanced again, and can go round between the two for ever: sysctl -w "+name+"=1")
			break
		}
	}
}

// syncThreshold notes which connections a backup never learns of (ip_vs_sync_conn_needed).
func syncThreshold(v *view, r *reporter) {
	const name = "net.ipv4.vs.sync_threshold"
	i := slices.IndexFunc(v.Daemons, func(d ipvs.Daemon) bool { return d.State == ipvs.Master })
	var threshold, period int
	if _, err := fmt.Sscan(v.Host.Sysctls[name].Text, &threshold, &period); i < 0 || err != nil || threshold <= 1 {
		return
	}

	again := fmt.Sprintf("then with every %d packets", period)
	if refresh, ok := v.sysctl("net.ipv4.vs.sync_refresh_period"); ok && refresh > 0 {
		again = fmt.Sprintf("then every %d s (sync_refresh_period)", refresh)
	}
	r.note(name, fmt.Sprintf("it is %s: a connection is synchronised with its packet %d from the client, %s",
		strings.Join(strings.Fields(v.Host.Sysctls[name].Text), " "), threshold, again),
		fmt.Sprintf("a backup never learns of shorter connections: sysctl -w %s=%q", name, fmt.Sprintf("1 %d", period)))
}

// mixedFamilies notes servers of another family than their service. ip_vs_add_dest and
// start_sync_thread do not allow them beside a sync daemon, because a sync message has one
// family.
func mixedFamilies(v *view, r *reporter) {
	for s, d := range v.servers() {
		if d.Family() != s.ID.Family {
			r.note(serverText(s, d), "the family of the server is not that of the service",
				"the kernel starts no sync daemon beside such a server: a sync message has one family for both ends")
		}
	}
}

// syncVersion finds services whose connections a master does not send, because messages
// of version 0 have no room for them (ip_vs_sync_conn_v0).
func syncVersion(v *view, r *reporter) {
	const name = "net.ipv4.vs.sync_version"
	version, ok := v.sysctl(name)
	if !ok || version != 0 || !v.hasDaemon(ipvs.Master) {
		return
	}
	for e := range v.services() {
		if e.Service.ID.Family == ipvs.IPv6 {
			r.warning(serviceText(e.Service.ID), name+" is 0: messages of version 0 have no IPv6",
				"connections of the service are not synchronised: sysctl -w "+name+"=1")
		}
	}
}

// sloppyTCP finds backups that cannot take over connections of persistent services
// (sync_persist_mode of ipvs-sysctl.rst).
func sloppyTCP(v *view, r *reporter) {
	if mode, ok := v.sysctl("net.ipv4.vs.sync_persist_mode"); !ok || mode != 1 || !v.hasDaemon(ipvs.Backup) {
		return
	}
	for e := range v.services() {
		s := &e.Service
		name := map[ipvs.Protocol]string{ipvs.TCP: "net.ipv4.vs.sloppy_tcp", ipvs.SCTP: "net.ipv4.vs.sloppy_sctp"}[s.ID.Protocol]
		if on, ok := v.sysctl(name); !ok || on != 0 || s.Flags&ipvs.Persistent == 0 {
			continue
		}
		r.warning(serviceText(s.ID), fmt.Sprintf("net.ipv4.vs.sync_persist_mode is 1, and %s is 0", name),
			"only templates are synchronised, and a backup that takes over drops the open connections: sysctl -w "+name+"=1")
	}
}
