package names

import (
	"os"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// services has the names of a services file, both ways.
type services struct {
	names map[portKey]string
	ports map[nameKey]uint16
}

// portKey is a port of a protocol.
type portKey struct {
	protocol ipvs.Protocol
	port     uint16
}

// nameKey is the name of a service of a protocol.
type nameKey struct {
	protocol ipvs.Protocol
	name     string
}

// readServices reads a services file. Without one, no port has a name.
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

// add adds a line: NAME PORT/PROTOCOL ALIAS..., and a comment from # on. If several
// lines have the same port, or the same name, the first one counts, as in the C library.
// A port whose name belongs to another port by that has no name: a saved rule would load
// with the other port.
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
	s.addName(protocol, name, port)
	for _, alias := range aliases {
		s.addName(protocol, alias, port)
	}

	key := portKey{protocol, port}
	if s.names[key] == "" && isServiceName(name) && s.ports[nameKey{protocol, name}] == port {
		s.names[key] = name
	}
}

// addName adds a name of a port.
func (s services) addName(p ipvs.Protocol, name string, port uint16) {
	key := nameKey{p, name}
	if _, ok := s.ports[key]; !ok {
		s.ports[key] = port
	}
}

// parsePort parses PORT/PROTOCOL. As in the C library, the port may be hexadecimal or
// octal, and the protocol is in lower case. Protocols that IPVS does not balance are
// rejected.
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

// isServiceName reports whether a name prints as it is, does not break the ADDRESS:PORT
// that it becomes part of, and is not read as a number there.
func isServiceName(name string) bool {
	if _, err := strconv.Atoi(name); err == nil {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || c == ':' {
			return false
		}
	}
	return true
}
