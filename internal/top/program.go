package top

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Names looks up names. Host and Port are called after Prefetch.
type Names interface {
	Host(netip.Addr) (string, bool)
	Port(ipvs.Protocol, uint16) (string, bool)
	Prefetch([]netip.Addr)
}

// Terminal is what the screen is drawn on.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	// Signals are the signals that end the program.
	Signals <-chan os.Signal
}

// Run shows the screen until a key or a signal ends it, and restores the terminal then, and
// after a panic, too.
func Run(k Kernel, names Names, o Options, t Terminal) error {
	p := &program{
		model:   NewModel(o, names.Port),
		sampler: newSampler(k, o.Service),
		names:   names,
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-t.Signals:
			cancel()
		case <-ended:
		}
	}()

	_, err := tea.NewProgram(p, tea.WithInput(t.In), tea.WithOutput(t.Out), tea.WithContext(ctx), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrProgramPanic) {
		return nil // by a signal
	}
	return err
}

// Once reads two samples, an interval apart, and returns the table as text with so many
// columns.
func Once(k Kernel, names Names, o Options, width int, after func(time.Duration) <-chan time.Time) (string, error) {
	m := NewModel(o, names.Port)
	m.Resize(width, m.height)
	s := newSampler(k, o.Service)
	for i := range 2 {
		if i > 0 {
			<-after(o.Interval)
		}
		sample := s.sample(o.Interval)
		if sample.Err != nil {
			return "", sample.Err
		}
		m.Add(sample)
	}

	m.height = headHeight + footHeight + len(m.rows)
	m.Name(lookUp(names, m.Unnamed()))
	return m.Text(), nil
}

// lookUp looks up the names of addresses.
func lookUp(names Names, addrs []netip.Addr) map[netip.Addr]string {
	names.Prefetch(addrs)
	found := make(map[netip.Addr]string, len(addrs))
	for _, a := range addrs {
		found[a], _ = names.Host(a)
	}
	return found
}

// program ties a Model to package bubbletea. The Model belongs to the goroutine of Update;
// the kernel to that of the one read which is under way, if isReading.
type program struct {
	model   *Model
	sampler *sampler
	names   Names

	start     time.Time // of the ticks
	ticks     int       // the number of the present series of them
	isReading bool
	next      reading // when the read under way is done
	isNaming  bool
}

// reading is what is read at one time.
type reading struct {
	sample, clients bool
}

// The messages of the program.
type (
	// tickMsg says that it is time for a sample. Those of another series are late.
	tickMsg struct{ series int }
	// readMsg has what was read.
	readMsg struct {
		sample  *Sample
		clients *Clients
	}
	// namesMsg has names that were looked up.
	namesMsg map[netip.Addr]string
)

// Init reads the first sample, and begins to tick.
func (p *program) Init() tea.Cmd {
	p.start = time.Now()
	return tea.Batch(p.read(reading{sample: true}), p.tick())
}

// Update takes a message.
func (p *program) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		if msg.series != p.ticks {
			return p, nil
		}
		return p, tea.Batch(p.sample(), p.tick())
	case readMsg:
		return p, p.take(msg)
	case namesMsg:
		p.isNaming = false
		p.model.Name(msg)
		return p, p.name()
	case tea.WindowSizeMsg:
		p.model.Resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		return p, p.key(msg)
	case tea.PasteMsg:
		// What is pasted is no series of keys.
	case tea.MouseWheelMsg:
		p.model.Wheel(msg.Button == tea.MouseWheelDown)
	case tea.MouseClickMsg:
		p.model.Click(msg.Y)
	}
	return p, p.name()
}

// key does what a key asks for.
func (p *program) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	if name == "ctrl+z" {
		return tea.Suspend
	}

	effect := p.model.Key(name)
	switch {
	case effect.Quit:
		return tea.Quit
	case effect.Interval:
		p.ticks++
		p.start = time.Now()
		return tea.Batch(p.read(reading{sample: true}), p.tick())
	case effect.Read, effect.Count:
		return p.read(reading{sample: effect.Read, clients: true})
	}
	return p.name()
}

// View draws the screen.
func (p *program) View() tea.View {
	v := tea.NewView(p.model.Screen())
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "ipvsadm-top " + visible(p.model.Host)
	return v
}

// tick returns the command that waits for the next time to sample: whole intervals from
// the start, so that they do not drift.
func (p *program) tick() tea.Cmd {
	series, interval := p.ticks, p.model.Interval
	passed := time.Since(p.start)
	next := (passed/interval + 1) * interval
	return tea.Tick(next-passed, func(time.Time) tea.Msg { return tickMsg{series} })
}

// sample reads a sample, unless the screen is paused, or something is being read: a table
// that takes longer than an interval is read at the next one.
func (p *program) sample() tea.Cmd {
	if p.model.paused || p.isReading {
		return nil
	}
	return p.read(reading{sample: true, clients: true})
}

// read returns the command that reads a sample, clients if the screen shows them, or both.
// There is one at a time.
func (p *program) read(what reading) tea.Cmd {
	if p.isReading {
		p.next.sample = p.next.sample || what.sample
		p.next.clients = p.next.clients || what.clients
		return nil
	}

	of, isCounting := p.model.Counting()
	what.clients = what.clients && isCounting
	if what == (reading{}) {
		return nil
	}

	p.isReading = true
	interval := p.model.Interval
	return func() tea.Msg {
		var msg readMsg
		if what.sample {
			sample := p.sampler.sample(interval)
			msg.sample = &sample
		}
		if what.clients {
			counted := countClients(p.sampler.kernel, of)
			msg.clients = &counted
		}
		return msg
	}
}

// take takes what was read.
func (p *program) take(msg readMsg) tea.Cmd {
	p.isReading = false
	if msg.sample != nil && (!p.model.paused || p.model.state.generation == 0) {
		p.model.Add(*msg.sample)
	}
	if msg.clients != nil {
		p.model.Count(*msg.clients)
	}

	next := p.next
	p.next = reading{}
	return tea.Batch(p.read(next), p.name())
}

// name returns the command that looks up the names on the screen that are not known. There
// is one at a time.
func (p *program) name() tea.Cmd {
	addrs := p.model.Unnamed()
	if len(addrs) == 0 || p.isNaming {
		return nil
	}
	p.isNaming = true
	return func() tea.Msg { return namesMsg(lookUp(p.names, addrs)) }
}
