//go:build kernel

package experiments

import (
	"flag"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

// views are the contents of a listing; a command line has at most one of them. From
// tableViews on they list the table, all services or one.
var views = []string{
	"-c", "--timeout", "--daemon",
	"", "-t 10.0.0.1:80", "-t [2001:db8::1]:80", "-u 10.0.0.1:5060", "-f 5", "-f 5 -6",
}

// tableViews is the index of the first view that lists the table.
const tableViews = 3

// switches are the options that may be combined with any listing of the table.
var switches = []string{
	"-n", "--exact", "--nosort", "--sort", "--tun-info",
	"--persistent-conn", "--stats", "--rate", "--thresholds",
}

// full selects all combinations. Else a listing has at most three switches, and only
// some pairs are compared one by one.
var full = flag.Bool("full", false, "compare every combination of the listings' options")

// Without full, a listing has at most maxSwitches switches, and one pair of pairStep
// is compared.
const maxSwitches, pairStep = 3, 4

// streamSize is the number of listings that are compared together.
const streamSize = 32

// TestLongListings checks the listings of a table that has everything: all
// combinations of options that the reference allows, and single options and pairs
// whether it allows them or not.
func TestLongListings(t *testing.T) {
	c := newBusyTable(t)
	limit, step := maxSwitches, pairStep
	if *full {
		limit, step = len(switches), 1
	}

	allowed := combinations(limit)
	for part := range slices.Chunk(allowed, streamSize) {
		c.sameEach(part)
	}

	lines, single := pairs(), 0
	for ; single*step < len(lines); single++ {
		c.same(c.machine, call{line: lines[single*step]})
	}

	fmt.Printf("%d listings compared in streams, %d command lines one by one\n", len(allowed), single)
}

// sameEach compares listings in one stream. If they differ, it compares each alone.
func (c *cluster) sameEach(listings []string) {
	c.t.Helper()
	err := compare(c.t, c.machine, c.theirs, c.ours, stream(listings))
	if err == nil {
		return
	}
	for _, listing := range listings {
		c.same(c.machine, call{line: "ipvsadm " + listing})
	}
	if !c.t.Failed() {
		c.t.Error(err)
	}
}

// combinations returns all listings that the reference allows, with at most limit
// switches.
func combinations(limit int) (all []string) {
	for i, view := range views {
		for set := range 1 << len(switches) {
			if bits.OnesCount(uint(set)) <= limit && (i >= tableViews || allowedBeside(view, set)) {
				all = append(all, strings.Join(strings.Fields("-L "+view+" "+chosen(set)), " "))
			}
		}
	}
	return all
}

// chosen returns the switches in a set, which has one bit for each.
func chosen(set int) string {
	var words []string
	for i, word := range switches {
		if set&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// allowedBeside reports whether the reference accepts a set of switches with a view
// that does not list the table.
func allowedBeside(view string, set int) bool {
	forbidden := []string{"--stats", "--rate", "--thresholds"}
	if view != "-c" {
		forbidden = append(forbidden, "--persistent-conn")
	}
	return !slices.ContainsFunc(strings.Fields(chosen(set)), func(word string) bool { return slices.Contains(forbidden, word) })
}

// pairs returns the command lines with no option, with one and with two. Connections
// of a service are left out: that is an extension (specification, 4.2).
func pairs() []string {
	options := append(slices.Clone(switches), views[:tableViews]...)
	options = append(options, views[tableViews+1:]...)

	all := []string{"ipvsadm", "ipvsadm -L"}
	for i, first := range options {
		all = append(all, "ipvsadm -L "+first)
		for _, second := range options[i:] {
			if first == "-c" && strings.ContainsAny(second, "tuf") && !strings.HasPrefix(second, "--") {
				continue
			}
			all = append(all, "ipvsadm -L "+first+" "+second)
		}
	}
	return all
}
