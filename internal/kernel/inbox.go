package kernel

import (
	"os"
	"syscall"
)

// receiveSize is the length of the receive buffer. By the longest that a socket was
// ever given the kernel measures the datagrams of a dump, up to 32 KiB, and it clears
// that much for each: twice for a service with one server (netlink_dump and
// netlink_recvmsg of net/netlink/af_netlink.c). This length and the kernel's own
// record of a datagram fill 8 KiB to the end; more would be 16.
//
// Whatever the length, datagrams can be as long as a page less that record, up to
// 8 KiB (NLMSG_GOODSIZE), so with greater pages the buffer has to be.
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
// a dump of thousands: for each datagram, the kernel goes through all services that
// it has told already (ip_vs_genl_dump_services). To clear 32 KiB is less.
const longReceiveSize = 32<<10 - datagramRecord

// maxStrays bounds the messages in a row that answer nothing we asked.
const maxStrays = 4096

// inbox hands out the messages of datagrams one by one, in one buffer for all.
type inbox struct {
	buf  []byte
	rest []byte // of the last datagram
}

// enlarge has the next dumps come in the longest datagrams.
func (in *inbox) enlarge() {
	if len(in.buf) < longReceiveSize {
		in.rest, in.buf = nil, make([]byte, longReceiveSize)
	}
}

// forget drops what is left of the last datagram.
func (in *inbox) forget() { in.rest = nil }

// next is the next message. Its data stays good until the call after. It fails
// as channel.receive does, with EMSGSIZE when a datagram was too long, and with
// errMalformed when one cannot be taken apart, the rest of which is then lost.
func (in *inbox) next(ch channel, wait bool) (message, error) {
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
func (in *inbox) fill(ch channel, wait bool) error {
	if in.buf == nil {
		in.buf = make([]byte, receiveSize())
	}
	n, err := ch.receive(in.buf, wait)
	if err != nil {
		return err
	}
	if n > len(in.buf) {
		return syscall.EMSGSIZE
	}
	in.rest = in.buf[:n]
	return nil
}
