package ruleset

import (
	"iter"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Log keeps rules in the order in which they were appended, in compact memory: some 10
// bytes for a server, where a Rule takes 500. The zero Log is empty.
//
// Commands that change something are encoded. Others, such as listings, are kept as
// they are: no input consists of them.
type Log struct {
	rules  records
	others []Rule // whose records are empty
	names  interner
	len    int

	encoder *codec // nil before the first rule
	last    logState
}

// logState is what is known of a rule when the next is encoded or decoded.
type logState struct {
	pos Position
	id  ipvs.ServiceID
}

// Append appends a copy of the rule.
func (l *Log) Append(r *Rule) {
	if l.encoder == nil {
		l.encoder = newEncoder(&l.names)
	}

	l.len++
	l.encoder.begin()
	if isEncodable(&r.Cmd) {
		pos, cmd := r.Pos, r.Cmd
		l.last.rule(l.encoder, &pos, &cmd)
	} else {
		l.others = append(l.others, *r)
	}

	l.rules.append(l.encoder.record())
}

// isEncodable reports whether logState.rule lists all fields that a command has.
func isEncodable(cmd *command.Command) bool {
	c := &cmd.Change
	return c.Op != 0 && c.Service.Stats == nil && c.Destination.Stats == nil &&
		c.Destination.ActiveConnections|c.Destination.InactiveConnections|c.Destination.PersistentConnections == 0 &&
		cmd.Listing == (command.Listing{}) && cmd.Saving == (command.Saving{}) && cmd.Restoring == (command.Restoring{}) && cmd.NetNS == ""
}

// rule lists the fields of a rule, the most common first: the set of the first seven
// takes one byte. It is encoded as far as it differs from the last.
func (last *logState) rule(c *codec, pos *Position, cmd *command.Command) {
	number(c, &cmd.Change.Op)
	number(c, &cmd.Verb)
	if c.has(cmd.Change.Service.ID != last.id) {
		c.id(&cmd.Change.Service.ID)
		last.id = cmd.Change.Service.ID
	}

	cmd.Change.Service.ID = last.id
	c.destination(&cmd.Change.Destination)
	c.service(&cmd.Change.Service)
	last.position(c, pos)
	if c.has(cmd.Change.Timeouts != ipvs.Timeouts{}) {
		c.timeouts(&cmd.Change.Timeouts)
	}
	if c.has(cmd.Change.Daemon != ipvs.Daemon{}) {
		c.daemon(&cmd.Change.Daemon)
	}

	c.flag(&cmd.Keep)
	if c.has(len(cmd.Words) > 0) {
		c.words(&cmd.Words)
	}
	if c.has(cmd.Drain != nil) {
		if c.decoding {
			cmd.Drain = new(time.Duration)
		}
		value(c, cmd.Drain)
	}
}

// position lists the fields of a position. Most rules follow the last one, and most
// paths begin as the last one.
func (last *logState) position(c *codec, pos *Position) {
	c.difference(&pos.Line, following(last.pos.Line))
	c.difference(&pos.Element, following(last.pos.Element))
	if c.has(pos.Path != last.pos.Path) {
		shared := sharedPrefix(last.pos.Path, pos.Path)
		value(c, &shared)
		rest := pos.Path[min(shared, len(pos.Path)):]
		c.text(&rest)
		last.pos.Path = last.pos.Path[:shared] + rest
	}

	pos.Path = last.pos.Path
	last.pos = *pos
}

// following returns the number that is expected after n: 0 stays 0.
func following(n int) int {
	if n == 0 {
		return 0
	}
	return n + 1
}

// sharedPrefix returns the length of the prefix that two strings share.
func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Len returns the number of rules.
func (l *Log) Len() int { return l.len }

// All returns the rules in order. Each is valid until the next.
func (l *Log) All() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		var last logState
		var rule Rule
		others := l.others
		for _, chunk := range l.rules.chunks {
			for c := newDecoder(chunk, &l.names); len(c.buf) > 0; {
				if c.begin(); c.set == 0 {
					rule, others = others[0], others[1:]
				} else {
					rule = Rule{}
					last.rule(c, &rule.Pos, &rule.Cmd)
				}
				if !yield(&rule) {
					return
				}
			}
		}
	}
}
