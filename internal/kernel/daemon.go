package kernel

import (
	"fmt"
	"net/netip"

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
	a := nestedIn(b, cmdAttrDaemon)
	for a.Next() {
		decodeDaemonAttribute(&a, &d)
	}
	if a.err != nil {
		return ipvs.Daemon{}, fmt.Errorf("sync daemon: %w", a.err)
	}
	return d, nil
}

func decodeDaemonAttribute(a *attributes, d *ipvs.Daemon) {
	switch a.typ {
	case daemonAttrState:
		d.State = ipvs.DaemonState(a.Uint32())
	case daemonAttrInterface:
		d.Interface = string(a.Text())
	case daemonAttrSyncID:
		d.SyncID = a.Uint32()
	case daemonAttrMaxLen:
		d.MaxLen = a.Uint16()
	case daemonAttrGroup:
		if b, ok := a.sized(4); ok {
			d.Group = netip.AddrFrom4([4]byte(b))
		}
	case daemonAttrGroup6:
		if b, ok := a.sized(lengthOfAddr); ok {
			d.Group = netip.AddrFrom16([16]byte(b))
		}
	case daemonAttrPort:
		d.Port = a.Uint16()
	case daemonAttrTTL:
		d.TTL = a.Uint8()
	}
}
