package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

const (
	// maxDocument is the length in bytes beyond which a document is not read:
	// some ten times that of the largest tables.
	maxDocument = 256 << 20
	// jsonBlanks are JSON's white space.
	jsonBlanks = " \t\r\n"
	// maxDepth is how deep lists and objects that are passed over may stand
	// in each other.
	maxDepth = 100
)

// jsonReader reads a JSON document value by value. It takes what encoding/json
// would let pass for a fault: keys that differ in their letters' case, keys that
// stand twice, and numbers that are no whole ones.
//
// Reading goes on after a fault, to find the others, but not after text that is no
// JSON at all. Then, and after a fault, what the methods return is of no use; the
// count of faults tells.
type jsonReader struct {
	text []byte
	dec  *json.Decoder
	path []byte
	// tell is given each fault.
	tell   func(error)
	faults int
	ended  bool
}

func newJSONReader(text []byte, tell func(error)) *jsonReader {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return &jsonReader{text: text, dec: dec, tell: tell}
}

// fault tells what is wrong with the value that is read.
func (r *jsonReader) fault(format string, args ...any) {
	if !r.ended {
		r.faultAt(r.place(), format, args...)
	}
}

func (r *jsonReader) faultAt(at ruleset.Position, format string, args ...any) {
	r.faults++
	r.tell(&ruleset.Error{Pos: at, Err: &command.UsageError{Text: fmt.Sprintf(format, args...), Status: command.StatusUsageError}})
}

// place is the path of the value that is read, such as services[3].port.
func (r *jsonReader) place() ruleset.Position {
	if len(r.path) == 0 {
		return ruleset.Position{Path: "document"}
	}
	return ruleset.Position{Path: string(r.path)}
}

// abandon tells why the rest of the text cannot be read.
func (r *jsonReader) abandon(why string) {
	if r.ended {
		return
	}
	// The decoder stands behind the last good token.
	rest := bytes.TrimLeft(r.text[r.dec.InputOffset():], jsonBlanks+",:")
	before := r.text[:len(r.text)-len(rest)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	r.faultAt(ruleset.Position{Path: fmt.Sprintf("line %d, column %d", line, column)}, "%s", why)
	r.ended = true
}

// token gives the next token; nil is null, and what there is after the end.
func (r *jsonReader) token() json.Token {
	if r.ended {
		return nil
	}
	t, err := r.dec.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.abandon("the document ends too soon")
	case err != nil:
		r.abandon(err.Error())
	}
	return t
}

// finish expects the end of the document.
func (r *jsonReader) finish() {
	if rest := r.text[r.dec.InputOffset():]; len(bytes.TrimLeft(rest, jsonBlanks)) > 0 {
		r.abandon("there is more after the document")
	}
}

// skip passes over a value.
func (r *jsonReader) skip() { r.skipFrom(r.token()) }

// skipFrom passes over the rest of a value that begins with a token.
func (r *jsonReader) skipFrom(t json.Token) {
	for depth := 0; ; t = r.token() {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 || r.ended {
			return
		}
		if depth > maxDepth {
			r.abandon(fmt.Sprintf("more than %d lists and objects in each other", maxDepth))
		}
	}
}

// begins expects a list or an object. Any other value is passed over.
func (r *jsonReader) begins(with json.Delim, what string) bool {
	t := r.token()
	if t == with {
		return true
	}
	r.fault("not %s", what)
	r.skipFrom(t)
	return false
}

// object reads an object. member is called with each key; it reads the value, or
// says that it does not know the key.
func (r *jsonReader) object(member func(key string) bool) {
	if !r.begins('{', "an object") {
		return
	}
	length := len(r.path)
	var seen []string
	for !r.ended && r.dec.More() {
		key, _ := r.token().(string) // nothing else can be a key
		if slices.Contains(seen, key) {
			r.fault("key %.60q twice", key)
			r.skip()
			continue
		}
		if length > 0 {
			r.path = append(r.path, '.')
		}
		r.path = append(r.path, key...)
		known := member(key)
		r.path = r.path[:length]
		if !known {
			r.fault("unknown key %.60q", key)
			r.skip()
		} else {
			seen = append(seen, key)
		}
	}
	r.token()
}

// list reads a list; element reads each of its elements.
func (r *jsonReader) list(element func()) {
	if !r.begins('[', "a list") {
		return
	}
	length := len(r.path)
	for i := 0; !r.ended && r.dec.More(); i++ {
		r.path = append(r.path, '[')
		r.path = strconv.AppendInt(r.path, int64(i), 10)
		r.path = append(r.path, ']')
		element()
		r.path = r.path[:length]
	}
	r.token()
}

// number reads a whole number and gives its digits.
func (r *jsonReader) number(min, max int64) string {
	t := r.token()
	n, _ := t.(json.Number)
	if v, err := strconv.ParseInt(string(n), 10, 64); err != nil || v < min || v > max {
		r.fault("not a whole number from %d to %d", min, max)
		r.skipFrom(t)
	}
	return string(n)
}

// port reads a port.
func (r *jsonReader) port() uint16 {
	// What is no port was told.
	n, _ := strconv.ParseUint(r.number(0, 65535), 10, 16)
	return uint16(n)
}

// flag reads true or false.
func (r *jsonReader) flag() bool {
	t := r.token()
	b, ok := t.(bool)
	if !ok {
		r.fault("neither true nor false")
		r.skipFrom(t)
	}
	return b
}

// name reads a text of at most so many bytes, all of them visible ASCII.
func (r *jsonReader) name(max int) string {
	t := r.token()
	s, ok := t.(string)
	if !ok || s == "" || len(s) > max || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.fault("not a name of 1 to %d bytes", max)
		r.skipFrom(t)
	}
	return s
}

// oneOf reads one of some words and gives its index.
func (r *jsonReader) oneOf(words ...string) int {
	t := r.token()
	s, ok := t.(string)
	i := slices.Index(words, s)
	if !ok || i < 0 {
		r.fault("not one of %s", strings.Join(words, ", "))
		r.skipFrom(t)
		return 0
	}
	return i
}

// addr reads an address.
func (r *jsonReader) addr() netip.Addr {
	t := r.token()
	s, _ := t.(string)
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		r.fault("not an IPv4 or IPv6 address")
		r.skipFrom(t)
		return netip.Addr{}
	}
	return a
}
