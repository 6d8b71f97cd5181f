package host

import (
	"encoding/binary"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// readLinks lists the interfaces, with their parameters.
func (g *gatherer) readLinks(conn *genl.Conn) error {
	request := genl.Request{
		Family: rtmGetLink, Header: make([]byte, linkHeader),
		Body: func(e *genl.Encoder) { e.Uint32(linkAttrExtMask, skipStats) },
	}
	reset := func() { g.facts.Links, g.facts.Sysctls = nil, Sysctls{} }
	_, err := conn.Dump(request, reset, func(b []byte) error {
		l, err := decodeLink(b, g.facts.Sysctls)
		g.facts.Links = append(g.facts.Links, l)
		return err
	})
	if err != nil {
		reset()
	}
	return err
}

// decodeLink decodes a struct ifinfomsg (include/uapi/linux/rtnetlink.h) and the attributes
// behind it. It adds the parameters of the link to s.
func decodeLink(b []byte, s Sysctls) (Link, error) {
	flags := binary.NativeEndian.Uint32(b[8:])
	l := Link{
		Index:     int(int32(binary.NativeEndian.Uint32(b[4:]))),
		Up:        flags&flagUp != 0,
		Running:   flags&flagRunning != 0,
		Loopback:  flags&flagLoopback != 0,
		NoARP:     flags&flagNoARP != 0,
		Multicast: flags&flagMulticast != 0,
	}

	d := genl.NewDecoder(b[linkHeader:])
	for d.Next() {
		switch d.Type() {
		case linkAttrName:
			l.Name = string(d.Text())
		case linkAttrMTU:
			l.MTU = int(d.Uint32())
		case linkAttrMaster:
			l.Master = int(d.Uint32())
		case linkAttrInfo:
			if err := decodeLinkInfo(d.Bytes(), &l); err != nil {
				return Link{}, err
			}
		case linkAttrFamilies: // behind the name
			if err := decodeLinkSysctls(d.Bytes(), l.Name, s); err != nil {
				return Link{}, err
			}
		}
	}
	return l, d.Err()
}

// decodeLinkInfo decodes the attribute that depends on the kind of a link.
func decodeLinkInfo(b []byte, l *Link) error {
	var data []byte
	d := genl.NewDecoder(b)
	for d.Next() {
		switch d.Type() {
		case infoAttrKind:
			l.Kind = string(d.Text())
		case infoAttrData:
			data = d.Bytes()
		}
	}
	if d.Err() != nil {
		return d.Err()
	}

	ends, ok := tunnelAttributes[l.Kind]
	if !ok {
		return nil
	}
	l.Tunnel = new(Tunnel)
	d = genl.NewDecoder(data)
	for d.Next() {
		switch d.Type() {
		case ends.local:
			l.Tunnel.Local = addrOrNone(d.Bytes())
		case ends.remote:
			l.Tunnel.Remote = addrOrNone(d.Bytes())
		}
	}
	return d.Err()
}

// tunnelEnds are the types of the attributes that contain the ends of a tunnel.
type tunnelEnds struct{ local, remote uint16 }

// tunnelAttributes has the kinds of tunnels that IPVS sends to, with the attributes of
// include/uapi/linux/if_tunnel.h: IFLA_IPTUN_LOCAL and _REMOTE, IFLA_GRE_LOCAL and _REMOTE.
var tunnelAttributes = map[string]tunnelEnds{
	"ipip":   {2, 3},
	"sit":    {2, 3},
	"ip6tnl": {2, 3},
	"gre":    {6, 7},
	"ip6gre": {6, 7},
}

// addrOrNone returns an address, or the zero Addr for the address 0, which stands for any,
// and for what is no address.
func addrOrNone(b []byte) netip.Addr {
	a, ok := netip.AddrFromSlice(b)
	if !ok || a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}
