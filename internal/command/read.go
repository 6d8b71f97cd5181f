package command

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// readCommand reads the command of the line.
func (l *line) readCommand(e *event) error {
	l.verb = e.option.Verb
	if e.option.read == nil {
		return nil
	}
	return e.option.read(l, e.value)
}

// readOption reads an option. A line has one command, and one option of a group that
// has a name.
func (l *line) readOption(e *event) error {
	if e.option.IsCommand() {
		return usageError("invalid option `%s'", e.word)
	}
	if g := e.option.Group; g.Name != "" {
		if l.has(g.index) {
			return usageError("multiple '%s' options specified", g.Name)
		}
		l.see(g.index)
	}
	return e.option.read(l, e.value)
}

// readOperands reads the words that are not options.
func (l *line) readOperands(operands []string) error {
	if l.verb == SetTimeouts {
		if err := l.readTimeouts(operands); err != nil {
			return err
		}
		operands = operands[3:]
	}
	if len(operands) > 0 {
		return usageError("unexpected argument %s", operands[0])
	}
	return nil
}

// readTimeouts reads the three operands of --set.
func (l *line) readTimeouts(operands []string) error {
	if len(operands) < 3 {
		return usageError("--set option requires 3 timeout values")
	}

	t := &l.timeouts
	for i, timeout := range []*uint32{&t.TCP, &t.TCPFin, &t.UDP} {
		n, err := connectionTimes.parse(operands[i])
		if err != nil {
			return err
		}
		*timeout = n
	}
	return nil
}

// What follows are the read functions of the table, and functions that return them.

// flag returns the read function of an option without a value.
func flag(set func(*line)) func(*line, string) error {
	return func(l *line, _ string) error {
		set(l)
		return nil
	}
}

// view returns the read function of an option that selects a view.
func view(v View) func(*line, string) error {
	return flag(func(l *line) { l.views |= setOf(v) })
}

// mode returns the read function of an option that selects what to do with rules.
func mode(m RestoreMode) func(*line, string) error {
	return flag(func(l *line) { l.restoring.Mode = m })
}

// number returns the read function of an option with a number of a range.
func number(r numberRange, set func(*line, uint32)) func(*line, string) error {
	return func(l *line, value string) error {
		n, err := r.parse(value)
		if err != nil {
			return err
		}
		set(l, n)
		return nil
	}
}

// daemonState returns the read function of a command with the state of a sync daemon.
func daemonState(v Verb) func(*line, string) error {
	return func(l *line, value string) error {
		state, ok := ipvs.ParseDaemonState(value)
		if !ok {
			return daemonStateError(v)
		}
		l.daemon.State = state
		return nil
	}
}

// serviceAddress returns the read function of an option with the address of a virtual
// service. An address without a port has port 0.
func serviceAddress(p ipvs.Protocol) func(*line, string) error {
	return func(l *line, value string) error {
		e, ok := parseEndpoint(value, p, l.names)
		if !ok {
			return serviceAddressError()
		}
		l.service.ID = ipvs.AddrService(p, netip.AddrPortFrom(e.addr, e.port))
		l.setFullMask()
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
	l.setFullMask()
	return nil
}

// setFullMask replaces the default netmask when the service turns out to be an IPv6
// service. As in the reference program, it replaces a netmask before it on the line.
func (l *line) setFullMask() {
	if l.service.ID.Family == ipvs.IPv6 && !l.over {
		l.service.Netmask = ipvs.IPv6.FullMask()
	}
}

func (l *line) readScheduler(value string) error {
	l.service.Scheduler = truncate(value, ipvs.MaxSchedulerName)
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

// readNetmask reads a netmask for the family that is known so far. Like the reference
// program, it reads a prefix length up to the first other character: 64/x is 64.
func (l *line) readNetmask(value string) error {
	if l.service.ID.Family == ipvs.IPv6 {
		n := int64(parseLeadingInt(value))
		l.service.Netmask = uint32(n)
		return prefixLengths.check(n)
	}

	a, ok := parseHost(value, l.names)
	if !ok {
		return usageError("illegal virtual server persistent mask specified")
	}

	mask := a.As4()
	l.service.Netmask = binary.BigEndian.Uint32(mask[:])
	return nil
}

func (l *line) readEngine(value string) error {
	l.service.Engine = truncate(value, ipvs.MaxEngineName)
	return nil
}

func (l *line) readSchedulerFlags(value string) error {
	l.schedulerFlags = value
	return nil
}

// readServer reads the address of a real server. An address without a port has the port
// of the service, if the service comes before it on the line. In a listing it stands for
// all ports.
func (l *line) readServer(value string) error {
	id := l.service.ID
	protocol := id.Protocol // 0, which has no service names, before the service is known
	if id.FWMark != 0 {
		protocol = ipvs.TCP
	}

	e, ok := parseEndpoint(value, protocol, l.names)
	if !ok {
		return serverAddressError()
	}
	if !e.hasPort && l.verb != List {
		e.port = id.Addr.Port()
	}

	l.server.Addr = netip.AddrPortFrom(e.addr, e.port)
	return nil
}

// forward returns the read function of an option that selects a forwarding method.
func forward(f ipvs.Forward) func(*line, string) error {
	return flag(func(l *line) { l.server.Forward = f })
}

func (l *line) readTunnelType(value string) error {
	t, ok := ipvs.ParseTunnelType(value)
	if !ok {
		return tunnelTypeError()
	}
	l.server.Tunnel.Type = t
	return nil
}

// tunnelFlag returns the read function of an option that selects the flags of a tunnel.
func tunnelFlag(f ipvs.TunnelFlags) func(*line, string) error {
	return flag(func(l *line) { l.server.Tunnel.Flags = f })
}

func (l *line) readInterface(value string) error {
	l.daemon.Interface = truncate(value, ipvs.MaxInterfaceName)
	return nil
}

func (l *line) readGroup(value string) error {
	a, _ := netip.ParseAddr(value)
	l.daemon.Group = a
	return checkMulticast(a, value)
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

func (l *line) readAgainst(value string) error {
	if value == "" {
		return usageError("illegal file to compare with specified")
	}
	l.restoring.Against = value
	return nil
}

func (l *line) setDrain(seconds uint32) {
	d := time.Duration(seconds) * time.Second
	l.drain = &d
}

// readKeys reads the keys by which connections are counted. None may be named twice.
func (l *line) readKeys(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		key, ok := ipvs.ParseConnKey(name)
		if !ok {
			return usageError("invalid key `%s' specified for --by", name)
		}
		if !l.listing.By.Add(key) {
			return usageError("key `%s' specified twice for --by", key.Field)
		}
	}
	return nil
}

func (l *line) setInterval(seconds uint32) {
	l.listing.Interval = time.Duration(seconds) * time.Second
}
