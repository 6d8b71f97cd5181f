package format

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// pad fills the field that begins at b[from] with blanks up to its width. A longer
// field stays as it is, as with %-*s in C.
func pad(b []byte, from, width int) []byte {
	return appendBlanks(b, width-(len(b)-from))
}

// blanks is more than any field is wide.
const blanks = "                                        "

// appendBlanks appends blanks, none if n is not positive, and no more than blanks has.
func appendBlanks(b []byte, n int) []byte {
	if n <= 0 {
		return b
	}
	return append(b, blanks[:n]...)
}

// cut shortens the field that begins at b[from] to at most width bytes.
func cut(b []byte, from, width int) []byte {
	return b[:min(len(b), from+width)]
}

// appendField appends a word, left-justified.
func appendField(b []byte, word string, width int) []byte {
	from := len(b)
	return pad(append(b, word...), from, width)
}

// appendLeft appends a number, left-justified (%-*u).
func appendLeft(b []byte, n uint64, width int) []byte {
	from := len(b)
	return pad(strconv.AppendUint(b, n, 10), from, width)
}

// appendRight appends a number, right-justified (%*u).
func appendRight(b []byte, n uint64, width int) []byte {
	b = appendBlanks(b, width-digits(n))
	return strconv.AppendUint(b, n, 10)
}

// digits returns the number of decimal digits of n.
func digits(n uint64) int {
	count := 1
	for ; n >= 10; n /= 10 {
		count++
	}
	return count
}

// appendText appends a text that came from outside. Control and formatting characters,
// white space and invalid UTF-8 become '?': a terminal must not obey the answer of a
// resolver, and a blank within a name would move the columns that monitors count.
func appendText(b []byte, text string) []byte {
	if isPlain(text) {
		return append(b, text...)
	}

	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size <= 1 || r == ' ' || !unicode.IsPrint(r) {
			b = append(b, '?')
		} else {
			b = append(b, text[:size]...)
		}
		text = text[size:]
	}
	return b
}

// isPlain reports whether a text consists of visible ASCII alone, as nearly all do.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
