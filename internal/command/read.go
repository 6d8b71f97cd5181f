package command

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// What follows are the reads of the table, and functions that make them.

// flag reads an option without a value.
func flag(set func(*line)) func(*line, string) error {
	return func(l *line, _ string) error {
		set(l)
		return nil
	}
}

// view reads an option that asks for a view.
func view(v View) func(*line, string) error {
	return flag(func(l *line) { l.views |= of(v) })
}

// mode reads an option that says what to do with a rule stream.
func mode(m RestoreMode) func(*line, string) error {
	return flag(func(l *line) { l.mode = m })
}

// number returns the read of an option whose value is a number of the range.
func number(r numberRange, store func(*line, uint32)) func(*line, string) error {
	return func(l *line, value string) error {
		n, err := r.parse(value)
		if err != nil {
			return err
		}
		store(l, n)
		return nil
	}
}

// daemonState returns the read of a command whose value is the state of a sync daemon.
func daemonState(v Verb) func(*line, string) error {
	return func(l *line, value string) error {
		switch value {
		case "master":
			l.daemon.State = ipvs.Master
		case "backup":
			l.daemon.State = ipvs.Backup
		default:
			return errDaemonState(v)
		}
		return nil
	}
}

// address reads the address of a virtual service. One without a port has port 0.
func address(p ipvs.Protocol) func(*line, string) error {
	return func(l *line, value string) error {
		e, ok := parseEndpoint(value, p, l.names)
		if !ok {
			return errServiceAddress()
		}
		l.service.ID = ipvs.AddrService(p, netip.AddrPortFrom(e.addr, e.port))
		if e.addr.Is6() && !l.over {
			l.service.Netmask = ipvs.IPv6.FullMask()
		}
		return nil
	}
}

func (l *line) readMark(value string) error {
	n, err := marks.parse(value)
	if err != nil {
		return err
	}
	l.service.ID = ipvs.MarkService(n, ipvs.IPv4)
	return nil
}

func (l *line) readIPv6(string) error {
	if l.service.ID.FWMark == 0 {
		return usageError("-6 used before -f\n")
	}
	l.service.ID.Family = ipvs.IPv6
	if !l.over {
		l.service.Netmask = ipvs.IPv6.FullMask()
	}
	return nil
}

func (l *line) readScheduler(value string) error {
	l.service.Scheduler = cut(value, maxSchedulerName)
	return nil
}

func (l *line) readPersistence(value string) error {
	n, err := persistenceTimes.parse(value)
	if err != nil {
		return err
	}
	l.service.Flags |= ipvs.Persistent
	l.service.Timeout = n
	return nil
}

// readNetmask reads the mask for the family that is known so far. Of a prefix
// length, the reference program reads only the beginning: 64/x is 64.
func (l *line) readNetmask(value string) error {
	if l.service.ID.Family == ipvs.IPv6 {
		n := parseLeading(value)
		l.service.Netmask = uint32(n)
		return checkPrefix(int64(n))
	}
	a, ok := parseHost(value, l.names)
	if !ok {
		return usageError("illegal virtual server persistent mask specified")
	}
	b := a.As4()
	l.service.Netmask = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return nil
}

func (l *line) readEngine(value string) error {
	l.service.Engine = cut(value, maxEngineName)
	return nil
}

// readSchedFlags keeps the flags until the scheduler is known.
func (l *line) readSchedFlags(value string) error {
	l.schedFlags = value
	return nil
}

// readServer reads the address of a real server. One without a port has that of
// the service, if the line has named the service by now; in a listing it stands for
// all ports.
func (l *line) readServer(value string) error {
	id := l.service.ID
	protocol := id.Protocol // 0, which knows no names, before the service is read
	if id.FWMark != 0 {
		protocol = ipvs.TCP
	}
	e, ok := parseEndpoint(value, protocol, l.names)
	if !ok {
		return errServerAddress()
	}
	if !e.hasPort && l.verb != List {
		e.port = id.Addr.Port()
	}
	l.server.Addr = netip.AddrPortFrom(e.addr, e.port)
	return nil
}

// forward reads a forwarding method.
func forward(f ipvs.Forward) func(*line, string) error {
	return flag(func(l *line) { l.server.Forward = f })
}

func (l *line) readTunnelType(value string) error {
	for t, name := range tunnelTypes {
		if name == value {
			l.server.Tunnel.Type = ipvs.TunnelType(t)
			l.namesTunnelType = true
			return nil
		}
	}
	return errTunnelType()
}

// tunnelFlag reads a flag of a tunnel.
func tunnelFlag(f ipvs.TunnelFlags) func(*line, string) error {
	return flag(func(l *line) {
		l.server.Tunnel.Flags = f
		l.namesTunnelFlags = true
	})
}

func (l *line) readInterface(value string) error {
	l.daemon.Interface = cut(value, maxInterfaceName)
	return nil
}

func (l *line) readGroup(value string) (err error) {
	l.daemon.Group, err = parseMulticast(value)
	return err
}

func (l *line) readNetNS(value string) error {
	if value == "" {
		return usageError("illegal network namespace specified")
	}
	l.netns = value
	return nil
}

func (l *line) readOutput(value string) error {
	if value == "" {
		return usageError("illegal output file specified")
	}
	l.saving.File = value
	return nil
}

// tunnelTypes are the names of the tunnel types, by ipvs.TunnelType.
var tunnelTypes = [...]string{ipvs.IPIP: "ipip", ipvs.GUE: "gue", ipvs.GRE: "gre"}
