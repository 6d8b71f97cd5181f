package command

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// FromChange returns the command that makes a change. It is for values instead of words,
// such as those of a JSON document. The checks are those of the line that describes the
// change, and so are the texts and statuses of errors, which are *UsageErrors.
//
// FromChange ignores the fields that Op does not use, ipvs.Hashed and the counters. Netmask
// must be set; ipvs.Family.FullMask returns the mask of a service without one. An empty
// Scheduler is the default scheduler, and an empty Interface of a daemon to start the
// default interface. ipvs.Local becomes ipvs.Route, from which the kernel makes it again.
//
// Two checks are stricter. A line truncates long names, and replaces the port of a server
// that must have the port of its service; FromChange returns an error for both. It also
// returns an error for a name with characters other than printable ASCII.
func FromChange(c ipvs.Change) (Command, error) {
	verb := Verb(slices.Index(ops[:], c.Op))
	if c.Op == 0 || verb < 0 {
		return Command{}, usageError("%s is not a command", c.Op)
	}

	var l line
	l.reset()
	l.verb = verb
	if err := l.setChange(&c); err != nil {
		return Command{}, err
	}
	if err := l.check(); err != nil {
		return Command{}, err
	}

	var cmd Command
	l.command(&cmd)
	return cmd, nil
}

// setChange copies the fields that the operation uses to the line.
func (l *line) setChange(c *ipvs.Change) error {
	switch l.verb {
	case Flush:
		return nil
	case SetTimeouts:
		return l.setTimeouts(c.Timeouts)
	case StartDaemon, StopDaemon:
		return l.setDaemon(c.Daemon)
	}

	if err := l.setServiceID(c.Service.ID); err != nil {
		return err
	}

	switch l.verb {
	case AddService, EditService:
		return l.setService(c.Service)
	case AddServer, EditServer:
		return l.setServer(c.Destination)
	case DeleteServer:
		return l.setServerAddr(c.Destination.Addr)
	}
	return nil
}

// setServiceID sets the service that the command is about. The zero ServiceID stands
// for a line without one.
func (l *line) setServiceID(id ipvs.ServiceID) error {
	if id == (ipvs.ServiceID{}) {
		return nil
	}

	valid := isAddrService(id)
	if id.FWMark != 0 {
		id.Family = cmp.Or(id.Family, ipvs.IPv4)
		valid = isMarkService(id)
	}
	if !valid {
		return serviceAddressError()
	}

	l.service.ID = id
	l.see(groupServiceAddress)
	return nil
}

// isAddrService reports whether a service is known by protocol, address and port.
func isAddrService(id ipvs.ServiceID) bool {
	switch id.Protocol {
	case ipvs.TCP, ipvs.UDP, ipvs.SCTP:
		return id == ipvs.AddrService(id.Protocol, id.Addr) && id.Addr.IsValid() && id.Addr.Addr().Zone() == ""
	}
	return false
}

// isMarkService reports whether a service is known by firewall mark and family.
func isMarkService(id ipvs.ServiceID) bool {
	return id == ipvs.MarkService(id.FWMark, id.Family) && id.Family.Bits() > 0
}

// setService sets the settings of the service.
func (l *line) setService(s ipvs.Service) error {
	s.ID, s.Stats = l.service.ID, nil
	s.Flags &^= ipvs.Hashed
	l.service = s

	if err := checkName("scheduler", s.Scheduler, ipvs.MaxSchedulerName); err != nil {
		return err
	}
	if err := checkName("persistence engine", s.Engine, ipvs.MaxEngineName); err != nil {
		return err
	}
	if s.ID.Family == ipvs.IPv6 {
		if err := prefixLengths.check(int64(s.Netmask)); err != nil {
			return err
		}
	}

	if s.Flags&ipvs.Persistent != 0 || s.Timeout != 0 {
		return persistenceTimes.check(int64(s.Timeout))
	}
	return nil
}

// setServer sets the real server and its settings.
func (l *line) setServer(d ipvs.Destination) error {
	if err := l.setServerAddr(d.Addr); err != nil {
		return err
	}

	l.server.Weight, l.server.Tunnel = d.Weight, d.Tunnel
	l.server.UpperThreshold, l.server.LowerThreshold = d.UpperThreshold, d.LowerThreshold
	if err := l.setForward(d.Forward); err != nil {
		return err
	}

	if err := weights.check(int64(d.Weight)); err != nil {
		return err
	}
	if err := upperThresholds.check(int64(d.UpperThreshold)); err != nil {
		return err
	}
	if err := lowerThresholds.check(int64(d.LowerThreshold)); err != nil {
		return err
	}
	return l.seeTunnel(d.Tunnel)
}

// setServerAddr sets the address of the real server. The zero AddrPort stands for a
// line without one.
func (l *line) setServerAddr(a netip.AddrPort) error {
	if !a.IsValid() {
		return nil
	}
	if a.Addr().Zone() != "" {
		return serverAddressError()
	}

	l.server.Addr = a
	l.see(groupRealServer)
	return nil
}

// setForward sets the forwarding method, and checks that the port goes with it.
func (l *line) setForward(f ipvs.Forward) error {
	if f > ipvs.Bypass {
		return usageError("illegal forwarding method specified")
	}

	l.server.Forward = requestable(f)

	port := l.server.Addr.Port()
	if l.server.Addr.IsValid() && !l.translatesPort() && port != l.service.ID.Addr.Port() {
		return usageError("port %d is not that of the service, as it has to be unless forward is masq", port)
	}
	return nil
}

// seeTunnel marks the options that describe the tunnel as seen.
func (l *line) seeTunnel(t ipvs.TunnelInfo) error {
	if t.Type > ipvs.GRE {
		return tunnelTypeError()
	}

	for _, option := range [...]struct {
		group int
		named bool
	}{
		{groupTunnelType, t.Type != ipvs.IPIP},
		{groupTunnelPort, t.Port != 0},
		{groupTunnelChecksum, t.Flags&ipvs.TunnelChecksum != 0},
		{groupTunnelRemote, t.Flags&ipvs.TunnelRemoteChecksum != 0},
	} {
		if option.named {
			l.see(option.group)
		}
	}
	return nil
}

// setTimeouts sets the connection timeouts.
func (l *line) setTimeouts(t ipvs.Timeouts) error {
	for _, seconds := range []uint32{t.TCP, t.TCPFin, t.UDP} {
		if err := connectionTimes.check(int64(seconds)); err != nil {
			return err
		}
	}
	l.timeouts = t
	return nil
}

// setDaemon sets the sync daemon. Only the state and the sync ID are used to stop one.
func (l *line) setDaemon(d ipvs.Daemon) error {
	if d.State != ipvs.Master && d.State != ipvs.Backup {
		return daemonStateError(l.verb)
	}
	if err := syncIDs.check(int64(d.SyncID)); err != nil {
		return err
	}

	l.daemon = ipvs.Daemon{State: d.State, SyncID: d.SyncID}
	if l.verb == StopDaemon {
		return nil
	}

	l.daemon = d
	if err := checkName("multicast interface", d.Interface, ipvs.MaxInterfaceName); err != nil {
		return err
	}
	if d.MaxLen != 0 {
		if err := syncLengths.check(int64(d.MaxLen)); err != nil {
			return err
		}
	}
	if d.Group.IsValid() {
		return checkMulticast(d.Group, d.Group.String())
	}
	return nil
}
