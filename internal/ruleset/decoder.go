package ruleset

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// maxDocument is the length in bytes beyond which a document is not read:
	// some ten times that of the largest tables.
	maxDocument = 256 << 20
	// maxDepth is how deep lists and objects of a skipped value may be nested.
	maxDepth = 100
)

// Decoder reads a JSON document, as ipvsadm -S --json and -L --json print them, as
// rules that add what it describes to an empty table. It is a Source. Its memory grows
// by some bytes for each service, and for each server of the one that it reads.
//
// What a rule cannot describe, such as counters, is skipped. Unknown keys are errors,
// because a weight that is misspelled must not become the default one; so are keys
// that are there twice or differ in the case of their letters, and numbers with a
// fraction or an exponent, all of which encoding/json lets pass. Reading goes on after
// an error, to find the others, but not after text that is no JSON.
type Decoder struct {
	scan *jsonScanner
	path []byte  // of the value that is read
	open []frame // the lists and objects that are read
	// started is set when the first token has been read, err when the last has.
	started bool
	err     error

	errors  []*Error // not returned yet
	nerrors int      // all of them
	rule    Rule     // not returned yet, if hasRule
	hasRule bool
	names   interner

	values documentValues
}

// frame is a list or an object that is read.
type frame struct {
	object  *object                     // nil for a list
	element func(d *Decoder, index int) // reads an element of a list
	path    int                         // length of its path
	index   int                         // of the next element
	seen    uint32                      // the members that were there
	nerrors int                         // errors before it
}

// object describes an object of the document.
type object struct {
	members []member
	// end is called when all members have been read; nerrors is the number of
	// errors before the object.
	end func(d *Decoder, nerrors int)
}

// member is a member of an object. read reads its value.
type member struct {
	key  string
	read func(*Decoder)
}

// NewDecoder returns a Decoder of a document.
func NewDecoder(in io.Reader) *Decoder {
	return &Decoder{scan: newJSONScanner(in, maxDocument)}
}

// Next reads the next rule, as Source says. The Err of an *Error is an *ipvs.Error
// where the document has something twice, or a server of a service that was refused.
func (d *Decoder) Next(into *Rule) error {
	for {
		switch {
		case len(d.errors) > 0:
			err := d.errors[0]
			d.errors = d.errors[1:]
			return err
		case d.hasRule:
			*into, d.hasRule = d.rule, false
			return nil
		case d.err != nil:
			return d.err
		}
		d.step()
	}
}

// step reads as much as yields a few rules or errors at most, whatever the input.
func (d *Decoder) step() {
	switch {
	case !d.started:
		d.started = true
		d.beginObject(&documentObject)
	case d.values.servers.decoding():
		d.addServer()
	case len(d.open) == 0:
		d.finish()
	default:
		d.stepInto(&d.open[len(d.open)-1])
	}
}

// stepInto reads the next member or element of a list or an object, or its end.
func (d *Decoder) stepInto(f *frame) {
	d.path = d.path[:f.path]
	switch {
	case !d.scan.more():
		d.end(*f)
	case f.object != nil:
		d.readMember(f)
	default:
		d.path = append(d.path, '[')
		d.path = strconv.AppendInt(d.path, int64(f.index), 10)
		d.path = append(d.path, ']')
		f.index++
		f.element(d, f.index-1)
	}
}

// end reads the end of a list or an object.
func (d *Decoder) end(f frame) {
	if d.token() == tokenNone {
		return
	}
	d.open = d.open[:len(d.open)-1]
	if f.object != nil && f.object.end != nil {
		f.object.end(d, f.nerrors)
	}
}

// readMember reads a member of an object.
func (d *Decoder) readMember(f *frame) {
	if d.token() == tokenNone {
		return
	}

	for i := range f.object.members {
		m := &f.object.members[i]
		if m.key != string(d.scan.text) {
			continue
		}
		if f.seen&(1<<i) != 0 {
			d.fail("key %.60q twice", m.key)
			d.skip()
			return
		}
		f.seen |= 1 << i
		if len(d.path) > 0 {
			d.path = append(d.path, '.')
		}
		d.path = append(d.path, m.key...)
		m.read(d)
		return
	}

	d.fail("unknown key %.60q", d.scan.text)
	d.skip()
}

// finish expects the end of the document.
func (d *Decoder) finish() {
	switch err := d.scan.skip(" \t\r\n"); {
	case errors.Is(err, io.EOF):
		d.err = io.EOF
	case err != nil:
		d.abandon(err)
	default:
		d.abandon(errors.New("there is more after the document"))
	}
}

// fail reports what is wrong with the value that is read.
func (d *Decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.report(d.position(), usageError(format, args...))
	}
}

// report reports what is wrong at a position.
func (d *Decoder) report(pos Position, err error) {
	d.nerrors++
	d.errors = append(d.errors, &Error{pos, err})
}

// position returns the position of the value that is read.
func (d *Decoder) position() Position {
	if len(d.path) == 0 {
		return Position{Path: "document"}
	}
	return Position{Path: string(d.path)}
}

// abandon ends reading and reports why, unless it has ended.
func (d *Decoder) abandon(why error) {
	var readErr *ReadError
	switch {
	case d.err != nil:
		return
	case errors.As(why, &readErr):
		d.err = why
		return
	case errors.Is(why, errTooLong):
		d.path = d.path[:0]
		d.fail("longer than %d bytes", d.scan.limit)
	default:
		at := d.scan.errorPosition()
		d.report(Position{Path: fmt.Sprintf("line %d, column %d", at.line, at.column)}, usageError("%s", why))
	}

	d.err = io.EOF
}

// token reads the next token. It is tokenNone after the end of reading.
func (d *Decoder) token() token {
	if d.err != nil {
		return tokenNone
	}
	t, err := d.scan.next()
	if err != nil {
		d.abandon(err)
		return tokenNone
	}
	return t
}

// skip skips a value.
func (d *Decoder) skip() { d.skipFrom(d.token()) }

// skipFrom skips the rest of a value that begins with a token.
func (d *Decoder) skipFrom(t token) {
	for depth := 0; ; t = d.token() {
		switch t {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 || d.err != nil {
			return
		}
		if depth > maxDepth {
			d.abandon(fmt.Errorf("nested deeper than %d levels", maxDepth))
		}
	}
}

// refuse reports that a value that begins with a token is not what is expected, and
// skips it.
func (d *Decoder) refuse(t token, format string, args ...any) {
	d.fail(format, args...)
	d.skipFrom(t)
}

// beginObject begins to read an object. Any other value is skipped, and reported as
// one error.
func (d *Decoder) beginObject(o *object) bool {
	if t := d.token(); t != '{' {
		d.refuse(t, "not an object")
		return false
	}
	d.open = append(d.open, frame{object: o, path: len(d.path), nerrors: d.nerrors})
	return true
}

// beginList begins to read a list. Any other value is skipped.
func (d *Decoder) beginList(element func(d *Decoder, index int)) {
	if t := d.token(); t != '[' {
		d.refuse(t, "not a list")
		return
	}
	d.open = append(d.open, frame{element: element, path: len(d.path)})
}
