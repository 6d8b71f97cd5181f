package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// maxLine is the length in bytes beyond which a line cannot be a rule.
const maxLine = 1 << 20

// rule is a line of a rule stream that says something, or a part of a document
// that does.
type rule struct {
	at  place
	cmd command.Command
}

// place is where a rule stands: in the line of a stream or, if it has a path, there
// in a JSON document.
type place struct {
	line int // counted from 1
	path string
}

func (p place) String() string {
	if p.path != "" {
		return p.path
	}
	return fmt.Sprintf("line %d", p.line)
}

// ruleError is what is wrong with a rule.
type ruleError struct {
	at  place
	err error
}

func (e *ruleError) Error() string {
	return visible(e.at.String(), "") + ": " + visible(e.err.Error(), "\n")
}
func (e *ruleError) Unwrap() error { return e.err }

// ruleReader reads a rule stream: one command a line.
type ruleReader struct {
	parser *command.Parser
	in     *bufio.Reader
	// idle is called before a read that may have to wait for input.
	idle  func() error
	text  string // lines that are there already
	line  int
	words []string
}

// rules reads the rule stream on standard input.
func (s *session) rules(idle func() error) *ruleReader {
	return &ruleReader{parser: s.parser, in: bufio.NewReaderSize(s.env.Stdin, 64<<10), idle: idle}
}

// next gives the next rule; io.EOF is the end. A *ruleError concerns one line, and
// reading can go on after it; any other error is the end of the stream.
func (r *ruleReader) next(into *rule) error {
	for {
		text, err := r.nextLine()
		if err != nil {
			return err
		}
		r.words = command.AppendWords(r.words[:0], text)
		if len(r.words) == 0 {
			continue
		}
		into.at = r.place()
		if err := r.parser.ParseRule(r.words, &into.cmd); err != nil {
			return &ruleError{into.at, err}
		}
		return nil
	}
}

// place is that of the present line.
func (r *ruleReader) place() place { return place{line: r.line} }

// all gives the rules to the end, and the errors among them.
func (r *ruleReader) all(yield func(rule, error) bool) {
	for {
		var next rule
		err := r.next(&next)
		if errors.Is(err, io.EOF) || !yield(next, err) {
			return
		}
	}
}

// nextLine gives the next line. A last line without a newline counts.
func (r *ruleReader) nextLine() (string, error) {
	if r.text == "" {
		r.text = r.bufferedLines()
	}
	if end := strings.IndexByte(r.text, '\n') + 1; end > 0 {
		line := r.text[:end]
		r.text = r.text[end:]
		r.line++
		return line, nil
	}
	if err := r.idle(); err != nil {
		return "", err
	}
	return r.awaitLine()
}

// bufferedLines takes the whole lines that have been read already, all at once: there
// may be thousands.
func (r *ruleReader) bufferedLines() string {
	// Neither to peek at what is buffered nor to discard it can fail.
	have, _ := r.in.Peek(r.in.Buffered())
	lines := string(have[:bytes.LastIndexByte(have, '\n')+1])
	_, _ = r.in.Discard(len(lines))
	return lines
}

// awaitLine gives the next line, however long its parts take to come.
func (r *ruleReader) awaitLine() (string, error) {
	r.line++
	var long []byte
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case err == nil && long == nil:
			return string(part), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF):
			return "", readFailure(err)
		}
		long = append(long, part...)
		switch {
		case len(long) > maxLine:
			return "", r.skipLong(err)
		case errors.Is(err, io.EOF) && len(long) == 0:
			return "", io.EOF
		case err == nil || errors.Is(err, io.EOF):
			return string(long), nil
		}
	}
}

// skipLong leaves out the rest of a line that is too long. err is that of reading
// the line so far.
func (r *ruleReader) skipLong(err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return readFailure(err)
	}
	text := fmt.Sprintf("longer than %d bytes", maxLine)
	return &ruleError{r.place(), &command.UsageError{Text: text, Status: command.StatusUsageError}}
}

// readFailure is the failure of a stream that cannot be read.
func readFailure(err error) error {
	return &failure{"Can't read: " + systemText(err), statusUnread}
}
