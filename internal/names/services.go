package names

import (
	"os"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// services are the names of a services file, both ways.
type services struct {
	names map[portKey]string
	ports map[nameKey]uint16
}

// portKey and nameKey tell a port, and a name, of one protocol from those of
// another.
type portKey struct {
	protocol ipvs.Protocol
	port     uint16
}

type nameKey struct {
	protocol ipvs.Protocol
	name     string
}

// readServices reads a services file. A machine without one has no names.
func readServices(path string) services {
	s := services{map[portKey]string{}, map[nameKey]uint16{}}
	text, err := os.ReadFile(path)
	if err != nil {
		return s
	}
	for line := range strings.Lines(string(text)) {
		s.add(line)
	}
	return s
}

// add takes a line: NAME PORT/PROTOCOL ALIAS..., and a comment from # on. Where
// several lines have the same port, or the same name, the first counts, as in the
// C library.
func (s services) add(line string) {
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	port, protocol, ok := parsePort(words[1])
	if !ok {
		return
	}
	name, aliases := words[0], words[2:]
	if key := (portKey{protocol, port}); s.names[key] == "" && isServiceName(name) {
		s.names[key] = name
	}
	s.addName(protocol, name, port)
	for _, alias := range aliases {
		s.addName(protocol, alias, port)
	}
}

// addName makes a port known by a name.
func (s services) addName(p ipvs.Protocol, name string, port uint16) {
	key := nameKey{p, name}
	if _, ok := s.ports[key]; !ok {
		s.ports[key] = port
	}
}

// parsePort reads PORT/PROTOCOL. As the C library has it, the port may be
// hexadecimal or octal and the protocol is in lower case. Protocols that IPVS does
// not balance do not count.
func parsePort(word string) (uint16, ipvs.Protocol, bool) {
	number, protocol, _ := strings.Cut(word, "/")
	port, err := strconv.ParseUint(strings.TrimPrefix(number, "+"), 0, 16)
	if err != nil {
		return 0, 0, false
	}
	for _, p := range []ipvs.Protocol{ipvs.TCP, ipvs.UDP, ipvs.SCTP} {
		if protocol == p.String() {
			return uint16(port), p, true
		}
	}
	return 0, 0, false
}

// isServiceName reports that a name shows as it is, and does not break the
// ADDRESS:PORT that it becomes part of.
func isServiceName(name string) bool {
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == ':' {
			return false
		}
	}
	return true
}
