package top

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxClients is the number of clients that are shown.
const maxClients = 1000

// ClientsOf is what connections are counted of.
type ClientsOf struct {
	Service ipvs.ServiceID
	// Server is one server of the service; the zero AddrPort is all of them.
	Server netip.AddrPort
}

// Clients are connections, counted by client.
type Clients struct {
	Of ClientsOf
	// Groups are the clients with most connections.
	Groups []ipvs.ConnGroup
	// All and Omitted are the totals of all clients, and of those that are not in
	// Groups.
	All, Omitted ipvs.ConnTotals
	Err          error
}

// clients is the screen of clients.
type clients struct {
	Clients
	isRead bool
	top    int // the first client on the screen
}

// shown returns the clients on a screen of this height.
func (c *clients) shown(height int) []ipvs.ConnGroup {
	from := min(c.top, len(c.Groups))
	return c.Groups[from:min(from+max(height, 0), len(c.Groups))]
}

// move moves the clients on the screen.
func (c *clients) move(top, height int) {
	c.top = max(min(top, len(c.Groups)-height), 0)
}

// showClients shows the clients of the selected service or server.
func (m *Model) showClients() Effect {
	r, ok := m.selected()
	if !ok {
		return Effect{}
	}

	of := ClientsOf{Service: r.service.ID}
	if r.server != nil {
		of.Server = r.server.Addr
	}
	m.mode = clientsMode
	m.clients = clients{Clients: Clients{Of: of}}
	return Effect{Count: true}
}

// Counting returns what to count the connections of. It reports whether there is such.
func (m *Model) Counting() (of ClientsOf, ok bool) {
	return m.clients.Of, m.mode == clientsMode
}

// Count takes counted connections, unless others are shown by now.
func (m *Model) Count(c Clients) {
	if of, ok := m.Counting(); !ok || of != c.Of {
		return
	}
	m.clients.Clients, m.clients.isRead = c, true
	m.clients.move(m.clients.top, m.bodyHeight())
}

// clientsKey does what a key asks for in the screen of clients.
func (m *Model) clientsKey(name string) Effect {
	if move, ok := moves[name]; ok {
		height := m.bodyHeight()
		top := move(m.clients.top, height, len(m.clients.Groups))
		m.clients.move(top, height)
		return Effect{}
	}

	switch name {
	case "q":
		return Effect{Quit: true}
	case "n":
		m.ShowNames = !m.ShowNames
	case "p":
		m.paused = !m.paused
		return Effect{Read: !m.paused}
	case "c", "esc", "enter":
		m.mode = tableMode
	}
	return Effect{}
}

// countClients counts the connections of a service or a server by client.
func countClients(k Kernel, of ClientsOf) Clients {
	c := Clients{Of: of}
	var table ipvs.Table
	if ipvs.ConnFilterNeedsTable(&of.Service) {
		if table, c.Err = k.Table(ipvs.Query{Detail: ipvs.PlainColumns}); c.Err != nil {
			return c
		}
	}

	connections, err := k.Connections()
	if err != nil {
		c.Err = err
		return c
	}

	filter := ipvs.NewConnFilter(&of.Service, of.Server, table.Entries)
	counter := ipvs.NewConnCounter([]ipvs.ConnKey{{Field: ipvs.ConnClient}}, false)
	for conn, err := range connections {
		switch {
		case err != nil:
			c.Err = err
		case filter.Match(conn):
			counter.Add(conn)
		}
	}

	groups, all, omitted := counter.Groups(maxClients)
	c.All, c.Omitted = all, omitted
	for g := range groups {
		c.Groups = append(c.Groups, g)
	}
	return c
}
