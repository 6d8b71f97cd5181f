package command

import (
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Parser parses command lines, any number of them, one after the other. It must not be
// used by several goroutines at once.
type Parser struct {
	prog    string
	names   Resolver
	scanner *scanner
	line    line
}

// NewParser returns a parser. prog is the name of the program as it was called (argv[0]),
// for the message that points to -h. names looks up the hosts and services that a line
// names.
func NewParser(prog string, names Resolver) *Parser {
	return &Parser{prog: prog, names: names, scanner: newScanner()}
}

// Parse parses the words after the name of the program. The error is an *UsageError: that
// of the first bad word from the left, or else what is wrong with the line as a whole.
// A line without a command lists the table.
func (p *Parser) Parse(words []string) (Command, error) {
	var cmd Command
	if err := p.parse(words, p.newLine(), &cmd); err != nil {
		return Command{}, err
	}
	return cmd, nil
}

// ParseRule parses a line of a rule stream into cmd, which is undefined after an error.
// Not allowed are -R, and options of the invocation such as the file to write.
//
// A Command is more than 400 bytes long. To return it by value would take a third of the time of
// reading a stream on a slow machine.
func (p *Parser) ParseRule(words []string, cmd *Command) error {
	if err := p.parse(words, p.newLine(), cmd); err != nil {
		return err
	}
	if cmd.Verb == Restore {
		return p.TryHelp()
	}
	return p.line.checkRule()
}

// ParseOver completes a command with Keep: it parses the line again, over the present
// service and server instead of the usual defaults. EditService needs no server.
func (p *Parser) ParseOver(cmd Command, s ipvs.Service, d ipvs.Destination) (over Command, err error) {
	l := p.newLine()
	l.over = true
	l.service, l.server, l.presentTunnel = s, d, d.Tunnel
	l.service.Flags &^= ipvs.Hashed
	l.server.Forward = requestable(d.Forward)
	l.server.Tunnel = ipvs.TunnelInfo{}

	if err := p.parse(cmd.Words, l, &over); err != nil {
		return Command{}, err
	}
	return over, nil
}

// requestable returns the forwarding method to request for one that the kernel shows.
// The kernel makes Local of every server with an address of the director.
func requestable(f ipvs.Forward) ipvs.Forward {
	if f == ipvs.Local {
		return ipvs.Route
	}
	return f
}

// parse parses the words into the line, and the line into the command.
func (p *Parser) parse(words []string, l *line, cmd *Command) error {
	events, operands, scanErr := p.scanner.scan(words)
	events, err := p.parseCommand(l, words, events)
	if err != nil {
		return err
	}
	if l.verb == Help || l.verb == Version {
		l.command(cmd)
		return nil
	}

	for i := range events {
		if err := l.readOption(&events[i]); err != nil {
			return err
		}
	}

	if scanErr != nil {
		return scanErr
	}
	if err := l.readOperands(operands); err != nil {
		return err
	}
	if err := l.check(); err != nil {
		return err
	}

	l.command(cmd)
	if cmd.Keep {
		cmd.Words = slices.Clone(words)
	}
	return nil
}

// parseCommand parses the options that may stand before the command, and the command.
// It returns the events after it. Without any other word the command is List.
func (p *Parser) parseCommand(l *line, words []string, events []event) ([]event, error) {
	rest := events
	for len(rest) > 0 && rest[0].option.BeforeCommand {
		if err := l.readOption(&rest[0]); err != nil {
			return nil, err
		}
		rest = rest[1:]
	}

	if len(rest) > 0 && rest[0].option.IsCommand() {
		return rest[1:], l.readCommand(&rest[0])
	}
	if len(words) == 0 || len(rest) == 0 && len(events) > 0 {
		l.verb = List
		return nil, nil
	}
	return nil, p.TryHelp()
}

// TryHelp returns the error of a line that does not begin with a command, and of a
// command where it is not allowed.
func (p *Parser) TryHelp() error { return tryHelpError(p.prog) }

// line is a command line while it is parsed.
type line struct {
	names Resolver

	verb      Verb
	service   ipvs.Service
	server    ipvs.Destination
	daemon    ipvs.Daemon
	timeouts  ipvs.Timeouts
	listing   Listing
	saving    Saving
	netns     string
	keep      bool
	drain     *time.Duration
	restoring Restoring

	// over reports whether service and server were the present ones before the line
	// was parsed. presentTunnel is the tunnel of that server.
	over          bool
	presentTunnel ipvs.TunnelInfo

	// seen has the groups of options on the line, as bits at their index.
	seen uint64
	// views are the views that the line selects.
	views set
	// schedulerFlags is a value that is parsed when the scheduler is known.
	schedulerFlags string
}

// newLine returns the parser's line with the default values. There is one line at a
// time.
func (p *Parser) newLine() *line {
	l := &p.line
	l.reset()
	l.names = p.names
	return l
}

// reset sets the default values.
func (l *line) reset() {
	*l = line{}
	l.service.ID.Family = ipvs.IPv4
	l.service.Netmask = ipvs.IPv4.FullMask()
	l.server.Weight, l.server.Forward = 1, ipvs.Route
}

// command sets cmd to the command of the line, which has been checked.
func (l *line) command(cmd *Command) {
	*cmd = Command{Verb: l.verb}
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
	case List:
		cmd.Listing, cmd.Saving.File = l.listing, l.saving.File
	case Save:
		cmd.Listing, cmd.Saving = l.listing, l.saving
	case Restore:
		cmd.Restoring = l.restoring
		cmd.Restoring.JSON = l.listing.JSON
	}

	cmd.NetNS, cmd.Keep, cmd.Drain = l.netns, l.keep, l.drain
}

// namesService reports whether the line names a virtual service.
func (l *line) namesService() bool {
	return l.service.ID.FWMark != 0 || l.service.ID.Addr.IsValid()
}
