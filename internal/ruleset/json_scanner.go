package ruleset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxText is how many bytes of a string are kept. No name or address is as long.
const maxText = 4 << 10

// token is the kind of a JSON token: the byte that it begins with, 0 for any number.
type token byte

const (
	tokenNone   token = 0
	tokenNumber token = '0'
	tokenString token = '"'
	tokenTrue   token = 't'
	tokenFalse  token = 'f'
	tokenNull   token = 'n'
)

// jsonScanner splits a JSON text into tokens while it reads it. It accepts what
// encoding/json accepts, and has its error messages. That package takes ten times as
// long and an allocation for each token, or the whole text in memory.
type jsonScanner struct {
	in     io.Reader
	inErr  error // that ended the input
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

	expect  expectation
	parents []expectation // of the lists and objects around the present one

	// The value of the last token: that of a string, or what number says.
	text   []byte
	number int64
	whole  bool // number is the value of the last number, which fits into 63 bits
	raw    []byte
}

// textPosition is a position in a text. Both count from 1, the column in bytes.
type textPosition struct{ line, column int }

// expectation is what may come next in a JSON text.
type expectation byte

const (
	expectTop expectation = iota
	expectFirstElement
	expectElement
	expectElementEnd
	expectFirstKey
	expectKey
	expectColon
	expectMember
	expectMemberEnd
)

// grammar has what is allowed where something is expected. A byte that is ' ' is none:
// blanks are skipped.
var grammar = [...]struct {
	// isValue and isKey allow a value or a key. then is expected after it.
	isValue, isKey bool
	then           expectation
	// end is the end of the list or the object.
	end byte
	// separator is a comma or a colon. next is expected after it.
	separator byte
	next      expectation
	// context completes the error message of another character.
	context string
}{
	expectTop:          {isValue: true, then: expectTop, end: ' ', separator: ' ', context: " looking for beginning of value"},
	expectFirstElement: {isValue: true, then: expectElementEnd, end: ']', separator: ' ', context: " looking for beginning of value"},
	expectElement:      {isValue: true, then: expectElementEnd, end: ' ', separator: ' ', context: " looking for beginning of value"},
	expectElementEnd:   {end: ']', separator: ',', next: expectElement, context: " after array element"},
	expectFirstKey:     {isKey: true, then: expectColon, end: '}', separator: ' ', context: ""},
	expectKey:          {isKey: true, then: expectColon, end: ' ', separator: ' ', context: " looking for beginning of object key string"},
	expectColon:        {end: ' ', separator: ':', next: expectMember, context: " after object key"},
	expectMember:       {isValue: true, then: expectMemberEnd, end: ' ', separator: ' ', context: " looking for beginning of value"},
	expectMemberEnd:    {end: '}', separator: ',', next: expectKey, context: " after object key:value pair"},
}

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

// newJSONScanner returns a scanner of a text of at most limit bytes.
func newJSONScanner(in io.Reader, limit int64) *jsonScanner {
	return &jsonScanner{in: in, buf: make([]byte, readSize), limit: limit, lastNewline: -1}
}

// fill reads the next window. The error is io.EOF at the end of the input, a
// *ReadError, or errTooLong.
func (s *jsonScanner) fill() error {
	if s.inErr != nil {
		return s.inErr
	}
	if s.inToken && s.start >= 0 {
		s.mark = s.position(s.start)
		s.start = -1
	}
	if n := bytes.Count(s.window, []byte{'\n'}); n > 0 {
		s.newlines += n
		s.lastNewline = s.before + int64(bytes.LastIndexByte(s.window, '\n'))
	}

	s.before += int64(len(s.window))

	n, err := io.ReadAtLeast(s.in, s.buf, 1)
	if err == nil && s.before+int64(n) > s.limit {
		err = errTooLong
	} else if err != nil && !errors.Is(err, io.EOF) {
		err = &ReadError{err}
	}
	if err != nil {
		s.inErr, n = err, 0
	}

	s.window, s.pos = s.buf[:n], 0
	return s.inErr
}

// position returns the position of a byte of the window, or of its end.
func (s *jsonScanner) position(i int) textPosition {
	text := s.window[:i]
	lastNewline := s.lastNewline
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		lastNewline = s.before + int64(last)
	}
	return textPosition{
		line:   s.newlines + bytes.Count(text, []byte{'\n'}) + 1,
		column: int(s.before + int64(i) - lastNewline),
	}
}

// errorPosition returns the position of what follows the last good token: of another
// token, or of the end of the text. Nothing can be read after it.
func (s *jsonScanner) errorPosition() textPosition {
	if s.inToken {
		if s.start < 0 {
			return s.mark
		}
		s.pos, s.inToken = s.start, false
	}
	// An input that cannot be read ends here too.
	_ = s.skip(" \t\r\n,:")
	return s.position(s.pos)
}

