package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// save writes the table as rules, to standard output or to a file.
func save(s *session, cmd command.Command) error {
	if cmd.Saving.File == "" {
		return saveTo(s, s.out, cmd)
	}

	err := writeFile(cmd.Saving.File, s.env.Signals, func(w io.Writer) error {
		out := newOutput(w)
		if err := saveTo(s, out, cmd); err != nil && !out.hasFailed(err) {
			return err
		}
		_ = out.Flush() // its error is the cause
		return out.cause
	})
	return asSaveError(err, cmd.Saving.File)
}

// saveTo writes the table as rules to out.
func saveTo(s *session, out *output, cmd command.Command) error {
	l, err := newLister(s, out)
	if err != nil {
		return err
	}
	return l.rules(cmd)
}

// asSaveError returns the error of a program that could not save to a file. An error of
// reading the table stays what it is.
func asSaveError(err error, file string) error {
	var interrupted *interruptedError
	var exit *exitError
	switch {
	case errors.As(err, &interrupted):
		interrupted.outcome = file + " was not written"
		return err
	case err == nil, errors.As(err, &exit):
		return err
	}
	return &exitError{status: statusReadError, err: fmt.Errorf("cannot write %s: %s", file, fileErrorText(err))}
}

// fileErrorText returns the text of an error of a file: the C library's for an error of
// the system.
func fileErrorText(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errnoText(errno)
	}
	return err.Error()
}
