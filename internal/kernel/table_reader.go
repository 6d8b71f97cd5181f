package kernel

import (
	"errors"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// tableReader reads a whole table, and reads again what cannot be whole.
type tableReader struct {
	retries
	detail ipvs.Detail
	arena  arena
	// seen has the services in lists that were discarded, in order.
	seen   []ipvs.ServiceID
	isSeen map[ipvs.ServiceID]bool
	spare  []ipvs.Entry // the memory of a discarded list
}

// newTableReader returns a tableReader.
func newTableReader(c *Client, detail ipvs.Detail) *tableReader {
	return &tableReader{retries: retries{c: c}, detail: detail, isSeen: map[ipvs.ServiceID]bool{}}
}

// again waits before something is read again. The error is *incompleteTableError after
// too many times.
func (r *tableReader) again() error {
	if !r.retries.again() {
		return &incompleteTableError{r.reads}
	}
	// The longer the datagrams, the shorter the time in which the table can change.
	r.c.conn.LongDatagrams()
	return nil
}

// entries lists all services with their servers.
func (r *tableReader) entries() ([]ipvs.Entry, error) {
	if r.detail == ipvs.PlainColumns {
		r.c.conn.LongDatagrams() // there will hardly be another dump
	}

	l, err := r.list()
	if err != nil {
		return nil, err
	}
	changed, err := r.readServers(l)
	if err != nil {
		return nil, err
	}
	if changed {
		if l, err = r.settle(l); err != nil {
			return nil, err
		}
	}

	missed, err := r.missed(l)
	if err != nil {
		return nil, err
	}
	return append(l.entries, missed...), nil
}

// list lists all services, until the list is plausible.
func (r *tableReader) list() (*serviceList, error) {
	for {
		l, err := r.c.listServices(r.detail, r.spare)
		r.spare = nil
		if err != nil || l.plausible() {
			return l, err
		}

		r.discard(l)
		r.spare = l.entries[:0]
		if err := r.again(); err != nil {
			return nil, err
		}
	}
}

// discard keeps the identities of the services in a list that is not going to be used.
func (r *tableReader) discard(l *serviceList) {
	for i := range l.entries {
		id := l.entries[i].Service.ID
		if !r.isSeen[id] {
			r.isSeen[id] = true
			r.seen = append(r.seen, id)
		}
	}
}

// missed returns the services that were in discarded lists, are not in this one, and exist.
// Where services come and go all the time, every list may lack one, but hardly the same.
func (r *tableReader) missed(l *serviceList) (entries []ipvs.Entry, err error) {
	for _, id := range r.seen {
		if _, ok := l.index.find(&id); ok {
			continue
		}
		s, err := r.c.service(id, r.detail)
		if errors.Is(err, syscall.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}

		e := ipvs.Entry{Service: s}
		if err := r.readServersOf(&e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// readServers reads the servers of all services in the list. It reports whether there is a
// sign that the list is not whole: a service is gone, or there is one that is not in it.
func (r *tableReader) readServers(l *serviceList) (changed bool, err error) {
	var join procJoin
	if r.detail == ipvs.PlainColumns && len(l.entries) > 0 {
		// Without an answer from there, all servers are dumped.
		join, _ = r.c.joinProc(l, &r.arena)
	}

	var toRead, empty []int
	for i := range l.entries {
		if !join.joined(i) {
			toRead = append(toRead, i)
		}
	}
	if err := r.readServersAt(l.entries, toRead); err != nil {
		return false, err
	}
	for i := range l.entries {
		if len(l.entries[i].Destinations) == 0 {
			empty = append(empty, i)
		}
	}
	if join.unlisted > 0 {
		return true, nil
	}
	return r.anyGone(l, empty)
}

// readServersOf reads the servers of one service.
func (r *tableReader) readServersOf(e *ipvs.Entry) error {
	own := serverReader{&r.c.requester, r.detail, &r.arena}
	return own.read(e)
}

// fewServices is the number of services up to which it is faster to ask for each of them
// than to list all.
const fewServices = 16

// anyGone reports whether a service is gone, of those at these positions, which have no
// servers. The kernel does not report that: its answer to the request for the servers of
// a service that it does not know is an empty list, too.
func (r *tableReader) anyGone(l *serviceList, positions []int) (bool, error) {
	if len(positions) > fewServices {
		now, err := r.list()
		if err != nil {
			return false, err
		}
		for _, i := range positions {
			if _, ok := now.index.find(&l.entries[i].Service.ID); !ok {
				return true, nil
			}
		}
		return false, nil
	}

	for _, i := range positions {
		_, err := r.c.service(l.entries[i].Service.ID, ipvs.WithoutStats)
		if errors.Is(err, syscall.ESRCH) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// settle lists the services twice, until all of one list are in the next: then none of them
// was deleted while the former was read, so it is whole, and so is the latter. It takes
// the servers that are in first, and reads the others.
func (r *tableReader) settle(first *serviceList) (*serviceList, error) {
	r.discard(first)
	for {
		if err := r.again(); err != nil {
			return nil, err
		}

		l1, err := r.list()
		if err != nil {
			return nil, err
		}
		l2, err := r.list() // at once
		if err != nil {
			return nil, err
		}
		r.discard(l1)
		if l2.contains(l1) {
			return l2, r.completeServers(l2, first)
		}

		r.discard(l2)
		r.spare = l1.entries[:0]
	}
}

// completeServers takes the servers of services in first, and reads those of the others.
func (r *tableReader) completeServers(l, first *serviceList) error {
	for i := range l.entries {
		e := &l.entries[i]
		if j, ok := first.index.find(&e.Service.ID); ok {
			e.Destinations = first.entries[j].Destinations
		}
		if len(e.Destinations) > 0 {
			continue
		}
		if err := r.readServersOf(e); err != nil {
			return err
		}
	}
	return nil
}