// skip skips all characters of a set.
func (s *jsonScanner) skip(set string) error {
	for {
		for ; s.pos < len(s.window); s.pos++ {
			if c := s.window[s.pos]; c > ':' || !contains(set, c) {
				return nil
			}
		}
		if err := s.fill(); err != nil {
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

// more reports whether the present list or object has another element. It does not
// where the text ends or cannot be read.
func (s *jsonScanner) more() bool {
	err := s.skip(" \t\r\n")
	return err == nil && s.window[s.pos] != ']' && s.window[s.pos] != '}'
}

// next reads the next token. The error is a *syntaxError, errCutOff, errTooLong or a
// *ReadError; the scanner cannot be used after it, but for errorPosition.
func (s *jsonScanner) next() (token, error) {
	for {
		if err := s.skip(" \t\r\n"); err != nil {
			return tokenNone, cutOff(err)
		}

		c := s.window[s.pos]
		if g := &grammar[s.expect]; c == g.separator {
			s.expect = g.next
			s.pos++
			continue
		}

		s.inToken, s.start = true, s.pos
		t, err := s.scan(c)
		if err != nil {
			return tokenNone, cutOff(err)
		}
		s.inToken = false
		return t, nil
	}
}

// cutOff returns errCutOff in place of io.EOF.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return errCutOff
	}
	return err
}

// scan reads a token that begins with a byte.
func (s *jsonScanner) scan(c byte) (token, error) {
	g := &grammar[s.expect]
	if c == g.end {
		s.leave()
		return token(c), nil
	}
	if g.isKey && c == '"' {
		s.endValue()
		return tokenString, s.scanString()
	}
	if !g.isValue {
		return tokenNone, &syntaxError{c, g.context}
	}

	switch c {
	case '[':
		s.enter(expectFirstElement)
		return token(c), nil
	case '{':
		s.enter(expectFirstKey)
		return token(c), nil
	}
	t, err := s.scanValue(c)
	s.endValue()
	return t, err
}

// enter begins a list or an object.
func (s *jsonScanner) enter(first expectation) {
	s.pos++
	s.parents = append(s.parents, s.expect)
	s.expect = first
}

// leave ends a list or an object.
func (s *jsonScanner) leave() {
	s.pos++
	last := len(s.parents) - 1
	s.expect, s.parents = s.parents[last], s.parents[:last]
	s.endValue()
}

// endValue notes that a value or a key is at its end.
func (s *jsonScanner) endValue() { s.expect = grammar[s.expect].then }

// scanValue reads a string, a number, true, false or null.
func (s *jsonScanner) scanValue(c byte) (token, error) {
	switch c {
	case '"':
		return tokenString, s.scanString()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return tokenNumber, s.scanNumber()
	case 't':
		return tokenTrue, s.scanLiteral("true")
	case 'f':
		return tokenFalse, s.scanLiteral("false")
	case 'n':
		return tokenNull, s.scanLiteral("null")
	}
	return tokenNone, &syntaxError{c, grammar[s.expect].context}
}

// peek returns the next byte of a token, 0 if there is none.
func (s *jsonScanner) peek() byte {
	if s.pos == len(s.window) && s.fill() != nil {
		return 0
	}
	return s.window[s.pos]
}

// unexpected returns the error of the next byte, which must not be where it is.
func (s *jsonScanner) unexpected(context string) error {
	if s.pos == len(s.window) {
		return s.inErr
	}
	return &syntaxError{s.window[s.pos], context}
}

// scanLiteral reads true, false or null.
func (s *jsonScanner) scanLiteral(name string) error {
	for i := range len(name) {
		if s.peek() != name[i] {
			return s.unexpected(fmt.Sprintf(" in literal %s (expecting '%c')", name, name[i]))
		}
		s.pos++
	}
	return nil
}

// scanNumber reads a number.
func (s *jsonScanner) scanNumber() error {
	negative := s.peek() == '-'
	if negative {
		s.pos++
	}

	s.number, s.whole = 0, true
	if s.peek() == '0' {
		s.pos++
	} else if !s.scanDigits() {
		return s.unexpected(" in numeric literal")
	}
	if negative {
		s.number = -s.number
	}

	if s.peek() == '.' {
		s.pos++
		s.whole = false
		if !s.scanDigits() {
			return s.unexpected(" after decimal point in numeric literal")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		s.whole = false
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.scanDigits() {
			return s.unexpected(" in exponent of numeric literal")
		}
	}
	return nil
}

// scanDigits reads digits into number, and reports whether there are any.
func (s *jsonScanner) scanDigits() bool {
	found := false
	for c := s.peek(); isDigit(c); c = s.peek() {
		digit := int64(c - '0')
		if s.number > (math.MaxInt64-digit)/10 {
			s.whole = false
		} else {
			s.number = 10*s.number + digit
		}
		s.pos++
		found = true
	}
	return found
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// scanString reads a string into text.
func (s *jsonScanner) scanString() error {
	for i, c := range s.window[s.pos+1:] {
		if c == '"' {
			s.text = s.window[s.pos+1:][:i]
			s.pos += i + 2
			return nil
		}
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return s.scanLongString()
}

// scanLongString reads a string that is more than printable ASCII in one window. What
// is longer than maxText is checked, but not kept.
func (s *jsonScanner) scanLongString() error {
	s.pos++
	s.raw = append(s.raw[:0], '"')
	for room := maxText; ; {
		c := s.peek()
		if c == '"' {
			s.pos++
			return s.unquote()
		}
		if c < ' ' {
			return s.unexpected(" in string literal")
		}

		length := len(s.raw)
		s.raw = append(s.raw, c)
		s.pos++
		if c == '\\' {
			if err := s.scanEscape(); err != nil {
				return err
			}
		}
		if room -= len(s.raw) - length; room < 0 {
			s.raw = s.raw[:length]
		}
	}
}

// scanEscape reads the rest of an escape sequence into raw.
func (s *jsonScanner) scanEscape() error {
	c := s.peek()
	if !contains(`"\/bfnrtu`, c) {
		return s.unexpected(" in string escape code")
	}

	s.raw = append(s.raw, c)
	s.pos++
	if c != 'u' {
		return nil
	}

	for range 4 {
		c := s.peek()
		if !contains("0123456789abcdefABCDEF", c) {
			return s.unexpected(` in \u hexadecimal character escape`)
		}
		s.raw = append(s.raw, c)
		s.pos++
	}
	return nil
}

// unquote sets text to the string that raw is, but for its last quote.
func (s *jsonScanner) unquote() error {
	var text string
	err := json.Unmarshal(append(s.raw, '"'), &text)
	s.text = []byte(text)
	return err // never: raw is a valid string
}
