package kernel

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// attributes goes through the attributes of a message, or of one that holds
// others. It has the methods of netlink.AttributeDecoder that are needed here, but
// reads where the bytes were received and keeps nothing: with that one a server
// costs thirty small allocations, which took as long as all that the kernel does
// for it. After Next, the present attribute is the one whose type and value are
// asked for; the first fault ends the loop, and is there in err.
type attributes struct {
	rest  []byte
	typ   uint16 // without the flags
	value []byte
	err   error // errMalformed
}

// attributeType is the part of an attribute's type field without flags
// (NLA_TYPE_MASK).
const attributeType = 0x3fff

// attributesOf begins with the first attribute of b.
func attributesOf(b []byte) attributes { return attributes{rest: b} }

// Next goes on to the next attribute, if there is one.
func (a *attributes) Next() bool {
	if len(a.rest) == 0 || a.err != nil {
		return false
	}
	if len(a.rest) < attributeHeader {
		a.fail()
		return false
	}
	length := int(binary.NativeEndian.Uint16(a.rest))
	if length < attributeHeader || length > len(a.rest) {
		a.fail()
		return false
	}
	a.typ = binary.NativeEndian.Uint16(a.rest[2:]) & attributeType
	a.value = a.rest[attributeHeader:length]
	aligned := (length + messageAlign - 1) &^ (messageAlign - 1)
	a.rest = a.rest[min(aligned, len(a.rest)):]
	return true
}

// nestedIn begins with the first attribute within the one of this type in b, as
// which most messages come. Without one it is a fault.
func nestedIn(b []byte, typ uint16) attributes {
	outer, nested := attributesOf(b), attributes{err: errMalformed}
	for outer.Next() {
		if outer.typ == typ {
			nested = attributesOf(outer.value)
		}
	}
	if outer.err != nil {
		return outer
	}
	return nested
}

func (a *attributes) fail() { a.err = errMalformed }

// sized is the value, if it has this length.
func (a *attributes) sized(length int) ([]byte, bool) {
	if len(a.value) != length {
		a.fail()
		return nil, false
	}
	return a.value, true
}

// Uint8 reads a byte.
func (a *attributes) Uint8() uint8 {
	if b, ok := a.sized(1); ok {
		return b[0]
	}
	return 0
}

// Uint16 reads a number in host order.
func (a *attributes) Uint16() uint16 {
	if b, ok := a.sized(2); ok {
		return binary.NativeEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads a number in host order.
func (a *attributes) Uint32() uint32 {
	if b, ok := a.sized(4); ok {
		return binary.NativeEndian.Uint32(b)
	}
	return 0
}

// Int32 reads a signed number in host order.
func (a *attributes) Int32() int32 { return int32(a.Uint32()) }

// Uint64 reads a number in host order.
func (a *attributes) Uint64() uint64 {
	if b, ok := a.sized(8); ok {
		return binary.NativeEndian.Uint64(b)
	}
	return 0
}

// BigEndian16 reads a number in network order.
func (a *attributes) BigEndian16() uint16 {
	if b, ok := a.sized(2); ok {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Text is the value without the NUL bytes at its end. It belongs to the receive
// buffer.
func (a *attributes) Text() []byte { return bytes.TrimRight(a.value, "\x00") }

// Addr reads an address.
func (a *attributes) Addr() (raw rawAddr) {
	if b, ok := a.sized(lengthOfAddr); ok {
		raw = rawAddr(b)
	}
	return raw
}

// rawAddr is an address attribute, which does not tell its family: an IPv4
// address fills the first four bytes (encoder.Addr).
type rawAddr [lengthOfAddr]byte

// addr is the address in its family, the zero Addr when the family is neither of
// the two that IPVS knows.
func (raw rawAddr) addr(f ipvs.Family) netip.Addr {
	switch f {
	case ipvs.IPv4:
		return netip.AddrFrom4([4]byte(raw[:4]))
	case ipvs.IPv6:
		return netip.AddrFrom16(raw)
	}
	return netip.Addr{}
}
