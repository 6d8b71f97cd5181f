//go:build kernel

package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// full asks for every generated command line, which takes many minutes; else every
// sampleStep-th is compared.
var full = flag.Bool("full", false, "compare every generated command line")

const sampleStep = 16

// baseRules are the table that every generated command line meets.
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

// world is a network namespace, and what a program's runs leave in it.
type world struct{ *difftest.Namespace }

func newWorld(t *testing.T) world {
	t.Helper()
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	return world{ns}
}

// ours does a command line with the program under test.
func (w world) ours(stdin string, args ...string) difftest.Result {
	var out, errs bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Names: names.New(),
		OpenKernel: openKernel,
	}
	var status int
	// Do's error is the function's, and this one has none.
	_ = w.Do(func() error {
		status = cli.Run(args, env)
		return nil
	})
	return difftest.Result{Status: status, Stdout: out.String(), Stderr: errs.String()}
}

// openKernel opens the kernel for the program under test.
func openKernel(netns string) (cli.Kernel, error) { return kernel.Open(kernel.Options{NetNS: netns}) }

// state is all that a command can change.
type state struct {
	Entries  []ipvs.Entry
	Timeouts ipvs.Timeouts
	Daemons  []ipvs.Daemon
}

// state reads it.
func (w world) state(t *testing.T) (s state) {
	t.Helper()
	err := w.Do(func() error {
		c, err := kernel.Open(kernel.Options{})
		if err != nil {
			return err
		}
		defer c.Close()
		table, err := c.Table(ipvs.Query{})
		if err != nil {
			return err
		}
		s.Entries = table.Entries
		if s.Timeouts, err = c.Timeouts(); err != nil {
			return err
		}
		s.Daemons, err = c.Daemons()
		return err
	})
	if err != nil {
		t.Fatalf("read the state: %v", err)
	}
	s.normalize()
	return s
}

// normalize puts the parts in an order of the test's own: that of the kernel
// depends on where the namespace is in memory.
func (s *state) normalize() {
	slices.SortFunc(s.Entries, func(a, b ipvs.Entry) int {
		return cmp.Compare(fmt.Sprint(a.Service.ID), fmt.Sprint(b.Service.ID))
	})
	for _, e := range s.Entries {
		slices.SortFunc(e.Destinations, func(a, b ipvs.Destination) int { return a.Addr.Compare(b.Addr) })
	}
}

// reset makes the state that command lines meet.
func (w world) reset(t *testing.T) {
	t.Helper()
	w.ours("", "ipvsadm", "--stop-daemon", "master")
	w.ours("", "ipvsadm", "--stop-daemon", "backup")
	if r := w.ours(baseRules, "ipvsadm", "-R"); r.Status != 0 {
		t.Fatalf("base rules: %+v", r)
	}
}

// diff compares two states.
func diff(want, got state) string {
	return gocmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}), cmpopts.EquateEmpty())
}

// TestKernelLines compares generated command lines with the reference program, in
// status, output and what they leave in the kernel.
func TestKernelLines(t *testing.T) {
	lines := commandLines()
	step := sampleStep
	if *full {
		step = 1
	}
	reference, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := newWorld(t), newWorld(t)
	theirs.reset(t)
	ours.reset(t)
	base := ours.state(t)
	if d := diff(theirs.state(t), base); d != "" {
		t.Fatalf("the worlds differ from the start:\n%s", d)
	}
	compared, intended := 0, map[string]int{}
	for i := 0; i < len(lines); i += step {
		words := lines[i]
		want := runReference(t, reference, theirs, words)
		got := ours.ours("", append([]string{"ipvsadm"}, words...)...)
		wantState, gotState := theirs.state(t), ours.state(t)
		compared++
		if why := deviation(words, want, got); why != "" {
			intended[why]++
		} else if want, got := unordered(words, want), unordered(words, got); want != got {
			t.Errorf("%q:\n  reference %d %q %q\n  ours      %d %q %q", words, want.Status, want.Stdout, want.Stderr, got.Status, got.Stdout, got.Stderr)
		} else if d := diff(wantState, gotState); d != "" {
			t.Errorf("%q (-reference +ours):\n%s", words, d)
		}
		if diff(base, wantState) != "" {
			theirs.reset(t)
		}
		if diff(base, gotState) != "" {
			ours.reset(t)
		}
	}
	t.Logf("%d of %d command lines compared with the reference on %s", compared, len(lines), difftest.KernelName())
	for why, n := range intended {
		t.Logf("%d differ on purpose: %s", n, why)
	}
}

// runReference does a command line with the reference program.
func runReference(t *testing.T, reference difftest.Programs, w world, words []string) difftest.Result {
	t.Helper()
	c, err := reference.Command("ipvsadm", words...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// unordered makes listings in the kernel's order comparable: that order is not the
// same in two namespaces.
func unordered(words []string, r difftest.Result) difftest.Result {
	if slices.Contains(words, "--nosort") {
		lines := strings.SplitAfter(r.Stdout, "\n")
		slices.Sort(lines)
		r.Stdout = strings.Join(lines, "")
	}
	return r
}

// deviation says why the program answers otherwise than the reference on purpose
// (04-beyond, and the README's list); it is empty where it must not. It judges the
// answer too: one that is neither the reference's nor what was meant is no
// deviation.
func deviation(words []string, want, got difftest.Result) string {
	for _, d := range deviations {
		if d.concerns(words, want) && d.meant(got) {
			return d.why
		}
	}
	return ""
}

// deviations are the differences on purpose that generated lines meet.
var deviations = []struct {
	why      string
	concerns func(words []string, reference difftest.Result) bool
	meant    func(ours difftest.Result) bool
}{
	{
		"-h and -v speak for this program",
		func(_ []string, r difftest.Result) bool {
			return strings.HasPrefix(r.Stdout, "ipvsadm v1.31 2019/12/24 ")
		},
		func(r difftest.Result) bool {
			return r.Status == 0 && r.Stderr == "" && strings.HasPrefix(r.Stdout, "ipvsadm v1.31 (ipvsadm-go ")
		},
	},
	{
		"-L -c takes a service and a real server",
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
		"scheduler flags that are nothing but commas are refused (the reference crashes)",
		func(_ []string, r difftest.Result) bool { return r.Status == 128+11 },
		func(r difftest.Result) bool {
			return r.Status == 2 && r.Stdout == "" && strings.HasPrefix(r.Stderr, "invalid scheduler flag `,")
		},
	},
}
