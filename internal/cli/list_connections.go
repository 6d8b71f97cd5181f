package cli

import (
	"errors"
	"io/fs"
	"iter"
	"net/netip"
	"path"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// connections prints the connections as they are read: there may be millions.
func (l *lister) connections(what command.Listing) error {
	selected, err := l.openConnections(what)
	switch {
	case err != nil:
		return err
	case what.JSON:
		return l.connectionsJSON(selected)
	}

	f := format.Connections{Persistent: what.EngineData}
	if err := l.out.Write(f.AppendTitle(l.opening())); err != nil {
		return err
	}
	if !what.Numeric {
		f.Names = l.names
		return l.namedConnections(selected, f)
	}

	for c, err := range selected {
		if err != nil {
			return newReadError(err)
		}
		if err := l.out.Write(f.AppendLine(l.out.AvailableBuffer(), c)); err != nil {
			return err
		}
	}
	return nil
}

// connectionsJSON prints the connections as a JSON document. It is whole even
// where a connection could not be read.
func (l *lister) connectionsJSON(selected iter.Seq2[*ipvs.Connection, error]) error {
	var doc format.ConnectionsJSON
	if err := l.out.Write(l.stamped(doc.AppendOpening(l.out.AvailableBuffer()))); err != nil {
		return err
	}

	n := 0
	var readErr error
	for c, err := range selected {
		if err != nil {
			readErr = newReadError(err)
			break
		}
		if err := l.out.Write(doc.AppendConnection(l.out.AvailableBuffer(), n, c)); err != nil {
			return err
		}
		n++
	}

	if err := l.out.Write(doc.AppendClosing(l.out.AvailableBuffer())); err != nil {
		return err
	}
	return readErr
}

// nameBatch is how many connections are read before their names are looked up
// together.
const nameBatch = 1024

// namedConnections prints connections with names, a batch at a time.
func (l *lister) namedConnections(selected iter.Seq2[*ipvs.Connection, error], f format.Connections) error {
	batch := make([]ipvs.Connection, 0, nameBatch)
	for c, err := range selected {
		if err != nil {
			return errors.Join(l.printNamed(batch, f), newReadError(err))
		}
		if batch = append(batch, *c); len(batch) < nameBatch {
			continue
		}
		if err := l.printNamed(batch, f); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return l.printNamed(batch, f)
}

// printNamed prints a batch of connections.
func (l *lister) printNamed(batch []ipvs.Connection, f format.Connections) error {
	addrs := make([]netip.Addr, 0, 3*len(batch))
	for i := range batch {
		c := &batch[i]
		addrs = append(addrs, c.Client.Addr(), c.Virtual.Addr(), c.Destination.Addr())
	}

	l.names.Prefetch(addrs)

	for i := range batch {
		if err := l.out.Write(f.AppendLine(l.out.AvailableBuffer(), &batch[i])); err != nil {
			return err
		}
	}
	return nil
}

// openConnections opens the connection table, and returns the connections that a
// listing is for. A connection is good until the next.
//
// A line of the kernel's that cannot be understood is passed over, because what a
// client sends can end up in one. The first error comes last, and ends them.
func (l *lister) openConnections(what command.Listing) (iter.Seq2[*ipvs.Connection, error], error) {
	filter, err := l.connectionFilter(what)
	if err != nil {
		return nil, err
	}

	connections, err := l.kernel.Connections()
	if err != nil {
		return nil, newConnectionsError(err)
	}

	return func(yield func(*ipvs.Connection, error) bool) {
		var first error
		for c, err := range connections {
			switch {
			case err != nil:
				if first == nil {
					first = err
				}
			case filter.Match(c):
				if !yield(c, nil) {
					return
				}
			}
		}
		if first != nil {
			yield(nil, first)
		}
	}, nil
}

// connectionFilter returns the filter of a listing.
func (l *lister) connectionFilter(what command.Listing) (*ipvs.ConnFilter, error) {
	var table ipvs.Table
	if ipvs.ConnFilterNeedsTable(what.Service) {
		var err error
		if table, err = l.kernel.Table(ipvs.Query{Detail: ipvs.PlainColumns}); err != nil {
			return nil, newReadError(err)
		}
	}
	return ipvs.NewConnFilter(what.Service, what.Server, table.Entries), nil
}

// newConnectionsError returns the error of a listing without a file to open, as
// where no proc file system is mounted. The reference program says only that it
// cannot open the file, whatever the reason is.
func newConnectionsError(err error) error {
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) {
		return newReadError(err)
	}
	text := "cannot open file /proc/net/" + path.Base(pathErr.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		text += ": " + systemText(err)
	}
	return &exitError{status: statusReadError, err: withText(err, text)}
}
