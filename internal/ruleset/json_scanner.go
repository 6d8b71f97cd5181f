package ruleset

import "io"

// token is the kind of a JSON token: the byte that it begins with, '0' for any
// number.
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
	jsonInput

	expect  expectation
	parents []expectation // of the lists and objects around the present one

	// The value of the last token: that of a string, or what number says.
	text   []byte
	number int64
	whole  bool // number is the value of the last number, which fits into 63 bits
	raw    []byte
}

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

// newJSONScanner returns a scanner of a text of at most limit bytes.
func newJSONScanner(in io.Reader, limit int64) *jsonScanner {
	return &jsonScanner{jsonInput: jsonInput{r: in, buf: make([]byte, readSize), limit: limit, lastNewline: -1}}
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
