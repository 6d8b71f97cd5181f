package host

import (
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// readNeighbours lists the neighbours that the facts are about. A table can have tens of
// thousands of others.
func (g *gatherer) readNeighbours(conn *genl.Conn) error {
	wanted := g.neighbourAddresses()
	request := genl.Request{Family: rtmGetNeighbour, Header: make([]byte, neighbourHeader)}
	_, err := conn.Dump(request, func() { g.facts.Neighbours = nil }, func(b []byte) error {
		n, err := decodeNeighbour(b)
		if wanted[n.Addr] {
			g.facts.Neighbours = append(g.facts.Neighbours, n)
		}
		return err
	})
	if err != nil {
		g.facts.Neighbours = nil
	}
	return err
}

// neighbourAddresses returns the addresses of neighbours that the facts are about.
func (g *gatherer) neighbourAddresses() map[netip.Addr]bool {
	wanted := make(map[netip.Addr]bool, len(g.addresses))
	for _, a := range g.addresses {
		wanted[a] = true
	}
	for _, r := range g.facts.Routes {
		wanted[r.Gateway] = true
	}
	for _, d := range g.facts.Defaults {
		for _, h := range d.Hops {
			wanted[h.Gateway] = true
		}
	}
	delete(wanted, netip.Addr{})
	return wanted
}

// decodeNeighbour decodes a struct ndmsg (include/uapi/linux/neighbour.h) and the
// attributes behind it.
func decodeNeighbour(b []byte) (Neighbour, error) {
	n := Neighbour{
		Link:  int(int32(binary.NativeEndian.Uint32(b[4:]))),
		State: NeighbourState(binary.NativeEndian.Uint16(b[8:])),
	}

	d := genl.NewDecoder(b[neighbourHeader:])
	for d.Next() {
		if d.Type() == neighbourAttrAddress {
			n.Addr = addrOrNone(d.Bytes())
		}
	}
	return n, d.Err()
}
