package cli

import (
	"errors"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// errStreamEnd ends a stream without an error: as in the reference program, -h and
// -v do.
var errStreamEnd = errors.New("end of the stream")

// stream applies the commands of a rule stream in order, changes many at a time.
// Every rejected change is reported with its position.
type stream struct {
	session *session
	sender  *sender[ruleset.Position]
	status  int // that of the first rule that failed
}

// newStream returns a stream of commands for a kernel.
func newStream(s *session, kernel Kernel) *stream {
	s.inStream = true
	x := &stream{session: s}
	x.sender = newSender(kernel, x.reject)
	return x
}

// applyStream applies the rules on standard input as they come (ipvsadm -R). Rules
// that are there already go to the kernel together; but nothing is held back while
// the stream waits, so that a program which keeps a pipe open sees each line take
// effect at once. A line that cannot be parsed ends the stream; a change that the
// kernel rejects is reported, and the stream goes on.
func applyStream(s *session, _ command.Restoring) error {
	kernel, err := s.open()
	if err != nil {
		return err // even if the stream is empty
	}

	x := newStream(s, kernel)
	rules := ruleset.NewReader(s.env.Stdin, s.parser, x.beforeRead)
	for r := new(ruleset.Rule); ; {
		err := rules.Next(r)
		if errors.Is(err, io.EOF) {
			return x.finish(nil)
		}
		if err == nil {
			err = x.do(r)
		}
		if err != nil {
			return x.finish(asInputError(err))
		}
	}
}

// do does a command. A change may be left for later; any other command sees the
// effect of all that went before. An error ends the stream.
func (x *stream) do(r *ruleset.Rule) error {
	isChange := r.Cmd.Change.Op != 0
	if isChange && !r.Cmd.Keep && r.Cmd.Drain == nil {
		if x.sender.add(&r.Cmd.Change, r.Pos) {
			return x.session.out.Flush()
		}
		return nil
	}
	if err := x.wait(); err != nil {
		return err
	}

	err := dispatch(x.session, r.Cmd)
	switch {
	case err == nil && (r.Cmd.Verb == command.Help || r.Cmd.Verb == command.Version):
		return errStreamEnd
	case err == nil || x.session.out.hasFailed(err):
		return err
	}

	var interrupted *interruptedError
	endsStream := !isChange || errors.As(err, &interrupted)
	err = &ruleset.Error{Pos: r.Pos, Err: err}
	if endsStream {
		return err
	}

	x.report(err)
	return nil
}

// beforeRead waits as wait does, unless there is input already: to wait for the kernel at
// each part of a file took a tenth of the time of a restore of 5,000 × 1.
func (x *stream) beforeRead() error {
	if hasInput(x.session.env.Stdin) {
		return nil
	}
	return x.wait()
}

// wait waits until the changes that have been read are made, and writes the output
// of the commands before.
func (x *stream) wait() error {
	x.sender.wait()
	return x.session.out.Flush()
}

// reject reports changes that the kernel rejected.
func (x *stream) reject(failures []failure[ruleset.Position]) {
	errs := make([]error, 0, len(failures))
	for _, f := range failures {
		errs = append(errs, &ruleset.Error{Pos: f.tag, Err: newChangeError(f.err)})
	}
	x.report(errs...)
}

// report reports errors, and keeps the status of the first one of the stream.
func (x *stream) report(errs ...error) {
	lines := make([]string, 0, len(errs))
	for _, err := range errs {
		lines = append(lines, err.Error())
		if x.status == statusDone {
			x.status = statusOf(err)
		}
	}
	x.session.report(strings.Join(lines, "\n"))
}

// finish ends the stream, for a reason if err is not nil: it waits for the changes,
// even if the output is lost, and returns the status of the first rule that failed.
func (x *stream) finish(err error) error {
	x.sender.wait()
	x.sender.close()

	writeErr := x.session.out.Flush()
	if err != nil && !errors.Is(err, errStreamEnd) && !x.session.out.hasFailed(err) {
		x.report(err)
	}
	if x.status != statusDone {
		return newReportedError(x.status)
	}
	return writeErr
}

// asInputError turns the error of an input that cannot be read into the one that
// ends a program; others it returns as they are.
func asInputError(err error) error {
	var readErr *ruleset.ReadError
	if errors.As(err, &readErr) {
		return newInputError(readErr.Err)
	}
	return err
}
