package host

import (
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// readAddresses lists the addresses of all interfaces.
func (g *gatherer) readAddresses(conn *genl.Conn) error {
	request := genl.Request{Family: rtmGetAddress, Header: make([]byte, addressHeader)}
	_, err := conn.Dump(request, func() { g.facts.Addresses = nil }, func(b []byte) error {
		a, err := decodeAddress(b)
		if a.Addr.IsValid() {
			g.facts.Addresses = append(g.facts.Addresses, a)
		}
		return err
	})
	if err != nil {
		g.facts.Addresses = nil
	}
	return err
}

// decodeAddress decodes a struct ifaddrmsg (include/uapi/linux/if_addr.h) and the
// attributes behind it. The prefix is invalid for an address of another family than IPv4
// and IPv6.
func decodeAddress(b []byte) (Address, error) {
	bits, flags := int(b[1]), uint32(b[2])
	a := Address{Scope: Scope(b[3]), Link: int(binary.NativeEndian.Uint32(b[4:]))}

	var local, other netip.Addr
	d := genl.NewDecoder(b[addressHeader:])
	for d.Next() {
		switch d.Type() {
		case addressAttrLocal:
			local, _ = netip.AddrFromSlice(d.Bytes())
		case addressAttrAddress:
			other, _ = netip.AddrFromSlice(d.Bytes())
		case addressAttrFlags:
			flags = d.Uint32()
		}
	}

	if !local.IsValid() {
		local = other
	}
	a.Addr = netip.PrefixFrom(local, bits)
	a.NoDAD = flags&flagNoDAD != 0
	a.DADFailed = flags&flagDADFailed != 0
	a.Tentative = flags&flagTentative != 0
	return a, d.Err()
}
