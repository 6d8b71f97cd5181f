package ruleset

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// Position is where a rule stands in its input.
type Position struct {
	// Line is the line of a rule stream, counted from 1.
	Line int
	// Path is set in a JSON document: the way to a value, such as
	// services[3].port, "document" for all of it, or the line and column of a
	// syntax error.
	Path string
	// Element, if not 0, is the number of an element of the list at Path, counted
	// from 1. Rules of services and servers have it, because a path for each of
	// them takes memory.
	Element int
}

// String returns the position as messages name it: "line 3", or the path.
func (p Position) String() string {
	switch {
	case p.Path == "":
		return fmt.Sprintf("line %d", p.Line)
	case p.Element != 0:
		return fmt.Sprintf("%s[%d]", p.Path, p.Element-1)
	}
	return p.Path
}

// Rule is a command of the input and its position.
type Rule struct {
	Pos Position
	Cmd command.Command
}

// Source yields the rules of an input, one after the other.
type Source interface {
	// Next reads the next rule; io.EOF is the end. An *Error concerns one rule,
	// and reading can go on after it; any other error ends the input. The rule
	// has no use after an error.
	Next(into *Rule) error
}

// Error is what is wrong with a rule. Err is a *command.UsageError, or an
// *ipvs.Error where a document asks for what no kernel would do, such as the same
// service twice.
type Error struct {
	Pos Position
	Err error
}

// Error returns the position and the text of Err. Both quote the input, which may
// come from anywhere: characters that could steer a terminal are escaped, but for
// the newlines in Err's text.
func (e *Error) Error() string {
	return escape(e.Pos.String(), "") + ": " + escape(e.Err.Error(), "\n")
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ReadError is returned when the input cannot be read.
type ReadError struct{ Err error }

// Error returns the text of Err behind what failed.
func (e *ReadError) Error() string { return "read the rules: " + e.Err.Error() }

// Unwrap returns Err.
func (e *ReadError) Unwrap() error { return e.Err }
