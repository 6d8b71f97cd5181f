package kernel

import (
	"encoding/binary"
	"math"
	"net/netip"
	"syscall"

	"github.com/mdlayher/netlink"
)

// encoder appends attributes (struct nlattr of include/uapi/linux/netlink.h) to a
// datagram. It has the methods of netlink.AttributeEncoder that are needed here,
// but writes each attribute once, where it will be sent from: with that one, ten
// thousand changes cost 350,000 small allocations, a quarter of the time that
// they take in the kernel.
type encoder struct {
	b   []byte
	err error // EINVAL: something was too long for an attribute
}

// attributeHeader is the length of an attribute's header: length and type.
const attributeHeader = 4

// begin appends the header of an attribute, and gives the place for end.
func (e *encoder) begin(typ uint16) (start int) {
	start = len(e.b)
	e.header(typ, 0)
	return start
}

// end writes the length of the attribute that began at start, and aligns what
// follows.
func (e *encoder) end(start int) {
	length := len(e.b) - start
	if length > math.MaxUint16 {
		e.err = syscall.EINVAL
		return
	}
	binary.NativeEndian.PutUint16(e.b[start:], uint16(length))
	e.align()
}

// align fills up to a multiple of four bytes. (A datagram begins at one.)
func (e *encoder) align() {
	for len(e.b)%messageAlign != 0 {
		e.b = append(e.b, 0)
	}
}

// Bytes appends an attribute with these bytes.
func (e *encoder) Bytes(typ uint16, b []byte) {
	start := e.begin(typ)
	e.b = append(e.b, b...)
	e.end(start)
}

// String appends a string with the NUL byte that ends it.
func (e *encoder) String(typ uint16, s string) {
	start := e.begin(typ)
	e.b = append(e.b, s...)
	e.b = append(e.b, 0)
	e.end(start)
}

// header appends the header of an attribute whose value, of this length, comes next.
func (e *encoder) header(typ uint16, length int) {
	e.b = binary.NativeEndian.AppendUint16(e.b, uint16(attributeHeader+length))
	e.b = binary.NativeEndian.AppendUint16(e.b, typ)
}

// Uint8 appends a byte.
func (e *encoder) Uint8(typ uint16, v uint8) {
	e.header(typ, 1)
	e.b = append(e.b, v, 0, 0, 0)
}

// Uint16 appends a number in host order.
func (e *encoder) Uint16(typ uint16, v uint16) {
	e.header(typ, 2)
	e.b = append(binary.NativeEndian.AppendUint16(e.b, v), 0, 0)
}

// Uint32 appends a number in host order.
func (e *encoder) Uint32(typ uint16, v uint32) {
	e.header(typ, 4)
	e.b = binary.NativeEndian.AppendUint32(e.b, v)
}

// Int32 appends a signed number in host order.
func (e *encoder) Int32(typ uint16, v int32) { e.Uint32(typ, uint32(v)) }

// BigEndian16 appends a number in network order.
func (e *encoder) BigEndian16(typ uint16, v uint16) {
	e.header(typ, 2)
	e.b = append(binary.BigEndian.AppendUint16(e.b, v), 0, 0)
}

// BigEndian32 appends a number in network order.
func (e *encoder) BigEndian32(typ uint16, v uint32) {
	e.header(typ, 4)
	e.b = binary.BigEndian.AppendUint32(e.b, v)
}

// Addr appends an address in 16 bytes, of which an IPv4 address takes the first
// four. The zero Addr is all zeros.
func (e *encoder) Addr(typ uint16, a netip.Addr) {
	var raw [lengthOfAddr]byte
	switch {
	case a.Is4():
		v4 := a.As4()
		copy(raw[:], v4[:])
	case a.Is6():
		raw = a.As16()
	}
	e.header(typ, len(raw))
	e.b = append(e.b, raw[:]...)
}

// Nested appends an attribute that holds those which fn appends.
func (e *encoder) Nested(typ uint16, fn func(*encoder)) {
	start := e.begin(netlink.Nested | typ)
	fn(e)
	e.end(start)
}
