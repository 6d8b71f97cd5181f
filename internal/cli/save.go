package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// printTo prints what list prints, to standard output, or to a file if there is one.
func printTo(s *session, file string, list func(*lister) error) error {
	if file == "" {
		return printOn(s, s.out, list)
	}

	err := writeFile(file, s.env.Signals, func(w io.Writer) error {
		out := newOutput(w)
		if err := printOn(s, out, list); err != nil && !out.hasFailed(err) {
			return err
		}
		_ = out.Flush() // its error is the cause
		return out.cause
	})
	return asSaveError(err, file)
}

// printOn prints what list prints to out.
func printOn(s *session, out *output, list func(*lister) error) error {
	l, err := newLister(s, out)
	if err != nil {
		return err
	}
	return list(l)
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
