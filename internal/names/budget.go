package names

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// errBudgetSpent is returned instead of a lookup after the timeout budget is spent.
var errBudgetSpent = errors.New("the resolver does not answer")

// timeoutBudget limits the time that is lost to a resolver which does not answer. One
// that answers, however slowly, may be asked again and again. But when the time of the
// lookups that ran into their timeout adds up to the budget, there are no more lookups.
// So a dead resolver delays a listing by seconds once, not once per line.
type timeoutBudget struct {
	// timeout is that of one lookup, total the time that may be lost.
	timeout, total time.Duration

	mu    sync.Mutex
	spent time.Duration
	// spentUntil is the end of the time that spent contains. Lookups that wait side
	// by side spend it once.
	spentUntil time.Time
}

// do does a lookup with the timeout, unless the budget is spent.
func (b *timeoutBudget) do(lookup func(context.Context) error) error {
	if b.isSpent() {
		return errBudgetSpent
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), b.timeout)
	defer cancel()

	err := lookup(ctx)
	if isTimeout(err) {
		b.spend(start, time.Now())
	}
	return err
}

// isSpent reports whether no time is left to lose.
func (b *timeoutBudget) isSpent() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent >= b.total
}

// spend adds the time of a lookup that timed out, without what other lookups added
// before.
func (b *timeoutBudget) spend(start, end time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if start.Before(b.spentUntil) {
		start = b.spentUntil
	}
	if end.After(start) {
		b.spent += end.Sub(start)
		b.spentUntil = end
	}
}

// isTimeout reports whether a lookup ended without an answer, by the timeout of the
// budget or by the one in resolv.conf.
func isTimeout(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &dns) && dns.IsTimeout
}
