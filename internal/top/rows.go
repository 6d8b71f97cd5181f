package top

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// row is a row of the table: a service, or one of its servers.
type row struct {
	service *service
	server  *server // nil in the row of the service
}

// mark returns the mark of the row at a time. The servers of a service that was removed
// are removed.
func (r row) mark(at time.Time) mark {
	if m := r.service.mark(at); r.server == nil || m == removed {
		return m
	}
	return r.server.mark(at)
}

// arrange finds out which rows there are, and in which order. The cursor stays on what it
// is on.
func (m *Model) arrange() {
	var at row
	if m.cursor < len(m.rows) {
		at = m.rows[m.cursor]
	}

	services := m.state.services
	if m.sort != byListing {
		services = slices.Clone(services)
		slices.SortStableFunc(services, func(a, b *service) int { return m.compare(row{a, nil}, row{b, nil}) })
	}

	m.rows = m.rows[:0]
	for _, svc := range services {
		m.addRows(svc)
	}

	if at.service != nil {
		m.cursor = m.position(at)
	}
	m.scroll()
}

// addRows adds the rows of a service, if the filter selects any of them.
func (m *Model) addRows(svc *service) {
	servers := svc.servers
	if m.filter != "" && !m.matches(m.serviceName(svc)) {
		servers = nil
		for _, srv := range svc.servers {
			if m.matches(m.serverName(svc, srv)) {
				servers = append(servers, srv)
			}
		}
		if servers == nil {
			return
		}
	}

	m.rows = append(m.rows, row{svc, nil})
	if svc.folded {
		return
	}
	if m.sort != byListing {
		servers = slices.Clone(servers)
		slices.SortStableFunc(servers, func(a, b *server) int { return m.compare(row{svc, a}, row{svc, b}) })
	}
	for _, srv := range servers {
		m.rows = append(m.rows, row{svc, srv})
	}
}

// compare compares two rows by the column that sorts them.
func (m *Model) compare(a, b row) int {
	c := cmp.Compare(columns[m.sort].value(b), columns[m.sort].value(a))
	if m.ascending {
		return -c
	}
	return c
}

// matches reports whether the filter selects a text.
func (m *Model) matches(text string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(m.filter))
}

// position returns the position of a row. If it is not there, that is the one of its
// service, or the position where the cursor is.
func (m *Model) position(want row) int {
	found := m.cursor
	for i, r := range m.rows {
		if r == want {
			return i
		}
		if r.service == want.service && r.server == nil {
			found = i
		}
	}
	return found
}

// scroll moves the cursor into the table, and the table so that the cursor is on the
// screen.
func (m *Model) scroll() {
	m.cursor = max(min(m.cursor, len(m.rows)-1), 0)
	height := m.bodyHeight()
	m.top = max(min(m.top, len(m.rows)-height), 0)
	m.top = min(m.top, m.cursor)
	m.top = max(m.top, m.cursor-height+1)
}

// selected returns the row of the cursor. It reports whether there is one.
func (m *Model) selected() (row, bool) {
	if m.cursor >= len(m.rows) {
		return row{}, false
	}
	return m.rows[m.cursor], true
}

// serviceName returns a service as the table shows it: TCP 10.0.0.1:80, or FWM 1.
func (m *Model) serviceName(svc *service) string {
	var names format.Namer
	if m.ShowNames {
		names = namer{m}
	}
	return serviceName(names, svc.ID)
}

// serviceName returns a service as the table shows it.
func serviceName(names format.Namer, id ipvs.ServiceID) string {
	return visible(string(format.AppendServiceID(nil, names, id)))
}

// serverName returns a server as the table shows it.
func (m *Model) serverName(svc *service, srv *server) string {
	return m.endpoint(svc.ID.Protocol, srv.Addr)
}

// endpoint returns an address and its port as the table shows them.
func (m *Model) endpoint(p ipvs.Protocol, end netip.AddrPort) string {
	var names format.Namer
	if m.ShowNames {
		names = namer{m}
	}
	return visible(string(format.AppendEndpoint(nil, names, p, end)))
}
