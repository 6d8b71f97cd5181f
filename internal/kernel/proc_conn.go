package kernel

import (
	"bytes"
	"encoding/binary"
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
// An error that ends the listing comes last. It wraps ipvs.ErrIncomplete if the kernel
// resized the table meanwhile, so that connections may be missing, or come twice. After a
// *LineError the listing continues with the next line, if the caller does: what a client
// sends can end up in a line.
func (c *Client) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	f, err := c.openProc("ip_vs_conn")
	if err != nil {
		return nil, err
	}
	return func(yield func(*ipvs.Connection, error) bool) {
		defer f.Close()
		c.listConnections(newProcFile(f), f.Name(), yield)
	}, nil
}

// listConnections yields the connections in a file of this name.
func (c *Client) listConnections(f io.ReadSeeker, name string, yield func(*ipvs.Connection, error) bool) {
	watch, head := c.readConnHead(f)
	var r io.Reader = bytes.NewReader(head.b)
	switch {
	case head.err == nil:
		rest, stop := newRestReader(f)
		defer stop()
		r = io.MultiReader(r, rest)
	case !errors.Is(head.err, io.EOF):
		r = io.MultiReader(r, errorReader{head.err})
	}

	if readConnections(r, name, watch.check, yield) && watch.end() {
		yield(nil, errIncompleteConns)
	}
}

// connHead is the length of a file of connections up to which it is read as a whole before
// the first one is returned, so that it can be read again. It has some 3,000 connections.
const connHead = 256 << 10

// readConnHead reads the beginning of a file, or all of it. A file that fits is read again
// until the table was not resized meanwhile, or has been too often.
func (c *Client) readConnHead(f io.ReadSeeker) (*connTableWatch, block) {
	r := retries{c: c}
	buf := make([]byte, connHead)
	for {
		watch := c.watchConnTable()
		head := fillBlock(checkingReader{f, watch.check}, buf)
		if !errors.Is(head.err, io.EOF) || !watch.end() || !r.again() {
			return watch, head
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return watch, block{err: err}
		}
	}
}

// checkingReader is a Reader that calls check after each Read, which has some 50
// connections: however slow the machine is, a table that is resized and back again is
// noticed.
type checkingReader struct {
	io.Reader
	check func()
}

func (r checkingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.check()
	return n, err
}

// errorReader is a Reader that fails.
type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// linesPerCheck is the number of lines after which the size of the table may be checked.
const linesPerCheck = 256

