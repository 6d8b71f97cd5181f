//go:build kernel

package cli_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// full asks for every generated command line, which takes many minutes. Without it
// every sampleStep-th is compared.
var full = flag.Bool("full", false, "compare every generated command line")

const sampleStep = 16

// baseRules are the rules of the table that every generated command line meets.
const baseRules = `-C
--set 900 120 300
-A -t 10.0.9.1:80 -s wlc
-a -t 10.0.9.1:80 -r 10.9.0.1:80 -m
-a -t 10.0.9.1:80 -r 10.9.0.2:8080 -m -w 3
-A -u 10.0.9.1:53 -s rr -p 60
-a -u 10.0.9.1:53 -r 10.9.0.1:53 -g
-A --sctp-service 10.0.9.1:99 -s sh -b sh-port
-A -f 5 -s mh
-a -f 5 -r 10.9.0.1:0 -i
-A -f 6 -6 -s dh -p 360 -M 64
-A -t [2001:db8::1]:80 -s lc
-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -m -w 0
`

// reset makes the state that generated command lines meet.
func (ns namespace) reset(t *testing.T) {
	t.Helper()
	ns.run("", "ipvsadm --stop-daemon master")
	ns.run("", "ipvsadm --stop-daemon backup")
	ns.mustRun(t, baseRules, "ipvsadm -R")
}

// TestKernelLines compares generated command lines with the reference program: exit
// status, output, and the state afterwards.
func TestKernelLines(t *testing.T) {
	lines := commandLines()
	step := sampleStep
	if *full {
		step = 1
	}
	c := newLineComparison(t)

	for i := 0; i < len(lines); i += step {
		t.Run(strings.Join(lines[i], " "), func(t *testing.T) { c.compare(t, lines[i]) })
	}
	t.Logf("%d of %d command lines compared with the reference on %s", c.compared, len(lines), difftest.KernelName())
	for why, n := range c.intended {
		t.Logf("%d differ intentionally: %s", n, why)
	}
}

// lineComparison compares command lines, each in a namespace of the reference and in
// one of ours.
type lineComparison struct {
	theirs, ours namespace
	base         state // before each line
	compared     int
	intended     map[string]int // differences
}

// newLineComparison returns a comparison with no lines yet.
func newLineComparison(t *testing.T) *lineComparison {
	t.Helper()
	c := &lineComparison{theirs: newNamespace(t), ours: newNamespace(t), intended: map[string]int{}}
	c.theirs.reset(t)
	c.ours.reset(t)
	c.base = c.ours.readState(t)
	if d := diffStates(c.theirs.readState(t), c.base); d != "" {
		t.Fatalf("the states differ from the start:\n%s", d)
	}
	return c
}

// compare compares one command line and resets the namespaces.
func (c *lineComparison) compare(t *testing.T, args []string) {
	t.Helper()
	want := c.theirs.runReference(t, args...)
	got := c.ours.runArgs("", append([]string{"ipvsadm"}, args...)...)
	wantState, gotState := c.theirs.readState(t), c.ours.readState(t)
	c.compared++

	if why := intendedDifference(args, want, got); why != "" {
		c.intended[why]++
	} else {
		checkResult(t, unordered(args, got), unordered(args, want))
		if d := diffStates(wantState, gotState); d != "" {
			t.Errorf("state (-reference +ours):\n%s", d)
		}
	}

	if diffStates(c.base, wantState) != "" {
		c.theirs.reset(t)
	}
	if diffStates(c.base, gotState) != "" {
		c.ours.reset(t)
	}
}

// unordered sorts the lines of a listing in the kernel's order, which is not the same
// in two namespaces.
func unordered(args []string, r difftest.Result) difftest.Result {
	if slices.Contains(args, "--nosort") {
		lines := strings.SplitAfter(r.Stdout, "\n")
		slices.Sort(lines)
		r.Stdout = strings.Join(lines, "")
	}
	return r
}

// intendedDifference returns why the program intentionally differs from the reference,
// or "" if it must not. It checks our result too: one that is neither the reference's
// nor the intended one is not an intended difference.
func intendedDifference(args []string, want, got difftest.Result) string {
	for _, d := range intendedDifferences {
		if d.concerns(args, want) && d.isIntended(got) {
			return d.why
		}
	}
	return ""
}

// intendedDifferences are the intended differences that generated lines meet. The
// README lists all.
var intendedDifferences = []struct {
	why        string
	concerns   func(args []string, reference difftest.Result) bool
	isIntended func(ours difftest.Result) bool
}{
	{
		"-h and -v describe this program",
		func(_ []string, r difftest.Result) bool {
			return strings.HasPrefix(r.Stdout, "ipvsadm v1.31 2019/12/24 ")
		},
		func(r difftest.Result) bool {
			return r.Status == 0 && r.Stderr == "" && strings.HasPrefix(r.Stdout, "ipvsadm v1.31 (ipvsadm-go ")
		},
	},
	{
		"-L -c accepts a service and a real server",
		func(_ []string, r difftest.Result) bool {
			return r.Status == 2 && (r.Stderr == "The option 'service-address' conflicts with the 'connection' option in the 'list' command\n" ||
				r.Stderr == "Illegal 'real-server' option with the 'list' command\n")
		},
		func(r difftest.Result) bool {
			return r.Status == 0 && r.Stderr == "" && strings.HasPrefix(r.Stdout, "IPVS connection entries\n") ||
				r.Status == 2 && r.Stdout == "" && (strings.HasPrefix(r.Stderr, "The option '") || strings.HasPrefix(r.Stderr, "Illegal '"))
		},
	},
	{
		"scheduler flags that are only commas are rejected (the reference crashes)",
		func(_ []string, r difftest.Result) bool { return r.Status == 128+11 },
		func(r difftest.Result) bool {
			return r.Status == 2 && r.Stdout == "" && strings.HasPrefix(r.Stderr, "invalid scheduler flag `,")
		},
	},
}
