package cli

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// list prints what a List command asks for.
func (s *session) list(l command.Listing) error {
	if l.JSON {
		return s.listJSON(l)
	}
	switch l.View {
	case command.Connections:
		return s.listConnections(l)
	case command.Timeouts:
		return s.listTimeouts(format.AppendTimeouts)
	case command.Daemons:
		return s.listDaemons()
	}
	return s.listTable(l)
}

// styles ties the views of the table to the formats.
var styles = [...]format.Style{
	command.Plain:           format.Plain,
	command.Stats:           format.Stats,
	command.Rate:            format.Rate,
	command.Thresholds:      format.Thresholds,
	command.PersistentConns: format.PersistentConn,
	command.TunInfo:         format.TunInfo,
}

// listTable prints the table of services, or one of them.
func (s *session) listTable(l command.Listing) error {
	table, names, err := s.readTable(ipvs.Query{Service: l.Service, Detail: detailOf(l.View)}, l)
	if err != nil {
		return err
	}
	info := &s.info
	if l.Service != nil {
		info = nil
	}
	f := format.Listing{Style: styles[l.View], Exact: l.Exact, Names: names}
	if err := s.wrote(f.AppendTitle(s.out, info)); err != nil {
		return err
	}
	for i := range table.Entries {
		e := &table.Entries[i]
		if err := s.wrote(f.AppendService(s.out, &e.Service)); err != nil {
			return err
		}
		for j := range e.Destinations {
			if err := s.wrote(f.AppendDestination(s.out, e.Service.ID.Protocol, &e.Destinations[j])); err != nil {
				return err
			}
		}
	}
	return nil
}

// detailOf is what a view of the table needs.
func detailOf(v command.View) ipvs.Detail {
	switch v {
	case command.Plain:
		return ipvs.PlainColumns
	case command.Stats, command.Rate:
		return ipvs.WithStats
	}
	return ipvs.WithoutStats
}

// readTable reads the table, in order, and makes its names ready.
func (s *session) readTable(q ipvs.Query, l command.Listing) (ipvs.Table, format.Namer, error) {
	kernel, err := s.open()
	if err != nil {
		return ipvs.Table{}, nil, err
	}
	table, err := kernel.Table(q)
	if err != nil {
		return ipvs.Table{}, nil, unread(err)
	}
	if !l.KernelOrder {
		table.Sort()
	}
	if l.Numeric {
		return table, nil, nil
	}
	s.env.Names.Prefetch(addresses(&table))
	return table, s.env.Names, nil
}

// addresses are those that a listing of the table shows.
func addresses(t *ipvs.Table) []netip.Addr {
	var all []netip.Addr
	for i := range t.Entries {
		e := &t.Entries[i]
		if e.Service.ID.FWMark == 0 {
			all = append(all, e.Service.ID.Addr.Addr())
		}
		for j := range e.Destinations {
			all = append(all, e.Destinations[j].Addr.Addr())
		}
	}
	return all
}

// listTimeouts prints the timeouts in the form that appendTo writes.
func (s *session) listTimeouts(appendTo func([]byte, ipvs.Timeouts) []byte) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	t, err := kernel.Timeouts()
	if err != nil {
		return unread(err)
	}
	return s.wrote(appendTo(s.out, t))
}

func (s *session) listDaemons() error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	daemons, err := kernel.Daemons()
	if err != nil {
		return unread(err)
	}
	for _, d := range daemons {
		if err := s.wrote(format.AppendDaemon(s.out, d)); err != nil {
			return err
		}
	}
	return nil
}

// nameBatch is how many connections are read ahead to look their names up
// together.
const nameBatch = 1024

// listConnections prints the connections as they are read: there may be millions.
func (s *session) listConnections(l command.Listing) error {
	if _, err := s.open(); err != nil {
		return err
	}
	f := format.Connections{Persistent: l.EngineData}
	if err := s.wrote(f.AppendTitle(s.out)); err != nil {
		return err
	}
	if !l.Numeric {
		f.Names = s.env.Names
		return s.listNamedConnections(l, f)
	}
	return s.eachConnection(l, func(c *ipvs.Connection) error {
		return s.wrote(f.AppendLine(s.out, c))
	})
}

// listNamedConnections prints the connections a batch at a time, the names of
// each batch looked up together.
func (s *session) listNamedConnections(l command.Listing, f format.Connections) error {
	batch := make([]ipvs.Connection, 0, nameBatch)
	err := s.eachConnection(l, func(c *ipvs.Connection) error {
		if batch = append(batch, *c); len(batch) < nameBatch {
			return nil
		}
		full := batch
		batch = batch[:0]
		return s.printNamed(full, f)
	})
	if printErr := s.printNamed(batch, f); err == nil {
		err = printErr
	}
	return err
}

func (s *session) printNamed(batch []ipvs.Connection, f format.Connections) error {
	addrs := make([]netip.Addr, 0, 3*len(batch))
	for i := range batch {
		c := &batch[i]
		addrs = append(addrs, c.Client.Addr(), c.Virtual.Addr(), c.Destination.Addr())
	}
	s.env.Names.Prefetch(addrs)
	for i := range batch {
		if err := s.wrote(f.AppendLine(s.out, &batch[i])); err != nil {
			return err
		}
	}
	return nil
}
