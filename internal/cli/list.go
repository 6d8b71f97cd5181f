package cli

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// lister prints what there is in the kernel: tables, connections, timeouts and
// sync daemons, in whatever form. What it prints is read, or at least opened,
// before the first byte is written.
type lister struct {
	out    *output
	kernel Kernel
	info   ipvs.Info
	names  Names

	// stamp is the time of a listing that is one of several; nil for a single one.
	stamp *format.Stamp
	// meter measures the rates of tables; nil for the kernel's own.
	meter *ipvs.Meter
}

// opening returns the buffer to append the first lines of a listing to. It has the time
// of a listing that is one of several.
func (l *lister) opening() []byte {
	b := l.out.AvailableBuffer()
	if l.stamp != nil {
		b = l.stamp.AppendText(b)
	}
	return b
}

// stamped returns the beginning of a JSON document, with the time of a listing that is one
// of several.
func (l *lister) stamped(doc []byte) []byte {
	if l.stamp == nil {
		return doc
	}
	return append(l.stamp.AppendJSON(nil), doc[1:]...)
}

// newLister returns a lister that writes to out. It opens the kernel.
func newLister(s *session, out *output) (*lister, error) {
	kernel, err := s.open()
	if err != nil {
		return nil, err
	}
	return &lister{out: out, kernel: kernel, info: s.info, names: s.env.Names}, nil
}

// list prints what a List command asks for. There is one JSON document of the
// table, which has everything: it does not depend on the columns asked for.
func (l *lister) list(what command.Listing) error {
	switch what.View {
	case command.Connections:
		if what.By != (ipvs.ConnKeys{}) {
			return l.connectionCounts(what)
		}
		return l.connections(what)
	case command.Timeouts:
		return l.timeouts(what)
	case command.Daemons:
		return l.daemons(what)
	}

	switch {
	case what.Metrics:
		return l.metrics(what)
	case what.JSON:
		return l.tableJSON(what, false)
	}
	return l.table(what)
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

// detailOf returns the detail that a view of the table needs.
func detailOf(v command.View) ipvs.Detail {
	switch v {
	case command.Plain:
		return ipvs.PlainColumns
	case command.Stats, command.Rate:
		return ipvs.WithStats
	}
	return ipvs.WithoutStats
}

// table prints the table of services, or one of them.
func (l *lister) table(what command.Listing) error {
	table, names, err := l.readTable(what, detailOf(what.View))
	if err != nil {
		return err
	}

	info := &l.info
	if what.Service != nil {
		info = nil
	}

	f := format.Listing{Style: styles[what.View], Exact: what.Exact, Names: names}
	if err := l.out.Write(f.AppendTitle(l.opening(), info)); err != nil {
		return err
	}

	for i := range table.Entries {
		e := &table.Entries[i]
		if err := l.out.Write(f.AppendService(l.out.AvailableBuffer(), &e.Service)); err != nil {
			return err
		}
		for j := range e.Destinations {
			line := f.AppendDestination(l.out.AvailableBuffer(), e.Service.ID.Protocol, &e.Destinations[j])
			if err := l.out.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// readTable reads the table, or the one service that is asked for, in the order
// that is asked for. It looks the names up that a listing of it shows; the Namer
// is nil where there are to be none.
func (l *lister) readTable(what command.Listing, detail ipvs.Detail) (ipvs.Table, format.Namer, error) {
	query := ipvs.Query{Service: what.Service, Detail: detail}
	table, err := l.measuredTable(query)
	if err != nil {
		return ipvs.Table{}, nil, newReadError(err)
	}
	if !what.KernelOrder {
		table.Sort()
	}
	if what.Numeric || what.JSON || what.Metrics {
		return table, nil, nil
	}

	l.names.Prefetch(addresses(&table))
	return table, l.names, nil
}

// measuredTable reads the table. Its rates are those of the meter, if there is one.
func (l *lister) measuredTable(q ipvs.Query) (table ipvs.Table, err error) {
	if l.meter == nil {
		return l.kernel.Table(q)
	}
	l.stamp.Interval, err = l.meter.Measure(func() ([]ipvs.Entry, error) {
		table, err = l.kernel.Table(q)
		return table.Entries, err
	})
	return table, err
}

// addresses returns those that a listing of the table shows.
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

// timeouts prints the timeouts of connections.
func (l *lister) timeouts(what command.Listing) error {
	t, err := l.kernel.Timeouts()
	if err != nil {
		return newReadError(err)
	}
	if what.JSON {
		return l.out.Write(l.stamped(format.AppendTimeoutsJSON(l.out.AvailableBuffer(), t)))
	}
	return l.out.Write(format.AppendTimeouts(l.opening(), t))
}

// daemons prints the sync daemons that run.
func (l *lister) daemons(what command.Listing) error {
	daemons, err := l.kernel.Daemons()
	if err != nil {
		return newReadError(err)
	}
	if what.JSON {
		return l.out.Write(l.stamped(format.AppendDaemonsJSON(l.out.AvailableBuffer(), daemons)))
	}

	if err := l.out.Write(l.opening()); err != nil {
		return err
	}
	for _, d := range daemons {
		if err := l.out.Write(format.AppendDaemon(l.out.AvailableBuffer(), d)); err != nil {
			return err
		}
	}
	return nil
}
