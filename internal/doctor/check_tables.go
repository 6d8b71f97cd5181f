package doctor

import (
	"fmt"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// noService finds that the table has no services, or not the one that findings are to be
// about.
func noService(v *view, r *reporter) {
	hasTarget := false
	for range v.services() {
		hasTarget = true
	}
	switch {
	case v.Target.Service != nil && !hasTarget:
		r.fault(serviceText(*v.Target.Service), "the table does not have this service", "add it with ipvsadm -A, or look at the rules: ipvsadm -Ln")
	case len(v.Table.Entries) == 0:
		r.note("IPVS table", "it has no services", "load rules: ipvsadm-restore < FILE, or start the program that manages them")
	}
}

// noServer finds services that have no server for a new connection.
func noServer(v *view, r *reporter) {
	for e := range v.services() {
		subject := serviceText(e.Service.ID)
		quiescent, overloaded := 0, 0
		for i := range e.Destinations {
			d := &e.Destinations[i]
			switch {
			case d.Weight == 0:
				quiescent++
			case isOverloaded(d):
				overloaded++
			}
		}

		n := len(e.Destinations)
		switch {
		case n == 0:
			r.fault(subject, "it has no servers", "new connections are refused: add a server with ipvsadm -a, or delete the service")
		case quiescent == n:
			r.fault(subject, fmt.Sprintf("it has %s, all of weight 0", count(n, "server")), "new connections are refused: give a server a weight with ipvsadm -e")
		case quiescent+overloaded == n:
			r.warning(subject, fmt.Sprintf("no server is below its upper threshold (%d at it, %d of weight 0)", overloaded, quiescent),
				"new connections are refused until there are fewer: add servers, or raise --u-threshold")
		}
	}
}

// isOverloaded reports whether a server gets no new connections because of its upper
// threshold (ip_vs_dest_update_overload).
func isOverloaded(d *ipvs.Destination) bool {
	total := uint64(d.ActiveConnections) + uint64(d.InactiveConnections)
	return d.UpperThreshold != 0 && total >= uint64(d.UpperThreshold)
}

// scheduler notes schedulers that do not spread connections as their users expect.
func scheduler(v *view, r *reporter) {
	for e := range v.services() {
		if len(e.Destinations) < 2 {
			continue
		}
		subject := serviceText(e.Service.ID)
		switch name := e.Service.Scheduler; {
		case e.Service.ID.FWMark == 0 && slices.Contains([]string{"dh", "lblc", "lblcr"}, name):
			r.note(subject, fmt.Sprintf("scheduler %s selects by the address that clients connect to, which is always that of the service", name),
				"all connections go to one server; this scheduler is for caches with a firewall-mark service, sh and mh select by the client")
		case name == "mh" && e.Service.Flags&ipvs.Sched2 == 0:
			r.note(subject, "scheduler mh selects by the address of the client, without its port",
				"clients behind one address share a server: ipvsadm -E with -b mh-port")
		}
	}
}

// drPort finds ports of servers that the kernel ignores: only ip_vs_nat_xmit changes
// ports.
func drPort(v *view, r *reporter) {
	for s, d := range v.servers() {
		port := s.ID.Addr.Port()
		if d.Forward != ipvs.Route && d.Forward != ipvs.Tunnel || s.ID.FWMark != 0 || port == 0 || d.Addr.Port() == port {
			continue
		}
		r.fault(serverText(s, d), fmt.Sprintf("forwarding method %s does not change ports: packets arrive at port %d", d.Forward, port),
			fmt.Sprintf("let the server listen on port %d and add it with that port, or use masquerading (-m)", port))
	}
}

// portZero finds services for all ports without persistence, which ip_vs_schedule does not
// schedule.
func portZero(v *view, r *reporter) {
	for e := range v.services() {
		s := &e.Service
		if s.ID.FWMark == 0 && s.ID.Addr.Port() == 0 && s.Flags&ipvs.Persistent == 0 {
			r.fault(serviceText(s.ID), "it is for all ports (port 0), and not persistent",
				"the kernel schedules no connections of it: make it persistent with ipvsadm -E and -p, or add a service for each port")
		}
	}
}

// ftpHelper finds masqueraded FTP services whose data connections are not known, because
// the helper is not loaded (net/netfilter/ipvs/ip_vs_ftp.c).
func ftpHelper(v *view, r *reporter) {
	if slices.ContainsFunc(v.Host.Apps, func(a host.App) bool { return a.Name == "ftp" && a.Port == ftpControlPort }) {
		return
	}
	for s, d := range v.servers() {
		if isFTP(s) && d.Forward == ipvs.Masquerade {
			r.warning(serverText(s, d), "FTP is masqueraded, and /proc/net/ip_vs_app has no ftp",
				"clients log in, but get no data connections: modprobe ip_vs_ftp")
		}
	}
}

// ftpPersistence finds FTP services whose passive data connections are refused.
// ip_vs_service_find gives them to the service of port 21, but ip_vs_schedule takes other
// ports than the own one only for persistent services.
func ftpPersistence(v *view, r *reporter) {
	for e := range v.services() {
		s := &e.Service
		if !isFTP(s) || s.Flags&ipvs.Persistent != 0 {
			continue
		}
		forwards := func(d ipvs.Destination) bool { return d.Forward == ipvs.Route || d.Forward == ipvs.Tunnel }
		if slices.ContainsFunc(e.Destinations, forwards) {
			r.warning(serviceText(s.ID), "FTP by direct routing or tunnels is not persistent",
				"clients log in, but passive data connections are refused: ipvsadm -E with -p 300")
		}
	}
}

// isFTP reports whether a service is FTP on its own port.
func isFTP(s *ipvs.Service) bool {
	return s.ID.Protocol == ipvs.TCP && s.ID.Addr.Port() == ftpControlPort
}

// sipProtocol finds services whose persistence engine drops every new connection:
// ip_vs_sip_fill_param takes UDP only.
func sipProtocol(v *view, r *reporter) {
	for e := range v.services() {
		s := &e.Service
		if s.Engine == "sip" && s.ID.FWMark == 0 && s.ID.Protocol != ipvs.UDP {
			r.fault(serviceText(s.ID), "persistence engine sip takes UDP only",
				"all new connections are dropped: delete the service and add it without --pe")
		}
	}
}
