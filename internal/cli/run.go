package cli

import (
	"errors"
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The exit statuses besides those of package command.
const (
	statusDone = 0
	// statusUnread is that of a listing that could not be read or written.
	statusUnread = 1
	// statusNoIPVS is that of a kernel without IPVS, or without leave to use
	// it.
	statusNoIPVS = 2
	// statusRefused is that of a change that the kernel refused.
	statusRefused = 255
	// StatusReaderLeft is returned when the reader of standard output left and
	// nothing else went wrong. It is the status that a shell reports for a program
	// which SIGPIPE ended.
	StatusReaderLeft = 128 + 13
)

// Run is the program ipvsadm: it does what args say and returns the exit status.
// args[0] is the program's name as it was called; without one it counts as
// "ipvsadm".
func Run(args []string, env Env) int {
	prog, words := "ipvsadm", []string(nil)
	if len(args) > 0 {
		prog, words = args[0], args[1:]
	}
	s := newSession(prog, env)
	return s.end(s.run(words))
}

// run does one command line.
func (s *session) run(words []string) error {
	cmd, err := s.parser.Parse(words)
	if err != nil {
		return err
	}
	s.netns = cmd.NetNS
	if cmd.Verb == command.Restore {
		apply := s.follow
		if cmd.JSON {
			apply = s.add
		}
		return s.restore(cmd, apply)
	}
	return s.do(cmd)
}

// do does a command that is not a rule stream.
func (s *session) do(cmd command.Command) error {
	switch cmd.Verb {
	case command.Help:
		return s.print([]byte(command.HelpText()))
	case command.Version:
		return s.print([]byte(command.VersionText))
	case command.List:
		return s.list(cmd.Listing)
	case command.Save:
		return s.save(cmd)
	}
	if cmd.Drain != nil {
		return s.drain(cmd.Change, *cmd.Drain)
	}
	cmd, err := s.fillKept(cmd, s.lookUp)
	if err != nil {
		return err
	}
	return s.change(cmd.Change)
}

// change makes one change.
func (s *session) change(c ipvs.Change) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	return refused(firstError(kernel.Apply([]ipvs.Change{c})))
}

// failure is what a program ends with when something went wrong: a text for
// standard error and the exit status.
type failure struct {
	text   string
	status int
}

func (f *failure) Error() string { return f.text }

// unread is the failure of a listing.
func unread(err error) error {
	if err == nil {
		return nil
	}
	return &failure{kernelText(err), statusUnread}
}

// refused is the failure of a change.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return &failure{kernelText(err), statusRefused}
}

// firstError is the first of the errors of a batch.
func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// statusOf is the exit status that an error asks for.
func statusOf(err error) int {
	var f *failure
	var c *command.UsageError
	var t *told
	var lost outputLost
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &f):
		return f.status
	case errors.As(err, &c):
		return c.Status
	case errors.As(err, &t):
		return t.status
	case errors.As(err, &lost) && lost.readerLeft():
		return StatusReaderLeft
	}
	return statusUnread
}

// noIPVS is the failure of a program that cannot have IPVS.
func noIPVS(err error) error {
	return &failure{
		fmt.Sprintf("Can't initialize ipvs: %s\n"+
			"Are you sure that IP Virtual Server is built in the kernel or as module?", kernelText(err)),
		statusNoIPVS,
	}
}
