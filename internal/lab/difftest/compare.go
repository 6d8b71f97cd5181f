package difftest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Difference is one part of a command's outcome that is not as expected.
type Difference struct {
	// Where names the script, the line and the command.
	Where string
	// What differs: status, stdout, stderr or table. Why describes how.
	What, Why string
	// Want is what the reference did, or what the script states for ours.
	Want, Got string
}

// Compare returns the differences between a script's records of the reference and of
// ours. The order of services in tables is ignored. A listing is compared with that
// of the reference in the same namespace, if there is one.
func (s *Script) Compare(reference, ours *Record) []Difference {
	var all []Difference
	for i, step := range s.Steps {
		if step.Setup {
			continue
		}

		where := fmt.Sprintf("%s:%d: %s", s.Name, step.Number, step.Line)
		want, got := reference.Outcomes[i], ours.Outcomes[i]
		if got.Beside != nil {
			want.Result = *got.Beside
		}

		want.Table, got.Table = canonical(want.Table), canonical(got.Table)
		all = append(all, compareStep(where, step.Intended, want, got)...)
	}

	want, got := Outcome{Result: reference.End}, Outcome{Result: ours.End}
	want.Stdout, got.Stdout = canonicalEach(want.Stdout), canonicalEach(got.Stdout)
	return append(all, compareStep(s.Name+": at the end: the listings of the reference", nil, want, got)...)
}

// startsService matches the line of a service in the kernel's table, in a listing
// and in rules.
var startsService = regexp.MustCompile(`(?m)^(TCP|UDP|SCTP|FWM|-A) `)

// tableSize matches the number of buckets in the title of a table.
var tableSize = regexp.MustCompile(`\(size=\d+\)`)

// canonical returns a table with its services sorted as texts, each with its servers,
// and without its size. The order of services depends on the address of the namespace
// in memory or on a random key, the size on the kernel.
func canonical(table string) string {
	table = tableSize.ReplaceAllString(table, "(size=*)")
	starts := startsService.FindAllStringIndex(table, -1)
	if len(starts) == 0 {
		return table
	}

	var services []string
	for i, start := range starts {
		end := len(table)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		services = append(services, table[start[0]:end])
	}

	slices.Sort(services)
	return table[:starts[0][0]] + strings.Join(services, "")
}

// canonicalEach applies canonical to each listing in a text.
func canonicalEach(text string) string {
	const title = "IP Virtual Server version"

	listings := strings.Split(text, title)
	for i, listing := range listings {
		listings[i] = canonical(listing)
	}

	return strings.Join(listings, title)
}

// compareStep returns the differences of one command. in may be nil.
func compareStep(where string, in *Intended, reference, ours Outcome) []Difference {
	if in == nil {
		in = &Intended{}
	}

	var intendedStatus *string
	if in.Status != nil {
		text := strconv.Itoa(*in.Status)
		intendedStatus = &text
	}

	var all []Difference
	for _, part := range []struct {
		what            string
		intended        *string
		reference, ours string
	}{
		{"status", intendedStatus, strconv.Itoa(reference.Status), strconv.Itoa(ours.Status)},
		{"stdout", in.Stdout, reference.Stdout, ours.Stdout},
		{"stderr", in.Stderr, reference.Stderr, ours.Stderr},
		{"table", in.Table, reference.Table, ours.Table},
	} {
		d := Difference{Where: where, What: part.what, Want: part.reference, Got: part.ours}
		switch {
		case part.intended == nil && part.ours != part.reference:
			d.Why = "is not as with the reference"
		case part.intended != nil && *part.intended == part.reference:
			d.Why = "was to differ (" + in.Point + "), but the reference does the same"
		case part.intended != nil && part.ours != *part.intended:
			d.Why, d.Want = "is not what the script says of ours ("+in.Point+")", *part.intended
		default:
			continue
		}

		all = append(all, d)
	}

	return all
}
