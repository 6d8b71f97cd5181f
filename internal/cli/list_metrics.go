package cli

import (
	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// metrics prints the table and the rest of the state as metrics. By service, the servers
// are left out.
func (l *lister) metrics(what command.Listing) error {
	table, _, err := l.readTable(what, ipvs.WithStats)
	if err != nil {
		return err
	}

	rest, err := l.readRest(true)
	if err != nil {
		return err
	}

	if err := l.out.Write(format.AppendStateMetrics(l.out.AvailableBuffer(), &l.info, rest)); err != nil {
		return err
	}
	if err := l.serviceMetrics(table.Entries); err != nil || what.By != (ipvs.ConnKeys{}) {
		return err
	}
	return l.serverMetrics(table.Entries)
}

// serviceMetrics prints the metrics of services, those that have samples.
func (l *lister) serviceMetrics(entries []ipvs.Entry) error {
	if len(entries) == 0 {
		return nil
	}

	for _, m := range format.ServiceMetrics() {
		if err := l.out.Write(m.AppendHead(l.out.AvailableBuffer())); err != nil {
			return err
		}
		for i := range entries {
			if err := l.out.Write(m.AppendSample(l.out.AvailableBuffer(), &entries[i].Service)); err != nil {
				return err
			}
		}
	}
	return nil
}

// serverMetrics prints the metrics of servers, those that have samples.
func (l *lister) serverMetrics(entries []ipvs.Entry) error {
	for _, m := range format.ServerMetrics() {
		hasHead := false
		for i := range entries {
			e := &entries[i]
			for j := range e.Destinations {
				b := l.out.AvailableBuffer()
				if !hasHead {
					b, hasHead = m.AppendHead(b), true
				}
				if err := l.out.Write(m.AppendSample(b, &e.Service.ID, &e.Destinations[j])); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
