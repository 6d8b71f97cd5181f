package cli

import (
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// The ranges of numbers and the lengths of names in documents are those of the
// options that mean the same.
const (
	maxInt32  = 1<<31 - 1
	maxUint32 = 1<<32 - 1
	maxTime   = 31 * 24 * 60 * 60
	maxName   = 15
	maxEngine = 16
)

// documentRules reads the JSON document on standard input and gives what it says as
// rules: those of ipvsadm -S --json and -L --json. What a rule cannot say (counters,
// versions) is passed over; a key that is in neither is a fault, because a weight
// that is written wrong must not become the usual one. What is left out is as on the
// command line, but for the services, without which ipvsadm-restore would empty the
// table.
func (s *session) documentRules(yield func(ruleset.Rule, error) bool) {
	text, err := io.ReadAll(io.LimitReader(s.env.Stdin, maxDocument+1))
	if err != nil {
		yield(ruleset.Rule{}, &ruleset.ReadError{Err: err})
		return
	}
	d := &document{parser: s.parser, yield: yield}
	d.jsonReader = newJSONReader(text, func(err error) { d.give(ruleset.Rule{}, err) })
	if len(text) > maxDocument {
		d.fault("longer than %d bytes", maxDocument)
		return
	}
	d.read()
}

// document is a document while it is read. Each service, server and so on is made
// the command line that would make it, and judged as that: there is one language.
type document struct {
	*jsonReader
	parser *command.Parser
	yield  func(ruleset.Rule, error) bool
	// state is what the document describes so far: nothing may be in it twice.
	state ipvs.State
}

// give passes a rule or an error on, until nobody wants more.
func (d *document) give(r ruleset.Rule, err error) {
	if !d.ended && !d.yield(r, err) {
		d.ended = true
	}
}

func (d *document) read() {
	services := false
	d.object(func(key string) bool {
		switch key {
		case "services":
			services = true
			d.list(d.service)
		case "timeouts":
			d.timeouts()
		case "daemons":
			d.list(d.daemon)
		case "version", "conn_table_size":
			d.skip()
		default:
			return false
		}
		return true
	})
	if !services && d.faults == 0 {
		d.fault("services is missing")
	}
	d.finish()
}

// say gives the rule that the words are.
func (d *document) say(at ruleset.Position, words []string) {
	var cmd command.Command
	err := d.parser.ParseRule(words, &cmd)
	d.sayCommand(at, cmd, err)
}

// sayCommand gives a rule, unless it is at fault or in conflict with what has been
// said.
func (d *document) sayCommand(at ruleset.Position, cmd command.Command, err error) {
	if err == nil {
		err = newChangeError(d.state.Apply(cmd.Change))
	}
	if err != nil {
		d.faults++
		d.give(ruleset.Rule{}, &ruleset.Error{Pos: at, Err: err})
		return
	}
	d.give(ruleset.Rule{Pos: at, Cmd: cmd}, nil)
}

// timeouts reads the timeouts. 0 leaves the present one.
func (d *document) timeouts() {
	at, before := d.place(), d.faults
	words := []string{"--set", "0", "0", "0"}
	d.object(func(key string) bool {
		switch key {
		case "tcp":
			words[1] = d.number(0, maxTime)
		case "tcp_fin":
			words[2] = d.number(0, maxTime)
		case "udp":
			words[3] = d.number(0, maxTime)
		default:
			return false
		}
		return true
	})
	if d.faults == before {
		d.say(at, words)
	}
}

// daemon reads a sync daemon.
func (d *document) daemon() {
	at, before := d.place(), d.faults
	state, options := "", []string(nil)
	d.object(func(key string) bool {
		switch key {
		case "state":
			state = [...]string{"master", "backup"}[d.oneOf("master", "backup")]
		case "interface":
			options = append(options, "--mcast-interface", d.name(maxName))
		case "syncid":
			options = append(options, "--syncid", d.number(0, 255))
		case "maxlen":
			options = append(options, "--sync-maxlen", d.number(1, 65507))
		case "group":
			options = append(options, "--mcast-group", d.addr().String())
		case "port":
			options = append(options, "--mcast-port", d.number(1, 65535))
		case "ttl":
			options = append(options, "--mcast-ttl", d.number(1, 255))
		default:
			return false
		}
		return true
	})
	if d.faults == before && state == "" {
		d.fault("state is missing")
	}
	if d.faults == before {
		d.say(at, append([]string{"--start-daemon", state}, options...))
	}
}
