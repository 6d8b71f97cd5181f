package cli

import (
	"errors"
	"fmt"
	"strconv"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// The exit statuses besides those of package command.
const (
	statusDone = 0
	// statusReadError is that of a listing that could not be read or written.
	statusReadError = 1
	// statusDiffers is that of --diff when there is something to change, as of
	// diff(1).
	statusDiffers = 1
	// statusNotCompared is that of --diff in the place of statusReadError, which is
	// statusDiffers.
	statusNotCompared = 2
	// statusBadUsage is that of the save and restore programs for a word that
	// they do not know. It is none that a comparison returns.
	statusBadUsage = 2
	// statusNoIPVS is that of a kernel without IPVS, or of a caller who may not
	// use it.
	statusNoIPVS = 2
	// statusConnectionsLeft is that of --drain when the time was over first.
	statusConnectionsLeft = 3
	// StatusReaderLeft is that of a program whose output lost its reader, as a
	// shell reports a program that SIGPIPE ended.
	StatusReaderLeft = 128 + int(syscall.SIGPIPE)
	// statusChangeError is that of a change that the kernel rejected.
	statusChangeError = 255
)

// exitError ends a program: with an exit status, and with a text for standard
// error unless that was reported already.
type exitError struct {
	status   int
	err      error // nil if there is nothing to say
	reported bool
}

// Error returns the text for standard error.
func (e *exitError) Error() string {
	if e.err == nil {
		return "exit status " + strconv.Itoa(e.status)
	}
	return e.err.Error()
}

// Unwrap returns the cause.
func (e *exitError) Unwrap() error { return e.err }

// newReportedError returns the error of a program that has said what is wrong.
func newReportedError(status int) error { return &exitError{status: status, reported: true} }

// newReadError returns the error of a listing that cannot be read; nil for nil.
func newReadError(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{status: statusReadError, err: withText(err, kernelText(err))}
}

// newWriteError returns the error of an output that can no longer be written.
func newWriteError(err error) error {
	return &exitError{status: statusReadError, err: withText(err, "Can't write: "+systemText(err))}
}

// newDiffError returns the error of a --diff that failed: its status is not that of a
// difference; nil for nil.
func newDiffError(err error) error {
	if statusOf(err) != statusDiffers {
		return err
	}
	return &exitError{status: statusNotCompared, err: err, reported: isReported(err)}
}

// newInputError returns the error of a rule stream that cannot be read.
func newInputError(err error) error {
	return &exitError{status: statusReadError, err: withText(err, "Can't read: "+systemText(err))}
}

// newChangeError returns the error of a change that the kernel rejected; nil for
// nil.
func newChangeError(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{status: statusChangeError, err: withText(err, kernelText(err))}
}

// newOpenError returns the error of a program that cannot have IPVS.
func newOpenError(err error) error {
	text := fmt.Sprintf("Can't initialize ipvs: %s\n"+
		"Are you sure that IP Virtual Server is built in the kernel or as module?", kernelText(err))
	return &exitError{status: statusNoIPVS, err: withText(err, text)}
}

// textError is a cause with the text that users know it by.
type textError struct {
	cause error
	text  string
}

func (e *textError) Error() string { return e.text }
func (e *textError) Unwrap() error { return e.cause }

func withText(cause error, text string) error { return &textError{cause, text} }

// statusOf returns the exit status that an error asks for.
func statusOf(err error) int {
	var exit *exitError
	var usage *command.UsageError
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &exit):
		return exit.status
	case errors.As(err, &usage):
		return usage.Status
	}
	return statusReadError
}

// isReported reports whether standard error has the text of an error already.
func isReported(err error) bool {
	var exit *exitError
	return errors.As(err, &exit) && exit.reported
}
