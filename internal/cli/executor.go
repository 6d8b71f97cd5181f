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
	left     batch   // what is still to be sent
	spare    []batch // empty ones, for their memory
	underway int     // how many batches the maker has
	todo     chan<- batch
	made     <-chan batch
	status   int // that of the first rule that failed
}

// maxUnderway is how many batches are with the maker at most. When there are so many,
// reading pauses until all but the last are made: to wait for each would cost a wake-up
// each.
const maxUnderway = 4

// batch is changes that go to the kernel together.
type batch struct {
	changes []ipvs.Change
	places  []place        // those of the changes
	apply   func() []error // from Kernel.Prepare
	errs    []error        // what apply gave
}

func (b *batch) add(c *ipvs.Change, at place) {
	if b.changes == nil {
		b.changes, b.places = make([]ipvs.Change, 0, maxPending), make([]place, 0, maxPending)
	}
	b.changes, b.places = append(b.changes, *c), append(b.places, at)
}

// emptied is the batch without its changes.
func (b batch) emptied() batch { return batch{changes: b.changes[:0], places: b.places[:0]} }

// do does a command. Changes may be left for later; anything else sees the effect
// of all that went before.
func (x *executor) do(r *rule) error {
	if r.cmd.Change.Op != 0 && !r.cmd.Keep && r.cmd.Drain == nil {
		x.left.add(&r.cmd.Change, r.at)
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
	if err == nil || isOutputLost(err) {
		return err
	}
	f := &ruleError{r.at, err}
	var interrupted *interruptedError
	if r.cmd.Change.Op == 0 || errors.As(err, &interrupted) {
		return f
	}
	x.tell(f.Error()) // as any other change that is refused
	x.note(f)
	return nil
}

// apply makes the changes that were left, after those before them, and waits until
// all are made.
func (x *executor) apply() error {
	err := x.send()
	for x.underway > 0 {
		x.await() // even if the output is lost: what is refused has to be told
	}
	if flushErr := x.flush(); err == nil {
		err = flushErr
	}
	return err
}

// send gives the changes that were left to the maker. When it has too many, it waits
// for those before them.
func (x *executor) send() error {
	if len(x.left.changes) == 0 {
		return nil
	}
	kernel, err := x.open()
	if err != nil {
		x.left = x.left.emptied()
		return err
	}
	if x.todo == nil {
		x.startMaker()
	}
	x.left.apply = kernel.Prepare(x.left.changes)
	if x.underway == maxUnderway {
		for x.underway > 1 {
			x.await()
		}
	}
	x.todo <- x.left
	x.underway++
	x.left = batch{}
	if last := len(x.spare) - 1; last >= 0 {
		x.left, x.spare = x.spare[last], x.spare[:last]
	}
	return x.flush()
}

// startMaker starts what makes one batch after the other, with no pause in which
// someone would have to be woken up.
func (x *executor) startMaker() {
	todo, made := make(chan batch, maxUnderway), make(chan batch, maxUnderway)
	x.todo, x.made = todo, made
	go func() {
		for b := range todo {
			b.errs = b.apply()
			made <- b
		}
	}()
}

// stopMaker ends what startMaker started, if it did.
func (x *executor) stopMaker() {
	if x.todo != nil {
		close(x.todo)
	}
}

// await waits until the first of the batches underway is made, and tells each change
// that the kernel refused.
func (x *executor) await() {
	b := <-x.made
	x.underway--
	var report []string
	for i, err := range b.errs {
		if err != nil {
			f := &ruleError{b.places[i], refused(err)}
			report = append(report, f.Error())
			x.note(f)
		}
	}
	if report != nil {
		x.tell(strings.Join(report, "\n"))
	}
	x.spare = append(x.spare, b.emptied())
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
	defer x.stopMaker()
	for _, err := range []error{x.apply(), err} {
		if err != nil && !errors.Is(err, errStreamEnd) && !isOutputLost(err) {
			x.tell(err.Error())
			x.note(err)
		}
	}
	if x.status != statusDone {
		return &told{x.status}
	}
	return nil
}
