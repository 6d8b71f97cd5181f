package top

import (
	"net/netip"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Options are what the screen begins with.
type Options struct {
	// Host is the name of this machine, and NetNS that of the network namespace, empty
	// for the caller's.
	Host, NetNS string
	// Service is the only service to show; nil shows all.
	Service *ipvs.ServiceID
	// Interval is the time from one sample to the next.
	Interval time.Duration
	// ShowNames shows names instead of addresses and ports.
	ShowNames bool
	// ASCII draws graphs and signs with ASCII, for terminals without UTF-8.
	ASCII bool
}

// mode is what takes the keys.
type mode int

// The modes.
const (
	tableMode mode = iota
	filterMode
	helpMode
	clientsMode
)

// Model is what is on the screen. Its methods have no effect outside of it; Effect says
// what there is to do.
type Model struct {
	Options
	state  state
	names  map[netip.Addr]string // of addresses; empty for one without
	ports  func(ipvs.Protocol, uint16) (string, bool)
	glyphs *glyphs

	width, height int
	mode          mode
	paused        bool
	err           error // of the last sample
	sort          columnID
	ascending     bool
	filter        string
	rows          []row
	cursor        int // the selected row
	top           int // the first row on the screen
	clients       clients
}

// Effect is what a change of the Model asks for.
type Effect struct {
	// Quit ends the program.
	Quit bool
	// Read asks for a sample, and Count for connections counted by client, both at once.
	Read, Count bool
	// Interval asks for another interval between samples.
	Interval bool
}

// NewModel returns the Model before the first sample. ports looks up names of ports.
func NewModel(o Options, ports func(ipvs.Protocol, uint16) (string, bool)) *Model {
	m := &Model{Options: o, ports: ports, names: map[netip.Addr]string{}, glyphs: &unicodeGlyphs, width: 80, height: 24}
	if o.ASCII {
		m.glyphs = &asciiGlyphs
	}
	return m
}

// Resize sets the size of the screen.
func (m *Model) Resize(width, height int) {
	m.width, m.height = max(width, 1), max(height, 1)
	m.scroll()
}

// Add adds a sample.
func (m *Model) Add(s Sample) {
	m.err = s.Err
	if s.Err != nil {
		return
	}
	m.state.add(&s)
	m.arrange()
}

// Unnamed returns the addresses on the screen whose names are to be shown and not known.
func (m *Model) Unnamed() []netip.Addr {
	if !m.ShowNames {
		return nil
	}

	var addrs []netip.Addr
	need := func(a netip.Addr) {
		if _, ok := m.names[a]; !ok && a.IsValid() {
			addrs = append(addrs, a)
		}
	}
	if m.mode == clientsMode {
		for _, g := range m.clients.shown(m.bodyHeight()) {
			need(g.Client)
		}
		return addrs
	}

	for _, r := range m.rows[min(m.top, len(m.rows)):min(m.top+m.bodyHeight(), len(m.rows))] {
		if r.server != nil {
			need(r.server.Addr.Addr())
		} else {
			need(r.service.ID.Addr.Addr())
		}
	}
	return addrs
}

// maxNames is the number of names that are kept.
const maxNames = 1 << 16

// Name takes the names of addresses, empty for those without.
func (m *Model) Name(names map[netip.Addr]string) {
	if len(m.names) > maxNames {
		clear(m.names)
	}
	for a, name := range names {
		m.names[a] = name
	}
}

// hostName returns the name of an address that is known, as a Namer does.
func (m *Model) hostName(a netip.Addr) (string, bool) {
	name := m.names[a]
	return name, name != ""
}

// namer is the Namer of a Model.
type namer struct{ m *Model }

func (n namer) Host(a netip.Addr) (string, bool) { return n.m.hostName(a) }

func (n namer) Port(p ipvs.Protocol, port uint16) (string, bool) { return n.m.ports(p, port) }
