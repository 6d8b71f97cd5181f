package command

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Resolver looks up the addresses and ports of names. It is not asked for numbers.
type Resolver interface {
	// LookupHost returns the first address of a host that is of the family.
	LookupHost(name string, f ipvs.Family) (netip.Addr, error)
	// LookupPort returns the port of a service of the protocol, and whether there is
	// one.
	LookupPort(p ipvs.Protocol, name string) (uint16, bool)
}

// endpoint is a parsed host[:port] value.
type endpoint struct {
	addr netip.Addr
	port uint16
	// hasPort reports whether the value has a port that the reference program reads.
	hasPort bool
}

// parseEndpoint parses host[:port]. Names of ports are those of the protocol.
func parseEndpoint(s string, p ipvs.Protocol, names Resolver) (endpoint, bool) {
	if isDigits(s) {
		return endpoint{}, false // the empty value too
	}
	if rest, ok := strings.CutPrefix(s, "["); ok {
		return parseBracketed(rest, p, names)
	}
	if a, ok := parseIPv6(s); ok {
		return endpoint{addr: a}, true
	}

	host, port, hasPort := s, "", false
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port, hasPort = s[:i], s[i+1:], true
	}

	addr, ok := parseHost(host, names)
	if !ok {
		return endpoint{}, false
	}

	e := endpoint{addr: addr, hasPort: hasPort}
	if hasPort {
		e.port, ok = parsePort(port, p, names)
	}
	return e, ok
}

// parseBracketed parses a value after its opening bracket. The host is an IPv6 address,
// or the name of one, which the reference program does not accept: it prints this in a
// save without -n, so that the save loads again. Like the reference program,
// parseBracketed takes anything else in brackets for IPv4 and ignores the port.
func parseBracketed(s string, p ipvs.Protocol, names Resolver) (endpoint, bool) {
	host, rest, closed := strings.Cut(s, "]")
	if !closed || !strings.HasPrefix(rest, ":") {
		return endpoint{}, false
	}

	addr, ok := parseIPv6(host)
	if !ok {
		if a, isIPv4 := parseInetAton(host); isIPv4 {
			return endpoint{addr: a}, true
		}
		if addr, ok = lookup(host, ipvs.IPv6, names); !ok {
			addr, ok = lookup(host, ipvs.IPv4, names)
			return endpoint{addr: addr}, ok
		}
	}

	port, ok := parsePort(rest[1:], p, names)
	return endpoint{addr: addr, port: port, hasPort: true}, ok
}

// parseHost parses an IPv4 address, or looks up the name of a host.
func parseHost(s string, names Resolver) (netip.Addr, bool) {
	if a, ok := parseInetAton(s); ok {
		return a, true
	}
	return lookup(s, ipvs.IPv4, names)
}

// lookup looks up the address of a host. It does not ask for what cannot be a name, such
// as an address with a zone: a resolver might parse it.
func lookup(host string, f ipvs.Family, names Resolver) (netip.Addr, bool) {
	if host == "" || strings.ContainsAny(host, ":%[]") {
		return netip.Addr{}, false
	}
	a, err := names.LookupHost(host, f)
	return a, err == nil && ipvs.FamilyOf(a) == f
}

// parsePort parses the number of a port, or looks up its name.
func parsePort(s string, p ipvs.Protocol, names Resolver) (uint16, bool) {
	if n, ok := parseNumber(s, 0, 65535); ok {
		return uint16(n), true
	}
	if s == "" {
		return 0, false
	}
	return names.LookupPort(p, s)
}
