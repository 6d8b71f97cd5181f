package format

import (
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// appendComma parts the i-th element of a list, from 0, from the one before it.
func appendComma(b []byte, i int) []byte {
	if i == 0 {
		return b
	}
	return append(b, ',')
}

// appendNumber writes a number behind its key.
func appendNumber(b []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(b, key...), n, 10)
}

// named is a number of the kernel's that can have a name.
type named interface {
	~uint8 | ~uint16 | ~uint32
	Name() (string, bool)
}

// appendName writes the name of a value as a JSON string, or its number if it has
// none.
func appendName[T named](b []byte, v T) []byte {
	name, ok := v.Name()
	if !ok {
		return strconv.AppendUint(b, uint64(v), 10)
	}

	b = append(append(b, '"'), name...)
	return append(b, '"')
}

// appendString writes a text that came from outside as a JSON string. It reads back
// as it was, but that broken UTF-8 becomes U+FFFD, as every JSON reader would make
// of it. What does not show as a mark of its own is escaped, though JSON asks that
// only of control characters below U+0020: documents are looked at in terminals too.
func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		b = appendRune(b, r)
		text = text[size:]
	}
	return append(b, '"')
}

// appendRune writes a rune of a JSON string. The replacement character, which
// stands for broken bytes, is one.
func appendRune(b []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r > 0xffff && !unicode.IsPrint(r):
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(b, high), low)
	case !unicode.IsPrint(r) || r == utf8.RuneError:
		return appendEscape(b, r)
	}
	return utf8.AppendRune(b, r)
}

// appendEscape writes \u and the four hexadecimal digits of a UTF-16 unit.
func appendEscape(b []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[unit>>12&15], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
}

// appendLower writes a text as a JSON string, ASCII letters made small.
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
