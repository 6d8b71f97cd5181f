// Package genl is a transport: it carries requests of generic netlink families, and of
// rtnetlink, to the kernel, alone, as dumps, or many in a datagram, and the answers back.
// It knows messages and attributes, and nothing of any family.
//
// It reads where the bytes were received and writes where they are sent from, so that
// neither a message nor an attribute costs an allocation.
package genl

import (
	"sync"
	"sync/atomic"

	"github.com/mdlayher/netlink"
)

// Conn is a connection to the kernel: one socket, one request or batch at a time. It is
// not for use by several goroutines at once, except for NewBatch and the methods of
// Batch.
type Conn struct {
	ch  Channel
	seq atomic.Uint32 // of the last message

	in       inbox
	out      Encoder   // the request to send; its memory is reused
	batches  sync.Pool // of *Batch
	reserved bool
}

// New returns a Conn that sends and receives by ch.
func New(ch Channel) *Conn { return &Conn{ch: ch} }

// Close closes the connection.
func (c *Conn) Close() error { return c.ch.Close() }

// Request is a request of a generic netlink family.
type Request struct {
	// Family is the number that LookUp returns, and Version the family's version.
	Family  uint16
	Version uint8

	Command uint8

	// Header is nil in generic netlink. In rtnetlink, Family is the type of the message
	// (RTM_GETLINK) and Header is what precedes its attributes (struct ifinfomsg), in
	// the place of Version and Command. What is returned of an answer then begins with
	// its header, which is at least as long.
	Header []byte

	// Body appends the attributes. Nil is a request without attributes.
	Body func(*Encoder)
}

// Get sends a request that is answered by one message, and returns the attributes of
// the answer, which are valid until the next call of a method. The error is a
// syscall.Errno if the kernel rejected the request, and wraps one if the socket failed
// or the answer is malformed.
//
// Get does not ask for an acknowledgement as well: that would be a second datagram to
// receive.
func (c *Conn) Get(r Request) (attributes []byte, err error) {
	seq, err := c.request(0, r)
	if err != nil {
		return nil, err
	}
	m, err := c.reply(seq)
	if err != nil {
		return nil, err
	}

	return m.body(r)
}

// LongDatagrams makes the kernel fill datagrams of 32 KiB in the dumps that follow, where
// it fills 8 KiB otherwise.
func (c *Conn) LongDatagrams() { c.in.enlarge() }

// Datagrams returns the number of datagrams received so far. An entry of a dump is in the
// last of them.
func (c *Conn) Datagrams() int { return c.in.datagrams }

// reserveSeqs returns the first of n sequence numbers that no other message has.
func (c *Conn) reserveSeqs(n uint32) (first uint32) { return c.seq.Add(n) - n + 1 }

// request sends a request and returns its sequence number. It drops all answers to
// earlier ones.
func (c *Conn) request(flags netlink.HeaderFlags, r Request) (seq uint32, err error) {
	seq = c.reserveSeqs(1)
	c.out.b = c.out.b[:0]
	if err := appendRequest(&c.out, seq, flags, r); err != nil {
		return seq, err
	}

	c.in.drop()
	return seq, c.ch.Send(c.out.b)
}

// reply waits for the next message that answers the request of this number, and returns
// the errno of an error message. An acknowledgement, which was not asked for, is
// malformed.
func (c *Conn) reply(seq uint32) (message, error) {
	for range maxStrays {
		m, err := c.in.next(c.ch, true)
		switch {
		case err != nil:
			return message{}, err
		case m.Sequence != seq:
			continue // a late answer to an earlier request
		case m.Type != netlink.Error:
			return m, nil
		}

		if err := m.status(); err != nil {
			return message{}, err
		}
		break
	}
	return message{}, ErrMalformed
}
