package cli

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// statusDiffers is that of --diff when there is something to change.
const statusDiffers = 1

// diff prints the commands that would turn the present state into the one that
// the stream describes.
func (s *session) diff() error {
	_, _, plan, err := s.plan()
	if err != nil {
		return err
	}
	for c := range plan.Changes() {
		if err := s.wrote(format.Rules{}.AppendChange(s.out, c)); err != nil {
			return err
		}
	}
	if plan.Len() > 0 {
		return &told{statusDiffers}
	}
	return nil
}

// sync does those commands. If the kernel refuses one, those that were made are
// taken back.
func (s *session) sync() error {
	present, wanted, plan, err := s.plan()
	if err != nil {
		return err
	}
	var made []ipvs.Step
	for _, phase := range plan.Phases() {
		for steps := range slices.Chunk(phase, maxPending) {
			done, result := s.tryPlan(plan, steps)
			made = append(made, done...)
			if result != allMade {
				s.takeBack(present, wanted, plan.Undo(made), result)
				return &told{statusRefused}
			}
		}
	}
	return nil
}

// tryPlan makes the changes of steps of a plan, and gives the steps that were
// certainly made.
func (s *session) tryPlan(plan *ipvs.Plan, steps []ipvs.Step) (made []ipvs.Step, result outcome) {
	changes := make([]ipvs.Change, len(steps))
	for i, step := range steps {
		changes[i] = plan.Change(step)
	}
	errs := s.try(changes, "")
	for i, step := range steps {
		if errs == nil || errs[i] == nil {
			made = append(made, step)
		}
	}
	return made, outcomeOf(errs...)
}

// takeBack undoes the changes that were made from a state. Where the answer to one
// was lost, which may have been made as well, the table is read again.
func (s *session) takeBack(before, wanted *ipvs.State, undo iter.Seq[ipvs.Change], result outcome) {
	undone := outcomeOf(s.try(slices.Collect(undo), "undo ")...)
	if max(result, undone) == doubtful {
		undone = refusedSome
		if now, err := s.present(wanted); err == nil {
			undone = outcomeOf(s.try(slices.Collect(ipvs.Revert(now, before).Changes()), "undo ")...)
		}
	}
	if undone != allMade {
		s.tell("The table is neither as it was nor as it should be.")
		return
	}
	s.tell("Nothing was changed: what had been done was undone.")
}

// outcome is what became of a row of changes, the worst last.
type outcome int

const (
	allMade     outcome = iota
	refusedSome         // the others were made
	doubtful            // of some it is not known
)

// doubts are the numbers with which a change fails whose answer was lost.
var doubts = []error{syscall.ENOBUFS, syscall.ETIMEDOUT, syscall.EBADMSG}

// outcomeOf is the outcome of changes that had these errors.
func outcomeOf(errs ...error) outcome {
	result := allMade
	for _, err := range errs {
		switch {
		case err == nil:
		case slices.ContainsFunc(doubts, func(doubt error) bool { return errors.Is(err, doubt) }):
			result = doubtful
		default:
			result = max(result, refusedSome)
		}
	}
	return result
}

// try makes changes, tells those that failed, each as the rule it is behind a
// prefix, and gives their errors.
func (s *session) try(changes []ipvs.Change, prefix string) []error {
	// The kernel was opened to read the present state.
	errs := s.kernel.Apply(changes)
	for i, err := range errs {
		if err == nil {
			continue
		}
		rule := strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, changes[i])), "\n")
		s.tell(prefix + rule + ": " + kernelText(err))
	}
	return errs
}

// plan reads the stream and the present state, and plans the way from one to the
// other.
func (s *session) plan() (present, wanted *ipvs.State, plan *ipvs.Plan, err error) {
	if wanted, err = s.wanted(); err != nil {
		return nil, nil, nil, err
	}
	if present, err = s.present(wanted); err != nil {
		return nil, nil, nil, err
	}
	return present, wanted, ipvs.Diff(present, wanted), nil
}

// wanted is the state that the stream on standard input describes, from an empty
// one.
func (s *session) wanted() (*ipvs.State, error) {
	state := &ipvs.State{}
	err := s.eachRule(func(r rule) error {
		if r.cmd.Change.Op == 0 {
			return &ruleError{r.at, &command.UsageError{Text: "not a command that describes a table", Status: command.StatusUsageError}}
		}
		cmd, err := s.fillKept(r.cmd, lookUpIn(state))
		if err != nil {
			return &ruleError{r.at, err}
		}
		if err := state.Apply(cmd.Change); err != nil {
			return &ruleError{r.at, refused(err)}
		}
		return nil
	})
	return state, err
}

// present is the state of the kernel, as far as the wanted one says something of
// it.
func (s *session) present(wanted *ipvs.State) (*ipvs.State, error) {
	kernel, err := s.open()
	if err != nil {
		return nil, err
	}
	table, err := kernel.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	if err != nil {
		return nil, unread(err)
	}
	state := ipvs.StateOf(table.Entries)
	if wanted.Timeouts != nil {
		t, err := kernel.Timeouts()
		if err != nil {
			return nil, unread(err)
		}
		state.Timeouts = &t
	}
	if wanted.Daemons != nil {
		if state.Daemons, err = kernel.Daemons(); err != nil {
			return nil, unread(err)
		}
	}
	return state, nil
}
