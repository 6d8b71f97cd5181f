package command

import (
	"fmt"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The exit statuses that scripts test.
const (
	// StatusUsageError is the status of a bad value, a missing option or an illegal one.
	StatusUsageError = 2
	// StatusParseError is the status of a word that cannot be parsed, and of a line that
	// does not begin with a command. It is also that of a command that the kernel
	// rejected: the low byte of the -1 that the reference program returns.
	StatusParseError = 255
)

// UsageError is an error of a command line.
type UsageError struct {
	// Text is the line for standard error.
	Text string
	// Status is the exit status, StatusUsageError or StatusParseError.
	Status int
}

// Error returns the text.
func (e *UsageError) Error() string { return e.Text }

// usageError returns a UsageError with StatusUsageError.
func usageError(format string, args ...any) error {
	return &UsageError{Text: fmt.Sprintf(format, args...), Status: StatusUsageError}
}

// wordError returns the error of a word that cannot be parsed.
func wordError(word, text string) error {
	return &UsageError{Text: word + ": " + text, Status: StatusParseError}
}

// tryHelpError returns the error of a line that does not begin with a command. prog is
// argv[0].
func tryHelpError(prog string) error {
	return &UsageError{
		Text:   fmt.Sprintf("Try `%s -h' or '%s --help' for more information.", prog, prog),
		Status: StatusParseError,
	}
}

func serviceAddressError() error {
	return usageError("illegal virtual server address[:port] specified")
}

func serverAddressError() error {
	return usageError("illegal real server address[:port] specified")
}

func tunnelTypeError() error {
	return usageError("illegal tunnel type specified")
}

// daemonStateError returns the error of an unknown state of a sync daemon. The two
// commands spell it differently.
func daemonStateError(v Verb) error {
	if v == StartDaemon {
		return usageError("illegal start-daemon parameter specified")
	}
	return usageError("illegal start_daemon specified")
}

// requiredError returns the error of a missing option. subject is the command or the
// tunnel type that needs it.
func requiredError(option, subject string) error {
	return usageError("You need to supply the '%s' option for the %s", option, subject)
}

// illegalError returns the error of an option that the subject does not accept.
func illegalError(option, subject string) error {
	return usageError("Illegal '%s' option with the %s", option, subject)
}

// conflictError returns the error of an option that excludes one before it in the table.
func conflictError(option, first, subject string) error {
	return usageError("The option '%s' conflicts with the '%s' option in the %s", option, first, subject)
}

// commandSubject returns a command as messages name it.
func commandSubject(v Verb) string {
	i := slices.IndexFunc(commandGroups, func(g Group) bool { return g.Options[0].Verb == v })
	return "'" + commandGroups[i].Name + "' command"
}

// tunnelSubject returns a tunnel type as messages name it.
func tunnelSubject(t ipvs.TunnelType) string { return "'" + t.String() + "' tunnel type" }
