package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxEndpoint is the length in bytes at which an address and its port are cut. Only
// names can be longer.
const maxEndpoint = 59

// AppendServiceID appends the ID of a service: TCP 10.0.0.1:80, FWM 1, or FWM 1 IPv6.
func AppendServiceID(b []byte, names Namer, id ipvs.ServiceID) []byte {
	if id.FWMark == 0 {
		b = append(append(b, protocolTitle(id.Protocol)...), ' ')
		return appendEndpoint(b, names, id.Protocol, id.Addr)
	}

	b = strconv.AppendUint(append(b, "FWM "...), uint64(id.FWMark), 10)
	if id.Family == ipvs.IPv6 {
		b = append(b, " IPv6"...)
	}
	return b
}

// AppendEndpoint appends an address and its port as the listings print them.
func AppendEndpoint(b []byte, names Namer, p ipvs.Protocol, end netip.AddrPort) []byte {
	return appendEndpoint(b, names, p, end)
}

// appendEndpoint appends an address and its port, by name where names has one:
// 10.0.0.1:80, [2001:db8::1]:80, web:http. The brackets around an IPv6 name show the
// family when the rule is loaded again.
func appendEndpoint(b []byte, names Namer, p ipvs.Protocol, end netip.AddrPort) []byte {
	addr := end.Addr()
	if names == nil && addr.Is4() { // as most are in a table of a million connections
		b = append(addr.AppendTo(b), ':')
		return strconv.AppendUint(b, uint64(end.Port()), 10)
	}

	from := len(b)
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

// appendHost appends an address, by name where it has one.
func appendHost(b []byte, names Namer, addr netip.Addr) []byte {
	if names != nil && addr.IsValid() {
		if name, ok := names.Host(addr); ok {
			return appendText(b, name)
		}
	}
	return appendAddr(b, addr)
}

// appendPort appends a port, by name where it has one.
func appendPort(b []byte, names Namer, p ipvs.Protocol, port uint16) []byte {
	if names != nil {
		if name, ok := names.Port(p, port); ok {
			return appendText(b, name)
		}
	}
	return strconv.AppendUint(b, uint64(port), 10)
}

// appendAddr appends an address as the C library prints it. That is RFC 5952 with one
// exception: an IPv6 address of 96 zero bits and an IPv4 address shows the latter in
// dots, ::1.2.3.4.
func appendAddr(b []byte, addr netip.Addr) []byte {
	switch {
	case addr.Is4():
		return addr.AppendTo(b)
	case !addr.IsValid():
		return append(b, '?')
	case isV4Compatible(addr):
		low := addr.As16()
		b = append(b, "::"...)
		return netip.AddrFrom4([4]byte(low[12:])).AppendTo(b)
	}
	return addr.WithZone("").AppendTo(b)
}

// isV4Compatible reports whether an IPv6 address begins with exactly six zero groups.
// ::1 and ::5 begin with seven, and are printed in hexadecimal.
func isV4Compatible(addr netip.Addr) bool {
	if !addr.Is6() {
		return false
	}

	raw := addr.As16()
	return [12]byte(raw[:12]) == [12]byte{} && (raw[12] != 0 || raw[13] != 0)
}
