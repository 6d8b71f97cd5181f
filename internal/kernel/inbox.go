package kernel

import "syscall"

// receiveSize is the size of the receive buffer. A dump comes in datagrams of at
// most 32 KiB (NLMSG_GOODSIZE and max_recvmsg_len of net/netlink/af_netlink.c),
// and the bigger the buffer, the fewer they are, up to that.
const receiveSize = 64 << 10

// maxStrays bounds the messages in a row that answer nothing we asked.
const maxStrays = 4096

// inbox hands out the messages of datagrams one by one, in one buffer for all.
type inbox struct {
	buf  []byte
	rest []byte // of the last datagram
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
		in.buf = make([]byte, receiveSize)
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
