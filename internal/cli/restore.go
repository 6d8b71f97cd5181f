package cli

import (
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// restore does with the rules on standard input what the command says. apply is
// how they are applied, if it says no more than that.
func (s *session) restore(cmd command.Command, apply func() error) error {
	s.document = cmd.JSON
	switch cmd.Mode {
	case command.Check:
		_, err := s.checkedRules()
		return err
	case command.Diff:
		return s.diff()
	case command.Sync:
		return s.sync()
	}
	return apply()
}

// follow applies the rules on standard input as they come (ipvsadm -R). Rules that
// are there already go to the kernel together; but nothing is held back while the
// stream waits, so that a program that keeps a pipe open sees each line take effect
// at once. A line at fault ends the stream; what the kernel refuses is told, and
// the stream goes on.
func (s *session) follow() error {
	if _, err := s.open(); err != nil {
		return err // even if the stream is empty
	}
	x := &executor{session: s}
	rules := s.rules(x.apply)
	for r := new(rule); ; {
		err := rules.next(r)
		if errors.Is(err, io.EOF) {
			return x.finish(nil)
		}
		if err == nil {
			err = x.do(r)
		}
		if err != nil {
			return x.finish(err)
		}
	}
}

// replace replaces the table by what the rules on standard input say
// (ipvsadm-restore). The stream is read to its end before anything is touched: if
// any line is at fault, every such line is told, and nothing is changed.
func (s *session) replace() error {
	rules, err := s.checkedRules()
	if err != nil {
		return err
	}
	if err := s.change(ipvs.Change{Op: ipvs.Flush}); err != nil {
		return err
	}
	return s.applyAll(rules)
}

// add adds what a document on standard input says to the table (ipvsadm -R --json).
// It too is read to its end first: a document has no use before it is whole.
func (s *session) add() error {
	rules, err := s.checkedRules()
	if err != nil {
		return err
	}
	if _, err := s.open(); err != nil {
		return err // even if the document is empty
	}
	return s.applyAll(rules)
}

// applyAll applies rules that have been read.
func (s *session) applyAll(rules []rule) error {
	x := &executor{session: s}
	for i := range rules {
		if err := x.do(&rules[i]); err != nil {
			return x.finish(err)
		}
	}
	return x.finish(nil)
}

// checkedRules reads the whole stream. Every line at fault is told; the error has
// the status of the first.
func (s *session) checkedRules() ([]rule, error) {
	var rules []rule
	err := s.eachRule(func(r rule) error {
		rules = append(rules, r)
		return nil
	})
	return rules, err
}

// eachRule reads the whole input and does f with each rule. Every rule at fault is
// told, those that f finds at fault too; the error has the status of the first.
func (s *session) eachRule(f func(rule) error) error {
	var first error
	for r, err := range s.input() {
		if err == nil {
			err = f(r)
		}
		var fault *ruleError
		switch {
		case err == nil:
		case !errors.As(err, &fault):
			return err
		default:
			s.tell(err.Error())
			if first == nil {
				first = &told{statusOf(fault)}
			}
		}
	}
	return first
}

// input is the rules on standard input, be it a stream of them or a document.
func (s *session) input() iter.Seq2[rule, error] {
	if s.document {
		return s.documentRules
	}
	return s.rules(func() error { return nil }).all
}

// told is a failure that has been told already: only its status is left.
type told struct{ status int }

func (t *told) Error() string { return "exit status " + strconv.Itoa(t.status) }
