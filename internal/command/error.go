package command

import "fmt"

// The exit statuses that scripts test.
const (
	// StatusFault is that of a bad value, a missing or an illegal option.
	StatusFault = 2
	// StatusUsage is that of a word the parser cannot read, of the "try
	// help" line, and of a command that the kernel refused: the low byte of
	// the -1 that the reference program returns.
	StatusUsage = 255
)

// Error is a fault of the command line: a line of text for standard error, and
// the exit status.
type Error struct {
	Text   string
	Status int
}

// Error is the text as the user sees it.
func (e *Error) Error() string { return e.Text }

// fault makes an Error with StatusFault.
func fault(format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...), Status: StatusFault}
}

// badWord is the parser's complaint about one word of the line.
func badWord(word, text string) error {
	return &Error{Text: word + ": " + text, Status: StatusUsage}
}

// tryHelp is the answer to a line that does not begin with a command. prog is
// the program's name as it was called (argv[0]).
func tryHelp(prog string) error {
	return &Error{
		Text:   fmt.Sprintf("Try `%s -h' or '%s --help' for more information.", prog, prog),
		Status: StatusUsage,
	}
}
