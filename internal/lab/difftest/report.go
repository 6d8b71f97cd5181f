package difftest

import (
	"fmt"
	"strings"
)

// maxReported is how many differences of a script are written out: one fault
// often shows at every later command.
const maxReported = 6

// Report tells a reader where and how things differ; it is empty if nothing
// does.
func Report(all []Difference) string {
	var b strings.Builder
	for _, d := range all[:min(len(all), maxReported)] {
		fmt.Fprintf(&b, "%s\n  %s %s (- wanted, + ours):\n%s", d.Where, d.What, d.Why, diff(d.Want, d.Got))
	}
	if more := len(all) - maxReported; more > 0 {
		fmt.Fprintf(&b, "and %d more differences\n", more)
	}
	return b.String()
}

// diff shows two texts with the lines that differ marked. What stands between
// the first and the last difference is shown as removed and added: listings are
// short, and an exact account of a line is worth more than a small one.
func diff(want, got string) string {
	w, g := splitLines(want), splitLines(got)
	head := 0
	for head < len(w) && head < len(g) && w[head] == g[head] {
		head++
	}
	end := 0
	for end < len(w)-head && end < len(g)-head && w[len(w)-1-end] == g[len(g)-1-end] {
		end++
	}
	var b strings.Builder
	write(&b, "      ", w[:head])
	write(&b, "    - ", w[head:len(w)-end])
	write(&b, "    + ", g[head:len(g)-end])
	write(&b, "      ", w[len(w)-end:])
	return b.String()
}

// write writes lines with a mark before each and, for the blanks at their ends
// to be seen, a $ at the end of each.
func write(b *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		text, newline := strings.CutSuffix(line, "\n")
		if newline {
			text += "$"
		}
		fmt.Fprintf(b, "%s%s\n", mark, text)
	}
}

// splitLines cuts a text after each newline.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
