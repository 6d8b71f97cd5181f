package cli

import (
	"errors"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

const (
	saveUsage    = "usage: ipvsadm-save [-n] [--all] [--json] [--output FILE]"
	restoreUsage = "usage: ipvsadm-restore [--json] [--atomic | --check | --diff [--against FILE] | --sync [--changes]]\n" +
		"                       [--partial] [--keep-weights] < FILE"

	// mainProgram is the program that texts of the other two point to.
	mainProgram = "ipvsadm"
)

// Run runs the program ipvsadm: it does what args say and returns the exit status.
// args[0] is the program's name as it was called; without one it counts as
// "ipvsadm".
func Run(args []string, env Env) int {
	prog := mainProgram
	if len(args) > 0 {
		prog = args[0]
	}
	s := newSession(prog, env)
	return s.end(runLine(s, arguments(args)))
}

// runLine does one command line.
func runLine(s *session, words []string) error {
	cmd, err := s.parser.Parse(words)
	if err != nil {
		return err
	}

	s.netns = cmd.NetNS

	switch {
	case cmd.Verb != command.Restore:
		return dispatch(s, cmd)
	case cmd.Restoring.JSON || cmd.Restoring.Atomic:
		return restore(s, cmd, applyWhole)
	}
	return restore(s, cmd, applyStream)
}

// Save runs the program ipvsadm-save, which is ipvsadm -S with the same options.
// args[0] is the program's name.
func Save(args []string, env Env) int {
	s := newSession(mainProgram, env)
	cmd, err := s.parser.Parse(append([]string{"-S"}, arguments(args)...))
	if err != nil {
		return s.end(newProgramUsageError(saveUsage))
	}
	s.netns = cmd.NetNS
	return s.end(dispatch(s, cmd))
}

// Restore runs the program ipvsadm-restore: ipvsadm -R with the same options, but the
// rules replace the table, and are read to their end first. args[0] is the
// program's name.
//
// It accepts and ignores -n, because callers pass what they pass to ipvsadm-save.
// Any other unknown word is rejected, where the reference program clears the table
// and waits for input: ipvsadm-restore FILE must not.
func Restore(args []string, env Env) int {
	s := newSession(mainProgram, env)
	options := slices.DeleteFunc(arguments(args), func(w string) bool { return w == "-n" })
	cmd, err := s.parser.Parse(append([]string{"-R"}, options...))
	if err != nil {
		return s.end(newProgramUsageError(restoreUsage))
	}
	s.netns = cmd.NetNS
	return s.end(restore(s, cmd, replaceTable))
}

// newProgramUsageError returns the error of the save and restore programs for words
// that they do not know.
func newProgramUsageError(usage string) error {
	return &exitError{status: statusBadUsage, err: errors.New(usage)}
}

// arguments returns a copy of the words after the program's name.
func arguments(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	return slices.Clone(args[1:])
}

// dispatch does a command that is not a rule stream.
func dispatch(s *session, cmd command.Command) error {
	switch cmd.Verb {
	case command.Help:
		return s.out.Write([]byte(command.HelpText()))
	case command.Version:
		return s.out.Write([]byte(command.VersionText))
	case command.List:
		if cmd.Listing.Interval != 0 {
			return s.repeat(cmd.Listing)
		}
		return printTo(s, cmd.Saving.File, func(l *lister) error { return l.list(cmd.Listing) })
	case command.Save:
		return printTo(s, cmd.Saving.File, func(l *lister) error { return l.rules(cmd) })
	}

	if cmd.Drain != nil {
		return s.drain(cmd.Change, *cmd.Drain)
	}

	if err := fillKept(s.parser, &cmd, s.lookUp); err != nil {
		return err
	}
	return s.change(cmd.Change)
}
