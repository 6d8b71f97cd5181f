package kernel

import (
	"encoding/binary"
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encode runs fn on a fresh encoder and gives the bytes. It fails only on a
// string that is too long for an attribute.
func encode(fn func(*netlink.AttributeEncoder)) ([]byte, error) {
	ae := netlink.NewAttributeEncoder()
	fn(ae)
	return ae.Encode()
}

// nest encodes a nested attribute by a function that cannot fail itself.
func nest(ae *netlink.AttributeEncoder, typ uint16, fn func(*netlink.AttributeEncoder)) {
	ae.Nested(typ, func(nae *netlink.AttributeEncoder) error {
		fn(nae)
		return nil
	})
}

// decode calls fn for each attribute of b. It fails when the lengths of the
// attributes do not add up to b, or when fn read one as a type that it is not.
func decode(b []byte, fn func(*netlink.AttributeDecoder)) error {
	ad, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return err
	}
	for ad.Next() {
		fn(ad)
	}
	return ad.Err()
}

// unnest calls fn for each attribute within the present one of ad. A failure is
// kept in ad.
func unnest(ad *netlink.AttributeDecoder, fn func(*netlink.AttributeDecoder)) {
	ad.Nested(func(nad *netlink.AttributeDecoder) error {
		for nad.Next() {
			fn(nad)
		}
		return nil // Nested looks at nad.Err itself
	})
}

// bigEndian16 is a number in network order.
func bigEndian16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

// decodeBigEndian16 reads a number in network order.
func decodeBigEndian16(ad *netlink.AttributeDecoder) (v uint16) {
	ad.Do(func(b []byte) error {
		if len(b) != 2 {
			return errMalformed
		}
		v = binary.BigEndian.Uint16(b)
		return nil
	})
	return v
}

// rawAddr is an address attribute, which does not tell its family: an IPv4
// address fills the first four bytes.
type rawAddr [lengthOfAddr]byte

// encodeAddr makes an address attribute. The zero Addr is all zeros.
func encodeAddr(a netip.Addr) []byte {
	raw := make([]byte, lengthOfAddr)
	copy(raw, a.AsSlice())
	return raw
}

// decodeAddr reads an address attribute.
func decodeAddr(ad *netlink.AttributeDecoder) (raw rawAddr) {
	ad.Do(func(b []byte) error {
		if copy(raw[:], b) != len(b) || len(b) != lengthOfAddr {
			return errMalformed
		}
		return nil
	})
	return raw
}

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
