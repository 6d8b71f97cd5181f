package genl

import (
	"errors"
	"syscall"

	"github.com/mdlayher/netlink"
)

// maxQuestions is the number of requests of GetEach that travel in one datagram. All their
// answers are queued before the first is received, and some families allocate 8 KiB for
// each, whatever its length (NLMSG_GOODSIZE in inet_rtm_getroute of net/ipv4/route.c). The
// receive buffer of a socket has 208 KiB by default.
const maxQuestions = 16

// GetEach sends n requests, each of which is answered by one message, and calls answer for
// each in their order: with what Get returns, or with a syscall.Errno if the kernel
// rejected the request. The error is ENOBUFS for an answer that was lost. It takes a
// fraction of the system calls of as many calls of Get.
//
// The error of GetEach is that of the socket, or of a request that cannot be encoded.
func (c *Conn) GetEach(n int, request func(index int) Request, answer func(index int, body []byte, err error)) error {
	for first := 0; first < n; first += maxQuestions {
		q := questions{c: c, first: first, end: min(first+maxQuestions, n), request: request, answer: answer}
		if err := q.ask(); err != nil {
			return err
		}
	}
	return nil
}

// questions are those requests of GetEach that travel in one datagram.
type questions struct {
	c          *Conn
	first, end int // the indexes
	request    func(int) Request
	answer     func(int, []byte, error)

	firstSeq uint32 // of the request with index first
}

// ask sends the requests and receives their answers.
func (q *questions) ask() error {
	q.firstSeq = q.c.reserveSeqs(uint32(q.end - q.first))
	q.c.out.b = q.c.out.b[:0]
	for i := q.first; i < q.end; i++ {
		if err := appendRequest(&q.c.out, q.firstSeq+uint32(i-q.first), 0, q.request(i)); err != nil {
			return err
		}
	}

	q.c.in.drop()
	if err := q.c.ch.Send(q.c.out.b); err != nil {
		return err
	}
	return q.receive()
}

// receive receives the answers, which are in the order of the requests.
func (q *questions) receive() error {
	next := q.first
	for strays := 0; next < q.end && strays < maxStrays; {
		m, err := q.c.in.next(q.c.ch, false)
		if errors.Is(err, syscall.ENOBUFS) {
			strays++ // those that are queued can still be received
			continue
		}
		if errors.Is(err, syscall.EAGAIN) {
			break // Send has queued all that there are
		}
		if err != nil {
			return err
		}

		index := q.first + int(m.Sequence-q.firstSeq)
		if index < next || index >= q.end {
			strays++
			continue
		}
		q.lose(next, index)
		q.deliver(index, m)
		next = index + 1
	}

	q.lose(next, q.end)
	return nil
}

// deliver calls answer with a message.
func (q *questions) deliver(index int, m message) {
	if m.Type == netlink.Error {
		err := m.status()
		if err == nil {
			err = ErrMalformed // an acknowledgement, which was not asked for
		}
		q.answer(index, nil, err)
		return
	}

	body, err := m.body(q.request(index))
	q.answer(index, body, err)
}

// lose calls answer for requests whose answers were lost.
func (q *questions) lose(from, to int) {
	for i := from; i < to; i++ {
		q.answer(i, nil, syscall.ENOBUFS)
	}
}
