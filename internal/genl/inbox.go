package genl

import (
	"os"
	"syscall"
)

// receiveSize returns the length of the receive buffer. The longest buffer that a socket
// ever received with determines the length of the datagrams of a dump, up to 32 KiB, and
// the kernel clears that much for each: twice for a dump of one entry (netlink_dump and
// netlink_recvmsg of net/netlink/af_netlink.c). This length and the kernel's own record
// of a datagram fill 8 KiB exactly; one byte more would take 16 KiB.
//
// Whatever the length, datagrams can be as long as a page without that record, up to
// 8 KiB (NLMSG_GOODSIZE), so where pages are longer the buffer is too.
func receiveSize() int {
	const size = 8 << 10
	if os.Getpagesize() >= size {
		return size
	}
	return size - datagramRecord
}

// datagramRecord is the length of struct skb_shared_info.
const datagramRecord = 320

// longReceiveSize is the length that gets the longest datagrams of a dump. It is for
// dumps of thousands of entries: many families find the entry to go on with by counting
// from the first one, at every datagram. To clear 32 KiB takes less.
const longReceiveSize = 32<<10 - datagramRecord

// maxStrays bounds the messages in a row that answer no request.
const maxStrays = 4096

// inbox returns the messages of datagrams one by one, in one buffer for all.
type inbox struct {
	buf       []byte
	rest      []byte // of the last datagram
	datagrams int    // received so far
}

// enlarge makes the buffer as long as the longest datagrams.
func (in *inbox) enlarge() {
	if len(in.buf) < longReceiveSize {
		in.rest, in.buf = nil, make([]byte, longReceiveSize)
	}
}

// drop drops the rest of the last datagram.
func (in *inbox) drop() { in.rest = nil }

// next returns the next message. Its data is valid until the next call. It fails as
// Channel.Receive does, with EMSGSIZE when a datagram was too long, and with
// ErrMalformed when one cannot be taken apart, the rest of which is then lost.
func (in *inbox) next(ch Channel, wait bool) (message, error) {
	if len(in.rest) == 0 {
		if err := in.fill(ch, wait); err != nil {
			return message{}, err
		}
	}

	m, rest, err := cutMessage(in.rest)
	in.rest = rest
	return m, err
}

// fill receives a datagram.
func (in *inbox) fill(ch Channel, wait bool) error {
	if in.buf == nil {
		in.buf = make([]byte, receiveSize())
	}
	n, err := ch.Receive(in.buf, wait)
	if err != nil {
		return err
	}
	if n > len(in.buf) {
		return syscall.EMSGSIZE
	}

	in.rest = in.buf[:n]
	in.datagrams++
	return nil
}
