package kernel

import (
	"encoding/binary"
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

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
// address fills the first four bytes (encoder.Addr).
type rawAddr [lengthOfAddr]byte

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
