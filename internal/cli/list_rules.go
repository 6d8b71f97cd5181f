package cli

import (
	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// rules prints what a Save command asks for: the table as rules, or as the JSON
// document that -R --json reads.
func (l *lister) rules(cmd command.Command) error {
	if cmd.Listing.JSON {
		return l.rulesJSON(cmd.Listing, cmd.Saving.All)
	}

	table, names, err := l.readTable(cmd.Listing, ipvs.WithoutStats)
	if err != nil {
		return err
	}

	rest, err := l.readRest(cmd.Saving.All)
	if err != nil {
		return err
	}

	rules := format.Rules{Names: names}
	for i := range table.Entries {
		e := &table.Entries[i]
		if err := l.out.Write(rules.AppendService(l.out.AvailableBuffer(), &e.Service)); err != nil {
			return err
		}
		for j := range e.Destinations {
			rule := rules.AppendDestination(l.out.AvailableBuffer(), e.Service.ID, &e.Destinations[j])
			if err := l.out.Write(rule); err != nil {
				return err
			}
		}
	}
	return l.restRules(rules, rest)
}

// restRules prints what is not in the table as rules: the timeouts, and last the
// sync daemons, which the kernel rejects where their interface is not there yet.
func (l *lister) restRules(rules format.Rules, rest *format.Rest) error {
	if rest == nil {
		return nil
	}
	b := rules.AppendChange(l.out.AvailableBuffer(), ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: rest.Timeouts})
	for _, d := range rest.Daemons {
		b = rules.AppendChange(b, ipvs.Change{Op: ipvs.StartDaemon, Daemon: d})
	}
	return l.out.Write(b)
}

// readRest reads what is not in the table, if it is asked for; else it returns nil.
func (l *lister) readRest(all bool) (*format.Rest, error) {
	if !all {
		return nil, nil
	}

	timeouts, err := l.kernel.Timeouts()
	if err != nil {
		return nil, newReadError(err)
	}

	daemons, err := l.kernel.Daemons()
	if err != nil {
		return nil, newReadError(err)
	}
	return &format.Rest{Timeouts: timeouts, Daemons: daemons}, nil
}

// tableJSON prints the table as a JSON document, and the rest of the state if all
// is asked for.
func (l *lister) tableJSON(what command.Listing, all bool) error {
	return l.document(format.JSON{}, what, ipvs.WithStats, all)
}

// rulesJSON prints what tableJSON does without counters and connections.
func (l *lister) rulesJSON(what command.Listing, all bool) error {
	return l.document(format.JSON{Rules: true}, what, ipvs.WithoutStats, all)
}

// document prints a JSON document of the table.
func (l *lister) document(doc format.JSON, what command.Listing, detail ipvs.Detail, all bool) error {
	table, _, err := l.readTable(what, detail)
	if err != nil {
		return err
	}

	rest, err := l.readRest(all)
	if err != nil {
		return err
	}

	if err := l.out.Write(l.stamped(doc.AppendOpening(l.out.AvailableBuffer(), &l.info))); err != nil {
		return err
	}

	for i := range table.Entries {
		if err := l.out.Write(doc.AppendEntry(l.out.AvailableBuffer(), i, &table.Entries[i])); err != nil {
			return err
		}
	}
	return l.out.Write(doc.AppendClosing(l.out.AvailableBuffer(), rest))
}
