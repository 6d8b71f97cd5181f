package kernel

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The kernel adds up the counters of its processors every two seconds, which is what a
// request for them returns (ip_vs_copy_stats of net/netfilter/ipvs/ip_vs_ctl.c).
//
// Since Linux 6.2, a thread does so for each service and server at times of its own, which
// are two seconds apart to some milliseconds (net/netfilter/ipvs/ip_vs_est.c). If that is
// turned off by the sysctl run_estimation (Linux 5.16), the counters stand still.
//
// Before, a timer did so for all at once (estimation_timer), every 2.00 to 2.08 seconds:
// the kernel rounds long timers up. The totals of ip_vs_stats are added up with the others,
// and watching them tells when.

const (
	// counterPeriod is the time between two updates of counters since Linux 6.2.
	counterPeriod = 2 * time.Second
	// meanTimerPeriod and maxTimerPeriod are those of the timer.
	meanTimerPeriod = 2040 * time.Millisecond
	maxTimerPeriod  = 2100 * time.Millisecond
	// clockPoll is the time between two looks at the totals.
	clockPoll = 40 * time.Millisecond
)

// Meter returns a meter of rates for tables that are read at an interval: it knows when the
// kernel adds up the counters, or it measures over whole periods of the kernel.
func (c *Client) Meter(interval time.Duration) *ipvs.Meter {
	span := 1
	if interval%counterPeriod != 0 {
		span = 2
	}

	if _, err := c.sysctl("est_nice"); err == nil { // since Linux 6.2, of the thread
		return ipvs.NewMeter(span, nil)
	}
	if c.clock == nil {
		read, closeFile, err := c.totalsReader()
		if err != nil {
			return ipvs.NewMeter(span, nil) // without a proc file system
		}
		c.clock = newCounterClock(read, closeFile)
	}
	return ipvs.NewMeter(1, c.clock)
}

// Estimates reports whether the kernel adds up the counters of the services in the
// namespace. It always does if there is no sysctl to turn that off.
func (c *Client) Estimates() bool {
	value, err := c.sysctl("run_estimation")
	return err != nil || !strings.HasPrefix(value, "0")
}

// sysctl returns the value of a sysctl of IPVS.
func (c *Client) sysctl(name string) (string, error) {
	var text []byte
	err := c.ns.Do(func() (err error) {
		text, err = os.ReadFile("/proc/sys/net/ipv4/vs/" + name)
		return err
	})
	return string(text), err
}

// totalsReader returns a function that reads the file of the totals, and one that closes it.
func (c *Client) totalsReader() (read func() (string, error), closeFile func() error, err error) {
	f, err := c.openProc("ip_vs_stats")
	if err != nil {
		return nil, nil, err
	}
	return func() (string, error) {
		var buf [1024]byte
		n, err := f.ReadAt(buf[:], 0)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return string(buf[:n]), err
	}, f.Close, nil
}

// counterClock is the ipvs.CounterClock of a kernel with a timer: it looks for changes of
// the totals. Its methods may be called by several goroutines.
type counterClock struct {
	read      func() (string, error)
	closeFile func() error
	now       func() time.Time
	stop      chan struct{}

	mu     sync.Mutex
	totals string
	looked time.Time // the time of the last look
	// first and last are the times of the first and the last update that were seen.
	first, last time.Time
	updates     int
}

// newCounterClock returns a clock that looks at the totals until it is closed.
func newCounterClock(read func() (string, error), closeFile func() error) *counterClock {
	w := &counterClock{read: read, closeFile: closeFile, now: time.Now, stop: make(chan struct{})}
	w.look()
	go w.run()
	return w
}

// run looks at the totals again and again.
func (w *counterClock) run() {
	t := time.NewTicker(clockPoll)
	defer t.Stop()
	for {
		select {
		case <-w.stop:
			// It was only read.
			_ = w.closeFile()
			return
		case <-t.C:
			w.look()
		}
	}
}

// close ends the looks.
func (w *counterClock) close() { close(w.stop) }

// look notes an update if the totals have changed. It was in the middle of the time since
// the last look. Totals that are lower were zeroed, which is no update.
func (w *counterClock) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	totals, err := w.read()
	now := w.now()
	if err != nil {
		return
	}

	if w.totals != "" && totals != w.totals && !wereZeroed(w.totals, totals) {
		w.last = now.Add(-now.Sub(w.looked) / 2)
		w.updates++
		if w.first.IsZero() {
			w.first = w.last
		}
	}
	w.totals, w.looked = totals, now
}

// wereZeroed reports whether one of the counters in a file of totals is lower than before.
// They are the hexadecimal numbers in its third line (ip_vs_stats_show).
func wereZeroed(before, now string) bool {
	counters := func(text string) []string {
		lines := strings.SplitN(text, "\n", 4)
		if len(lines) < 4 {
			return nil
		}
		return strings.Fields(lines[2])
	}

	old, current := counters(before), counters(now)
	for i := range min(len(old), len(current)) {
		o, oldErr := strconv.ParseUint(old[i], 16, 64)
		n, err := strconv.ParseUint(current[i], 16, 64)
		if oldErr == nil && err == nil && n < o {
			return true
		}
	}
	return false
}

// Updates returns the number of updates.
func (w *counterClock) Updates() int {
	w.look()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.updates
}

// Counted returns the time up to which counters count that are read at a time. Where no
// update can be seen, because there is no traffic, there was one in the last period all the
// same.
func (w *counterClock) Counted(read time.Time) (upTo time.Time, certain bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	earliest := read.Add(-maxTimerPeriod)
	switch {
	case w.first.IsZero():
		return earliest, false
	case read.Before(w.first):
		upTo = w.first.Add(-meanTimerPeriod)
	default:
		upTo = w.last
	}

	if upTo.Before(earliest) {
		return earliest, true
	}
	return upTo, true
}
