package cli

import (
	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// listJSON prints what a List command asks for as a JSON document. There is one
// document of the table, which has everything: which columns the command asks for
// makes no difference.
func (s *session) listJSON(l command.Listing) error {
	switch l.View {
	case command.Connections:
		return s.listConnectionsJSON(l)
	case command.Timeouts:
		return s.listTimeouts(format.AppendTimeoutsJSON)
	case command.Daemons:
		return s.listDaemonsJSON()
	}
	return s.printTableJSON(format.JSON{}, l, false)
}

// printTableJSON prints the table, and the rest of the state if it is asked for.
func (s *session) printTableJSON(doc format.JSON, l command.Listing, all bool) error {
	l.Numeric = true
	q := ipvs.Query{Service: l.Service}
	if doc.Rules {
		q.Detail = ipvs.WithoutStats
	}
	table, _, err := s.readTable(q, l)
	if err != nil {
		return err
	}
	var rest *format.Rest
	if all {
		if rest, err = s.rest(); err != nil {
			return err
		}
	}
	if err := s.wrote(doc.AppendOpening(s.out, &s.info)); err != nil {
		return err
	}
	for i := range table.Entries {
		if err := s.wrote(doc.AppendEntry(s.out, i, &table.Entries[i])); err != nil {
			return err
		}
	}
	return s.wrote(doc.AppendClosing(s.out, rest))
}

// listConnectionsJSON prints the connections as they are read.
func (s *session) listConnectionsJSON(l command.Listing) error {
	if _, err := s.open(); err != nil {
		return err
	}
	var doc format.ConnectionsJSON
	s.out = doc.AppendOpening(s.out)
	n := 0
	err := s.eachConnection(l, func(c *ipvs.Connection) error {
		n++
		return s.wrote(doc.AppendConnection(s.out, n-1, c))
	})
	if n == 0 && len(s.out) == 0 {
		return err // there was nothing to read
	}
	// The document is whole even where a connection could not be read.
	if closeErr := s.wrote(doc.AppendClosing(s.out)); err == nil {
		err = closeErr
	}
	return err
}

func (s *session) listDaemonsJSON() error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	daemons, err := kernel.Daemons()
	if err != nil {
		return unread(err)
	}
	return s.wrote(format.AppendDaemonsJSON(s.out, daemons))
}
