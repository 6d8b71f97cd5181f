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
func restore(s *session, cmd command.Command, apply func(*session, command.Command) error) error {
	switch cmd.Mode {
	case command.Check:
		return readRules(s, cmd.JSON, func(*ruleset.Rule) error { return nil })
	case command.Diff:
		return diff(s, cmd.JSON)
	case command.Sync:
		return synchronize(s, cmd.JSON)
	}
	return apply(s, cmd)
}

// replaceTable replaces the table by what the rules on standard input say
// (ipvsadm-restore). They are read to their end before anything is touched: if any
// of them is wrong, every such rule is reported, and nothing is changed.
//
// From the clearing on no signal ends the program: it would leave half a table.
func replaceTable(s *session, cmd command.Command) error {
	rules, err := readLog(s, cmd.JSON)
	if err != nil {
		return err
	}

	_, stop := s.env.Signals()
	defer stop()
	if err := s.change(ipvs.Change{Op: ipvs.Flush}); err != nil {
		return err
	}
	return applyLog(s, rules)
}

// applyDocument adds what a JSON document on standard input says to the table
// (ipvsadm -R --json). It too is read to its end first: half a document says
// nothing.
func applyDocument(s *session, cmd command.Command) error {
	rules, err := readLog(s, cmd.JSON)
	if err != nil {
		return err
	}
	return applyLog(s, rules)
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
	err := readRules(s, json, func(r *ruleset.Rule) error {
		rules.Append(r)
		return nil
	})
	return rules, err
}

// readRules reads the rules on standard input to their end, a rule stream or a JSON
// document, and calls use with each. Every rule that is wrong is reported, also
// those that use returns an error for; the error has the status of the first.
func readRules(s *session, json bool, use func(*ruleset.Rule) error) error {
	var source ruleset.Source = ruleset.NewReader(s.env.Stdin, s.parser, nil)
	if json {
		source = ruleset.NewDecoder(s.env.Stdin)
	}

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
			return asInputError(err)
		default:
			err = withKernelText(ruleErr)
			s.report(err.Error())
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
