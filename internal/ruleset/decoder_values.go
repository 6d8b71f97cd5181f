package ruleset

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// number reads a whole number.
func (d *Decoder) number(min, max int64) int64 {
	t := d.token()
	n := d.scan.number
	if t != tokenNumber || !d.scan.whole || n < min || n > max {
		d.refuse(t, "not a whole number from %d to %d", min, max)
	}
	return n
}

// uint32 reads a whole number that fits.
func (d *Decoder) uint32(min, max int64) uint32 { return uint32(d.number(min, max)) }

// bool reads true or false.
func (d *Decoder) bool() bool {
	t := d.token()
	if t != tokenTrue && t != tokenFalse {
		d.refuse(t, "neither true nor false")
	}
	return t == tokenTrue
}

// name reads a name of at most max bytes, all of them printable ASCII.
func (d *Decoder) name(max int) string {
	t := d.token()
	name := d.scan.text
	if t != tokenString || len(name) == 0 || len(name) > max || slices.ContainsFunc(name, isNotPrintable) {
		d.refuse(t, "not a name of 1 to %d bytes", max)
		return ""
	}
	return d.names.internBytes(name)
}

// isNotPrintable reports whether a byte is a blank or not printable ASCII.
func isNotPrintable(c byte) bool { return c <= ' ' || c > '~' }

// addr reads an address.
func (d *Decoder) addr() netip.Addr {
	t := d.token()
	a, ok := parseAddr(d.scan.text)
	if t != tokenString || !ok {
		d.refuse(t, "not an IPv4 or IPv6 address")
		return netip.Addr{}
	}
	return a
}

// parseAddr parses an address without a zone.
func parseAddr(text []byte) (netip.Addr, bool) {
	if a, ok := parseIPv4(text); ok {
		return a, true
	}
	a, err := netip.ParseAddr(string(text))
	return a, err == nil && a.Zone() == ""
}

// parseIPv4 parses an IPv4 address as netip.ParseAddr does, without an allocation.
func parseIPv4(text []byte) (netip.Addr, bool) {
	var raw [4]byte
	octet, digits, value := 0, 0, 0
	for _, c := range text {
		switch {
		case isDigit(c) && (digits == 0 || value > 0):
			value = 10*value + int(c-'0')
			digits++
		case c == '.' && digits > 0 && octet < 3:
			raw[octet] = byte(value)
			octet++
			digits, value = 0, 0
		default:
			return netip.Addr{}, false
		}
		if value > 255 {
			return netip.Addr{}, false
		}
	}

	raw[3] = byte(value)
	return netip.AddrFrom4(raw), octet == 3 && digits > 0
}

// oneOf reads a word: the String of one of some values.
func oneOf[T fmt.Stringer](d *Decoder, values ...T) T {
	t := d.token()
	for _, v := range values {
		if t == tokenString && v.String() == string(d.scan.text) {
			return v
		}
	}

	var words []string
	for _, v := range values {
		words = append(words, v.String())
	}

	d.refuse(t, "not one of %s", strings.Join(words, ", "))
	return values[0]
}
