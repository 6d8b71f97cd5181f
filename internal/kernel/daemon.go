package kernel

import (
	"fmt"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// encodeDaemon encodes a sync daemon to start, in the order of the reference program.
// The kernel chooses what is zero. It is the opposite of decodeDaemon.
func encodeDaemon(e *genl.Encoder, d ipvs.Daemon) {
	encodeDaemonID(e, d.State, d.Interface, d.SyncID)
	if d.MaxLen != 0 {
		e.Uint16(daemonAttrMaxLen, d.MaxLen)
	}
	if d.Port != 0 {
		e.Uint16(daemonAttrPort, d.Port)
	}
	if d.TTL != 0 {
		e.Uint8(daemonAttrTTL, d.TTL)
	}

	switch group := d.Group; {
	case group.Is4():
		e.Bytes(daemonAttrGroup, group.AsSlice())
	case group.Is6():
		encodeAddr(e, daemonAttrGroup6, group)
	}
}

// encodeDaemonID encodes the three attributes that the kernel requires. A request to stop
// has no others, and an empty interface.
func encodeDaemonID(e *genl.Encoder, state ipvs.DaemonState, ifname string, syncID uint32) {
	e.Uint32(daemonAttrState, uint32(state))
	e.String(daemonAttrInterface, ifname)
	e.Uint32(daemonAttrSyncID, syncID)
}

// decodeDaemon reads a sync daemon from the attributes of a message.
func decodeDaemon(b []byte) (ipvs.Daemon, error) {
	var d ipvs.Daemon
	a := genl.NewNestedDecoder(b, cmdAttrDaemon)
	for a.Next() {
		decodeDaemonAttribute(&a, &d)
	}

	if a.Err() != nil {
		return ipvs.Daemon{}, fmt.Errorf("sync daemon: %w", a.Err())
	}
	return d, nil
}

// decodeDaemonAttribute reads one attribute. It ignores those that it does not know.
func decodeDaemonAttribute(a *genl.Decoder, d *ipvs.Daemon) {
	switch a.Type() {
	case daemonAttrState:
		d.State = ipvs.DaemonState(a.Uint32())
	case daemonAttrInterface:
		d.Interface = string(a.Text())
	case daemonAttrSyncID:
		d.SyncID = a.Uint32()
	case daemonAttrMaxLen:
		d.MaxLen = a.Uint16()
	case daemonAttrGroup:
		if b, ok := a.FixedBytes(4); ok {
			d.Group = netip.AddrFrom4([4]byte(b))
		}
	case daemonAttrGroup6:
		if b, ok := a.FixedBytes(lengthOfAddr); ok {
			d.Group = netip.AddrFrom16([16]byte(b))
		}
	case daemonAttrPort:
		d.Port = a.Uint16()
	case daemonAttrTTL:
		d.TTL = a.Uint8()
	}
}
