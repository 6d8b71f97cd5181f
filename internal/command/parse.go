package command

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Parser reads command lines. One Parser reads any number of them, one after the
// other; it is not for use by several goroutines at once.
type Parser struct {
	prog    string
	names   Resolver
	scanner *scanner
}

// NewParser makes a parser. prog is the program's name as it was called
// (argv[0]), for the text that points to -h. names is asked for what the line
// gives by name.
func NewParser(prog string, names Resolver) *Parser {
	return &Parser{prog: prog, names: names, scanner: newScanner()}
}

// Parse reads the words after the program's name. The error is an *Error: that
// of the first word, from the left, which is at fault, then what the line as a
// whole lacks. No word at all lists the table.
func (p *Parser) Parse(words []string) (Command, error) {
	if len(words) == 0 {
		return Command{Verb: List, Listing: Listing{View: Plain}}, nil
	}
	events, plain, scanErr := p.scanner.scan(words)
	if len(events) == 0 || events[0].option.verb == None {
		return Command{}, p.TryHelp()
	}
	l := newLine(p.names)
	if err := l.begin(events[0]); err != nil {
		return Command{}, err
	}
	if l.verb == Help || l.verb == Version {
		return l.command(), nil
	}
	for _, e := range events[1:] {
		if err := l.read(e); err != nil {
			return Command{}, err
		}
	}
	if scanErr != nil {
		return Command{}, scanErr
	}
	if err := l.finish(plain); err != nil {
		return Command{}, err
	}
	return l.command(), nil
}

// TryHelp is the fault of a line that does not begin with a command, and of one
// that must not stand where it does.
func (p *Parser) TryHelp() error { return tryHelp(p.prog) }

// line is a command line while it is read.
type line struct {
	names Resolver

	verb     Verb
	service  ipvs.Service
	server   ipvs.Destination
	daemon   ipvs.Daemon
	timeouts ipvs.Timeouts
	listing  Listing

	given      uint64 // the groups that the line named, by index in the table
	views      set    // the Views it asked for
	schedFlags string // judged when the scheduler is known
}

// newLine makes a line with everything as it is unless the line says otherwise.
func newLine(names Resolver) *line {
	return &line{
		names: names,
		service: ipvs.Service{
			ID:      ipvs.ServiceID{Family: ipvs.IPv4},
			Netmask: ipvs.IPv4.FullMask(),
		},
		server: ipvs.Destination{Weight: 1, Forward: ipvs.Route},
	}
}

// command is what a line that was read and judged says.
func (l *line) command() Command {
	cmd := Command{Verb: l.verb}
	c := &cmd.Change
	c.Op = ops[l.verb]
	switch l.verb {
	case AddService, EditService:
		c.Service = l.service
	case DeleteService:
		c.Service.ID = l.service.ID
	case Zero:
		if l.namesService() {
			c.Service.ID = l.service.ID
		}
	case AddServer, EditServer:
		c.Service.ID, c.Destination = l.service.ID, l.server
	case DeleteServer:
		c.Service.ID, c.Destination.Addr = l.service.ID, l.server.Addr
	case SetTimeouts:
		c.Timeouts = l.timeouts
	case StartDaemon, StopDaemon:
		c.Daemon = l.daemon
	case List, Save:
		cmd.Listing = l.listing
	}
	return cmd
}

// namesService says whether the line named a virtual service.
func (l *line) namesService() bool {
	return l.service.ID.FWMark != 0 || l.service.ID.Addr.IsValid()
}

// begin takes the command that the line is about.
func (l *line) begin(e event) error {
	l.verb = e.option.verb
	if e.option.read == nil {
		return nil
	}
	return e.option.read(l, e.value)
}

// read takes an option.
func (l *line) read(e event) error {
	if e.option.verb != None {
		return fault("invalid option `%s'", e.word)
	}
	if name := table[e.group].name; name != "" {
		if l.has(e.group) {
			return fault("multiple '%s' options specified", name)
		}
		l.given |= 1 << e.group
	}
	return e.option.read(l, e.value)
}

// has says whether the line named an option of the group.
func (l *line) has(group int) bool { return l.given&(1<<group) != 0 }

// finish takes the words that are not options, judges the line as a whole, and
// fills in what follows from it.
func (l *line) finish(plain []string) error {
	if l.verb == SetTimeouts {
		if err := l.readTimeouts(plain); err != nil {
			return err
		}
		plain = plain[3:]
	}
	if len(plain) > 0 {
		return fault("unexpected argument %s", plain[0])
	}
	if err := l.judgeSchedFlags(); err != nil {
		return err
	}
	if err := l.judgeLegality(); err != nil {
		return err
	}
	return l.judgeWhole()
}

