package kernel

import (
	"encoding/binary"
	"syscall"

	"github.com/mdlayher/netlink"
)

// testFamily is the number that the family had when the requests under
// testdata/wire were captured.
const testFamily = 0x1c

// scriptedKernel is a channel whose answers to each datagram a test writes. It
// queues what answer gives, and hands it out datagram by datagram.
type scriptedKernel struct {
	// answer gives what the kernel queues for a datagram. Nil answers nothing.
	answer func(requests []message) []event
	// sent are copies of all datagrams so far.
	sent     [][]byte
	sendErr  error
	queue    []event
	reserved int
	closed   bool
}

// event is a datagram to receive, or the error in its place. A length says more
// than the datagram has: it did not fit.
type event struct {
	datagram []byte
	err      error
	length   int
}

func newScriptedClient(answer func([]message) []event) (*Client, *scriptedKernel) {
	k := &scriptedKernel{answer: answer}
	return newClient(k, testFamily), k
}

func (k *scriptedKernel) sendRead(datagram []byte) error { return k.sendChanges(datagram) }

func (k *scriptedKernel) sendChanges(datagram []byte) error {
	if k.sendErr != nil {
		return k.sendErr
	}
	k.sent = append(k.sent, append([]byte(nil), datagram...))
	if k.answer != nil {
		k.queue = append(k.queue, k.answer(cutAll(datagram))...)
	}
	return nil
}

func (k *scriptedKernel) receive(b []byte, wait bool) (int, error) {
	if len(k.queue) == 0 {
		if wait {
			return 0, syscall.ETIMEDOUT
		}
		return 0, syscall.EAGAIN
	}
	e := k.queue[0]
	k.queue = k.queue[1:]
	n := copy(b, e.datagram)
	return max(n, e.length), e.err
}

func (k *scriptedKernel) reserve() error { k.reserved++; return nil }
func (k *scriptedKernel) close() error   { k.closed = true; return nil }

// cutAll takes a datagram of ours apart.
func cutAll(datagram []byte) (ms []message) {
	for len(datagram) > 0 {
		m, rest, err := cutMessage(datagram)
		if err != nil {
			panic(err)
		}
		ms = append(ms, m)
		datagram = rest
	}
	return ms
}

// makeMessage is a message of the kernel in answer to seq.
func makeMessage(typ netlink.HeaderType, flags netlink.HeaderFlags, seq uint32, data []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerLength+len(data)))
	b = binary.NativeEndian.AppendUint16(b, uint16(typ))
	b = binary.NativeEndian.AppendUint16(b, uint16(flags))
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 4711) // a port of ours
	b = append(b, data...)
	for len(b)%messageAlign != 0 {
		b = append(b, 0)
	}
	return b
}

// errorMessage is the kernel's refusal of seq, or its acknowledgement with 0.
func errorMessage(seq uint32, errno syscall.Errno) []byte {
	status := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	return makeMessage(netlink.Error, 0, seq, append(status, make([]byte, headerLength)...))
}

// replyMessage is an answer with attributes.
func replyMessage(seq uint32, flags netlink.HeaderFlags, attrs []byte) []byte {
	return makeMessage(testFamily, flags, seq, append([]byte{0, familyVersion, 0, 0}, attrs...))
}

// doneMessage ends a dump.
func doneMessage(seq uint32, flags netlink.HeaderFlags) []byte {
	return makeMessage(netlink.Done, netlink.Multi|flags, seq, make([]byte, 4))
}

// datagrams makes an event of each.
func datagrams(bs ...[]byte) (events []event) {
	for _, b := range bs {
		events = append(events, event{datagram: b})
	}
	return events
}
