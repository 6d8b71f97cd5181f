package top

import (
	"iter"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Kernel is what is read of the kernel. Its methods are not called by several goroutines
// at once.
type Kernel interface {
	Table(ipvs.Query) (ipvs.Table, error)
	Daemons() ([]ipvs.Daemon, error)
	Connections() (iter.Seq2[*ipvs.Connection, error], error)
	Meter(interval time.Duration) *ipvs.Meter
	Estimates() bool
}

// Sample is a reading of the table.
type Sample struct {
	// At is the time at which it was read.
	At time.Time
	// Elapsed is the time over which the rates were measured; 0 if there are none yet.
	Elapsed time.Duration
	// Entries are the table, in the order of listings. Its rates are measured by its
	// counters.
	Entries []ipvs.Entry
	Daemons []ipvs.Daemon
	// Frozen reports whether the kernel does not add up its counters, so that all rates
	// are 0.
	Frozen bool
	// Err is the error of a table that could not be read.
	Err error
}

// sampler reads samples.
type sampler struct {
	kernel   Kernel
	service  *ipvs.ServiceID // nil for all
	meter    *ipvs.Meter
	interval time.Duration // that meter is for
	now      func() time.Time
}

// newSampler returns a sampler of a service, or of all if it is nil.
func newSampler(k Kernel, service *ipvs.ServiceID) *sampler {
	return &sampler{kernel: k, service: service, now: time.Now}
}

// sample reads the table. It begins to measure rates anew if the interval between samples
// is another one than before.
func (s *sampler) sample(interval time.Duration) Sample {
	if s.interval != interval {
		s.meter, s.interval = s.kernel.Meter(interval), interval
	}

	at := s.now()
	var table ipvs.Table
	elapsed, err := s.meter.Measure(func() (_ []ipvs.Entry, err error) {
		table, err = s.kernel.Table(ipvs.Query{Service: s.service, Detail: ipvs.WithStats})
		return table.Entries, err
	})
	if err != nil {
		return Sample{At: at, Err: err}
	}

	daemons, err := s.kernel.Daemons()
	if err != nil {
		return Sample{At: at, Err: err}
	}

	table.Sort()
	return Sample{At: at, Elapsed: elapsed, Entries: table.Entries, Daemons: daemons, Frozen: !s.kernel.Estimates()}
}
