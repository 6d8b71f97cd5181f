// Package genltest plays a kernel to tests of package genl and of its clients. It takes
// requests apart and puts answers together by itself, or by package netlink, so that it
// does not share a mistake with package genl.
package genltest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"syscall"

	"github.com/mdlayher/netlink"
)

// Kernel is a genl.Channel whose answers to each datagram a test writes.
type Kernel struct {
	// Answer returns what the kernel queues for the requests of a datagram. Nil
	// answers nothing.
	Answer func(requests []Request) []Datagram
	// Queue is what is to be received.
	Queue []Datagram
	// SendErr, if it is set, is the error of every send.
	SendErr error

	// Sent is a copy of every datagram so far.
	Sent [][]byte
	// Reserved is the number of calls of Reserve.
	Reserved int
	// Longest is the length of the longest receive buffer so far.
	Longest int
	// Closed reports whether Close was called.
	Closed bool
}

// Datagram is a datagram to receive, or an error instead.
type Datagram struct {
	Bytes []byte
	Err   error
	// Length is the length of a datagram that does not fit in the receive buffer.
	Length int
}

// Request is a message to the kernel.
type Request struct {
	netlink.Header
	// Command and Attributes are those of a generic netlink message, zero in others.
	Command    uint8
	Attributes []byte
}

// Send implements genl.Channel.
func (k *Kernel) Send(datagram []byte) error {
	if k.SendErr != nil {
		return k.SendErr
	}

	k.Sent = append(k.Sent, slices.Clone(datagram))
	if k.Answer != nil {
		k.Queue = append(k.Queue, k.Answer(Requests(datagram))...)
	}
	return nil
}

// Receive implements genl.Channel. An empty queue is ETIMEDOUT at once if wait is set.
func (k *Kernel) Receive(b []byte, wait bool) (int, error) {
	k.Longest = max(k.Longest, len(b))
	if len(k.Queue) == 0 {
		if wait {
			return 0, syscall.ETIMEDOUT
		}
		return 0, syscall.EAGAIN
	}

	d := k.Queue[0]
	k.Queue = k.Queue[1:]
	n := copy(b, d.Bytes)
	return max(n, d.Length), d.Err
}

// Reserve implements genl.Channel.
func (k *Kernel) Reserve() error { k.Reserved++; return nil }

// Close implements genl.Channel.
func (k *Kernel) Close() error { k.Closed = true; return nil }

// The lengths of struct nlmsghdr and struct genlmsghdr.
const (
	headerLength        = 16
	genericHeaderLength = 4
)

// Requests takes a datagram to the kernel apart. It panics if it cannot.
func Requests(datagram []byte) (requests []Request) {
	for len(datagram) > 0 {
		var m netlink.Message
		length := binary.NativeEndian.Uint32(datagram)
		if err := m.UnmarshalBinary(datagram[:length]); err != nil {
			panic(fmt.Sprintf("a datagram that cannot be taken apart: %v", err))
		}
		datagram = datagram[length:]

		r := Request{Header: m.Header}
		if len(m.Data) >= genericHeaderLength {
			r.Command, r.Attributes = m.Data[0], m.Data[genericHeaderLength:]
		}
		requests = append(requests, r)
	}
	return requests
}

// Datagrams returns a Datagram for each of the arguments.
func Datagrams(datagrams ...[]byte) (list []Datagram) {
	for _, b := range datagrams {
		list = append(list, Datagram{Bytes: b})
	}
	return list
}

// Message returns a message of the kernel that answers the request numbered seq.
func Message(typ netlink.HeaderType, flags netlink.HeaderFlags, seq uint32, data []byte) []byte {
	const port = 4711 // of the process
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerLength+len(data)))
	b = binary.NativeEndian.AppendUint16(b, uint16(typ))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, port)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// Reply returns a message of a family with attributes.
func Reply(family uint16, flags netlink.HeaderFlags, seq uint32, attributes []byte) []byte {
	const command, version = 0, 1 // the command of an answer is of no interest
	data := append([]byte{command, version, 0, 0}, attributes...)
	return Message(netlink.HeaderType(family), flags, seq, data)
}

// Error returns the rejection of the request numbered seq, or for 0 its acknowledgement.
func Error(seq uint32, errno syscall.Errno) []byte {
	data := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	return Message(netlink.Error, 0, seq, append(data, make([]byte, headerLength)...))
}

// Done returns the message that ends a dump.
func Done(flags netlink.HeaderFlags, seq uint32) []byte {
	return Message(netlink.Done, netlink.Multi|flags, seq, make([]byte, 4))
}
