//go:build kernel

package experiments

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// call is one run of a program: a line as in a difftest script, and its standard
// input.
type call struct{ line, stdin string }

// stream returns a call that does several listings in one process.
func stream(listings []string) call {
	return call{"ipvsadm -R", strings.Join(listings, "\n") + "\n"}
}

// everyForm returns the listings in every form of a table with this service. Rates and
// connections, which change by themselves, are in short calls of their own. Rules are
// not listed, because ours include thresholds (specification, 4.1.2).
func everyForm(service string) []call {
	return []call{
		stream([]string{
			"-L", "-Ln", "-Ln --nosort", "-Ln -t " + service,
			"-Ln --stats", "-Ln --stats --exact", "-Ln --stats -t " + service,
			"-Ln --thresholds", "-Ln --persistent-conn", "-Ln --tun-info", "-L --timeout", "-L --daemon",
		}),
		stream([]string{"-Ln --rate"}),
		stream([]string{"-Lnc", "-Lnc --persistent-conn", "-Lc"}),
	}
}

// same checks that calls do the same with the reference and with ours.
func (c *cluster) same(on *difftest.Namespace, calls ...call) {
	c.t.Helper()
	for _, what := range calls {
		if err := compare(c.t, on, c.theirs, c.ours, what); err != nil {
			c.t.Error(err)
		}
	}
}

// compare runs a call with the reference, with ours, and with the reference again if
// the two differ: the kernel may have changed something in between, such as rates,
// every two seconds. Then the remaining times of connections have to be between those
// of the reference. If anything else has changed, the comparison is repeated.
func compare(t *testing.T, on *difftest.Namespace, theirs, ours difftest.Programs, what call) error {
	t.Helper()
	for end := time.Now().Add(eventTimeout); ; {
		before, got := result(t, on, theirs, what), result(t, on, ours, what)
		if before == got {
			return nil
		}

		after := result(t, on, theirs, what)
		if agree(before, got, after) {
			return nil
		}

		changing := before != after && (withoutTimes(before) != withoutTimes(after) || withoutTimes(before) == withoutTimes(got))
		if !changing || time.Now().After(end) {
			return errors.New(difftest.Report([]difftest.Difference{{
				Where: what.line + "\n" + what.stdin, What: "output", Why: "is not as with the reference", Want: text(before), Got: text(got),
			}}))
		}
	}
}

// text returns a result as one text.
func text(r difftest.Result) string {
	return fmt.Sprintf("%s%sstatus %d", r.Stdout, r.Stderr, r.Status)
}

// agree reports whether our result is that of the reference before and after it, with
// times between the reference's.
func agree(before, got, after difftest.Result) bool {
	if withoutTimes(got) != withoutTimes(before) || withoutTimes(got) != withoutTimes(after) {
		return false
	}

	b, g, a := times(before), times(got), times(after)
	for i := range g {
		if b[i] < g[i] || g[i] < a[i] {
			return false
		}
	}

	return true
}

// timeLeft matches the remaining time of a connection, in the second column.
var timeLeft = regexp.MustCompile(`(?m)^(TCP|UDP|SCTP|IP ) +(\d\d+):(\d\d) `)

// withoutTimes returns a result with the times replaced by asterisks.
func withoutTimes(r difftest.Result) difftest.Result {
	r.Stdout = timeLeft.ReplaceAllString(r.Stdout, "$1 **:** ")
	return r
}

// times returns the remaining times in a listing, in seconds.
func times(r difftest.Result) (all []int) {
	for _, m := range timeLeft.FindAllStringSubmatch(r.Stdout, -1) {
		var minutes, seconds int
		// The pattern matches digits only.
		_, _ = fmt.Sscan(m[2]+" "+m[3], &minutes, &seconds)
		all = append(all, 60*minutes+seconds)
	}
	return all
}
