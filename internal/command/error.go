package command

import "fmt"

// The exit statuses that scripts test.
const (
	// StatusUsageError is that of a bad value, a missing or an illegal option.
	StatusUsageError = 2
	// StatusParseError is that of a word the parser cannot read, of the "try
	// help" line, and of a command that the kernel refused: the low byte of
	// the -1 that the reference program returns.
	StatusParseError = 255
)

// UsageError is what is wrong with a command line: a line of text for standard
// error, and the exit status.
type UsageError struct {
	Text   string
	Status int
}

// Error returns the text as the user sees it.
func (e *UsageError) Error() string { return e.Text }

// usageError returns a UsageError with StatusUsageError.
func usageError(format string, args ...any) error {
	return &UsageError{Text: fmt.Sprintf(format, args...), Status: StatusUsageError}
}

// badWord is the parser's complaint about one word of the line.
func badWord(word, text string) error {
	return &UsageError{Text: word + ": " + text, Status: StatusParseError}
}

// tryHelp is the answer to a line that does not begin with a command. prog is
// the program's name as it was called (argv[0]).
func tryHelp(prog string) error {
	return &UsageError{
		Text:   fmt.Sprintf("Try `%s -h' or '%s --help' for more information.", prog, prog),
		Status: StatusParseError,
	}
}
