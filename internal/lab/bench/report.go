package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// result is a row that was measured.
type result struct {
	row
	other, ours sample
}

// newResult returns the result of a row with the other program's and our sample.
func newResult(r row, samples []sample) result {
	if len(samples) < 2 {
		return result{row: r}
	}
	return result{row: r, other: samples[0], ours: samples[1]}
}

// ratio returns how many times as fast our program is, as long it takes, or as much
// memory it uses, by the kind of the row.
func (r result) ratio() float64 {
	switch r.kind {
	case noLonger:
		return float64(r.ours.median()) / float64(r.other.median())
	case smaller:
		return float64(r.ours.peak) / float64(r.other.peak)
	}
	return float64(r.other.median()) / float64(r.ours.median())
}

// met reports whether the wanted ratio was reached, or none was wanted.
func (r result) met(kernel string) bool {
	want, ok := r.want[kernel]
	switch {
	case !ok:
		return true
	case r.kind == faster:
		return r.ratio() >= want
	}
	return r.ratio() <= want
}

// units are the units of the ratios.
var units = [...]string{faster: "× as fast", noLonger: "× as long", smaller: "× as much"}

// wanted returns the wanted ratio as text.
func (r result) wanted(kernel string) string {
	want, ok := r.want[kernel]
	switch {
	case !ok:
		return "–"
	case r.kind == faster:
		return fmt.Sprintf("≥ %v", want)
	}
	return fmt.Sprintf("≤ %v", want)
}

// verdict returns the ratio as text, marked if the wanted one was missed.
func (r result) verdict(kernel string) string {
	text := fmt.Sprintf("%.2f %s", r.ratio(), units[r.kind])
	if !r.met(kernel) {
		text += fmt.Sprintf(" **MISSED** (%s)", r.wanted(kernel))
	}
	return text
}

// otherTime returns the other program's time as text, with its name unless it is the
// reference.
func (r result) otherTime() string {
	text := seconds(r.other.median())
	if r.against != "" {
		text += " (" + r.against + ")"
	}
	return text
}

// report returns the table in Markdown, and below it the rows that missed the wanted
// ratio.
func report(kernel string, results []result) string {
	var b strings.Builder
	b.WriteString("| work | reference | ours | ratio | wanted | peak memory, reference | ours |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|\n")

	var missed []string
	for _, r := range results {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.work, r.otherTime(), seconds(r.ours.median()),
			r.verdict(kernel), r.wanted(kernel), mebibytes(r.other.peak), mebibytes(r.ours.peak))
		if !r.met(kernel) {
			missed = append(missed, r.work)
		}
	}

	if len(missed) > 0 {
		fmt.Fprintf(&b, "\n%d of %d rows missed what was wanted: %s.\n", len(missed), len(results), strings.Join(missed, "; "))
	}

	return b.String()
}

// seconds formats a time with three significant digits.
func seconds(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

// mebibytes formats a size in KiB.
func mebibytes(kib int) string {
	if kib == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f MiB", float64(kib)/1024)
}

// thousands formats a number with a comma every three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
