package top

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// headHeight is the number of lines above the rows, the titles among them.
	headHeight = 6
	// footHeight is the number of lines below the rows.
	footHeight = 1
)

// bodyHeight returns the number of rows on the screen.
func (m *Model) bodyHeight() int { return max(m.height-headHeight-footHeight, 1) }

// Screen returns the lines of the screen with their styles, as many as it has.
func (m *Model) Screen() string {
	lines := m.lines()
	var b []byte
	for i, l := range lines {
		if i > 0 {
			b = append(b, '\n')
		}
		b = l.fit(m.width).appendStyled(b)
	}
	return string(b)
}

// lines returns the lines of the screen.
func (m *Model) lines() []line {
	lines := m.head()
	switch m.mode {
	case helpMode:
		lines = append(lines, help()...)
	case clientsMode:
		lines = append(lines, m.clientLines()...)
	default:
		lines = append(lines, m.table(m.top, m.bodyHeight(), true)...)
	}

	for len(lines) < m.height-footHeight {
		lines = append(lines, nil)
	}
	lines = append(lines[:max(m.height-footHeight, 0)], m.foot())
	return lines[:m.height]
}

// Text returns the head and the whole table as plain text.
func (m *Model) Text() string {
	var b strings.Builder
	for _, l := range append(m.head(), m.table(0, len(m.rows), false)...) {
		b.WriteString(l.fit(m.width).plainText() + "\n")
	}
	return b.String()
}

// head returns the lines above the table.
func (m *Model) head() []line {
	t := &m.state
	rate := func(n uint64) string {
		if t.last.Elapsed == 0 {
			return "-"
		}
		return number(n)
	}
	rates := func(name string, in, out uint64, h history) line {
		numbers := fmt.Sprintf("%-13s in %5s   out %5s  ", name, rate(in), rate(out))
		return m.withGraph(numbers, h)
	}

	connections := fmt.Sprintf("%-13s    %5s              ", "Connections/s", rate(t.totals.ConnectionRate))
	return []line{
		m.headline(),
		m.counts(),
		m.withGraph(connections, t.connTrend),
		rates("Packets/s", t.totals.InPacketRate, t.totals.OutPacketRate, t.packetTrend),
		rates("Bits/s", 8*t.totals.InByteRate, 8*t.totals.OutByteRate, t.bitTrend),
	}
}

// withGraph returns a line of the head with a graph behind its numbers.
func (m *Model) withGraph(numbers string, h history) line {
	columns := min(m.width-len(numbers), totalsLength)
	return line{{numbers, strong}, {m.glyphs.graph(h, columns), plain}}
}

// headline returns the first line: where and when.
func (m *Model) headline() line {
	words := []string{"ipvsadm-top"}
	if m.paused {
		words = append(words, "PAUSED")
	}
	if m.state.last.Frozen {
		words = append(words, "NO RATES (run_estimation=0)")
	}

	words = append(words, visible(m.Host))
	if m.NetNS != "" {
		words = append(words, "netns "+visible(m.NetNS))
	}
	if !m.state.last.At.IsZero() {
		words = append(words, m.state.last.At.Format(time.DateTime))
	}
	words = append(words, "every "+seconds(m.Interval))
	return styledLine(strong, strings.Join(words, "  "))
}

// seconds returns a time in seconds.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

// counts returns the second line: how many of everything.
func (m *Model) counts() line {
	t := &m.state
	text := fmt.Sprintf("Services %d  Servers %d  Connections %s active, %s inactive",
		t.present(), t.servers, number(t.active), number(t.inactive))
	for _, d := range t.last.Daemons {
		text += fmt.Sprintf("  Sync %s %s/%d", d.State, visible(d.Interface), d.SyncID)
	}
	return styledLine(plain, text)
}

// table returns the titles, and a number of rows from one on.
func (m *Model) table(from, count int, withCursor bool) []line {
	ids, widths := layout(m.width)
	lines := []line{m.titles(ids, widths)}
	for i := from; i < min(from+count, len(m.rows)); i++ {
		l := m.rowLine(m.rows[i], ids, widths)
		if withCursor && i == m.cursor {
			l = styledLine(selected, l.fit(m.width).text())
		}
		lines = append(lines, l)
	}
	return lines
}

// text returns the text of the line.
func (l line) text() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.text)
	}
	return b.String()
}

// titles returns the line with the titles of the columns. The one that sorts the rows has
// a sign.
func (m *Model) titles(ids []columnID, widths map[columnID]int) line {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", prefixWidth))
	for i, id := range ids {
		text := columns[id].title
		if id == m.sort && id != byListing {
			text = m.sortSign() + cutText(text, widths[id]-1)
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		if isWord(id) {
			b.WriteString(left(text, widths[id], ""))
		} else {
			b.WriteString(right(text, widths[id]))
		}
	}
	return styledLine(title, left(b.String(), m.width, ""))
}

// sortSign returns the sign of the column that sorts the rows.
func (m *Model) sortSign() string {
	if m.ascending {
		return m.glyphs.asc
	}
	return m.glyphs.desc
}

// isWord reports whether a column has no numbers, and is left-justified.
func isWord(id columnID) bool { return id == byListing || id == byMethod || id == byTrend }

// rowLine returns a row.
func (m *Model) rowLine(r row, ids []columnID, widths map[columnID]int) line {
	at := m.state.last.At
	rowMark := r.mark(at)
	var b strings.Builder
	b.WriteByte(byte(rowMark))
	b.WriteString(m.foldSign(r))
	b.WriteByte(' ')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.cell(r, id, widths[id]))
	}
	return styledLine(styleOf(rowMark), b.String())
}

