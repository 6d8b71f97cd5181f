package kernel

import (
	"encoding/binary"
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
// the failed receive; such a change may have been made. ENOPROTOOPT is a kernel
// that has no IPVS any more.
//
// Many changes travel in one datagram, with one acknowledgement at its end.
func (c *Client) Apply(changes []ipvs.Change) []error { return c.Prepare(changes)() }

// Prepare does that part of Apply which needs no kernel, and gives the function for
// the rest, to be called once. While the kernel makes some changes the next can be
// prepared: this is the one method that may be called at any time. The changes are
// not to be altered before they have been made.
func (c *Client) Prepare(changes []ipvs.Change) (apply func() []error) {
	r := &results{changes: changes}
	out := c.encoder(len(changes))
	b := c.encodeBatch(out, r, 0)
	return func() []error {
		for b.n > 0 {
			c.applyBatch(r, b)
			b = c.encodeBatch(out, r, b.start+b.n)
		}
		c.encoders.Put(out)
		return r.errs
	}
}

// changeRoom is the length in bytes of a message for a change, unless it has long
// names.
const changeRoom = 160

// encoder is one with room for a batch of so many changes.
func (c *Client) encoder(changes int) *encoder {
	if e, ok := c.encoders.Get().(*encoder); ok {
		return e
	}
	return &encoder{b: make([]byte, 0, changeRoom*min(changes, maxBatchChanges))}
}

// isGone says whether IPVS has left the kernel since the Client was opened.
// ENOENT, netlink's answer to that, is also IPVS's own for a scheduler or a server
// that it does not find. A request that can only be answered tells which it was.
func (c *Client) isGone() bool {
	_, err := ask(c, ipvs.ReadInfo, cmdGetInfo, nil, decodeInfo)
	return errors.Is(err, syscall.ENOPROTOOPT)
}

// applyBatch makes the changes of a batch.
func (c *Client) applyBatch(r *results, b batch) {
	if b.lastSeq == 0 {
		return // none could be encoded
	}
	if b.n > 1 && !c.reserved {
		// Without the room a batch still works; at worst answers are lost,
		// which is noticed where it happens.
		_ = c.ch.reserve()
		c.reserved = true
	}
	c.in.forget()
	if err := c.ch.sendChanges(b.datagram); err != nil {
		r.failRest(b.start, b.n, errnoOf(err))
	} else {
		c.collect(r, b)
	}
	// The kernel handles a datagram while no module can go: all of its
	// messages are for a family that is there, or none.
	if r.allFailed(b.start, b.n, syscall.ENOENT) && c.isGone() {
		for i := b.start; i < b.start+b.n; i++ {
			r.fail(i, syscall.ENOPROTOOPT)
		}
	}
}

// batch is n changes from start on in a datagram, numbered from firstSeq on. The
// answer to the message numbered lastSeq, the last one, comes whatever happens. It
// is 0 if there is no message at all.
type batch struct {
	start, n          int
	firstSeq, lastSeq uint32
	datagram          []byte
}

// encodeBatch puts as many of the changes from start on as go into a batch into e.
// One that cannot be encoded fails at once; its sequence number stays unused.
func (c *Client) encodeBatch(e *encoder, r *results, start int) batch {
	most := min(len(r.changes)-start, maxBatchChanges)
	b := batch{start: start, firstSeq: c.reserveSeqs(uint32(most))}
	e.b = e.b[:0]
	last := 0
	for ; b.n < most && len(e.b) < maxBatchBytes; b.n++ {
		offset, seq := len(e.b), b.firstSeq+uint32(b.n)
		if err := c.appendChange(e, seq, &r.changes[start+b.n]); err != nil {
			r.fail(start+b.n, errnoOf(err))
			continue
		}
		last, b.lastSeq = offset, seq
	}
	if b.lastSeq != 0 {
		addFlags(e.b, last, netlink.Acknowledge)
		if op := r.changes[start+int(b.lastSeq-b.firstSeq)].Op; op == ipvs.StopDaemon {
			b.lastSeq = c.reserveSeqs(1)
			e.b = appendNoop(e.b, b.lastSeq)
		}
	}
	b.datagram = e.b
	return b
}

// appendNoop appends a message that does nothing but have itself acknowledged.
//
// It stands behind a last change that stops a sync daemon. To stop one which was
// started so shortly before that its thread has not run yet is EINTR to the
// kernel (kthread_stop, with the daemon gone), and a handler's EINTR is the one
// error that netlink answers by nothing, not even the acknowledgement
// (netlink_rcv_skb of net/netlink/af_netlink.c). The reference program waits for
// ever then. That silence is a success.
func appendNoop(b []byte, seq uint32) []byte {
	b = binary.NativeEndian.AppendUint32(b, headerLength)
	b = binary.NativeEndian.AppendUint16(b, uint16(netlink.Noop))
	b = binary.NativeEndian.AppendUint16(b, uint16(netlink.Request|netlink.Acknowledge))
	b = binary.NativeEndian.AppendUint32(b, seq)
	return binary.NativeEndian.AppendUint32(b, 0)
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
		if m.Type != netlink.Error || place > b.lastSeq-b.firstSeq {
			strays++
			continue
		}
		if err := m.status(); err != nil && place < uint32(b.n) {
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

// allFailed says whether all of the n changes from start on have this error.
func (r *results) allFailed(start, n int, errno syscall.Errno) bool {
	for i := start; i < start+n; i++ {
		if r.errs == nil || !errors.Is(r.errs[i], errno) {
			return false
		}
	}
	return true
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
