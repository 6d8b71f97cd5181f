package cli

import "github.com/ipvsadm-go/ipvsadm/internal/ipvs"

const (
	// batchSize is how many changes are gathered for the kernel. It bounds
	// memory; how many of them go in one message is up to package kernel.
	batchSize = 256
	// maxInFlight is how many batches are with the worker at most. When there
	// are so many, the sender waits until all but the last are done: waiting
	// for each of them would cost a wake-up each.
	maxInFlight = 4
)

// sender sends changes to the kernel, in order and in batches. A worker applies
// one batch while the next is prepared. Each change has a tag, by which its error
// is reported.
type sender[T any] struct {
	kernel Kernel
	// failed is called for each batch of which some changes failed, in the
	// order of the changes.
	failed func([]failure[T])

	pending  batch[T]   // not yet sent
	free     []batch[T] // empty, kept for their memory
	requests chan<- batch[T]
	results  <-chan batch[T]
	inFlight int
}

// batch is changes that go to the kernel together.
type batch[T any] struct {
	changes []ipvs.Change
	tags    []T
	apply   func() []error // from Kernel.Prepare
	errs    []error        // from apply
}

// failure is the error of one change.
type failure[T any] struct {
	tag T
	err error
}

// newSender returns a sender. Its close ends the worker.
func newSender[T any](kernel Kernel, failed func([]failure[T])) *sender[T] {
	return &sender[T]{kernel: kernel, failed: failed}
}

// add takes a change to send, and reports whether it was sent, together with those
// before it. Else it waits in the sender until there are more of them, or until flush
// or wait is called.
func (s *sender[T]) add(c *ipvs.Change, tag T) (sent bool) {
	b := &s.pending
	if b.changes == nil {
		b.changes, b.tags = make([]ipvs.Change, 0, batchSize), make([]T, 0, batchSize)
	}

	b.changes, b.tags = append(b.changes, *c), append(b.tags, tag)
	if len(b.changes) < batchSize {
		return false
	}

	s.flush()
	return true
}

// flush sends what add has gathered. It waits only when too much is in flight.
func (s *sender[T]) flush() {
	if len(s.pending.changes) == 0 {
		return
	}
	if s.requests == nil {
		s.start()
	}

	s.pending.apply = s.kernel.Prepare(s.pending.changes)
	if s.inFlight == maxInFlight {
		for s.inFlight > 1 {
			s.receive()
		}
	}

	s.requests <- s.pending
	s.inFlight++

	s.pending = batch[T]{}
	if last := len(s.free) - 1; last >= 0 {
		s.pending, s.free = s.free[last], s.free[:last]
	}
}

// wait sends what add has gathered, and waits until everything is done.
func (s *sender[T]) wait() {
	s.flush()
	for s.inFlight > 0 {
		s.receive()
	}
}

// start starts the worker. It applies one batch after the other, so that nobody
// has to be woken up in between.
func (s *sender[T]) start() {
	requests, results := make(chan batch[T], maxInFlight), make(chan batch[T], maxInFlight)
	s.requests, s.results = requests, results
	go func() {
		for b := range requests {
			b.errs = b.apply()
			results <- b
		}
	}()
}

// receive waits for the first batch in flight.
func (s *sender[T]) receive() {
	b := <-s.results
	s.inFlight--
	var failures []failure[T]
	for i, err := range b.errs {
		if err != nil {
			failures = append(failures, failure[T]{b.tags[i], err})
		}
	}

	if failures != nil {
		s.failed(failures)
	}

	s.free = append(s.free, batch[T]{changes: b.changes[:0], tags: b.tags[:0]})
}

// close ends the worker. Nothing may be in flight.
func (s *sender[T]) close() {
	if s.requests != nil {
		close(s.requests)
	}
}
