package cli

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// statusDiffers is that of --diff when there is something to change.
const statusDiffers = 1

// diff prints the commands that would turn the present state into the one that
// the stream describes.
func (s *session) diff() error {
	_, changes, err := s.plan()
	if err != nil {
		return err
	}
	for _, c := range changes {
		if err := s.wrote(format.Rules{}.AppendChange(s.out, c)); err != nil {
			return err
		}
	}
	if len(changes) > 0 {
		return &told{statusDiffers}
	}
	return nil
}

// sync does those commands. If the kernel refuses one, those that were made are
// taken back.
func (s *session) sync() error {
	present, changes, err := s.plan()
	if err != nil {
		return err
	}
	var made []ipvs.Change
	for len(changes) > 0 {
		batch := changes[:min(len(changes), maxPending)]
		changes = changes[len(batch):]
		done, failed := s.try(batch, "")
		made = append(made, done...)
		if failed {
			s.takeBack(present, made)
			return &told{statusRefused}
		}
	}
	return nil
}

// takeBack undoes the changes that were made from a state.
func (s *session) takeBack(before *ipvs.State, made []ipvs.Change) {
	if _, failed := s.try(ipvs.Undo(before, made), "undo "); failed {
		s.tell("The table is neither as it was nor as it should be.")
		return
	}
	s.tell("Nothing was changed: what had been done was undone.")
}

// try makes changes, tells those that the kernel refuses, each as the rule it is
// behind a prefix, and gives those that it made.
func (s *session) try(changes []ipvs.Change, prefix string) (made []ipvs.Change, failed bool) {
	// The kernel was opened to read the present state.
	errs := s.kernel.Apply(changes)
	if errs == nil {
		return changes, false
	}
	for i, err := range errs {
		if err == nil {
			made = append(made, changes[i])
			continue
		}
		failed = true
		rule := strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, changes[i])), "\n")
		s.tell(prefix + rule + ": " + kernelText(err))
	}
	return made, failed
}

// plan reads the stream and the present state, and plans the way from one to the
// other.
func (s *session) plan() (present *ipvs.State, changes []ipvs.Change, err error) {
	wanted, err := s.wanted()
	if err != nil {
		return nil, nil, err
	}
	if present, err = s.present(wanted); err != nil {
		return nil, nil, err
	}
	return present, ipvs.Diff(present, wanted), nil
}

// wanted is the state that the stream on standard input describes, from an empty
// one.
func (s *session) wanted() (*ipvs.State, error) {
	state := &ipvs.State{}
	err := s.eachRule(func(r rule) error {
		if r.cmd.Change.Op == 0 {
			return &ruleError{r.at, &command.Error{Text: "not a command that describes a table", Status: command.StatusFault}}
		}
		cmd, err := s.completed(r.cmd, lookUpIn(state))
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
	table, err := kernel.Table(ipvs.Query{})
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
