package kernel

import (
	"errors"
	"syscall"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// A batch is what goes to the kernel in one datagram: at most so many changes,
// and so many bytes and one change. Each refusal comes back in a datagram of its
// own, for which the receive queue must have room.
const (
	maxBatchChanges = 256
	maxBatchBytes   = 64 << 10
)

// Apply makes the changes in order, and goes on when one is refused. It gives
// nil if all succeeded, else one error for each change, nil for those that did:
// *ipvs.Error with the Op of the change. A change whose outcome could not be
// learned has ENOBUFS when its answer may be among lost ones, or the errno of
// the failed receive; such a change may have been made.
//
// Many changes travel in one datagram, with one acknowledgement at its end.
func (c *Client) Apply(changes []ipvs.Change) []error {
	r := results{changes: changes}
	for start := 0; start < len(changes); {
		start += c.applyBatch(&r, start)
	}
	return r.errs
}

// applyBatch makes as many of the changes from start on as go into a batch, and
// gives their number.
func (c *Client) applyBatch(r *results, start int) int {
	b := c.encodeBatch(r, start)
	if b.lastSeq == 0 {
		return b.n // none could be encoded
	}
	if b.n > 1 && !c.reserved {
		// Without the room a batch still works; at worst answers are lost,
		// which is noticed where it happens.
		_ = c.ch.reserve()
		c.reserved = true
	}
	c.in.forget()
	if err := c.ch.send(c.out); err != nil {
		r.failRest(start, b.n, errnoOf(err))
		return b.n
	}
	c.collect(r, b)
	return b.n
}

// batch says which changes c.out carries: n of them from start on, numbered from
// firstSeq on. The message numbered lastSeq, the last one, asks for an
// acknowledgement. It is 0 if there is no message at all.
type batch struct {
	start, n          int
	firstSeq, lastSeq uint32
}

// encodeBatch fills c.out with changes from start on. One that cannot be encoded
// fails at once; its sequence number stays unused.
func (c *Client) encodeBatch(r *results, start int) batch {
	b := batch{start: start, firstSeq: c.seq + 1}
	c.out = c.out[:0]
	last := 0
	for i := start; i < len(r.changes) && b.n < maxBatchChanges && len(c.out) < maxBatchBytes; i++ {
		c.seq++
		b.n++
		cmd, attrs, err := encodeChange(&r.changes[i])
		if err != nil {
			r.fail(i, errnoOf(err))
			continue
		}
		last, b.lastSeq = len(c.out), c.seq
		c.out = c.appendRequest(c.out, c.seq, 0, cmd, attrs)
	}
	if b.lastSeq != 0 {
		addFlags(c.out, last, netlink.Acknowledge)
	}
	return b
}

// collect receives the answers to a batch: an error for each refused change, in
// order, and at the end the acknowledgement or error of the last.
func (c *Client) collect(r *results, b batch) {
	lost := false
	for strays := 0; strays < maxStrays; {
		m, err := c.in.next(c.ch, !lost)
		if errors.Is(err, syscall.ENOBUFS) && !lost {
			// Answers are missing; the rest of the queue is read without waiting.
			lost = true
			continue
		}
		if err != nil {
			if lost {
				err = syscall.ENOBUFS
			}
			r.failRest(b.start, b.n, errnoOf(err))
			return
		}
		place := m.Sequence - b.firstSeq
		if m.Type != netlink.Error || place >= uint32(b.n) {
			strays++
			continue
		}
		if err := m.status(); err != nil {
			r.fail(b.start+int(place), errnoOf(err))
		}
		if m.Sequence == b.lastSeq && !lost {
			return
		}
	}
	r.failRest(b.start, b.n, syscall.EBADMSG)
}

// results collects the errors of changes.
type results struct {
	changes []ipvs.Change
	errs    []error // nil until the first
}

// fail notes the error of the change at place i.
func (r *results) fail(i int, errno syscall.Errno) {
	if r.errs == nil {
		r.errs = make([]error, len(r.changes))
	}
	r.errs[i] = &ipvs.Error{Op: r.changes[i].Op, Errno: errno}
}

// failRest notes the error of those n changes from start on which have none yet:
// of silent ones, when silence no longer means success.
func (r *results) failRest(start, n int, errno syscall.Errno) {
	for i := start; i < start+n; i++ {
		if r.errs == nil || r.errs[i] == nil {
			r.fail(i, errno)
		}
	}
}
