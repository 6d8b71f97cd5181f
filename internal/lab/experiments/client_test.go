//go:build kernel

package experiments

import (
	"fmt"
	"os"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// segments counts the TCP segments that a machine has sent and received.
type segments struct{ out, in int }

// since returns the segments after before.
func (s segments) since(before segments) segments {
	return segments{s.out - before.out, s.in - before.in}
}

// sent returns the counters of a host's own network namespace. If a client has
// connected to the service only, they are exactly the service's.
func (c *cluster) sent(host string) (s segments) {
	c.t.Helper()
	err := c.host(host).Do(func() (err error) {
		s, err = readSegments()
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// readSegments reads segments from the Tcp lines of net/snmp: one with the names, one
// with the values.
func readSegments() (s segments, err error) {
	text, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		return s, err
	}

	values := map[string]string{}
	var names []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if words[0] != "Tcp:" {
			continue
		}
		if names == nil {
			names = words
			continue
		}
		for i, name := range names {
			values[name] = words[i]
		}
	}

	var retransmitted int
	_, err = fmt.Sscan(values["OutSegs"]+" "+values["RetransSegs"]+" "+values["InSegs"], &s.out, &retransmitted, &s.in)
	// OutSegs does not count retransmitted segments.
	s.out += retransmitted
	return s, err
}

// checkConnections checks the numbers of established connections by server.
func (c *cluster) checkConnections(on *difftest.Namespace, e experiment, heavy, light int) {
	c.t.Helper()

	got := map[string]int{}
	for line := range strings.Lines(c.do(on, "ipvsadm -Lnc")) {
		if words := strings.Fields(line); len(words) == 6 && words[2] == "ESTABLISHED" && words[4] == e.address {
			got[words[5]]++
		}
	}

	wantTally(c.t, "established connections by -Lnc", got, map[string]int{e.heavy.listed: heavy, e.light.listed: light})
}
