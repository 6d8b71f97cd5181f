package format

import "strconv"

// counterWidth is the width of the column of a counter, with the blank before it.
const counterWidth = 9

// counterUnits are the units of counters that are below a number.
var counterUnits = [...]struct {
	below, size uint64
	letter      byte
}{{1e9, 1e3, 'K'}, {1e11, 1e6, 'M'}, {1e14, 1e9, 'G'}}

// appendCounter appends a counter of a --stats or --rate listing, right-justified in
// its column. Unless exact, it is shortened to thousands (K), millions (M), billions
// (G) or trillions (T), always rounded down.
func appendCounter(b []byte, n uint64, exact bool) []byte {
	if exact {
		return appendExact(b, n)
	}
	if n < 1e8 {
		return appendRight(b, n, counterWidth)
	}

	for _, u := range counterUnits {
		if n < u.below {
			return appendScaled(b, n/u.size, u.letter)
		}
	}
	return appendScaled(b, n/1e12, 'T')
}

// appendExact appends all digits of a counter. A number that is too long for its
// column moves the next ones to the right, but there is always a blank between them:
// Octavia splits the lines of --stats --exact at white space.
func appendExact(b []byte, n uint64) []byte {
	if digits(n) < counterWidth {
		return appendRight(b, n, counterWidth)
	}
	b = append(b, ' ')
	return strconv.AppendUint(b, n, 10)
}

// appendScaled appends a counter that was divided by its unit, and the letter of the
// unit.
func appendScaled(b []byte, n uint64, letter byte) []byte {
	return append(appendRight(b, n, counterWidth-1), letter)
}
