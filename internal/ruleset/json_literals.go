package ruleset

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// maxText is how many bytes of a string are kept. No name or address is as long.
const maxText = 4 << 10

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
