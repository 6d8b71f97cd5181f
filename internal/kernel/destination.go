package kernel

import (
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeDestination encodes a whole real server, in the order of the reference program.
// It is the opposite of decodeDestination.
func encodeDestination(e *genl.Encoder, d *ipvs.Destination) {
	e.Uint16(destAttrFamily, uint16(d.Family()))
	encodeAddr(e, destAttrAddr, d.Addr.Addr())
	e.BigEndian16(destAttrPort, d.Addr.Port())
	e.Uint32(destAttrForward, uint32(d.Forward&ipvs.ForwardMask))
	e.Int32(destAttrWeight, d.Weight)
	e.Uint8(destAttrTunnelType, uint8(d.Tunnel.Type))
	e.BigEndian16(destAttrTunnelPort, d.Tunnel.Port)
	e.Uint16(destAttrTunnelFlags, uint16(d.Tunnel.Flags))
	e.Uint32(destAttrUpperThreshold, d.UpperThreshold)
	e.Uint32(destAttrLowerThreshold, d.LowerThreshold)
}

// namedDestination returns what stands for a server in a request that only names it, with
// the values that the reference program sends and the kernel ignores.
func namedDestination(addr netip.AddrPort) ipvs.Destination {
	return ipvs.Destination{Addr: addr, Forward: ipvs.Route, Weight: 1}
}

// decodeDestination reads a real server from the attributes of a message into dest, which
// must be zero. Without a family of its own, as before Linux 3.18, its address is of the
// service's family.
func decodeDestination(b []byte, service ipvs.Family, detail ipvs.Detail, dest *ipvs.Destination) error {
	d := destinationDecoder{dest: dest, detail: detail, family: service}
	a := genl.NewNestedDecoder(b, cmdAttrDest)
	for a.Next() {
		d.attribute(&a)
	}

	err := a.Err()
	if err == nil {
		err = d.finish()
	}
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// destinationDecoder collects the attributes of a real server, in whatever order they
// come.
type destinationDecoder struct {
	dest   *ipvs.Destination
	detail ipvs.Detail
	family ipvs.Family
	addr   rawAddr
	port   uint16
	stats  statsDecoder
}

// attribute reads one attribute. It ignores those that it does not know.
func (d *destinationDecoder) attribute(a *genl.Decoder) {
	switch a.Type() {
	case destAttrFamily:
		d.family = ipvs.Family(a.Uint16())
	case destAttrAddr:
		d.addr = decodeAddr(a)
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

// tunnelOrStats reads an attribute of the tunnel, or keeps one of the counters.
func (d *destinationDecoder) tunnelOrStats(a *genl.Decoder) {
	switch a.Type() {
	case destAttrTunnelType:
		d.dest.Tunnel.Type = ipvs.TunnelType(a.Uint8())
	case destAttrTunnelPort:
		d.dest.Tunnel.Port = a.BigEndian16()
	case destAttrTunnelFlags:
		d.dest.Tunnel.Flags = ipvs.TunnelFlags(a.Uint16())
	case destAttrStats:
		d.stats.old = a.Bytes()
	case destAttrStats64:
		d.stats.exact = a.Bytes()
	}
}

// finish completes the server after the last attribute.
func (d *destinationDecoder) finish() (err error) {
	if addr := d.addr.addr(d.family); addr.IsValid() {
		d.dest.Addr = netip.AddrPortFrom(addr, d.port)
	}
	d.dest.Stats, err = d.stats.decode(d.detail)
	return err
}
