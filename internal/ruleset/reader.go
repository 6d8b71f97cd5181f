package ruleset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// maxLine is the length in bytes beyond which a line cannot be a rule.
	maxLine = 1 << 20
	// readSize is how much of a stream is read at a time.
	readSize = 64 << 10
)

// Reader reads a rule stream: one command a line. It is a Source. Its memory does
// not grow with the stream.
type Reader struct {
	parser *command.Parser
	in     *bufio.Reader
	stream *idleReader // what in reads
	text   string      // lines that have been read already
	line   int         // number of the present line
	words  []string
	names  interner
}

// NewReader returns a Reader of a stream whose lines p parses. idle is called before
// each read of the stream, which may have to wait for input, and its error ends the
// stream; it may be nil.
func NewReader(in io.Reader, p *command.Parser, idle func() error) *Reader {
	if idle == nil {
		idle = func() error { return nil }
	}
	stream := &idleReader{in: in, idle: idle}
	return &Reader{parser: p, in: bufio.NewReaderSize(stream, readSize), stream: stream}
}

// idleReader is a Reader that calls idle before each Read.
type idleReader struct {
	in   io.Reader
	idle func() error
	err  error // from idle
}

// Read implements io.Reader.
func (r *idleReader) Read(b []byte) (int, error) {
	if r.err = r.idle(); r.err != nil {
		return 0, r.err
	}
	return r.in.Read(b)
}

// Next reads the next rule, as Source says. Lines without a command are skipped.
func (r *Reader) Next(into *Rule) error {
	for {
		text, err := r.nextLine()
		if err != nil {
			return err
		}
		r.words = command.AppendWords(r.words[:0], text)
		if len(r.words) == 0 {
			continue
		}

		into.Pos = r.position()
		if err := r.parser.ParseRule(r.words, &into.Cmd); err != nil {
			return &Error{into.Pos, err}
		}
		r.internNames(&into.Cmd.Change)
		return nil
	}
}

// internNames replaces the names of a change, which are parts of the text, so that who
// keeps the change does not keep the text.
func (r *Reader) internNames(c *ipvs.Change) {
	c.Service.Scheduler = r.names.intern(c.Service.Scheduler)
	c.Service.Engine = r.names.intern(c.Service.Engine)
	c.Daemon.Interface = r.names.intern(c.Daemon.Interface)
}

// position returns the position of the present line.
func (r *Reader) position() Position { return Position{Line: r.line} }

// nextLine returns the next line. A last line without a newline counts.
func (r *Reader) nextLine() (string, error) {
	if r.text == "" {
		r.text = r.bufferedLines()
	}
	if end := strings.IndexByte(r.text, '\n') + 1; end > 0 {
		line := r.text[:end]
		r.text = r.text[end:]
		r.line++
		return line, nil
	}

	line, err := r.awaitLine()
	if r.stream.err != nil {
		return "", r.stream.err
	}
	return line, err
}

// bufferedLines takes the whole lines that have been read already, all at once:
// there may be thousands.
func (r *Reader) bufferedLines() string {
	// Neither to peek at what is buffered nor to discard it can fail.
	have, _ := r.in.Peek(r.in.Buffered())
	lines := string(have[:bytes.LastIndexByte(have, '\n')+1])
	_, _ = r.in.Discard(len(lines))
	return lines
}

// awaitLine reads the next line, which may come in several parts.
func (r *Reader) awaitLine() (string, error) {
	r.line++
	var long []byte
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil && long == nil {
			return string(part), nil
		}
		isEnd := errors.Is(err, io.EOF)
		if err != nil && !isEnd && !errors.Is(err, bufio.ErrBufferFull) {
			return "", &ReadError{err}
		}

		long = append(long, part...)
		if len(long) > maxLine {
			return "", r.skipLong(err)
		}
		if isEnd && len(long) == 0 {
			return "", io.EOF
		}
		if isEnd || err == nil {
			return string(long), nil
		}
	}
}

// skipLong skips the rest of a line that is too long. err is the error of reading
// the line so far.
func (r *Reader) skipLong(err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return &ReadError{err}
	}
	return &Error{r.position(), usageError("longer than %d bytes", maxLine)}
}

// usageError returns a UsageError with StatusUsageError.
func usageError(format string, args ...any) error {
	return &command.UsageError{Text: fmt.Sprintf(format, args...), Status: command.StatusUsageError}
}
