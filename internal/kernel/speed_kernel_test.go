//go:build kernel

package kernel

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// many is a table of so many services with so many servers each.
func many(services, servers int) (entries []ipvs.Entry) {
	for i := range services {
		addr := netip.AddrFrom4([4]byte{172, 20, byte(i >> 8), byte(i)})
		e := ipvs.Entry{Service: service(ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr, 80)), "wlc")}
		for j := range servers {
			addr := netip.AddrFrom4([4]byte{10, byte(i), byte(j >> 8), byte(j)})
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: netip.AddrPortFrom(addr, 80), Forward: ipvs.Masquerade, Weight: 1})
		}
		entries = append(entries, e)
	}
	return entries
}

// TestKernelSpeed reports how long the parts of a listing take.
func TestKernelSpeed(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {3, 2}, {10, 2}, {5000, 1}, {1000, 10}, {1, 2000}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			c := openFresh(t)
			took(t, "apply", 1, func() { fill(t, c, many(size[0], size[1])) })
			var entries []ipvs.Entry
			var err error
			took(t, "services", 5, func() { entries, err = c.services() })
			if err != nil {
				t.Fatal(err)
			}
			var joined []bool
			took(t, "proc join", 5, func() { joined, err = c.joinProc(entries) })
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("joined         %d of %d", count(joined), len(entries))
			took(t, "server dumps", 3, func() { _, err = c.dumpDestinations(entries, nil) })
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func took(t *testing.T, what string, times int, fn func()) {
	t.Helper()
	best := time.Hour
	for range times {
		start := time.Now()
		fn()
		best = min(best, time.Since(start))
	}
	t.Logf("%-14s %v", what, best)
}

func count(bs []bool) (n int) {
	for _, b := range bs {
		if b {
			n++
		}
	}
	return n
}
