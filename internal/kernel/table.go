package kernel

import (
	"errors"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Table reads the services that q asks for, with their real servers, both in the kernel's
// order. Before that it makes the request of Info, unless it was made.
//
// One service is read by two requests; the error for an unknown one is *ipvs.Error with
// ReadService and ESRCH. All services are read by one request, and their servers by one
// more for each service, or, if q.Detail is PlainColumns, from the proc file system. A
// service that is deleted meanwhile is left out. Nothing ties the parts together: a table
// that changes while it is read is a mixture.
//
// Each service that was there all the time is in the table exactly once. If the table
// changes every time that it is read, the error wraps ipvs.ErrIncomplete.
func (c *Client) Table(q ipvs.Query) (ipvs.Table, error) {
	info, err := c.Info()
	if err != nil {
		return ipvs.Table{}, err
	}

	t := ipvs.Table{Info: info}
	if q.Service != nil {
		t.Entries, err = c.entry(*q.Service, q.Detail)
	} else {
		t.Entries, err = newTableReader(c, q.Detail).entries()
	}
	if err != nil {
		return ipvs.Table{}, err
	}
	return t, nil
}

// entry reads one service and its servers.
func (c *Client) entry(id ipvs.ServiceID, detail ipvs.Detail) ([]ipvs.Entry, error) {
	s, err := c.service(id, detail)
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

// service reads one service.
func (c *Client) service(id ipvs.ServiceID, detail ipvs.Detail) (ipvs.Service, error) {
	body := func(e *genl.Encoder) {
		e.Nested(cmdAttrService, func(e *genl.Encoder) { encodeService(e, &ipvs.Service{ID: id}) })
	}
	return get(c, ipvs.ReadService, cmdGetService, body, func(b []byte) (ipvs.Service, error) {
		return decodeService(b, &c.names, detail)
	})
}

// manyServices is the room for services at first. It is memory only where it is used; to
// let it grow from nothing would use four times as much.
const manyServices = 1 << 13

// listServices lists all services once, without their servers, in the memory of spare if
// there is some. It counts them before, at every datagram, and after.
func (c *Client) listServices(detail ipvs.Detail, spare []ipvs.Entry) (*serviceList, error) {
	counter := c.counter()
	defer counter.close()
	if spare == nil {
		spare = make([]ipvs.Entry, 0, manyServices)
	}
	l := &serviceList{entries: spare, all: []int{counter.all()}, ipv4: []int{counter.ipv4()}}

	lister := c.lister(max(l.all[0], l.ipv4[0]), detail)
	datagram := 0
	reset := func() { l.entries, datagram = l.entries[:0], 0 }
	datagrams, err := lister.dump(ipvs.ReadServices, cmdGetService, nil, reset, func(b []byte) error {
		if n := lister.conn.Datagrams(); n != datagram {
			datagram = n
			l.ipv4 = append(l.ipv4, counter.ipv4())
		}
		s, err := decodeService(b, &c.names, detail)
		l.entries = append(l.entries, ipvs.Entry{Service: s})
		return err
	})
	if err != nil {
		return nil, err
	}

	l.datagrams = datagrams
	l.index = newServiceIndex(l.entries)
	if l.datagrams > 1 {
		l.all, l.ipv4 = append(l.all, counter.all()), append(l.ipv4, counter.ipv4())
	}
	return l, nil
}

// lister returns the connection on which so many services are to be listed. For many it is
// one of its own, with long datagrams: the kernel counts from the first service at each of
// them, and would fill as long ones for the servers of each service. With 5,000 services,
// -Sn and -Ln --stats take 0.62 and 0.77 of the time of short datagrams on Linux 7.2, and
// 0.95 and 0.91 on 6.1 (qemu, medians of 7 by turns).
func (c *Client) lister(services int, detail ipvs.Detail) *requester {
	if services < manyRequests || detail == ipvs.PlainColumns || c.openConn == nil {
		return &c.requester
	}

	if c.longLists == nil {
		conn, err := c.openConn()
		if err != nil {
			return &c.requester // it is only slower
		}
		conn.LongDatagrams()
		c.longLists = &requester{conn, c.family}
	}
	return c.longLists
}
