//go:build kernel

package experiments

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelTwoDirectors checks that a service moves from one director to another with
// its connections.
func TestKernelTwoDirectors(t *testing.T) {
	const vip = "172.20.0.200"
	const address = vip + ":80"
	c := newCluster(t, scripts+"sync.sh")
	first, second := c.host("director1"), c.host("director2")
	c.serve("real21", address)
	c.serve("real22", address)

	c.do(first, "sh "+scripts+"director.sh direct eth0 "+vip+" 172.20.0.21 3 172.20.0.22 1")
	c.copyRules(first, second)
	c.do(first, "sh "+scripts+"synchronize.sh master eth0")
	c.do(second, "sh "+scripts+"synchronize.sh backup eth0")

	open, tally := c.hold("client", address, 4)
	want := map[string]int{"real21": 3, "real22": 1}
	wantTally(t, "by the first director", tally, want)
	eventually(t, "the connections in the backup's listing", func() (got, want string) {
		return c.established(second), c.established(first)
	})
	for _, director := range []*difftest.Namespace{first, second} {
		if n := strings.Count(c.established(director), "\n"); n != len(open) {
			t.Errorf("%d established connections, want %d", n, len(open))
		}
		c.same(director, everyForm(address)...)
	}

	c.do(first, "ip address del "+vip+"/32 dev eth0")
	c.do(first, "ipvsadm --stop-daemon master")
	c.do(second, "ipvsadm --stop-daemon backup")
	c.do(second, "sh "+scripts+"synchronize.sh master eth0")
	c.do(c.machine, "ip netns exec director2 sh "+scripts+"take-over.sh eth0 "+vip)

	before := c.packets(first)
	wantTally(t, "by the second director", c.answers(open), want)
	wantTally(t, "new connections", c.ask("client", address, 8), map[string]int{"real21": 6, "real22": 2})
	if after := c.packets(first); after != before || after == "" {
		t.Errorf("packets at the first director: %s, after the move %s", before, after)
	}
	c.same(second, everyForm(address)...)
}

// copyRules replaces the rules of one director by those of another.
func (c *cluster) copyRules(from, to *difftest.Namespace) {
	c.t.Helper()
	rules := c.do(from, "ipvsadm-save -n")
	r := result(c.t, to, c.ours, call{"ipvsadm-restore --sync", rules})
	if r.Status != 0 || c.do(to, "ipvsadm-save -n") != rules {
		c.t.Fatalf("the rules could not be copied: %s", text(r))
	}
}

// established returns the established connections that a director lists, sorted.
func (c *cluster) established(director *difftest.Namespace) string {
	c.t.Helper()
	var all []string
	for line := range strings.Lines(c.do(director, "ipvsadm -Lnc")) {
		if words := strings.Fields(line); words[2] == "ESTABLISHED" {
			all = append(all, strings.Join(words[2:], " ")+"\n")
		}
	}

	slices.Sort(all)
	return strings.Join(all, "")
}

// packets returns the number of packets that the services of a director received. It
// reads the kernel's counters of each processor: the others are two seconds late.
func (c *cluster) packets(director *difftest.Namespace) string {
	c.t.Helper()
	return fields(c.do(director, "cat /proc/net/ip_vs_stats_percpu"), "~", 2)
}
