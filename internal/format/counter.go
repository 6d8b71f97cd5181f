package format

import "strconv"

// counterWidth is the width of the column of a counter, with the blank before it.
const counterWidth = 9

// appendCounter appends a counter of a --stats or --rate listing, right-justified in
// its column. Unless exact, it is shortened to thousands (K), millions (M), billions
// (G) or trillions (T), always rounded down.
func appendCounter(b []byte, n uint64, exact bool) []byte {
	if exact {
		return appendExact(b, n)
	}

	switch {
	case n < 1e8:
		return appendRight(b, n, counterWidth)
	case n < 1e9:
		return appendScaled(b, n/1e3, 'K')
	case n < 1e11:
		return appendScaled(b, n/1e6, 'M')
	case n < 1e14:
		return appendScaled(b, n/1e9, 'G')
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

// appendScaled appends a shortened counter with its unit.
func appendScaled(b []byte, n uint64, unit byte) []byte {
	return append(appendRight(b, n, counterWidth-1), unit)
}
