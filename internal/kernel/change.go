package kernel

import (
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// commandOf is the command of a change, false for an Op that only reads.
func commandOf(op ipvs.Op) (command, bool) {
	switch op {
	case ipvs.AddService:
		return cmdNewService, true
	case ipvs.EditService:
		return cmdSetService, true
	case ipvs.DeleteService:
		return cmdDelService, true
	case ipvs.AddDestination:
		return cmdNewDest, true
	case ipvs.EditDestination:
		return cmdSetDest, true
	case ipvs.DeleteDestination:
		return cmdDelDest, true
	case ipvs.Flush:
		return cmdFlush, true
	case ipvs.Zero:
		return cmdZero, true
	case ipvs.SetTimeouts:
		return cmdSetConfig, true
	case ipvs.StartDaemon:
		return cmdNewDaemon, true
	case ipvs.StopDaemon:
		return cmdDelDaemon, true
	}
	return 0, false
}

// appendChange appends the request that makes a change. A change that cannot be put
// into a message (an Op that reads, a name of 64 KiB) is refused with EINVAL, as the
// kernel would.
func (c *Client) appendChange(e *encoder, seq uint32, ch *ipvs.Change) error {
	cmd, ok := commandOf(ch.Op)
	if !ok {
		return syscall.EINVAL
	}
	return c.appendRequest(e, seq, 0, cmd, func(ae *encoder) { encodeChange(ae, ch) })
}

// encodeChange encodes the attributes of a change.
func encodeChange(ae *encoder, ch *ipvs.Change) {
	service := func(s *ipvs.Service) {
		ae.Nested(cmdAttrService, func(nae *encoder) { encodeService(nae, s) })
	}
	named := func() {
		s := namedService(ch.Service.ID)
		service(&s)
	}
	destination := func(d *ipvs.Destination) {
		ae.Nested(cmdAttrDest, func(nae *encoder) { encodeDestination(nae, d) })
	}
	switch ch.Op {
	case ipvs.AddService, ipvs.EditService:
		service(&ch.Service)
	case ipvs.DeleteService:
		named()
	case ipvs.AddDestination, ipvs.EditDestination:
		named()
		destination(&ch.Destination)
	case ipvs.DeleteDestination:
		named()
		d := namedDestination(ch.Destination.Addr)
		destination(&d)
	case ipvs.Zero:
		if ch.Service.ID != (ipvs.ServiceID{}) {
			named()
		}
	case ipvs.SetTimeouts:
		encodeTimeouts(ae, ch.Timeouts)
	case ipvs.StartDaemon:
		ae.Nested(cmdAttrDaemon, func(nae *encoder) { encodeDaemon(nae, ch.Daemon) })
	case ipvs.StopDaemon:
		ae.Nested(cmdAttrDaemon, func(nae *encoder) {
			encodeDaemonID(nae, ch.Daemon.State, "", ch.Daemon.SyncID)
		})
	}
}
