package kernel

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// rawAddr is an address attribute (union nf_inet_addr), which does not contain its
// family. An IPv4 address fills the first four bytes.
type rawAddr [lengthOfAddr]byte

// encodeAddr appends an address attribute. The zero Addr is all zeros.
func encodeAddr(e *genl.Encoder, typ uint16, a netip.Addr) {
	var raw rawAddr
	switch {
	case a.Is4():
		v4 := a.As4()
		copy(raw[:], v4[:])
	case a.Is6():
		raw = a.As16()
	}
	e.Bytes(typ, raw[:])
}

// decodeAddr reads an address attribute.
func decodeAddr(d *genl.Decoder) (raw rawAddr) {
	if b, ok := d.FixedBytes(lengthOfAddr); ok {
		raw = rawAddr(b)
	}
	return raw
}

// addr returns the address in its family, the zero Addr if that is neither of the two
// that IPVS knows.
func (raw rawAddr) addr(f ipvs.Family) netip.Addr {
	switch f {
	case ipvs.IPv4:
		return netip.AddrFrom4([4]byte(raw[:4]))
	case ipvs.IPv6:
		return netip.AddrFrom16(raw)
	}
	return netip.Addr{}
}
