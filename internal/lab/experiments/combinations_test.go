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

// views are what is listed; a line has one of them at most. All but the first
// three are of the table, whole or one service.
var views = []string{
	"-c", "--timeout", "--daemon",
	"", "-t 10.0.0.1:80", "-t [2001:db8::1]:80", "-u 10.0.0.1:5060", "-f 5", "-f 5 -6",
}

// tableViews is where those of the table begin.
const tableViews = 3

// switches are what any listing may be combined with.
var switches = []string{
	"-n", "--exact", "--nosort", "--sort", "--tun-info",
	"--persistent-conn", "--stats", "--rate", "--thresholds",
}

// full asks for all combinations; else a listing has three switches at most, and
// only some pairs are compared one by one.
var full = flag.Bool("full", false, "compare every combination of the listings' options")

// most is how many switches a listing has at most without full, and pairStep the
// number of pairs of which one is compared.
const most, pairStep = 3, 4

// streamSize is how many listings are compared at once.
const streamSize = 32

// TestLongListings compares the combinations that the reference allows, and single
// options and pairs whether it allows them or not, on a table that has everything.
func TestLongListings(t *testing.T) {
	c := newBusyTable(t)
	limit, step := most, pairStep
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

// sameEach compares listings in one stream, and each alone if that shows a
// difference.
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

// combinations are all listings that the reference allows, with so many switches at
// most.
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

// chosen are the switches of a set, of one bit each.
func chosen(set int) string {
	var words []string
	for i, word := range switches {
		if set&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// allowedBeside tells whether the reference takes a set of switches with a view
// that is not of the table.
func allowedBeside(view string, set int) bool {
	forbidden := []string{"--stats", "--rate", "--thresholds"}
	if view != "-c" {
		forbidden = append(forbidden, "--persistent-conn")
	}
	return !slices.ContainsFunc(strings.Fields(chosen(set)), func(word string) bool { return slices.Contains(forbidden, word) })
}

// pairs are the calls with no option, with one and with two, in both orders where
// that makes a difference. The one pair left out is the program's own: connections
// of a service (specification, 4.2).
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
