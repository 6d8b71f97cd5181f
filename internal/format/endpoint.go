package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxEndpoint is the greatest length of an address and its port in bytes. Only
// names can be longer than that.
const maxEndpoint = 59

// appendEndpoint writes an address and its port, by name where names has one:
// 10.0.0.1:80, [2001:db8::1]:80, web:http. IPv6 names stay in brackets, which
// tell the family when the rule is read again.
func appendEndpoint(b []byte, names Namer, p ipvs.Protocol, end netip.AddrPort) []byte {
	from := len(b)
	addr := end.Addr()
	if addr.Is4() {
		b = appendHost(b, names, addr)
	} else {
		b = append(b, '[')
		b = appendHost(b, names, addr)
		b = append(b, ']')
	}
	b = append(b, ':')
	b = appendPort(b, names, p, end.Port())
	return cut(b, from, maxEndpoint)
}

// appendHost writes an address, by name where it has one.
func appendHost(b []byte, names Namer, addr netip.Addr) []byte {
	if names != nil && addr.IsValid() {
		if name, ok := names.Host(addr); ok {
			return appendText(b, name)
		}
	}
	return appendAddr(b, addr)
}

// appendPort writes a port, by name where it has one.
func appendPort(b []byte, names Namer, p ipvs.Protocol, port uint16) []byte {
	if names != nil {
		if name, ok := names.Port(p, port); ok {
			return appendText(b, name)
		}
	}
	return strconv.AppendUint(b, uint64(port), 10)
}

// appendAddr writes an address as the C library does. That is RFC 5952 but for
// one case: an IPv6 address with an IPv4 address in its last 32 bits and zeros
// before it shows that one in dots, ::1.2.3.4.
func appendAddr(b []byte, addr netip.Addr) []byte {
	switch {
	case !addr.IsValid():
		return append(b, '?')
	case isV4Compatible(addr):
		low := addr.As16()
		b = append(b, "::"...)
		return netip.AddrFrom4([4]byte(low[12:])).AppendTo(b)
	}
	return addr.WithZone("").AppendTo(b)
}

// isV4Compatible reports an IPv6 address of exactly six zero groups at its
// start. ::1 and ::5 have seven, and show as hexadecimal.
func isV4Compatible(addr netip.Addr) bool {
	if !addr.Is6() {
		return false
	}
	raw := addr.As16()
	return [12]byte(raw[:12]) == [12]byte{} && (raw[12] != 0 || raw[13] != 0)
}
