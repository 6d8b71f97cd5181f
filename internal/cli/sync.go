package cli

import (
	"iter"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// diff prints the commands that would turn the present state into the one that the
// rules on standard input describe.
func diff(s *session, r command.Restoring) error {
	states, err := readStates(s, r)
	if err != nil {
		return newDiffError(err)
	}

	plan := states.plan()
	if err := printChanges(s.out, plan.Changes()); err != nil {
		return newDiffError(err)
	}

	if plan.Len() > 0 {
		return newReportedError(statusDiffers)
	}
	return nil
}

// synchronize does those commands. If the kernel rejects one, or a signal asks the
// program to end, those that were done are taken back.
func synchronize(s *session, r command.Restoring) error {
	states, err := readStates(s, r)
	if err != nil {
		return err
	}

	t := newTransaction(s, states)
	if err := t.run(); err != nil {
		return err
	}

	switch {
	case !r.Changes:
		return nil
	case r.JSON:
		return printChangesJSON(s.out, t.changes())
	}
	return printChanges(s.out, t.changes())
}

// printChanges prints the commands that make changes. What is written has been written
// when it returns.
func printChanges(out *output, changes iter.Seq[ipvs.Change]) error {
	for change := range changes {
		if err := out.Write(format.Rules{}.AppendChange(out.AvailableBuffer(), change)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// printChangesJSON prints the commands that made changes as a JSON document.
func printChangesJSON(out *output, changes iter.Seq[ipvs.Change]) error {
	var f format.ChangesJSON
	for change := range changes {
		if err := out.Write(f.AppendChange(out.AvailableBuffer(), change)); err != nil {
			return err
		}
	}
	return out.Write(f.AppendClosing(out.AvailableBuffer()))
}

// states are the two states that a plan leads from and to, and what it may change.
type states struct {
	present, wanted *ipvs.State
	scope           ipvs.Scope
}

// plan returns the plan.
func (s states) plan() *ipvs.Plan { return s.scope.Diff(s.present, s.wanted) }

// readStates reads the rules on standard input, and the present state.
func readStates(s *session, r command.Restoring) (states, error) {
	present := func(*ipvs.State) (*ipvs.State, error) { return readFile(s, r.Against) }
	if r.Against == "" {
		reader := newPresentReader(s)
		defer reader.wait()
		present = reader.state
	}

	wanted, err := readWanted(s, s.input(r.JSON))
	if err != nil {
		return states{}, err
	}

	scope := ipvs.Scope{KeepWeights: r.KeepWeights}
	if r.Partial {
		scope.Services = wanted
	}

	have, err := present(wanted)
	return states{have, wanted, scope}, err
}

// readWanted returns the state that rules describe, from an empty one.
func readWanted(s *session, in input) (*ipvs.State, error) {
	state := &ipvs.State{}
	lookUp := lookUpIn(state)
	err := readRules(s, in, func(r *ruleset.Rule) error {
		if r.Cmd.Change.Op == 0 {
			const text = "not a command that describes a table"
			return &ruleset.Error{Pos: r.Pos, Err: &command.UsageError{Text: text, Status: command.StatusUsageError}}
		}
		err := fillKept(s.parser, &r.Cmd, lookUp)
		if err == nil {
			err = newChangeError(state.Apply(&r.Cmd.Change))
		}
		if err != nil {
			return &ruleset.Error{Pos: r.Pos, Err: err}
		}
		return nil
	})
	return state, err
}
