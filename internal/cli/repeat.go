package cli

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// repeat does a listing with --interval: see repeater. It ends after the number of
// listings that is asked for, or by a signal, both with status 0, or when standard output
// has lost its reader.
func (s *session) repeat(what command.Listing) error {
	signals, stop := s.env.Signals()
	defer stop()
	ended, release := firstSignal(signals)
	defer release()

	out := newOutput(&interruptibleWriter{w: s.env.Stdout, ended: ended, grace: writeGrace})
	l, err := newLister(s, out)
	if err != nil {
		return err
	}

	r := repeater{lister: l, ended: ended, report: s.report, now: time.Now, after: time.After}
	err = r.run(what)
	switch {
	case errors.Is(err, errEnded):
		return nil
	case out.readerLeft():
		return newReportedError(StatusReaderLeft)
	}
	return err
}

// firstSignal returns a channel that is closed by the first of signals, and a function
// that ends the wait for it.
func firstSignal(signals <-chan os.Signal) (ended <-chan struct{}, release func()) {
	end, unused := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-signals:
			close(end)
		case <-unused:
		}
	}()
	return end, func() { close(unused) }
}

// writeGrace is the time that a reader has to take the rest of a listing after a signal.
const writeGrace = 500 * time.Millisecond

// errEnded is the cause of a listing that could not be written because a signal came and
// the reader did not read.
var errEnded = errors.New("ended by a signal")

// interruptibleWriter is a Writer that a signal ends, even if nobody reads what it writes.
type interruptibleWriter struct {
	w     io.Writer
	ended <-chan struct{}
	grace time.Duration
}

// Write writes b. If it fails by errEnded, the write goes on, and b must not be used again.
func (w *interruptibleWriter) Write(b []byte) (n int, err error) {
	done := make(chan struct{})
	var written int
	var writeErr error
	go func() {
		defer close(done)
		written, writeErr = w.w.Write(b)
	}()

	select {
	case <-done:
		return written, writeErr
	case <-w.ended:
	}

	select {
	case <-done:
		return written, writeErr
	case <-time.After(w.grace):
		return 0, errEnded
	}
}

// repeater lists again and again, at times that are whole intervals from the first one,
// however long a listing takes. Times that have passed meanwhile are left out.
type repeater struct {
	lister *lister
	ended  <-chan struct{}
	report func(text string)

	// The following are replaced by tests.
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
}

// run lists until a signal comes, an output error occurs, or enough was listed. The first
// listing may not fail. Later ones may: a service can be gone and come back. Their errors
// are reported, and the last one that was not followed by a success is returned.
func (r *repeater) run(what command.Listing) error {
	start := r.now()
	last := start
	if what.View == command.Rate {
		if err := r.measure(what, start); err != nil {
			return err
		}
	}

	var err error
	for n := uint32(0); what.Count == 0 || n < what.Count; n++ {
		if (n > 0 || r.lister.meter != nil) && !r.wait(start, what.Interval) {
			return nil
		}
		now := r.now()
		r.lister.stamp = &format.Stamp{Time: now, First: n == 0}
		if n > 0 {
			r.lister.stamp.Interval = now.Sub(last)
		}
		last = now

		err = r.list(what)
		switch {
		case err == nil:
		case n == 0, r.lister.out.err != nil:
			return err
		default:
			r.report(err.Error())
			err = newReportedError(statusOf(err))
		}
	}
	return err
}

// noEstimates is the warning of rates without counters.
const noEstimates = "Warning: the sysctl net.ipv4.vs.run_estimation is 0: the kernel does not add up its counters, and all rates are 0"

// measure reads the counters for the first time.
func (r *repeater) measure(what command.Listing, start time.Time) error {
	l := r.lister
	if !l.kernel.Estimates() {
		r.report(noEstimates)
	}

	l.meter = l.kernel.Meter(what.Interval)
	l.stamp = &format.Stamp{Time: start}
	_, _, err := l.readTable(what, ipvs.WithStats)
	return err
}

// wait waits for the next time to list. It reports whether no signal came.
func (r *repeater) wait(start time.Time, interval time.Duration) bool {
	passed := r.now().Sub(start)
	next := (passed/interval + 1) * interval
	select {
	case <-r.ended:
		return false
	case <-r.after(next - passed):
	}

	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// list prints one listing, and writes it out.
func (r *repeater) list(what command.Listing) error {
	l := r.lister
	l.kernel.Refresh()
	info, err := l.kernel.Info()
	if err != nil {
		return newReadError(err)
	}

	l.info = info
	err = l.list(what)
	if flushErr := l.out.Flush(); flushErr != nil {
		return flushErr
	}
	return err
}
