package command

import (
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Resolver gives the addresses and ports behind names. It is asked only for what
// is not a number.
type Resolver interface {
	// LookupHost gives the first address of the family that a host has.
	LookupHost(name string, f ipvs.Family) (netip.Addr, error)
	// LookupPort gives the port of a service of the protocol.
	LookupPort(p ipvs.Protocol, name string) (uint16, bool)
}

// endpoint is what a host[:port] value says.
type endpoint struct {
	addr netip.Addr
	port uint16
	// hasPort is false when the value names no port, or when the reference
	// program does not read the one it names.
	hasPort bool
}

// parseEndpoint reads host[:port]. Service names are those of the protocol.
func parseEndpoint(s string, p ipvs.Protocol, names Resolver) (endpoint, bool) {
	switch {
	case isDigits(s):
		return endpoint{}, false
	case s[0] == '[':
		return parseBracketed(s[1:], p, names)
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

// parseBracketed reads the rest of a value that began with a bracket. The host
// is an IPv6 address or, which the reference program cannot do, the name of one:
// this is how a listing with names prints it, so a save without -n loads again.
// Anything else in brackets is read as the reference program does: as IPv4, with
// the port ignored.
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
		if addr, ok = lookup(host, ipv6, names); !ok {
			addr, ok = lookup(host, ipv4, names)
			return endpoint{addr: addr}, ok
		}
	}
	port, ok := parsePort(rest[1:], p, names)
	return endpoint{addr: addr, port: port, hasPort: true}, ok
}

// parseHost reads an IPv4 address, or looks a host name up.
func parseHost(s string, names Resolver) (netip.Addr, bool) {
	if a, ok := parseInetAton(s); ok {
		return a, true
	}
	return lookup(s, ipv4, names)
}

const (
	ipv4 = ipvs.IPv4
	ipv6 = ipvs.IPv6
)

// lookup asks for the address of a host name. What could be a name in no system,
// such as an address with a zone, is not asked for: a resolver might read it.
func lookup(host string, f ipvs.Family, names Resolver) (netip.Addr, bool) {
	if host == "" || strings.ContainsAny(host, ":%[]") {
		return netip.Addr{}, false
	}
	a, err := names.LookupHost(host, f)
	return a, err == nil && ipvs.FamilyOf(a) == f
}

// parsePort reads a port number, or looks a service name up.
func parsePort(s string, p ipvs.Protocol, names Resolver) (uint16, bool) {
	if n, ok := parseNumber(s, 0, 65535); ok {
		return uint16(n), true
	}
	if s == "" {
		return 0, false
	}
	return names.LookupPort(p, s)
}
