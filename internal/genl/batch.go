package genl

import (
	"errors"
	"syscall"

	"github.com/mdlayher/netlink"
)

// MaxBatch is the number of requests that fit in a Batch. Each rejection comes back in a
// datagram of its own, for which the receive queue must have room.
const MaxBatch = 256

// maxBatchBytes is the length at which a Batch is full.
const maxBatchBytes = 64 << 10

// requestSize is the usual length of a request, for which a new Batch has room.
const requestSize = 160

// Batch is requests that travel in one datagram. The kernel handles them in order,
// whatever becomes of those before. The last one asks for an acknowledgement, so that
// one answer shows that all have been handled; of the others, only those that are
// rejected are answered.
type Batch struct {
	conn     *Conn
	out      Encoder
	firstSeq uint32 // of the request with index 0
	requests int    // appended so far, with those that could not be encoded
	messages int    // in the datagram
	last     int    // the offset of the last message
	lastSeq  uint32
}

// NewBatch returns an empty batch with room for so many requests. It can be called while
// another batch is executed.
func (c *Conn) NewBatch(room int) *Batch {
	b, ok := c.batches.Get().(*Batch)
	if !ok {
		b = &Batch{conn: c, out: Encoder{b: make([]byte, 0, requestSize*min(room, MaxBatch))}}
	}
	b.Reset()
	return b
}

// Release returns the memory of the batch to the connection, for the next batch.
func (b *Batch) Release() { b.conn.batches.Put(b) }

// Reset makes the batch empty.
func (b *Batch) Reset() {
	b.out.b = b.out.b[:0]
	b.firstSeq = b.conn.reserveSeqs(MaxBatch + 1) // one for the no-op
	b.requests, b.messages = 0, 0
}

// Full reports whether no more requests should be appended.
func (b *Batch) Full() bool { return b.requests >= MaxBatch || len(b.out.b) >= maxBatchBytes }

// Len returns the number of requests appended so far, which is the index of the next.
func (b *Batch) Len() int { return b.requests }

// Append appends a request to a batch that is not full. A request that cannot be encoded
// is left out, with EINVAL, but counts for the index.
func (b *Batch) Append(r Request) error {
	start, seq := len(b.out.b), b.firstSeq+uint32(b.requests)
	b.Skip()
	if err := appendRequest(&b.out, seq, 0, r); err != nil {
		return err
	}

	b.messages++
	b.last, b.lastSeq = start, seq
	return nil
}

// Skip counts a request that is not sent.
func (b *Batch) Skip() { b.requests++ }

// AppendNoop appends a message that does nothing but have itself acknowledged. It belongs
// behind a last request whose handler can fail with EINTR: that is the one error which
// netlink answers by nothing, not even by the acknowledgement (netlink_rcv_skb of
// net/netlink/af_netlink.c).
func (b *Batch) AppendNoop() {
	if b.messages == 0 {
		return
	}
	b.requestAcknowledgement()

	b.last, b.lastSeq = len(b.out.b), b.firstSeq+uint32(b.requests)
	b.out.b = appendHeader(b.out.b, uint16(netlink.Noop), netlink.Request, b.lastSeq)
}

// requestAcknowledgement asks for an acknowledgement of the last message.
func (b *Batch) requestAcknowledgement() { addFlags(b.out.b, b.last, netlink.Acknowledge) }

// Execute sends the batch, and calls reject for each request that the kernel rejects,
// with its index and a syscall.Errno. The error is nil if the kernel has carried out all
// others. Otherwise, each of the others may have been carried out or not: the error is
// ENOBUFS if answers were lost, or wraps the errno of the socket.
func (c *Conn) Execute(b *Batch, reject func(index int, err error)) error {
	if b.messages == 0 {
		return nil
	}
	if b.messages > 1 && !c.reserved {
		// Without the room a batch still works; at worst answers are lost, which
		// collect notices.
		_ = c.ch.Reserve()
		c.reserved = true
	}

	b.requestAcknowledgement()

	c.in.drop()
	if err := c.ch.Send(b.out.b); err != nil {
		return err
	}
	return c.collect(b, reject)
}

// collect receives the answers to a batch: an error for each rejected request, in order,
// and at the end the acknowledgement or error of the last.
func (c *Conn) collect(b *Batch, reject func(int, error)) error {
	lost := false
	for strays := 0; strays < maxStrays; {
		m, err := c.in.next(c.ch, !lost)
		if errors.Is(err, syscall.ENOBUFS) && !lost {
			// Answers are missing. The rest of the queue is read without waiting.
			lost = true
			continue
		}
		if err != nil && lost {
			return syscall.ENOBUFS
		}
		if err != nil {
			return err
		}

		index := m.Sequence - b.firstSeq
		if m.Type != netlink.Error || index > b.lastSeq-b.firstSeq {
			strays++
			continue
		}
		if err := m.status(); err != nil && index < uint32(b.requests) {
			reject(int(index), err)
		}

		if m.Sequence == b.lastSeq && !lost {
			return nil
		}
	}
	return ErrMalformed
}
