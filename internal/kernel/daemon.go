package kernel

import (
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeDaemon encodes a sync daemon to start, in the order of the reference
// program. What is zero is left to the kernel. It is the opposite of
// decodeDaemon.
func encodeDaemon(ae *encoder, d ipvs.Daemon) {
	encodeDaemonID(ae, d.State, d.Interface, d.SyncID)
	if d.MaxLen != 0 {
		ae.Uint16(daemonAttrMaxLen, d.MaxLen)
	}
	if d.Port != 0 {
		ae.Uint16(daemonAttrPort, d.Port)
	}
	if d.TTL != 0 {
		ae.Uint8(daemonAttrTTL, d.TTL)
	}
	switch group := d.Group; {
	case group.Is4():
		ae.Bytes(daemonAttrGroup, group.AsSlice())
	case group.Is6():
		ae.Addr(daemonAttrGroup6, group)
	}
}

// encodeDaemonID encodes the three attributes without which the kernel takes no
// request: all of a request to stop, whose interface is empty.
func encodeDaemonID(ae *encoder, state ipvs.DaemonState, ifname string, syncID uint32) {
	ae.Uint32(daemonAttrState, uint32(state))
	ae.String(daemonAttrInterface, ifname)
	ae.Uint32(daemonAttrSyncID, syncID)
}

// decodeDaemon reads a sync daemon from the attributes of a message.
func decodeDaemon(b []byte) (ipvs.Daemon, error) {
	var d ipvs.Daemon
	seen := false
	err := decode(b, func(ad *netlink.AttributeDecoder) {
		if ad.Type() == cmdAttrDaemon {
			seen = true
			unnest(ad, func(nad *netlink.AttributeDecoder) { decodeDaemonAttribute(nad, &d) })
		}
	})
	if err == nil && !seen {
		err = errMalformed
	}
	if err != nil {
		return ipvs.Daemon{}, fmt.Errorf("sync daemon: %w", err)
	}
	return d, nil
}

func decodeDaemonAttribute(ad *netlink.AttributeDecoder, d *ipvs.Daemon) {
	switch ad.Type() {
	case daemonAttrState:
		d.State = ipvs.DaemonState(ad.Uint32())
	case daemonAttrInterface:
		d.Interface = ad.String()
	case daemonAttrSyncID:
		d.SyncID = ad.Uint32()
	case daemonAttrMaxLen:
		d.MaxLen = ad.Uint16()
	case daemonAttrGroup, daemonAttrGroup6:
		if group := decodeGroup(ad); group.IsValid() {
			d.Group = group
		}
	case daemonAttrPort:
		d.Port = ad.Uint16()
	case daemonAttrTTL:
		d.TTL = ad.Uint8()
	}
}

// decodeGroup reads a multicast group, in the length of its family.
func decodeGroup(ad *netlink.AttributeDecoder) (group netip.Addr) {
	ad.Do(func(b []byte) error {
		want := 4
		if ad.Type() == daemonAttrGroup6 {
			want = lengthOfAddr
		}
		if len(b) != want {
			return errMalformed
		}
		group, _ = netip.AddrFromSlice(b)
		return nil
	})
	return group
}
