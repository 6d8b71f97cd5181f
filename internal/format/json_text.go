package format

import (
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// appendComma appends the comma before the i-th element of a list, from 0.
func appendComma(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ',')
}

// appendNumber appends a key and its number.
func appendNumber(b []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(b, key...), n, 10)
}

// named is the constraint of numbers that can have a name.
type named interface {
	~uint8 | ~uint16 | ~uint32
	Name() (string, bool)
}

// appendName appends the name of a value as a JSON string, or its number if it has
// none.
func appendName[T named](b []byte, v T) []byte {
	name, ok := v.Name()
	if !ok {
		return strconv.AppendUint(b, uint64(v), 10)
	}

	b = append(append(b, '"'), name...)
	return append(b, '"')
}

// appendString appends a text that came from outside as a JSON string. A reader gets
// the same text, but that invalid UTF-8 is U+FFFD. JSON requires control characters
// below U+0020 to be escaped; all that are not printable are, because documents are
// looked at in terminals too.
func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	if isPlainJSON(text) {
		b = append(b, text...)
		return append(b, '"')
	}

	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		b = appendRune(b, r)
		text = text[size:]
	}
	return append(b, '"')
}

// isPlainJSON reports whether a text consists of visible ASCII alone that needs no escape.
func isPlainJSON(text string) bool {
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			return false
		}
	}
	return isPlain(text)
}

// appendRune appends a rune of a JSON string. The replacement character, which stands
// for invalid UTF-8, is escaped.
func appendRune(b []byte, r rune) []byte {
	if r == '"' || r == '\\' {
		return append(b, '\\', byte(r))
	}
	if unicode.IsPrint(r) && r != utf8.RuneError {
		return utf8.AppendRune(b, r)
	}

	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return appendEscape(appendEscape(b, high), low)
	}
	return appendEscape(b, r)
}

// appendEscape appends \u and the four hexadecimal digits of a UTF-16 unit.
func appendEscape(b []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[unit>>12&15], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
}

// appendLower appends a text as a JSON string, with ASCII letters in lower case.
func appendLower(b []byte, text string) []byte {
	from := len(b)
	b = appendString(b, text)
	for i := from; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return b
}