// foldSign returns the sign of a service whose servers are shown, or folded.
func (m *Model) foldSign(r row) string {
	switch {
	case r.server != nil || len(r.service.servers) == 0:
		return " "
	case r.service.folded:
		return m.glyphs.folded
	}
	return m.glyphs.open
}

// cell returns a column of a row.
func (m *Model) cell(r row, id columnID, width int) string {
	c := &columns[id]
	switch {
	case id == byListing && r.server != nil:
		return " " + left(m.serverName(r.service, r.server), width-1, m.glyphs.cut)
	case id == byListing:
		return left(m.serviceName(r.service), width, m.glyphs.cut)
	case id == byMethod:
		return left(method(r), width, m.glyphs.cut)
	case r.mark(m.state.last.At) == removed:
		return left("", width, "")
	case id == byTrend:
		return m.glyphs.graph(trendOf(r), width)
	case c.text != nil:
		return right(c.text(r), width)
	case c.isRate && m.state.last.Elapsed == 0:
		return right("-", width)
	}
	return right(number(c.value(r)), width)
}

// method returns the scheduler of a service, or the forwarding method of a server.
func method(r row) string {
	if r.server == nil {
		return visible(r.service.Scheduler)
	}
	return r.server.Forward.String()
}

// trendOf returns the history of a row.
func trendOf(r row) history {
	if r.server != nil {
		return r.server.trend
	}
	return r.service.trend
}

// foot returns the last line: an error, the text of the filter, or the keys.
func (m *Model) foot() line {
	switch {
	case m.mode == filterMode:
		return line{{"/" + m.filter, strong}, {" ", selected}}
	case m.err != nil:
		return styledLine(failed, "cannot read the table: "+visible(m.err.Error()))
	case m.mode == helpMode:
		return styledLine(title, "any key: back   q quit")
	case m.mode == clientsMode:
		return styledLine(title, "c back   up/down scroll   n names   p pause   q quit")
	}

	keys := "q quit  ? help  s sort  / filter  space fold  c clients  n names  p pause  +/-"
	if m.filter != "" {
		keys = "filter " + m.filter + "  (esc removes it)   " + keys
	}
	return styledLine(title, keys)
}

// clientLines returns the connections counted by client.
func (m *Model) clientLines() []line {
	c := &m.clients
	of := serviceName(nil, c.Of.Service)
	if c.Of.Server.IsValid() {
		of += " to " + m.endpoint(c.Of.Service.Protocol, c.Of.Server)
	}

	head := fmt.Sprintf("Connections  Share Client   (%d clients of %s)", c.All.Groups, of)
	if !c.isRead {
		head = "Counting the connections of " + of
	}
	lines := []line{styledLine(title, left(head, m.width, m.glyphs.cut))}
	if c.Err != nil {
		lines = append(lines, styledLine(failed, "cannot read the connections: "+visible(c.Err.Error())))
	}
	for _, g := range c.shown(m.bodyHeight()) {
		lines = append(lines, styledLine(plain, m.clientText(&g)))
	}
	return lines
}

// clientText returns the line of a client.
func (m *Model) clientText(g *ipvs.ConnGroup) string {
	name := g.Client.String()
	if host, ok := m.hostName(g.Client); ok && m.ShowNames {
		name = visible(host)
	}
	share := permille(g.Connections, m.clients.All.Connections)
	return fmt.Sprintf("%11d %3d.%d%% %s", g.Connections, share/10, share%10, name)
}

// help returns the lines of the help.
func help() []line {
	lines := []line{styledLine(title, left("Help", 80, ""))}
	for _, text := range []string{
		"arrows, PgUp, PgDn, Home, End, wheel   move       space  fold a service   f  all",
		"s  sort by the next column   S  in the other direction   /  filter by text",
		"c  connections of the selected service or server, counted by client",
		"n  names or numbers   p  pause   + -  interval   q  quit",
		"",
		"R  removed                    A  added less than 10 s ago",
		"T  at its upper threshold     Z  weight 0: gets no new connections",
		"I  no traffic for 30 s        E  a service without servers",
		"",
		"CPS  new connections per second      PktI PktO BitI BitO  packets, bits per",
		"second, in and out                   Pers  persistent clients",
		"%Con  share of the service's connections, beside  %Wgt  share of its weights",
		"Rates are measured by the counters, which the kernel adds up every two seconds.",
	} {
		lines = append(lines, styledLine(plain, text))
	}
	return lines
}