// readTimeouts takes the three values of --set, which stand among the plain
// words.
func (l *line) readTimeouts(plain []string) error {
	if len(plain) < 3 {
		return fault("--set option requires 3 timeout values")
	}
	t := &l.timeouts
	for i, into := range []*uint32{&t.TCP, &t.TCPFin, &t.UDP} {
		n, ok := parseNumber(plain[i], 0, maxTimeout)
		if !ok {
			return fault("invalid timeout value `%s' specified", plain[i])
		}
		*into = uint32(n)
	}
	return nil
}

// The functions from here on make or are the reads of the table.

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

// number reads a number of a range.
func number(min, max int64, text string, store func(*line, uint32)) func(*line, string) error {
	return func(l *line, value string) error {
		n, ok := parseNumber(value, min, max)
		if !ok {
			return fault("%s", text)
		}
		store(l, uint32(n))
		return nil
	}
}

// daemonState reads the state of a sync daemon.
func daemonState(text string) func(*line, string) error {
	return func(l *line, value string) error {
		switch value {
		case "master":
			l.daemon.State = ipvs.Master
		case "backup":
			l.daemon.State = ipvs.Backup
		default:
			return fault("%s", text)
		}
		return nil
	}
}

// address reads the address of a virtual service. One without a port has port 0.
func address(p ipvs.Protocol) func(*line, string) error {
	return func(l *line, value string) error {
		e, ok := parseEndpoint(value, p, l.names)
		if !ok {
			return fault("illegal virtual server address[:port] specified")
		}
		l.service.ID = ipvs.AddrService(p, netip.AddrPortFrom(e.addr, e.port))
		if e.addr.Is6() {
			l.service.Netmask = ipvs.IPv6.FullMask()
		}
		return nil
	}
}

func (l *line) readMark(value string) error {
	n, ok := parseNumber(value, 1, 1<<32-1)
	if !ok {
		return fault("invalid fwmark value `%s' specified", value)
	}
	l.service.ID = ipvs.MarkService(uint32(n), ipvs.IPv4)
	return nil
}

func (l *line) readIPv6(string) error {
	if l.service.ID.FWMark == 0 {
		return fault("-6 used before -f\n")
	}
	l.service.ID.Family = ipvs.IPv6
	l.service.Netmask = ipvs.IPv6.FullMask()
	return nil
}

func (l *line) readScheduler(value string) error {
	l.service.Scheduler = cut(value, maxSchedulerName)
	return nil
}

func (l *line) readPersistence(value string) error {
	n, ok := parseNumber(value, 1, maxTimeout)
	if !ok {
		return fault("invalid timeout value `%s' specified", value)
	}
	l.service.Flags |= ipvs.Persistent
	l.service.Timeout = uint32(n)
	return nil
}

// readNetmask reads the mask for the family that is known so far.
func (l *line) readNetmask(value string) error {
	if l.service.ID.Family == ipvs.IPv6 {
		n, ok := parseNumber(value, 1, 128)
		if !ok {
			return fault("illegal ipv6 netmask specified")
		}
		l.service.Netmask = uint32(n)
		return nil
	}
	a, ok := parseHost(value, l.names)
	if !ok {
		return fault("illegal virtual server persistent mask specified")
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
// the service, if the line has named the service by now.
func (l *line) readServer(value string) error {
	id := l.service.ID
	protocol := id.Protocol
	if protocol == 0 {
		protocol = ipvs.TCP // no service yet, or a firewall mark
	}
	e, ok := parseEndpoint(value, protocol, l.names)
	if !ok {
		return fault("illegal real server address[:port] specified")
	}
	if !e.hasPort {
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
			return nil
		}
	}
	return fault("illegal tunnel type specified")
}

// tunnelFlag reads a flag of a tunnel.
func tunnelFlag(f ipvs.TunnelFlags) func(*line, string) error {
	return flag(func(l *line) { l.server.Tunnel.Flags = f })
}

func (l *line) readInterface(value string) error {
	l.daemon.Interface = cut(value, maxInterfaceName)
	return nil
}

func (l *line) readGroup(value string) (err error) {
	l.daemon.Group, err = parseMulticast(value)
	return err
}

// tunnelTypes are the names of the tunnel types, by ipvs.TunnelType.
var tunnelTypes = [...]string{ipvs.IPIP: "ipip", ipvs.GUE: "gue", ipvs.GRE: "gre"}
