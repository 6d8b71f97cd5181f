package kernel

import (
	"encoding/binary"
	"syscall"

	"github.com/mdlayher/netlink"
)

// A datagram of netlink is a row of messages, each with a header (struct
// nlmsghdr of include/uapi/linux/netlink.h) and begun at a multiple of four
// bytes. A generic netlink message has a second header behind the first (struct
// genlmsghdr of include/uapi/linux/genetlink.h) and then attributes.
const (
	headerLength        = 16
	genericHeaderLength = 4
	messageAlign        = 4

	flagsOffset = 6 // of the flags in the header
)

// message is one message of a datagram. Its data is what follows the first
// header, and belongs to the receive buffer.
type message struct {
	netlink.Header
	data []byte
}

// errMalformed is what the kernel is not known to send. It wraps EBADMSG. (Made
// by fmt it would cost every start of the program a millisecond on a slow
// machine.)
var errMalformed error = malformedError{}

type malformedError struct{}

func (malformedError) Error() string { return "malformed netlink message" }
func (malformedError) Unwrap() error { return syscall.EBADMSG }

// appendRequest appends a request of the IPVS family, with the attributes that body
// encodes; nil is none. It is the one place where headers of requests are made. It
// fails with EINVAL, and appends nothing, when an attribute gets too long.
func (c *Client) appendRequest(e *encoder, seq uint32, flags netlink.HeaderFlags, cmd command, body func(*encoder)) error {
	start := len(e.b)
	e.b = binary.NativeEndian.AppendUint32(e.b, 0) // the length, written below
	e.b = binary.NativeEndian.AppendUint16(e.b, c.family)
	e.b = binary.NativeEndian.AppendUint16(e.b, uint16(netlink.Request|flags))
	e.b = binary.NativeEndian.AppendUint32(e.b, seq)
	e.b = binary.NativeEndian.AppendUint32(e.b, 0) // the kernel knows the sender
	e.b = append(e.b, byte(cmd), familyVersion, 0, 0)
	e.err = nil
	if body != nil {
		body(e)
	}
	if e.err != nil {
		e.b = e.b[:start]
		return e.err
	}
	binary.NativeEndian.PutUint32(e.b[start:], uint32(len(e.b)-start))
	return nil
}

// addFlags sets more flags in the header of the message at offset.
func addFlags(datagram []byte, offset int, flags netlink.HeaderFlags) {
	field := datagram[offset+flagsOffset:]
	binary.NativeEndian.PutUint16(field, binary.NativeEndian.Uint16(field)|uint16(flags))
}

// cutMessage cuts the first message off a datagram. Its length is that of the
// header, checked against what is there.
func cutMessage(datagram []byte) (m message, rest []byte, err error) {
	if len(datagram) < headerLength {
		return message{}, nil, errMalformed
	}
	m.Length = binary.NativeEndian.Uint32(datagram)
	m.Type = netlink.HeaderType(binary.NativeEndian.Uint16(datagram[4:]))
	m.Flags = netlink.HeaderFlags(binary.NativeEndian.Uint16(datagram[flagsOffset:]))
	m.Sequence = binary.NativeEndian.Uint32(datagram[8:])
	m.PID = binary.NativeEndian.Uint32(datagram[12:])
	if m.Length < headerLength || uint64(m.Length) > uint64(len(datagram)) {
		return message{}, nil, errMalformed
	}
	end := int(m.Length)
	m.data = datagram[headerLength:end]
	aligned := min((end+messageAlign-1)&^(messageAlign-1), len(datagram))
	return m, datagram[aligned:], nil
}

// status is the error number that a message of type Error or Done carries: the
// kernel's, negative, or 0 for an acknowledgement. A message without one is
// errMalformed, but for a Done, which need not carry any.
func (m message) status() error {
	if len(m.data) < 4 {
		if m.Type == netlink.Done {
			return nil
		}
		return errMalformed
	}
	n := int32(binary.NativeEndian.Uint32(m.data))
	switch {
	case n == 0, n > 0 && m.Type == netlink.Done:
		return nil
	case n < 0 && n >= -4095: // MAX_ERRNO of include/linux/err.h
		return syscall.Errno(-n)
	}
	return errMalformed
}

// payload is what follows the generic netlink header, whose command and
// version need no check: the sequence number has told what the message answers.
func (m message) payload() ([]byte, error) {
	if len(m.data) < genericHeaderLength {
		return nil, errMalformed
	}
	return m.data[genericHeaderLength:], nil
}
