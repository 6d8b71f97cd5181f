package kernel

import (
	"errors"
	"slices"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Table reads the services that q asks for, with their real servers, both in the
// kernel's order. Before that it makes the request of Info, unless it was made.
//
// One service is read by two requests; an unknown one is *ipvs.Error with
// ReadService and ESRCH. All services are read by one request, and their servers
// by one more for each service, or, when q.Detail is Activity, by one look at
// the proc file system. A service that vanishes meanwhile is left out. Nothing
// ties the parts together: a table that changes while it is read is a mixture.
func (c *Client) Table(q ipvs.Query) (ipvs.Table, error) {
	info, err := c.Info()
	if err != nil {
		return ipvs.Table{}, err
	}
	t := ipvs.Table{Info: info}
	if q.Service != nil {
		t.Entries, err = c.entry(*q.Service, q.Detail)
	} else {
		t.Entries, err = c.entries(q.Detail)
	}
	if err != nil {
		return ipvs.Table{}, err
	}
	return t, nil
}

// entry reads one service.
func (c *Client) entry(id ipvs.ServiceID, detail ipvs.Detail) ([]ipvs.Entry, error) {
	body := func(e *genl.Encoder) {
		e.Nested(cmdAttrService, func(ne *genl.Encoder) {
			encodeService(e, &ipvs.Service{ID: id})
		})
	}
	s, err := get(c, ipvs.ReadService, cmdGetService, body, func(b []byte) (ipvs.Service, error) {
		return decodeService(b, &c.names, detail)
	})
	if err != nil {
		return nil, err
	}
	dests, err := c.destinations(s.ID, detail, new(arena))
	if errors.Is(err, syscall.ESRCH) {
		return nil, &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}
	}
	if err != nil {
		return nil, err
	}
	return []ipvs.Entry{{Service: s, Destinations: dests}}, nil
}

// manyServices are what there is room for at once. The room is memory only where it
// is used; to make it bit by bit would use four times as much.
const manyServices = 1 << 13

// services lists all services, without their servers.
func (c *Client) services(detail ipvs.Detail) ([]ipvs.Entry, error) {
	entries := make([]ipvs.Entry, 0, manyServices)
	reset := func() { entries = entries[:0] }
	_, err := c.dump(ipvs.ReadServices, cmdGetService, nil, reset, func(b []byte) error {
		s, err := decodeService(b, &c.names, detail)
		entries = append(entries, ipvs.Entry{Service: s})
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// destinations gives the servers of one service, in memory of the arena.
func (c *Client) destinations(id ipvs.ServiceID, detail ipvs.Detail, a *arena) ([]ipvs.Destination, error) {
	body := func(e *genl.Encoder) {
		e.Nested(cmdAttrService, func(ne *genl.Encoder) { encodeServiceID(e, &id) })
	}
	_, err := c.dump(ipvs.ReadDestinations, cmdGetDest, body, a.reset, func(b []byte) error {
		return decodeDestination(b, id.Family, detail, a.add())
	})
	if err != nil {
		a.reset()
	}
	return a.cut(), err
}

// entries lists all services with their servers.
func (c *Client) entries(detail ipvs.Detail) ([]ipvs.Entry, error) {
	if detail == ipvs.PlainColumns {
		c.conn.LongDatagrams() // there will hardly be another dump
	}
	entries, err := c.services(detail)
	if err != nil {
		return nil, err
	}
	var a arena
	var joined []bool
	if detail == ipvs.PlainColumns && len(entries) > 0 {
		// Without an answer from there, all servers are dumped.
		joined, _ = c.joinProc(entries, &a)
	}
	return c.dumpDestinations(entries, joined, detail, &a)
}

// dumpDestinations reads the servers of each service by a request, but for those
// that were joined from elsewhere. Services that are gone meanwhile are left out.
//
// One socket asks one question at a time: three system calls, 0.11 to 0.4 ms a
// service on User-Mode Linux, of which decoding a server takes 1 µs.
func (c *Client) dumpDestinations(entries []ipvs.Entry, joined []bool, detail ipvs.Detail, a *arena) ([]ipvs.Entry, error) {
	doubtful := 0
	for i := range entries {
		if joined != nil && joined[i] {
			continue
		}
		dests, err := c.destinations(entries[i].Service.ID, detail, a)
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			return nil, err
		}
		entries[i].Destinations = dests
		if len(dests) == 0 {
			doubtful++
		}
	}
	if doubtful == 0 {
		return entries, nil
	}
	return c.dropVanished(entries)
}

// dropVanished leaves out those services without servers that are not there any
// more. The kernel does not tell: its answer for a service that it does not know
// is an empty list, too. So the services are listed once more.
func (c *Client) dropVanished(entries []ipvs.Entry) ([]ipvs.Entry, error) {
	present, err := c.services(ipvs.WithoutStats)
	if err != nil {
		return nil, err
	}
	there := make(map[ipvs.ServiceID]bool, len(present))
	for _, e := range present {
		there[e.Service.ID] = true
	}
	return slices.DeleteFunc(entries, func(e ipvs.Entry) bool {
		return len(e.Destinations) == 0 && !there[e.Service.ID]
	}), nil
}
