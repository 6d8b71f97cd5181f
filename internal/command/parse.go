package command

import (
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Parser reads command lines. One Parser reads any number of them, one after the
// other; it is not for use by several goroutines at once.
type Parser struct {
	prog    string
	names   Resolver
	scanner *scanner
	line    line
}

// NewParser makes a parser. prog is the program's name as it was called
// (argv[0]), for the text that points to -h. names is asked for what the line
// gives by name.
func NewParser(prog string, names Resolver) *Parser {
	return &Parser{prog: prog, names: names, scanner: newScanner()}
}

// Parse reads the words after the program's name. The error is an *UsageError: that
// of the first word, from the left, which is at fault, then what the line as a
// whole lacks. No command at all lists the table.
func (p *Parser) Parse(words []string) (Command, error) {
	var cmd Command
	if err := p.parse(words, p.newLine(), &cmd); err != nil {
		return Command{}, err
	}
	return cmd, nil
}

// ParseRule reads a line of a rule stream, where some commands and options must
// not stand: -R, and what belongs to the invocation of the program, such as the file to
// write. The Command has no use after an error. (It is 400 bytes long, and handed
// up by value it takes a third of the time of reading a stream on a slow machine.)
func (p *Parser) ParseRule(words []string, cmd *Command) error {
	err := p.parse(words, p.newLine(), cmd)
	switch {
	case err != nil:
		return err
	case cmd.Verb == Restore:
		return p.TryHelp()
	}
	return p.line.checkInRule()
}

// checkInRule checks that the line has no option of the invocation.
func (l *line) checkInRule() error {
	for i := range table {
		if !l.has(i) {
			continue
		}
		for _, o := range table[i].options {
			if o.invocation {
				return usageError("--%s belongs to the invocation, not to a rule stream", o.long)
			}
		}
	}
	return nil
}

// Over completes a command with Keep: it reads the line again, over the present
// service and server instead of the usual defaults. A server is not needed for
// EditService.
func (p *Parser) ParseOver(cmd Command, s ipvs.Service, d ipvs.Destination) (over Command, err error) {
	l := p.newLine()
	l.over = true
	l.service, l.server, l.kept = s, d, d.Tunnel
	l.service.Flags &^= ipvs.Hashed
	l.server.Tunnel = ipvs.TunnelInfo{}
	l.server.Forward = requestable(l.server.Forward)
	if err := p.parse(cmd.Words, l, &over); err != nil {
		return Command{}, err
	}
	return over, nil
}

// parse reads the words into a line, and gives the command that it says.
func (p *Parser) parse(words []string, l *line, cmd *Command) error {
	events, plain, scanErr := p.scanner.scan(words)
	events, err := p.begin(l, words, events)
	if err != nil {
		return err
	}
	if l.verb == Help || l.verb == Version {
		l.command(cmd)
		return nil
	}
	for i := range events {
		if err := l.read(&events[i]); err != nil {
			return err
		}
	}
	if scanErr != nil {
		return scanErr
	}
	if err := l.finish(plain); err != nil {
		return err
	}
	l.command(cmd)
	if cmd.Keep {
		cmd.Words = slices.Clone(words)
	}
	return nil
}

// begin reads the options that may stand before the command, and the command. It
// gives the events after it. Without any word but those, the command is to list.
func (p *Parser) begin(l *line, words []string, events []event) ([]event, error) {
	first := 0
	for first < len(events) && events[first].option.leads {
		if err := l.read(&events[first]); err != nil {
			return nil, err
		}
		first++
	}
	switch {
	case first < len(events) && events[first].option.verb != None:
		return events[first+1:], l.begin(&events[first])
	case len(words) == 0, first > 0 && first == len(events):
		l.verb = List
		return nil, nil
	}
	return nil, p.TryHelp()
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
	saving   Saving
	mode     RestoreMode
	netns    string
	keep     bool
	drain    *time.Duration

	// over says that the line goes over a present service and server; kept is
	// the server's tunnel, and the two after it are what the line names of one.
	over                              bool
	kept                              ipvs.TunnelInfo
	namesTunnelType, namesTunnelFlags bool

	given      uint64 // the groups that the line named, by index in the table
	views      set    // the Views it asked for
	schedFlags string // judged when the scheduler is known
}

// newLine makes a line with everything as it is unless the line says otherwise. It
// takes the place of the one before.
func (p *Parser) newLine() *line {
	l := &p.line
	l.reset()
	l.names = p.names
	return l
}

// reset makes the line one that says nothing: everything is as it is by default.
func (l *line) reset() {
	*l = line{}
	l.service.ID.Family = ipvs.IPv4
	l.service.Netmask = ipvs.IPv4.FullMask()
	l.server.Weight, l.server.Forward = 1, ipvs.Route
}

// command gives what a line that was read and judged says.
func (l *line) command(cmd *Command) {
	*cmd = Command{}
	cmd.Verb = l.verb
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
		cmd.Listing = l.listing
	case Save:
		cmd.Listing, cmd.Saving = l.listing, l.saving
	case Restore:
		cmd.Mode, cmd.JSON = l.mode, l.listing.JSON
	}
	cmd.NetNS, cmd.Keep, cmd.Drain = l.netns, l.keep, l.drain
}

// namesService says whether the line named a virtual service.
func (l *line) namesService() bool {
	return l.service.ID.FWMark != 0 || l.service.ID.Addr.IsValid()
}

// begin takes the command that the line is about.
func (l *line) begin(e *event) error {
	l.verb = e.option.verb
	if e.option.read == nil {
		return nil
	}
	return e.option.read(l, e.value)
}

// read takes an option.
func (l *line) read(e *event) error {
	if e.option.verb != None {
		return usageError("invalid option `%s'", e.word)
	}
	if name := table[e.group].name; name != "" {
		if l.has(e.group) {
			return usageError("multiple '%s' options specified", name)
		}
		l.see(e.group)
	}
	return e.option.read(l, e.value)
}

// see notes that the line names an option of the group.
func (l *line) see(group int) { l.given |= 1 << group }

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
		return usageError("unexpected argument %s", plain[0])
	}
	return l.check()
}

// check checks the line as a whole, and fills in what follows from it.
func (l *line) check() error {
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
		return usageError("--set option requires 3 timeout values")
	}
	t := &l.timeouts
	for i, into := range []*uint32{&t.TCP, &t.TCPFin, &t.UDP} {
		n, err := connectionTimes.parse(plain[i])
		if err != nil {
			return err
		}
		*into = n
	}
	return nil
}
