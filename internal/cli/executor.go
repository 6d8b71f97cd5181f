package cli

import (
	"errors"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxPending is how many changes are gathered for the kernel. It bounds memory;
// how many of them go in one message is the kernel package's business.
const maxPending = 256

// errStreamEnd is how a line ends the stream without being at fault: as in the
// reference program, -h and -v do.
var errStreamEnd = errors.New("end of the stream")

// executor does the commands of a stream, changes many at a time. While the kernel
// makes some, the next are read.
type executor struct {
	*session
	left   pending        // what is still to be sent
	sent   pending        // what the kernel is making
	result <-chan []error // of what was sent; nil when nothing is
	status int            // that of the first rule that failed
}

// pending are changes that go to the kernel together.
type pending struct {
	changes []ipvs.Change
	places  []place // those of the changes
}

func (p *pending) add(c ipvs.Change, at place) {
	p.changes, p.places = append(p.changes, c), append(p.places, at)
}

func (p *pending) clear() { p.changes, p.places = p.changes[:0], p.places[:0] }

// do does a command. Changes may be left for later; anything else sees the effect
// of all that went before.
func (x *executor) do(r rule) error {
	if r.cmd.Change.Op != 0 && !r.cmd.Keep && r.cmd.Drain == nil {
		x.left.add(r.cmd.Change, r.at)
		if len(x.left.changes) < maxPending {
			return nil
		}
		return x.send()
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

// apply makes the changes that were left, and those before them.
func (x *executor) apply() error {
	if err := x.send(); err != nil {
		return err
	}
	return x.await()
}

// send has the kernel make the changes that were left, after those before them, and
// does not wait until it has.
func (x *executor) send() error {
	if err := x.await(); err != nil || len(x.left.changes) == 0 {
		return err
	}
	x.left, x.sent = x.sent, x.left
	kernel, err := x.open()
	if err != nil {
		x.sent.clear()
		return err
	}
	result := make(chan []error, 1)
	x.result = result
	changes := x.sent.changes
	go func() { result <- kernel.Apply(changes) }()
	return nil
}

// await waits until the changes that were sent are made, and tells each one that
// the kernel refused.
func (x *executor) await() error {
	if x.result == nil {
		return x.flush()
	}
	var report []string
	for i, err := range <-x.result {
		if err != nil {
			f := &ruleError{x.sent.places[i], refused(err)}
			report = append(report, f.Error())
			x.note(f)
		}
	}
	x.result = nil
	x.sent.clear()
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
