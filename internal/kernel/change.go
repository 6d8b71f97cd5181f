package kernel

import (
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// commandOf returns the command of a change. It reports false for an Op that reads.
func commandOf(op ipvs.Op) (cmd command, ok bool) {
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

// appendChange appends the request that makes a change. A change that cannot be put into
// a message (an Op that reads, a name of 64 KiB) fails with EINVAL, as the kernel would
// reject it.
func (c *Client) appendChange(b *genl.Batch, ch *ipvs.Change) error {
	cmd, ok := commandOf(ch.Op)
	if !ok {
		b.Skip()
		return syscall.EINVAL
	}
	return b.Append(c.request(cmd, func(e *genl.Encoder) { encodeChange(e, ch) }))
}

// encodeChange encodes the attributes of a change.
func encodeChange(e *genl.Encoder, ch *ipvs.Change) {
	switch ch.Op {
	case ipvs.AddService, ipvs.EditService:
		encodeNestedService(e, &ch.Service)
	case ipvs.DeleteService:
		encodeNamedService(e, ch.Service.ID)
	case ipvs.AddDestination, ipvs.EditDestination:
		encodeNamedService(e, ch.Service.ID)
		encodeNestedDestination(e, &ch.Destination)
	case ipvs.DeleteDestination:
		encodeNamedService(e, ch.Service.ID)
		d := namedDestination(ch.Destination.Addr)
		encodeNestedDestination(e, &d)
	case ipvs.Zero:
		if ch.Service.ID != (ipvs.ServiceID{}) {
			encodeNamedService(e, ch.Service.ID)
		}
	case ipvs.SetTimeouts:
		encodeTimeouts(e, ch.Timeouts)
	case ipvs.StartDaemon:
		e.Nested(cmdAttrDaemon, func(e *genl.Encoder) { encodeDaemon(e, ch.Daemon) })
	case ipvs.StopDaemon:
		e.Nested(cmdAttrDaemon, func(e *genl.Encoder) {
			encodeDaemonID(e, ch.Daemon.State, "", ch.Daemon.SyncID)
		})
	}
}

// encodeNestedService encodes a whole service in an attribute of its own.
func encodeNestedService(e *genl.Encoder, s *ipvs.Service) {
	e.Nested(cmdAttrService, func(e *genl.Encoder) { encodeService(e, s) })
}

// encodeNamedService encodes a service in a request that only names it.
func encodeNamedService(e *genl.Encoder, id ipvs.ServiceID) {
	s := namedService(id)
	encodeNestedService(e, &s)
}

// encodeNestedDestination encodes a whole real server in an attribute of its own.
func encodeNestedDestination(e *genl.Encoder, d *ipvs.Destination) {
	e.Nested(cmdAttrDest, func(e *genl.Encoder) { encodeDestination(e, d) })
}
