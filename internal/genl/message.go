package genl

import (
	"encoding/binary"
	"syscall"

	"github.com/mdlayher/netlink"
)

// A datagram of netlink is a row of messages, each with a header (struct nlmsghdr of
// include/uapi/linux/netlink.h) and aligned to four bytes. A generic netlink message has
// a second header behind the first (struct genlmsghdr of
// include/uapi/linux/genetlink.h) and then attributes.
const (
	headerLength        = 16
	genericHeaderLength = 4
	messageAlign        = 4

	flagsOffset = 6 // of the flags in the header
)

// message is one message of a datagram. Its data is what follows the first header, and
// belongs to the receive buffer.
type message struct {
	netlink.Header
	data []byte
}

// ErrMalformed is the error for messages that the kernel is not known to send. It wraps
// EBADMSG.
//
// (Made by fmt it would cost every start of a program a millisecond on a slow machine.)
var ErrMalformed error = malformedError{}

type malformedError struct{}

func (malformedError) Error() string { return "malformed netlink message" }
func (malformedError) Unwrap() error { return syscall.EBADMSG }

// appendRequest appends a request. All headers of requests are made here. It fails with
// EINVAL, and appends nothing, when an attribute is too long.
func appendRequest(e *Encoder, seq uint32, flags netlink.HeaderFlags, r Request) error {
	start := len(e.b)
	e.b = appendHeader(e.b, r.Family, netlink.Request|flags, seq)
	if r.Header != nil {
		e.b = append(e.b, r.Header...)
	} else {
		e.b = append(e.b, r.Command, r.Version, 0, 0)
	}

	e.err = nil
	if r.Body != nil {
		r.Body(e)
	}
	if e.err != nil {
		e.b = e.b[:start]
		return e.err
	}

	binary.NativeEndian.PutUint32(e.b[start:], uint32(len(e.b)-start))
	return nil
}

// appendHeader appends the header of a message that has no data.
func appendHeader(b []byte, typ uint16, flags netlink.HeaderFlags, seq uint32) []byte {
	b = binary.NativeEndian.AppendUint32(b, headerLength)
	b = binary.NativeEndian.AppendUint16(b, typ)
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, seq)
	return binary.NativeEndian.AppendUint32(b, 0) // the port: the kernel knows the sender
}

// addFlags sets more flags in the header of the message at offset.
func addFlags(datagram []byte, offset int, flags netlink.HeaderFlags) {
	field := datagram[offset+flagsOffset:]
	binary.NativeEndian.PutUint16(field, binary.NativeEndian.Uint16(field)|uint16(flags))
}

// cutMessage cuts the first message off a datagram. Its length is that of the header,
// checked against the length of the datagram.
func cutMessage(datagram []byte) (m message, rest []byte, err error) {
	if len(datagram) < headerLength {
		return message{}, nil, ErrMalformed
	}
	m.Length = binary.NativeEndian.Uint32(datagram)
	m.Type = netlink.HeaderType(binary.NativeEndian.Uint16(datagram[4:]))
	m.Flags = netlink.HeaderFlags(binary.NativeEndian.Uint16(datagram[flagsOffset:]))
	m.Sequence = binary.NativeEndian.Uint32(datagram[8:])
	m.PID = binary.NativeEndian.Uint32(datagram[12:])

	if m.Length < headerLength || uint64(m.Length) > uint64(len(datagram)) {
		return message{}, nil, ErrMalformed
	}
	end := int(m.Length)
	m.data = datagram[headerLength:end]
	aligned := min((end+messageAlign-1)&^(messageAlign-1), len(datagram))

	return m, datagram[aligned:], nil
}

// status returns the error number that a message of type Error or Done carries, nil for
// 0, which is an acknowledgement. A message without a number is ErrMalformed, except
// for a Done, which need not carry one.
func (m message) status() error {
	if len(m.data) < 4 {
		if m.Type == netlink.Done {
			return nil
		}
		return ErrMalformed
	}

	n := int32(binary.NativeEndian.Uint32(m.data))
	switch {
	case n == 0, n > 0 && m.Type == netlink.Done:
		return nil
	case n < 0 && n >= -4095: // MAX_ERRNO of include/linux/err.h
		return syscall.Errno(-n)
	}
	return ErrMalformed
}

// body returns what follows the generic netlink header of an answer to r, whose command
// and version need no check: the sequence number shows which request the message answers.
// Of rtnetlink it returns the header too.
func (m message) body(r Request) ([]byte, error) {
	switch {
	case r.Header != nil && len(m.data) >= len(r.Header):
		return m.data, nil
	case r.Header == nil && len(m.data) >= genericHeaderLength:
		return m.data[genericHeaderLength:], nil
	}
	return nil, ErrMalformed
}
