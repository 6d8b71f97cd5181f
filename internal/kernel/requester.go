package kernel

import (
	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// requester sends requests of the IPVS family on one connection.
type requester struct {
	conn   *genl.Conn
	family uint16 // the type of all messages to and from IPVS
}

// request returns a request of the IPVS family. A nil body is one without attributes.
func (r *requester) request(cmd command, body func(*genl.Encoder)) genl.Request {
	return genl.Request{Family: r.family, Version: familyVersion, Command: uint8(cmd), Body: body}
}

// dump sends a request for a list, and calls entry with the attributes of each entry.
// Before the first one, and again before each repetition of a dump that the kernel
// reports as interrupted, it calls reset. It returns the number of datagrams that the
// entries came in.
func (r *requester) dump(op ipvs.Op, cmd command, body func(*genl.Encoder), reset func(), entry func([]byte) error) (datagrams int, err error) {
	datagrams, err = r.conn.Dump(r.request(cmd, body), reset, entry)
	return datagrams, newReadError(op, err)
}

// destinations lists the servers of one service, in memory of the arena. The kernel has
// them in a list, whose order changes only by servers that are added or deleted.
func (r *requester) destinations(id ipvs.ServiceID, detail ipvs.Detail, a *arena) ([]ipvs.Destination, error) {
	body := func(e *genl.Encoder) {
		e.Nested(cmdAttrService, func(e *genl.Encoder) { encodeServiceID(e, &id) })
	}
	_, err := r.dump(ipvs.ReadDestinations, cmdGetDest, body, a.reset, func(b []byte) error {
		return decodeDestination(b, id.Family, detail, a.add())
	})
	if err != nil {
		a.reset()
	}
	return a.cut(), err
}
