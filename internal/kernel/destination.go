package kernel

import (
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeDestination encodes a whole real server, in the order of the reference
// program. It is the opposite of decodeDestination.
func encodeDestination(ae *encoder, d ipvs.Destination) {
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

// decodeDestination reads a real server from the attributes of a message. Its
// address is of the service's family unless the message says otherwise, which
// Linux does since 3.18.
func decodeDestination(b []byte, service ipvs.Family) (ipvs.Destination, error) {
	d := destinationDecoder{family: service}
	err := decode(b, func(ad *netlink.AttributeDecoder) {
		if ad.Type() == cmdAttrDest {
			d.seen = true
			unnest(ad, d.attribute)
		}
	})
	if err == nil && !d.seen {
		err = errMalformed
	}
	var stats ipvs.Stats
	if err == nil {
		stats, err = d.stats.result()
	}
	if err != nil {
		return ipvs.Destination{}, fmt.Errorf("server: %w", err)
	}
	dest := d.destination()
	dest.Stats = stats
	return dest, nil
}

// destinationDecoder collects the attributes of a real server, in whatever order
// they come.
type destinationDecoder struct {
	seen   bool
	d      ipvs.Destination
	family ipvs.Family
	addr   rawAddr
	port   uint16
	stats  statsDecoder
}

func (d *destinationDecoder) attribute(ad *netlink.AttributeDecoder) {
	switch ad.Type() {
	case destAttrFamily:
		d.family = ipvs.Family(ad.Uint16())
	case destAttrAddr:
		d.addr = decodeAddr(ad)
	case destAttrPort:
		d.port = decodeBigEndian16(ad)
	case destAttrForward:
		d.d.Forward = ipvs.Forward(ad.Uint32()) & ipvs.ForwardMask
	case destAttrWeight:
		d.d.Weight = ad.Int32()
	case destAttrUpperThreshold:
		d.d.UpperThreshold = ad.Uint32()
	case destAttrLowerThreshold:
		d.d.LowerThreshold = ad.Uint32()
	case destAttrActive:
		d.d.ActiveConnections = ad.Uint32()
	case destAttrInactive:
		d.d.InactiveConnections = ad.Uint32()
	case destAttrPersistent:
		d.d.PersistentConnections = ad.Uint32()
	default:
		d.tunnelOrStats(ad)
	}
}

func (d *destinationDecoder) tunnelOrStats(ad *netlink.AttributeDecoder) {
	switch ad.Type() {
	case destAttrTunnelType:
		d.d.Tunnel.Type = ipvs.TunnelType(ad.Uint8())
	case destAttrTunnelPort:
		d.d.Tunnel.Port = decodeBigEndian16(ad)
	case destAttrTunnelFlags:
		d.d.Tunnel.Flags = ipvs.TunnelFlags(ad.Uint16())
	case destAttrStats:
		d.stats.keep32(ad)
	case destAttrStats64:
		d.stats.decode64(ad)
	}
}

// destination is the server but for its counters, once all attributes are there.
func (d *destinationDecoder) destination() ipvs.Destination {
	dest := d.d
	if addr := d.addr.addr(d.family); addr.IsValid() {
		dest.Addr = netip.AddrPortFrom(addr, d.port)
	}
	return dest
}
