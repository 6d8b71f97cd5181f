package kernel

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// totalsText returns a file of totals with a number of packets.
func totalsText(packets int) string {
	return fmt.Sprintf(`   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
      %02X %8X %8X %16X %16X

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0
`, packets/8, packets, packets/2, 40*packets, 90*packets)
}

// TestCounterClock looks at totals that change, are zeroed, and cannot be read, and asks
// up to when counters count.
func TestCounterClock(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	var now time.Time
	var totals string
	var readErr error
	w := &counterClock{read: func() (string, error) { return totals, readErr }, now: func() time.Time { return now }}
	look := func(ms, packets int) {
		now, totals = at(ms), totalsText(packets)
		w.look()
	}
	check := func(what string, read, want time.Time, certain bool, updates int) {
		t.Helper()
		got, isCertain := w.Counted(read)
		if !got.Equal(want) || isCertain != certain || w.updates != updates {
			t.Errorf("%s: up to %v, certain %v, %d updates; want %v, %v, %d", what, got.Sub(start), isCertain, w.updates, want.Sub(start), certain, updates)
		}
	}

	look(0, 100)
	look(1000, 100)
	check("before an update", at(1000), at(1000).Add(-maxTimerPeriod), false, 0)
	look(1040, 300)
	check("after it", at(1040), at(1020), true, 1)
	check("a reading before it", at(1000), at(1020).Add(-meanTimerPeriod), true, 1)
	look(1080, 40)
	check("zeroed", at(1080), at(1020), true, 1)
	readErr = errors.New("no file")
	look(1090, 500)
	check("unreadable", at(1090), at(1020), true, 1)
	readErr = nil
	look(3080, 240)
	check("the next update", at(3090), at(2080), true, 2)
	check("without traffic", at(9000), at(9000).Add(-maxTimerPeriod), true, 2)
}
