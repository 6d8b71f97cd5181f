package names

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// errSilent is the answer in the place of a look-up after the resolver has kept
// us waiting for too long.
var errSilent = errors.New("the resolver does not answer")

// patience limits the time that is lost on a resolver which does not answer. One
// that answers, however slowly, may be asked on and on; but when the time during
// which look-ups ran into their end adds up to the limit, nothing is asked any
// more. So a dead resolver delays a listing by seconds once, not once per line.
type patience struct {
	// each is the time allowed to one look-up, limit that which may be lost in
	// all.
	each, limit time.Duration

	mu   sync.Mutex
	lost time.Duration
	// counted is the end of the time that lost contains: look-ups which wait
	// side by side lose it once.
	counted time.Time
}

// ask runs a look-up under the limits.
func (p *patience) ask(look func(context.Context) error) error {
	if p.over() {
		return errSilent
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), p.each)
	defer cancel()
	err := look(ctx)
	if isTimeout(err) {
		p.lose(start, time.Now())
	}
	return err
}

// over reports that no time is left to lose.
func (p *patience) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost >= p.limit
}

// lose counts the time of a look-up that was not answered, without what others
// have counted before.
func (p *patience) lose(start, end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if start.Before(p.counted) {
		start = p.counted
	}
	if end.After(start) {
		p.lost += end.Sub(start)
		p.counted = end
	}
}

// isTimeout reports that a look-up ended for want of an answer, be it by our
// limit or by the one in resolv.conf.
func isTimeout(err error) bool {
	var dns *net.DNSError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &dns) && dns.IsTimeout
}
