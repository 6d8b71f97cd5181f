package top

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// style is how a text looks. Colors never have a meaning alone: a letter says the same.
type style uint8

// The styles.
const (
	plain    style = iota
	strong         // numbers above the table
	title          // titles of columns, and the line of keys
	selected       // the row of the cursor
	alarming       // removed, or full
	warning        // weight 0
	fresh          // added
	faint          // idle, or empty
	failed         // an error
)

// sequences are the select graphic rendition sequences of ECMA-48 for styles.
var sequences = [...]string{
	plain: "", strong: "\x1b[1m", title: "\x1b[7m", selected: "\x1b[7;1m",
	alarming: "\x1b[31m", warning: "\x1b[33m", fresh: "\x1b[32m", faint: "\x1b[36m", failed: "\x1b[1;31m",
}

// styleOf returns the style of a row by its mark.
func styleOf(m mark) style {
	switch m {
	case removed, full:
		return alarming
	case weight0:
		return warning
	case added:
		return fresh
	case idle, noServer:
		return faint
	}
	return plain
}

// span is a text with a style.
type span struct {
	text  string
	style style
}

// line is a line of the screen.
type line []span

// styledLine returns a line of one style.
func styledLine(s style, text string) line { return line{{text, s}} }

// fit returns the line with a number of columns, cut or filled with blanks of the style of
// its end.
func (l line) fit(columns int) line {
	var fitted line
	left := columns
	for _, s := range l {
		text := cutText(s.text, left)
		left -= utf8.RuneCountInString(text)
		fitted = append(fitted, span{text, s.style})
	}

	if left > 0 {
		end := plain
		if len(fitted) > 0 {
			end = fitted[len(fitted)-1].style
		}
		fitted = append(fitted, span{strings.Repeat(" ", left), end})
	}
	return fitted
}

// plainText returns the text of the line without blanks at its end.
func (l line) plainText() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.text)
	}
	return strings.TrimRight(b.String(), " ")
}

// appendStyled appends the line with its styles.
func (l line) appendStyled(b []byte) []byte {
	for _, s := range l {
		if s.style == plain {
			b = append(b, s.text...)
			continue
		}
		b = append(append(append(b, sequences[s.style]...), s.text...), "\x1b[0m"...)
	}
	return b
}

// cutText returns at most the first columns of a text.
func cutText(text string, columns int) string {
	if len(text) <= columns {
		return text
	}
	n := 0
	for i := range text {
		if n == columns {
			return text[:i]
		}
		n++
	}
	return text
}

// left returns a text in a column, left-justified. A text that is cut ends with a mark.
func left(text string, columns int, cutMark string) string {
	n := utf8.RuneCountInString(text)
	if n > columns && columns > 0 {
		return cutText(text, columns-1) + cutMark
	}
	return text + strings.Repeat(" ", max(columns-n, 0))
}

// right returns a text in a column, right-justified.
func right(text string, columns int) string {
	n := utf8.RuneCountInString(text)
	return strings.Repeat(" ", max(columns-n, 0)) + cutText(text, columns)
}

// number returns a number in at most five characters: 99999, 123K, 1.23M. It is rounded
// down.
func number(n uint64) string {
	if n < 100_000 {
		return strconv.FormatUint(n, 10)
	}

	unit := 0
	for n >= 1_000_000 {
		n /= 1000
		unit++
	}

	letter := "KMGTPE"[unit : unit+1]
	whole, rest := n/1000, n%1000
	switch {
	case whole >= 100:
		return strconv.FormatUint(whole, 10) + letter
	case whole >= 10:
		return strconv.FormatUint(whole, 10) + "." + strconv.FormatUint(rest/100, 10) + letter
	}
	return strconv.FormatUint(whole, 10) + "." + strconv.FormatUint(rest/100, 10) + strconv.FormatUint(rest/10%10, 10) + letter
}

// percent returns a share as a nearest whole percentage; empty if there is no whole.
func percent(part, whole uint64) string {
	if whole == 0 {
		return ""
	}
	return strconv.FormatUint((100*part+whole/2)/whole, 10) + "%"
}

// visible returns a text that came from outside with a question mark for everything but
// visible ASCII: a terminal must not obey it, and each character has one column.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// glyphs are the characters that depend on the terminal.
type glyphs struct {
	bars                         []string // of graphs, from the lowest
	open, folded, cut, desc, asc string
}

// unicodeGlyphs are those of terminals with UTF-8, and asciiGlyphs of others.
var (
	unicodeGlyphs = glyphs{
		bars: strings.Split(" ▁▂▃▄▅▆▇█", ""), open: "▾", folded: "▸", cut: "…", desc: "▾", asc: "▴",
	}
	asciiGlyphs = glyphs{
		bars: strings.Split(" .:-=+*#@", ""), open: "-", folded: "+", cut: "~", desc: "v", asc: "^",
	}
)

// graph returns the last values of a history as a graph of as many columns. The highest
// bar is the greatest of them; what is not 0 can be seen.
func (g *glyphs) graph(h history, columns int) string {
	if columns <= 0 {
		return ""
	}
	shown := h[max(len(h)-columns, 0):]
	var top uint64
	for _, v := range shown {
		top = max(top, v)
	}

	var b strings.Builder
	b.WriteString(strings.Repeat(" ", columns-len(shown)))
	for _, v := range shown {
		b.WriteString(g.bars[barHeight(v, top, len(g.bars)-1)])
	}
	return b.String()
}

// barHeight returns the height of a bar, from 0 to highest.
func barHeight(v, top uint64, highest int) int {
	if v == 0 || top == 0 {
		return 0
	}
	return max(1, int(float64(v)/float64(top)*float64(highest)+0.5))
}
