package ruleset

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

var (
	// errCutOff is returned at the end of an input that lacks something.
	errCutOff = errors.New("the document ends too soon")
	// errTooLong is returned when an input is longer than its limit.
	errTooLong = errors.New("too long")
)

// syntaxError is returned for a character that cannot be where it is.
type syntaxError struct {
	c       byte
	context string
}

func (e *syntaxError) Error() string {
	quoted := strconv.Quote(string(rune(e.c)))
	quoted = quoted[1 : len(quoted)-1]
	switch e.c {
	case '\'':
		quoted = `\'`
	case '"':
		quoted = `"`
	}
	return "invalid character '" + quoted + "'" + e.context
}

// textPosition is a position in a text. Both count from 1, the column in bytes.
type textPosition struct{ line, column int }

// jsonInput is a JSON text that is read a window at a time.
type jsonInput struct {
	r      io.Reader
	err    error // that ended the input
	buf    []byte
	window []byte // what of buf has been read
	pos    int    // of the next byte in window
	limit  int64  // length in bytes that the text may have

	// What went before the window: its length, its newlines, and where the last
	// of them is.
	before      int64
	newlines    int
	lastNewline int64

	// inToken is set while a token is read. It begins at start in the window; if
	// that window is gone, start is -1 and mark is the position.
	inToken bool
	start   int
	mark    textPosition
}

// cutOff returns errCutOff in place of io.EOF.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return errCutOff
	}
	return err
}

// fill reads the next window. The error is io.EOF at the end of the input, a
// *ReadError, or errTooLong.
func (in *jsonInput) fill() error {
	if in.err != nil {
		return in.err
	}
	if in.inToken && in.start >= 0 {
		in.mark = in.position(in.start)
		in.start = -1
	}

	if n := bytes.Count(in.window, []byte{'\n'}); n > 0 {
		in.newlines += n
		in.lastNewline = in.before + int64(bytes.LastIndexByte(in.window, '\n'))
	}
	in.before += int64(len(in.window))

	n, err := io.ReadAtLeast(in.r, in.buf, 1)
	if err == nil && in.before+int64(n) > in.limit {
		err = errTooLong
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = &ReadError{err}
	}
	if err != nil {
		in.err, n = err, 0
	}
	in.window, in.pos = in.buf[:n], 0
	return in.err
}

// position returns the position of a byte of the window, or of its end.
func (in *jsonInput) position(i int) textPosition {
	text := in.window[:i]
	lastNewline := in.lastNewline
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		lastNewline = in.before + int64(last)
	}
	return textPosition{
		line:   in.newlines + bytes.Count(text, []byte{'\n'}) + 1,
		column: int(in.before + int64(i) - lastNewline),
	}
}

// errorPosition returns the position of what follows the last good token: of another
// token, or of the end of the text. Nothing can be read after it.
func (in *jsonInput) errorPosition() textPosition {
	if in.inToken {
		if in.start < 0 {
			return in.mark
		}
		in.pos, in.inToken = in.start, false
	}
	// An input that cannot be read ends here too.
	_ = in.skip(" \t\r\n,:")
	return in.position(in.pos)
}

// skip skips all characters of a set.
func (in *jsonInput) skip(set string) error {
	for {
		for ; in.pos < len(in.window); in.pos++ {
			if c := in.window[in.pos]; c > ':' || !contains(set, c) {
				return nil
			}
		}
		if err := in.fill(); err != nil {
			return err
		}
	}
}

func contains(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

// peek returns the next byte of a token, 0 if there is none.
func (in *jsonInput) peek() byte {
	if in.pos == len(in.window) && in.fill() != nil {
		return 0
	}
	return in.window[in.pos]
}

// unexpected returns the error of the next byte, which must not be where it is.
func (in *jsonInput) unexpected(context string) error {
	if in.pos == len(in.window) {
		return in.err
	}
	return &syntaxError{in.window[in.pos], context}
}