// readConnections yields the connections in a file of this name, and calls check from time
// to time. It reports whether it came to the end of the file.
func readConnections(r io.Reader, name string, check func(), yield func(*ipvs.Connection, error) bool) bool {
	var p connParser
	l := newLineReader(r)
	checked := 1 // the line at which the size was checked
	for n := 1; ; n++ {
		if n-checked >= linesPerCheck {
			check()
			checked = n
		}
		if lines, stopped := p.yieldUsual(l, yield); lines > 0 {
			if stopped {
				return false
			}
			n += lines - 1
			continue
		}

		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", name, err))
			return false
		}
		if n == 1 {
			continue // the title
		}

		conn, err := &p.conn, error(nil)
		if !p.parse(line) {
			conn, err = nil, &LineError{File: name, Line: n}
		}
		if !yield(conn, err) {
			return false
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

// yieldUsual yields the connections of the usual lines that come next in the buffer, up to
// linesPerCheck. It returns their number, and whether yield wants no more.
func (p *connParser) yieldUsual(l lineReader, yield func(*ipvs.Connection, error) bool) (lines int, stopped bool) {
	text := l.buffered()
	rest := text
	for lines < linesPerCheck && !stopped {
		size := p.parseUsual(rest)
		if size == 0 {
			break
		}
		rest = rest[size:]
		lines++
		stopped = !yield(&p.conn, nil)
	}
	l.discard(len(text) - len(rest))
	return lines, stopped
}

// parseUsual parses the line at the beginning of a text if it is as nearly all are: with one
// blank between the fields of the ends, and no engine. It returns the length of the line, or
// 0 if that has to be left to parse, which takes twice as long: here, nothing is
// searched for the end of the line, nor the ends for blanks.
func (p *connParser) parseUsual(text []byte) int {
	protocolEnd := visibleEnd(text, 0)
	stateStart, ok := p.parseUsualEnds(text, protocolEnd)
	if !ok {
		return 0
	}
	stateEnd := visibleEnd(text, stateStart)

	i := stateEnd
	for i < len(text) && text[i] == ' ' {
		i++
	}
	expiresStart, expires := i, uint64(0)
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		expires = expires*10 + uint64(text[i]-'0')
		i++
	}
	digits := i - expiresStart
	if i == len(text) || text[i] != '\n' || digits == 0 || digits > maxUsualDigits || protocolEnd == 0 || stateEnd == stateStart {
		return 0
	}

	p.conn.Protocol = p.names.intern(text[:protocolEnd])
	p.conn.State = p.names.intern(text[stateStart:stateEnd])
	p.conn.Expires = expires
	p.conn.Engine, p.conn.EngineData = "", ""
	return i + 1
}

// maxUsualDigits is the number of digits that always fit in 64 bits.
const maxUsualDigits = 19

// visibleEnd returns the index of the first blank or control character from start on.
func visibleEnd(text []byte, start int) int {
	for i, ch := range text[start:] {
		if ch <= ' ' {
			return start + i
		}
	}
	return len(text)
}

// parseUsualEnds parses the three ends that begin at start, each after a blank. It returns
// the index of what follows the blank after them.
func (p *connParser) parseUsualEnds(text []byte, start int) (next int, ok bool) {
	const ipv4, ipv6 = 1 + hexIPv4 + 1 + 4, 1 + hexIPv6 + 1 + 4
	ends := [...]*netip.AddrPort{&p.conn.Client, &p.conn.Virtual, &p.conn.Destination}
	line := text[start:]
	switch {
	case len(line) > 3*ipv4 && line[1+hexIPv4] == ' ':
		for i, end := range ends {
			if *end, ok = parseIPv4End((*[ipv4 + 1]byte)(line[i*ipv4:])); !ok {
				return 0, false
			}
		}
		return start + 3*ipv4 + 1, true
	case len(line) > 3*ipv6:
		for i, end := range ends {
			if *end, ok = parseIPv6End((*[ipv6 + 1]byte)(line[i*ipv6:])); !ok {
				return 0, false
			}
		}
		return start + 3*ipv6 + 1, true
	}
	return 0, false
}

// cutEnd cuts an address and a port off a line.
func cutEnd(line []byte) (end netip.AddrPort, rest []byte, ok bool) {
	addrField, rest := cutField(line)
	portField, rest := cutField(rest)
	end, ok = parseEnd(addrField, portField)
	return end, rest, ok
}

// parseIPv4End parses an IPv4 address and a port, with one blank before, between and after
// them.
func parseIPv4End(text *[1 + hexIPv4 + 1 + 4 + 1]byte) (netip.AddrPort, bool) {
	if text[0] != ' ' || text[9] != ' ' || text[14] != ' ' {
		return netip.AddrPort{}, false
	}
	addr, addrOK := parseHex8(binary.BigEndian.Uint64(text[1:9]))
	port, portOK := parseHex4(binary.BigEndian.Uint32(text[10:14]))
	return netip.AddrPortFrom(addrFrom4(addr), port), addrOK && portOK
}

// parseIPv6End does the same with an IPv6 address.
func parseIPv6End(text *[1 + hexIPv6 + 1 + 4 + 1]byte) (netip.AddrPort, bool) {
	if text[0] != ' ' || text[40] != ' ' || text[45] != ' ' {
		return netip.AddrPort{}, false
	}
	addr, addrOK := parseIPv6(text[1:40])
	port, portOK := parseHex4(binary.BigEndian.Uint32(text[41:45]))
	return netip.AddrPortFrom(addr, port), addrOK && portOK
}

// parseEnd parses an address and a port.
func parseEnd(addrField, portField []byte) (netip.AddrPort, bool) {
	addr, addrOK := parseAddr(addrField)
	port, portOK := parseHex(portField, 4)
	return netip.AddrPortFrom(addr, uint16(port)), addrOK && portOK
}
