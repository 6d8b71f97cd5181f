package kernel

import (
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeDestination encodes a whole real server, in the order of the reference
// program. It is the opposite of decodeDestination.
func encodeDestination(ae *encoder, d *ipvs.Destination) {
	ae.Uint16(destAttrFamily, uint16(d.Family()))
	ae.Addr(destAttrAddr, d.Addr.Addr())
	ae.BigEndian16(destAttrPort, d.Addr.Port())
	ae.Uint32(destAttrForward, uint32(d.Forward&ipvs.ForwardMask))
	ae.Int32(destAttrWeight, d.Weight)
	ae.Uint8(destAttrTunnelType, uint8(d.Tunnel.Type))
	ae.BigEndian16(destAttrTunnelPort, d.Tunnel.Port)
	ae.Uint16(destAttrTunnelFlags, uint16(d.Tunnel.Flags))
	ae.Uint32(destAttrUpperThreshold, d.UpperThreshold)
	ae.Uint32(destAttrLowerThreshold, d.LowerThreshold)
}

// namedDestination is what stands for a server in a request that only names it:
// the values that the reference program sends, and the kernel ignores.
func namedDestination(addr netip.AddrPort) ipvs.Destination {
	return ipvs.Destination{Addr: addr, Forward: ipvs.Route, Weight: 1}
}

// decodeDestination reads a real server from the attributes of a message into
// dest, which must be zero. Its address is of the service's family unless the
// message says otherwise, which Linux does since 3.18.
func decodeDestination(b []byte, service ipvs.Family, detail ipvs.Detail, dest *ipvs.Destination) error {
	d := destinationDecoder{dest: dest, detail: detail, family: service}
	a := nestedIn(b, cmdAttrDest)
	for a.Next() {
		d.attribute(&a)
	}
	err := a.err
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// destinationDecoder collects the attributes of a real server, in whatever order
// they come.
type destinationDecoder struct {
	dest   *ipvs.Destination
	detail ipvs.Detail
	family ipvs.Family
	addr   rawAddr
	port   uint16
	stats  statsDecoder
}

func (d *destinationDecoder) attribute(a *attributes) {
	switch a.typ {
	case destAttrFamily:
		d.family = ipvs.Family(a.Uint16())
	case destAttrAddr:
		d.addr = a.Addr()
	case destAttrPort:
		d.port = a.BigEndian16()
	case destAttrForward:
		d.dest.Forward = ipvs.Forward(a.Uint32()) & ipvs.ForwardMask
	case destAttrWeight:
		d.dest.Weight = a.Int32()
	case destAttrUpperThreshold:
		d.dest.UpperThreshold = a.Uint32()
	case destAttrLowerThreshold:
		d.dest.LowerThreshold = a.Uint32()
	case destAttrActive:
		d.dest.ActiveConnections = a.Uint32()
	case destAttrInactive:
		d.dest.InactiveConnections = a.Uint32()
	case destAttrPersistent:
		d.dest.PersistentConnections = a.Uint32()
	default:
		d.tunnelOrStats(a)
	}
}

func (d *destinationDecoder) tunnelOrStats(a *attributes) {
	switch a.typ {
	case destAttrTunnelType:
		d.dest.Tunnel.Type = ipvs.TunnelType(a.Uint8())
	case destAttrTunnelPort:
		d.dest.Tunnel.Port = a.BigEndian16()
	case destAttrTunnelFlags:
		d.dest.Tunnel.Flags = ipvs.TunnelFlags(a.Uint16())
	case destAttrStats:
		d.stats.old = a.value
	case destAttrStats64:
		d.stats.exact = a.value
	}
}

// finish completes the server, once all attributes are there.
func (d *destinationDecoder) finish() (err error) {
	if addr := d.addr.addr(d.family); addr.IsValid() {
		d.dest.Addr = netip.AddrPortFrom(addr, d.port)
	}
	d.dest.Stats, err = d.stats.decode(d.detail)
	return err
}
