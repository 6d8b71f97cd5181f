package genl

import (
	"errors"
	"syscall"

	"github.com/mdlayher/netlink"
)

// maxDumps is the number of times that a dump is tried which the kernel interrupts,
// because what it lists changes meanwhile.
const maxDumps = 8

// Dump sends a request for a list, and calls entry with the attributes of every entry,
// which are valid during the call. It calls reset before the first entry, and again
// before it repeats a dump that the kernel reports as interrupted. It returns the number
// of datagrams that the entries came in: the kernel lists those of one datagram at one
// moment, and may change the list before the next.
//
// An error of entry is returned after the dump has been read to its end. The error is
// EINTR if the dump was interrupted every time, else as that of Get.
func (c *Conn) Dump(r Request, reset func(), entry func(attributes []byte) error) (datagrams int, err error) {
	for range maxDumps {
		reset()
		d, err := c.dumpOnce(r, entry)
		if err != nil || !d.interrupted {
			return d.datagrams, err
		}
	}
	return 0, syscall.EINTR
}

// dump is the course of a dump.
type dump struct {
	interrupted bool
	datagrams   int // with entries in them
	lastRead    int // the number of the last datagram that was read
}

// dumpOnce reads one dump. It always reads to the end, unless receiving fails: a socket
// can carry one dump at a time, and the next request would find it busy.
func (c *Conn) dumpOnce(r Request, entry func([]byte) error) (d dump, err error) {
	// The acknowledgement is asked for as libnl does; a dump never sends one.
	seq, err := c.request(netlink.Dump|netlink.Acknowledge, r)
	if err != nil {
		return d, err
	}

	for strays := 0; strays < maxStrays; {
		m, rerr := c.in.next(c.ch, true)
		if rerr != nil {
			return d, errors.Join(err, rerr)
		}
		if m.Sequence != seq {
			strays++ // a late answer to an earlier request
			continue
		}

		d.interrupted = d.interrupted || m.Flags&netlink.DumpInterrupted != 0
		if m.Type == netlink.Done || m.Type == netlink.Error {
			if err == nil {
				err = m.status()
			}
			return d, err
		}

		d.count(c.in.datagrams)
		if err == nil {
			err = callEntry(m, r, entry)
		}
	}
	return d, ErrMalformed
}

// count counts an entry in the datagram of this number.
func (d *dump) count(datagram int) {
	if d.datagrams == 0 || datagram != d.lastRead {
		d.datagrams++
		d.lastRead = datagram
	}
}

// callEntry calls entry with the attributes of a message that answers r.
func callEntry(m message, r Request, entry func([]byte) error) error {
	b, err := m.body(r)
	if err != nil {
		return err
	}
	return entry(b)
}
