package cli

import (
	"errors"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// restore does with the rules on standard input what a Restore command says. apply
// applies them, if the command says no more than that.
func restore(s *session, cmd command.Command, apply func(*session, command.Restoring) error) error {
	r := cmd.Restoring
	switch r.Mode {
	case command.Check:
		return readRules(s, s.input(r.JSON), func(*ruleset.Rule) error { return nil })
	case command.Diff:
		return diff(s, r)
	case command.Sync:
		return synchronize(s, r)
	}
	return apply(s, r)
}

// replaceTable replaces the table by what the rules on standard input say
// (ipvsadm-restore). They are read to their end before anything is touched: if any
// of them is wrong, every such rule is reported, and nothing is changed.
//
// From the clearing on no signal ends the program: it would leave half a table.
func replaceTable(s *session, r command.Restoring) error {
	rules, err := readLog(s, r.JSON)
	if err != nil {
		return err
	}

	return applyAtomic(s, r.Atomic, func() error {
		_, stop := s.catchSignals()
		defer stop()
		if err := s.change(ipvs.Change{Op: ipvs.Flush}); err != nil {
			return err
		}
		return applyLog(s, rules)
	})
}

// applyWhole adds what the rules on standard input say to the table, after they were read
// to their end: a JSON document (ipvsadm -R --json), as half a document says nothing, or
// any rules (ipvsadm -R --atomic).
func applyWhole(s *session, r command.Restoring) error {
	rules, err := readLog(s, r.JSON)
	if err != nil {
		return err
	}
	return applyAtomic(s, r.Atomic, func() error { return applyLog(s, rules) })
}

// applyLog applies rules that have been read.
func applyLog(s *session, rules *ruleset.Log) error {
	kernel, err := s.open()
	if err != nil {
		return err // even if there are no rules
	}

	x := newStream(s, kernel)
	for r := range rules.All() {
		if err := x.do(r); err != nil {
			return x.finish(err)
		}
	}
	return x.finish(nil)
}

// readLog reads the rules on standard input to their end, as readRules does.
func readLog(s *session, json bool) (*ruleset.Log, error) {
	rules := new(ruleset.Log)
	err := readRules(s, s.input(json), func(r *ruleset.Rule) error {
		rules.Append(r)
		return nil
	})
	return rules, err
}

// input is rules to read: a rule stream or a JSON document.
type input struct {
	reader io.Reader
	json   bool
	file   string // empty for standard input
}

// input returns the rules on standard input.
func (s *session) input(json bool) input { return input{reader: s.env.Stdin, json: json} }

// source returns the source of the rules.
func (in input) source(s *session) ruleset.Source {
	if in.json {
		return ruleset.NewDecoder(in.reader)
	}
	return ruleset.NewReader(in.reader, s.parser, nil)
}

// asInputError turns the error of rules that cannot be read into the one that ends a
// program.
func (in input) asInputError(err error) error {
	var readErr *ruleset.ReadError
	if in.file != "" && errors.As(err, &readErr) {
		return newFileError(readErr.Err, in.file)
	}
	return asInputError(err)
}

// text returns the text for the error of a rule.
func (in input) text(err error) string {
	if in.file != "" {
		return in.file + ": " + err.Error()
	}
	return err.Error()
}

// readRules reads rules to their end, and calls use with each. Every rule that is wrong is
// reported, also those that use returns an error for; the error has the status of the
// first.
func readRules(s *session, in input, use func(*ruleset.Rule) error) error {
	source := in.source(s)
	var first error
	for r := new(ruleset.Rule); ; {
		err := source.Next(r)
		if errors.Is(err, io.EOF) {
			return first
		}
		if err == nil {
			err = use(r)
		}

		var ruleErr *ruleset.Error
		switch {
		case err == nil:
		case !errors.As(err, &ruleErr):
			return in.asInputError(err)
		default:
			err = withKernelText(ruleErr)
			s.report(in.text(err))
			if first == nil {
				first = newReportedError(statusOf(err))
			}
		}
	}
}

// withKernelText returns the error of a rule with the text that users know where it
// is what a kernel would say.
func withKernelText(e *ruleset.Error) error {
	var kernelErr *ipvs.Error
	if errors.As(e.Err, &kernelErr) {
		return &ruleset.Error{Pos: e.Pos, Err: newChangeError(kernelErr)}
	}
	return e
}
