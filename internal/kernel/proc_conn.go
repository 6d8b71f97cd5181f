package kernel

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The file ip_vs_conn of /proc/net lists the connections (ip_vs_conn_seq_show of
// net/netfilter/ipvs/ip_vs_conn.c): a title line, then lines such as
//
//	TCP AC140001 D431 AC1400C8 0050 C0A81E11 1F90 ESTABLISHED     899
//
// with client, virtual service and server, each as address and port, the state, the
// seconds until it expires, and for the template of a persistence engine the engine's
// name and data, which come from the network and can be any bytes.

// LineError is returned for a line of a proc file that cannot be parsed.
type LineError struct {
	// File is the path of the file, and Line the number of the line, from 1.
	File string
	Line int
}

// Error returns the file, the line, and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: unexpected line", e.File, e.Line) }

// Connections opens the connection table of the network namespace, and returns the
// connections in its order, to be ranged over once: they are read while they are ranged
// over, and memory does not grow with the table. The Connection is the same one each
// time, with new contents. The error is that of opening the file, which wraps
// fs.ErrNotExist without the module or the proc file system.
//
// An error that ends the listing comes last. After a *LineError the listing continues
// with the next line, if the caller does: what a client sends can end up in a line.
func (c *Client) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	f, err := c.openProc("ip_vs_conn")
	if err != nil {
		return nil, err
	}
	return func(yield func(*ipvs.Connection, error) bool) {
		defer f.Close()

		a := newReadAhead(f)
		defer a.close()
		readConnections(a, f.Name(), yield)
	}, nil
}

// readConnections yields the connections in a file of this name.
func readConnections(r io.Reader, name string, yield func(*ipvs.Connection, error) bool) {
	var p connParser
	l := newLineReader(r)
	for n := 1; ; n++ {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", name, err))
			return
		}
		if n == 1 {
			continue // the title
		}

		conn, err := &p.conn, error(nil)
		if !p.parse(line) {
			conn, err = nil, &LineError{File: name, Line: n}
		}
		if !yield(conn, err) {
			return
		}
	}
}

// connParser parses lines into one Connection. The zero value is ready for use.
type connParser struct {
	conn  ipvs.Connection
	names interner
}

// parse parses a line. It reports whether that is the line of a connection.
func (p *connParser) parse(line []byte) bool {
	protocol, line := cutField(line)
	if len(protocol) == 0 {
		return false
	}

	p.conn.Protocol = p.names.intern(protocol)
	for _, end := range []*netip.AddrPort{&p.conn.Client, &p.conn.Virtual, &p.conn.Destination} {
		var ok bool
		if *end, line, ok = cutEnd(line); !ok {
			return false
		}
	}

	state, line := cutField(line)
	expires, line := cutField(line)
	var ok bool
	if p.conn.Expires, ok = parseDecimal(expires); !ok {
		return false
	}
	p.conn.State = p.names.intern(state)

	engine, line := cutField(line)
	p.conn.Engine = p.names.intern(engine)
	p.conn.EngineData = ""
	if len(line) > 1 {
		p.conn.EngineData = string(line[1:])
	}
	return true
}

// cutEnd cuts an address and a port off a line.
func cutEnd(line []byte) (end netip.AddrPort, rest []byte, ok bool) {
	field, rest := cutField(line)
	addr, ok := parseAddr(field)
	if !ok {
		return end, rest, false
	}
	field, rest = cutField(rest)
	port, ok := parseHex(field, 4)
	return netip.AddrPortFrom(addr, uint16(port)), rest, ok
}
