package ruleset

import (
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// codec encodes or decodes records. A record is a set of bits, one for each field, and
// the values of the fields that are not zero. The functions that list the fields, such
// as command, serve both directions, so that one cannot do without the other.
//
// What is decoded is trusted: records do not come from outside.
type codec struct {
	decoding bool
	// buf is what is left to decode, or the values of the encoded record behind
	// room for its set.
	buf   []byte
	set   uint64
	bit   uint64 // of the next field
	names *interner
}

// newEncoder returns a codec that encodes.
func newEncoder(names *interner) *codec { return &codec{names: names} }

// newDecoder returns a codec that decodes the records of a chunk.
func newDecoder(chunk []byte, names *interner) *codec {
	return &codec{decoding: true, buf: chunk, names: names}
}

// begin begins a record.
func (c *codec) begin() {
	c.bit = 1
	if c.decoding {
		c.set = c.uint()
		return
	}
	c.set = 0
	c.buf = append(c.buf[:0], make([]byte, binary.MaxVarintLen64)...)
}

// record returns the encoded record. It is valid until the next begins.
func (c *codec) record() []byte {
	var set [binary.MaxVarintLen64]byte
	length := binary.PutUvarint(set[:], c.set)
	record := c.buf[len(set)-length:]
	copy(record, set[:length])
	return record
}

// has reports whether the next field is in the record. When encoding, isSet decides.
func (c *codec) has(isSet bool) bool {
	bit := c.bit
	c.bit <<= 1
	if isSet && !c.decoding {
		c.set |= bit
	}
	return c.set&bit != 0
}

// uint decodes a number.
func (c *codec) uint() uint64 {
	n, length := binary.Uvarint(c.buf)
	c.buf = c.buf[length:]
	return n
}

// take decodes so many bytes.
func (c *codec) take(n uint64) []byte {
	b := c.buf[:n]
	c.buf = c.buf[n:]
	return b
}

// integer is any type of number.
type integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32
}

// number codes a field with a number. Negative numbers are rare: they take ten bytes.
func number[T integer](c *codec, n *T) {
	if c.has(*n != 0) {
		value(c, n)
	}
}

// difference codes a field with a number as its difference to another one. The sign is
// the last bit, so that small differences of both signs are short.
func (c *codec) difference(n *int, from int) {
	var zigzag uint
	if !c.decoding {
		diff := *n - from
		if zigzag = uint(diff) << 1; diff < 0 {
			zigzag = ^zigzag
		}
	}
	number(c, &zigzag)
	*n = from + (int(zigzag>>1) ^ -int(zigzag&1))
}

// value codes a number that is a part of a field.
func value[T integer](c *codec, n *T) {
	if c.decoding {
		*n = T(c.uint())
	} else {
		c.buf = binary.AppendUvarint(c.buf, uint64(*n))
	}
}

// flag codes a field that is true or false.
func (c *codec) flag(b *bool) { *b = c.has(*b) }

// text codes a string that is a part of a field.
func (c *codec) text(s *string) {
	length := len(*s)
	value(c, &length)
	if c.decoding {
		*s = string(c.take(uint64(length)))
	} else {
		c.buf = append(c.buf, *s...)
	}
}

// name codes an interned name that is a part of a field: its index from 1, or 0 and the
// name.
func (c *codec) name(name *string) {
	index := 0
	if !c.decoding {
		index = c.names.find(*name) + 1
	}

	value(c, &index)
	if index == 0 {
		c.text(name)
	} else if c.decoding {
		*name = c.names.names[index-1]
	}
}

// addr codes an address that is a part of a field: the length of its bytes, and 1 more if
// a zone follows.
func (c *codec) addr(a *netip.Addr) {
	zone := a.Zone()
	if !c.decoding {
		raw := a.AsSlice()
		c.buf = append(c.buf, byte(len(raw)))
		if zone != "" {
			c.buf[len(c.buf)-1]++
		}
		c.buf = append(c.buf, raw...)
	} else {
		length := c.take(1)[0]
		*a, _ = netip.AddrFromSlice(c.take(uint64(length &^ 1)))
		if length&1 == 0 {
			return
		}
	}
	if c.decoding || zone != "" {
		c.text(&zone)
		*a = a.WithZone(zone)
	}
}

// addrPort codes an address and a port that are a part of a field.
func (c *codec) addrPort(a *netip.AddrPort) {
	addr, port := a.Addr(), a.Port()
	c.addr(&addr)
	value(c, &port)
	*a = netip.AddrPortFrom(addr, port)
}

// destination lists the fields of a destination, except its counters.
func (c *codec) destination(d *ipvs.Destination) {
	if c.has(d.Addr != netip.AddrPort{}) {
		c.addrPort(&d.Addr)
	}

	number(c, &d.Forward)
	number(c, &d.Weight)
	number(c, &d.UpperThreshold)
	number(c, &d.LowerThreshold)
	if c.has(d.Tunnel != ipvs.TunnelInfo{}) {
		value(c, &d.Tunnel.Type)
		value(c, &d.Tunnel.Port)
		value(c, &d.Tunnel.Flags)
	}
}

// service lists the fields of a service, except its ID and its counters.
func (c *codec) service(s *ipvs.Service) {
	if c.has(s.Scheduler != "") {
		c.name(&s.Scheduler)
	}
	number(c, &s.Netmask)
	number(c, &s.Flags)
	number(c, &s.Timeout)
	if c.has(s.Engine != "") {
		c.name(&s.Engine)
	}
}

// id lists the parts of the ID of a service, which is one field.
func (c *codec) id(id *ipvs.ServiceID) {
	value(c, &id.FWMark)
	value(c, &id.Family)
	value(c, &id.Protocol)
	c.addrPort(&id.Addr)
}

// timeouts lists the parts of timeouts, which are one field.
func (c *codec) timeouts(t *ipvs.Timeouts) {
	value(c, &t.TCP)
	value(c, &t.TCPFin)
	value(c, &t.UDP)
}

// daemon lists the parts of a sync daemon, which is one field.
func (c *codec) daemon(d *ipvs.Daemon) {
	value(c, &d.State)
	c.name(&d.Interface)
	value(c, &d.SyncID)
	value(c, &d.MaxLen)
	c.addr(&d.Group)
	value(c, &d.Port)
	value(c, &d.TTL)
}

// words lists the words of a command, which are one field.
func (c *codec) words(words *[]string) {
	length := len(*words)
	value(c, &length)
	if c.decoding {
		*words = make([]string, length)
	}
	for i := range *words {
		c.text(&(*words)[i])
	}
}
