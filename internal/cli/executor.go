package cli

import (
	"errors"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxPending is how many changes are gathered for the kernel. It bounds memory;
// how many of them go in one message is the kernel package's business.
const maxPending = 1024

// errStreamEnd is how a line ends the stream without being at fault: as in the
// reference program, -h and -v do.
var errStreamEnd = errors.New("end of the stream")

// executor does the commands of a stream, changes many at a time.
type executor struct {
	*session
	changes []ipvs.Change
	places  []place // those of the changes
	status  int     // that of the first rule that failed
}

// do does a command. Changes may be left for later; anything else sees the effect
// of all that went before.
func (x *executor) do(r rule) error {
	if r.cmd.Change.Op != 0 && !r.cmd.Keep && r.cmd.Drain == nil {
		x.changes = append(x.changes, r.cmd.Change)
		x.places = append(x.places, r.at)
		if len(x.changes) < maxPending {
			return nil
		}
		return x.apply()
	}
	if err := x.apply(); err != nil {
		return err
	}
	if r.cmd.Verb == command.Help || r.cmd.Verb == command.Version {
		if err := x.session.do(r.cmd); err != nil {
			return err
		}
		return errStreamEnd
	}
	if _, err := x.open(); err != nil {
		return err // no fault of this line
	}
	err := x.session.do(r.cmd)
	if err == nil || errors.Is(err, errReaderLeft) {
		return err
	}
	f := &ruleError{r.at, err}
	if r.cmd.Change.Op == 0 {
		return f
	}
	x.tell(f.Error()) // as any other change that is refused
	x.note(f)
	return nil
}

// apply makes the changes that were left, and tells each one that the kernel
// refused.
func (x *executor) apply() error {
	changes, places := x.changes, x.places
	x.changes, x.places = changes[:0], places[:0]
	if len(changes) == 0 {
		return x.flush()
	}
	kernel, err := x.open()
	if err != nil {
		return err
	}
	var report []string
	for i, err := range kernel.Apply(changes) {
		if err != nil {
			f := &ruleError{places[i], refused(err)}
			report = append(report, f.Error())
			x.note(f)
		}
	}
	if report != nil {
		x.tell(strings.Join(report, "\n"))
	}
	return x.flush()
}

// note keeps the status of the first line that failed.
func (x *executor) note(err error) {
	if x.status == statusDone {
		x.status = statusOf(err)
	}
}

// finish ends the stream: what is left is applied, what went wrong with it and err
// are told, and the status is that of the first line that failed.
func (x *executor) finish(err error) error {
	for _, err := range []error{x.apply(), err} {
		switch {
		case errors.Is(err, errReaderLeft):
			return err
		case err != nil && !errors.Is(err, errStreamEnd):
			x.tell(err.Error())
			x.note(err)
		}
	}
	if x.status != statusDone {
		return &told{x.status}
	}
	return nil
}
