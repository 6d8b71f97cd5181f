package cli

import (
	"iter"
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// connectionCounts prints the connections counted by keys. If some of them cannot be read,
// it prints the others, as a listing of connections does.
func (l *lister) connectionCounts(what command.Listing) error {
	selected, err := l.openConnections(what)
	if err != nil {
		return err
	}

	counter := ipvs.NewConnCounter(what.By.List(), what.EngineData)
	var readErr error
	for c, err := range selected {
		if err != nil {
			readErr = newReadError(err)
			break
		}
		counter.Add(c)
	}

	groups, all, omitted := counter.Groups(int(what.Limit))
	if what.JSON {
		err = l.countsJSON(what, groups, all, omitted)
	} else {
		err = l.countsText(what, groups, all, omitted)
	}
	if err != nil {
		return err
	}
	return readErr
}

// countsText prints groups as text.
func (l *lister) countsText(what command.Listing, groups iter.Seq[ipvs.ConnGroup], all, omitted ipvs.ConnTotals) error {
	f := format.ConnCounts{Keys: what.By.List(), Templates: what.EngineData}
	if !what.Numeric {
		f.Names = l.names
	}
	if err := l.out.Write(f.AppendTitle(l.opening())); err != nil {
		return err
	}

	batch := make([]ipvs.ConnGroup, 0, nameBatch)
	print := func() error {
		l.prefetchGroups(f, batch)
		for i := range batch {
			if err := l.out.Write(f.AppendGroup(l.out.AvailableBuffer(), &batch[i], all.Connections)); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}

	for g := range groups {
		if batch = append(batch, g); len(batch) < nameBatch {
			continue
		}
		if err := print(); err != nil {
			return err
		}
	}
	if err := print(); err != nil {
		return err
	}
	return l.out.Write(f.AppendOmitted(l.out.AvailableBuffer(), omitted))
}

// prefetchGroups looks up the names that the lines of groups have, if they have names.
func (l *lister) prefetchGroups(f format.ConnCounts, groups []ipvs.ConnGroup) {
	if f.Names == nil {
		return
	}

	var addrs []netip.Addr
	for i := range groups {
		for _, a := range []netip.Addr{groups[i].Client, groups[i].Service.Addr(), groups[i].Server.Addr()} {
			if a.IsValid() {
				addrs = append(addrs, a)
			}
		}
	}
	l.names.Prefetch(addrs)
}

// countsJSON prints groups as a JSON document.
func (l *lister) countsJSON(what command.Listing, groups iter.Seq[ipvs.ConnGroup], all, omitted ipvs.ConnTotals) error {
	doc := format.ConnCountsJSON{Keys: what.By.List(), Templates: what.EngineData}
	if err := l.out.Write(l.stamped(doc.AppendOpening(l.out.AvailableBuffer(), all))); err != nil {
		return err
	}

	i := 0
	for g := range groups {
		if err := l.out.Write(doc.AppendGroup(l.out.AvailableBuffer(), i, &g, all.Connections)); err != nil {
			return err
		}
		i++
	}
	return l.out.Write(doc.AppendClosing(l.out.AvailableBuffer(), omitted))
}
