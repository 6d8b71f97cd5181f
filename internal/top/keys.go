package top

import (
	"slices"
	"time"
	"unicode/utf8"
)

// intervals are the times between samples that + and - choose from.
var intervals = []time.Duration{
	time.Second, 2 * time.Second, 4 * time.Second, 6 * time.Second, 10 * time.Second,
	20 * time.Second, 30 * time.Second, time.Minute,
}

// wheelRows is the number of rows by which the wheel of the mouse moves the cursor.
const wheelRows = 3

// Key does what a key asks for. Keys have the names of package bubbletea: up, pgdown,
// space, ctrl+c. Text of a filter comes as it is typed.
func (m *Model) Key(name string) Effect {
	if name == "ctrl+c" {
		return Effect{Quit: true}
	}

	switch m.mode {
	case filterMode:
		m.filterKey(name)
		return Effect{}
	case helpMode:
		m.mode = tableMode
		return Effect{Quit: name == "q"}
	case clientsMode:
		return m.clientsKey(name)
	}
	return m.tableKey(name)
}

// tableKey does what a key asks for in the table.
func (m *Model) tableKey(name string) Effect {
	if move, ok := moves[name]; ok {
		m.cursor = move(m.cursor, m.bodyHeight(), len(m.rows))
		m.scroll()
		return Effect{}
	}

	switch name {
	case "q":
		return Effect{Quit: true}
	case "?", "h":
		m.mode = helpMode
	case "s", "S":
		m.sortBy(name == "S")
	case "/":
		m.mode = filterMode
	case "esc":
		m.filter = ""
		m.arrange()
	case "space":
		m.fold()
	case "f":
		m.foldAll()
	case "n":
		m.ShowNames = !m.ShowNames
		m.arrange()
	case "p":
		m.paused = !m.paused
		return Effect{Read: !m.paused}
	case "c", "enter":
		return m.showClients()
	case "+", "=":
		return m.changeInterval(1)
	case "-":
		return m.changeInterval(-1)
	}
	return Effect{}
}

// moves are the keys that move the cursor: from a row, with so many rows on the screen,
// in a table of n rows.
var moves = map[string]func(row, page, n int) int{
	"up":     func(row, _, _ int) int { return row - 1 },
	"k":      func(row, _, _ int) int { return row - 1 },
	"down":   func(row, _, _ int) int { return row + 1 },
	"j":      func(row, _, _ int) int { return row + 1 },
	"pgup":   func(row, page, _ int) int { return row - page },
	"pgdown": func(row, page, _ int) int { return row + page },
	"home":   func(_, _, _ int) int { return 0 },
	"g":      func(_, _, _ int) int { return 0 },
	"end":    func(_, _, n int) int { return n - 1 },
	"G":      func(_, _, n int) int { return n - 1 },
}

// Wheel moves the cursor by the wheel of the mouse.
func (m *Model) Wheel(down bool) {
	by := wheelRows
	if !down {
		by = -wheelRows
	}
	if m.mode == clientsMode {
		m.clients.move(m.clients.top+by, m.bodyHeight())
		return
	}
	m.cursor += by
	m.scroll()
}

// Click moves the cursor to a row of the screen, from 0.
func (m *Model) Click(y int) {
	i := m.top + y - headHeight
	if m.mode == tableMode && y >= headHeight && y < headHeight+m.bodyHeight() && i < len(m.rows) {
		m.cursor = i
	}
}

// sortBy sorts by the next column, or by the same in the other direction.
func (m *Model) sortBy(reverse bool) {
	switch {
	case !reverse:
		m.sort, m.ascending = nextSort(m.sort, m.width), false
	case m.sort != byListing:
		m.ascending = !m.ascending
	}
	m.arrange()
}

// fold folds the servers of the selected service, or unfolds them.
func (m *Model) fold() {
	if r, ok := m.selected(); ok {
		r.service.folded = !r.service.folded
		m.cursor = m.position(row{r.service, nil})
		m.arrange()
	}
}

// foldAll folds the servers of all services, or unfolds them if they all are folded.
func (m *Model) foldAll() {
	isOpen := slices.ContainsFunc(m.state.services, func(s *service) bool { return !s.folded })
	for _, s := range m.state.services {
		s.folded = isOpen
	}
	m.arrange()
}

// changeInterval takes the next interval, or the one before.
func (m *Model) changeInterval(by int) Effect {
	i, found := slices.BinarySearch(intervals, m.Interval)
	switch {
	case by > 0 && found:
		i++
	case by < 0:
		i--
	}

	if i < 0 || i >= len(intervals) {
		return Effect{}
	}
	m.Interval = intervals[i]
	return Effect{Interval: true}
}

// filterKey takes a key of the text of the filter.
func (m *Model) filterKey(name string) {
	switch {
	case name == "enter":
		m.mode = tableMode
	case name == "esc":
		m.mode, m.filter = tableMode, ""
	case name == "backspace":
		_, size := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-size]
	case name == "space":
		m.filter += " "
	case utf8.RuneCountInString(name) == 1 && name >= " " && name <= "~":
		m.filter += name
	}
	m.arrange()
}
