package difftest

import (
	"fmt"
	"strings"
)

// maxReported limits the differences that are reported per script: one bug often
// affects every later command.
const maxReported = 6

// Report formats differences for a reader. It returns "" if there are none.
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

// diff formats two texts with the different lines marked. All lines between the first
// and the last difference are shown as removed and added.
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

// write writes lines with a mark before each. A $ at the end of each line makes
// trailing blanks visible.
func write(b *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		text, newline := strings.CutSuffix(line, "\n")
		if newline {
			text += "$"
		}
		fmt.Fprintf(b, "%s%s\n", mark, text)
	}
}

// splitLines splits a text after each newline.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
