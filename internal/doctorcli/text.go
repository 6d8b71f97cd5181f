package doctorcli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
)

// width is the greatest length of a line in characters. A word that is longer is not cut.
const width = 80

// The escape sequences of colours (ECMA-48, select graphic rendition).
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[1;34m"
	green  = "\x1b[32m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// levelColor returns the colour of a level.
func levelColor(l doctor.Level) string {
	switch l {
	case doctor.Fault:
		return red
	case doctor.Warning:
		return yellow
	}
	return blue
}

// textReport returns the report as text.
func textReport(r *request, facts *doctor.Facts, report *doctor.Report, color bool) []byte {
	w := textWriter{color: color}
	w.findings(report, r.verbose)
	w.gaps(facts.Gaps)
	w.notDone(report.NotDone)
	if r.verbose {
		w.healthy(report)
	}
	w.line("", bold, summary(report))
	return []byte(w.b.String())
}

// textWriter writes paragraphs.
type textWriter struct {
	b     strings.Builder
	color bool
}

// maxSame is the number of findings of one check and level that are written. A network
// that is down makes one for each server.
const maxSame = 10

// findings writes the findings. Verbose ones have the source of the check, too; of others,
// those of a check beyond maxSame are only counted.
func (w *textWriter) findings(report *doctor.Report, verbose bool) {
	type kind struct {
		level doctor.Level
		code  string
	}
	left := map[kind]int{}
	for _, f := range report.Findings {
		left[kind{f.Level, f.Code}]++
	}

	written := map[kind]int{}
	for _, f := range report.Findings {
		k := kind{f.Level, f.Code}
		left[k]--
		written[k]++
		color, level := levelColor(f.Level), f.Level.String()
		switch {
		case verbose:
			w.paragraph(color, level, f.Code+" "+f.Subject, f.Evidence, f.Advice, "source: "+sourceOf(report, f.Code))
		case written[k] <= maxSame:
			w.paragraph(color, level, f.Code+" "+f.Subject, f.Evidence, f.Advice)
		case left[k] == 0:
			w.paragraph(color, level, fmt.Sprintf("%s: %d more, which --verbose lists", f.Code, written[k]-maxSame))
		}
	}
}

// sourceOf returns where the behaviour is documented that a check is about.
func sourceOf(report *doctor.Report, code string) string {
	for i := range report.Done {
		if report.Done[i].Code == code {
			return report.Done[i].Source
		}
	}
	return ""
}

// paragraph writes a word in a colour, what follows it on the line, and indented lines.
func (w *textWriter) paragraph(color, word, head string, lines ...string) {
	w.line("", color, word+" "+head)
	for _, line := range lines {
		if line != "" {
			w.line("  ", "", line)
		}
	}
	w.b.WriteByte('\n')
}

// line writes a text that is broken between words, each line behind the indent and all but
// the first further in. The first word has the colour; a summary is all in bold.
func (w *textWriter) line(indent, color, text string) {
	length := 0
	for i, word := range strings.Fields(printable(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			w.b.WriteString(indent)
			length = len(indent)
			word = w.colored(color, word)
		case length+1+n > width:
			w.b.WriteString("\n  " + indent)
			length = len(indent) + 2
		default:
			w.b.WriteByte(' ')
			length++
		}
		w.b.WriteString(word)
		length += n
	}
	w.b.WriteByte('\n')
}

// colored returns a word in a colour.
func (w *textWriter) colored(color, word string) string {
	if !w.color || color == "" {
		return word
	}
	return color + word + plain
}

// printable returns a text in which characters that are not printable are escaped: names
// of interfaces can have them, and the text goes to a terminal.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// gaps writes what could not be read, those with one reason together.
func (w *textWriter) gaps(gaps []doctor.Gap) {
	var reasons []string
	names := map[string][]string{}
	for _, g := range gaps {
		if _, ok := names[g.Reason]; !ok {
			reasons = append(reasons, g.Reason)
		}
		names[g.Reason] = append(names[g.Reason], gapName(g))
	}
	for _, reason := range reasons {
		w.paragraph(yellow, "UNKNOWN", strings.Join(names[reason], ", "), "could not be read: "+reason)
	}
}

// gapName returns the name of what could not be read.
func gapName(g doctor.Gap) string {
	if g.Name == "" {
		return string(g.Fact)
	}
	return fmt.Sprintf("%s (%s)", g.Fact, g.Name)
}

// notDone writes the checks that were not done, those that miss the same facts together.
func (w *textWriter) notDone(checks []doctor.NotDone) {
	var missing []string
	codes := map[string][]string{}
	for _, c := range checks {
		text := missingText(c.Missing)
		if _, ok := codes[text]; !ok {
			missing = append(missing, text)
		}
		codes[text] = append(codes[text], c.Check.Code)
	}
	for _, text := range missing {
		w.paragraph(yellow, "NOT-DONE", strings.Join(codes[text], ", "), "without: "+text)
	}
}

// missingText lists facts.
func missingText(facts []doctor.Fact) string {
	var words []string
	for _, f := range facts {
		words = append(words, string(f))
	}
	return strings.Join(words, ", ")
}

// healthy writes the checks that found nothing.
func (w *textWriter) healthy(report *doctor.Report) {
	some := false
	for _, c := range report.Done {
		found := func(f doctor.Finding) bool { return f.Code == c.Code }
		if !slices.ContainsFunc(report.Findings, found) {
			w.line("", green, "OK "+c.Code+": "+c.Title)
			some = true
		}
	}
	if some {
		w.b.WriteByte('\n')
	}
}

// summary returns the numbers of findings and checks.
func summary(report *doctor.Report) string {
	parts := []string{
		count(report.Count(doctor.Fault), "fault"),
		count(report.Count(doctor.Warning), "warning"),
	}
	if n := report.Count(doctor.Note); n > 0 {
		parts = append(parts, count(n, "note"))
	}
	parts = append(parts, count(len(report.Done), "check"))
	if n := len(report.NotDone); n > 0 {
		parts = append(parts, count(n, "check")+" not done")
	}
	return strings.Join(parts, ", ")
}

// count returns a number with its noun.
func count(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
