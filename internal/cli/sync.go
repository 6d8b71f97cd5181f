package cli

import (
	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// diff prints the commands that would turn the present state into the one that the
// rules on standard input describe.
func diff(s *session, json bool) error {
	states, err := readStates(s, json)
	if err != nil {
		return err
	}

	plan := ipvs.Diff(states.present, states.wanted)
	for change := range plan.Changes() {
		if err := s.out.Write(format.Rules{}.AppendChange(s.out.AvailableBuffer(), change)); err != nil {
			return err
		}
	}

	if plan.Len() > 0 {
		return newReportedError(statusDiffers)
	}
	return nil
}

// synchronize does those commands. If the kernel rejects one, or a signal asks the
// program to end, those that were done are taken back.
func synchronize(s *session, json bool) error {
	states, err := readStates(s, json)
	if err != nil {
		return err
	}
	return newTransaction(s, states).run()
}

// states are the two states that a plan leads from and to.
type states struct{ present, wanted *ipvs.State }

// readStates reads the rules on standard input, and then the present state.
func readStates(s *session, json bool) (states, error) {
	wanted, err := readWanted(s, json)
	if err != nil {
		return states{}, err
	}
	present, err := readPresent(s, wanted)
	if err != nil {
		return states{}, err
	}
	return states{present, wanted}, nil
}

// readWanted returns the state that the rules on standard input describe, from an
// empty one.
func readWanted(s *session, json bool) (*ipvs.State, error) {
	state := &ipvs.State{}
	err := readRules(s, json, func(r *ruleset.Rule) error {
		if r.Cmd.Change.Op == 0 {
			const text = "not a command that describes a table"
			return &ruleset.Error{Pos: r.Pos, Err: &command.UsageError{Text: text, Status: command.StatusUsageError}}
		}
		cmd, err := fillKept(s.parser, r.Cmd, lookUpIn(state))
		if err == nil {
			err = newChangeError(state.Apply(cmd.Change))
		}
		if err != nil {
			return &ruleset.Error{Pos: r.Pos, Err: err}
		}
		return nil
	})
	return state, err
}

// readPresent returns the state of the kernel, as far as the wanted one says
// something of it.
func readPresent(s *session, wanted *ipvs.State) (*ipvs.State, error) {
	kernel, err := s.open()
	if err != nil {
		return nil, err
	}

	table, err := kernel.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	if err != nil {
		return nil, newReadError(err)
	}

	state := ipvs.StateOf(table.Entries)
	if wanted.Timeouts != nil {
		t, err := kernel.Timeouts()
		if err != nil {
			return nil, newReadError(err)
		}
		state.Timeouts = &t
	}
	if wanted.Daemons != nil {
		if state.Daemons, err = kernel.Daemons(); err != nil {
			return nil, newReadError(err)
		}
	}
	return state, nil
}
