package genl

import (
	"bytes"
	"fmt"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
)

// routeHeader is the header of the requests of TestGetEach.
var routeHeader = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// getEach sends n requests with a header, and returns what is delivered.
func getEach(c *Conn, n int) (got []string, err error) {
	request := func(i int) Request {
		return Request{Family: 26, Header: routeHeader, Body: func(e *Encoder) { e.Uint32(1, uint32(i)) }}
	}
	err = c.GetEach(n, request, func(i int, body []byte, err error) {
		got = append(got, fmt.Sprintf("%d %x %v", i, body, err))
	})
	return got, err
}

// TestGetEach checks that each request gets its answer, or an error, in order.
func TestGetEach(t *testing.T) {
	body := []byte("as long as it must be")[:12]
	reply := func(seq uint32) []byte { return genltest.Message(24, 0, seq, body) }
	good := func(i int) string { return fmt.Sprintf("%d %x <nil>", i, body) }
	for _, tt := range []struct {
		name   string
		n      int
		answer func(seq uint32) []genltest.Datagram // to each request
		want   []string
	}{
		{"none", 0, nil, nil},
		{"all", 3, func(seq uint32) []genltest.Datagram { return genltest.Datagrams(reply(seq)) }, []string{good(0), good(1), good(2)}},
		{
			"one rejected", 3,
			func(seq uint32) []genltest.Datagram {
				if seq == 2 {
					return genltest.Datagrams(genltest.Error(seq, syscall.ENETUNREACH))
				}
				return genltest.Datagrams(reply(seq))
			},
			[]string{good(0), "1  network is unreachable", good(2)},
		},
		{
			"some lost", 4,
			func(seq uint32) []genltest.Datagram {
				if seq%2 == 0 {
					return []genltest.Datagram{{Err: syscall.ENOBUFS}}
				}
				return genltest.Datagrams(reply(seq))
			},
			[]string{good(0), "1  no buffer space available", good(2), "3  no buffer space available"},
		},
		{
			"answers to others between", 2,
			func(seq uint32) []genltest.Datagram {
				return genltest.Datagrams(reply(seq+100), reply(seq), reply(seq))
			},
			[]string{good(0), good(1)},
		},
		{
			"an acknowledgement", 1,
			func(seq uint32) []genltest.Datagram { return genltest.Datagrams(genltest.Error(seq, 0)) },
			[]string{"0  malformed netlink message"},
		},
		{
			"shorter than the header", 1,
			func(seq uint32) []genltest.Datagram {
				return genltest.Datagrams(genltest.Message(24, 0, seq, body[:4]))
			},
			[]string{"0  malformed netlink message"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := &genltest.Kernel{Answer: func(rs []genltest.Request) (queue []genltest.Datagram) {
				for _, r := range rs {
					queue = append(queue, tt.answer(r.Sequence)...)
				}
				return queue
			}}
			got, err := getEach(New(k), tt.n)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestGetEachDatagrams checks how many requests travel in a datagram, and that each has
// the header.
func TestGetEachDatagrams(t *testing.T) {
	k := &genltest.Kernel{Answer: func(rs []genltest.Request) (queue []genltest.Datagram) {
		for _, r := range rs {
			queue = append(queue, genltest.Datagrams(genltest.Message(24, 0, r.Sequence, routeHeader))...)
		}
		return queue
	}}
	got, err := getEach(New(k), 2*maxQuestions+1)
	if err != nil || len(got) != 2*maxQuestions+1 || len(k.Sent) != 3 {
		t.Fatalf("%d answers in %d datagrams, %v", len(got), len(k.Sent), err)
	}
	last := genltest.Requests(k.Sent[2])
	want := native(t, routeHeader[4:], uint16(8), uint16(1), uint32(2*maxQuestions))
	if len(last) != 1 || !bytes.Equal(last[0].Attributes, want) {
		t.Errorf("%d requests in the last datagram, %q", len(last), last[0].Attributes)
	}
}

// TestGetEachErrors checks that the errors of the socket, and of a request that cannot be
// encoded, end it.
func TestGetEachErrors(t *testing.T) {
	broken := &genltest.Kernel{SendErr: syscall.EPIPE}
	if got, err := getEach(New(broken), 2); err != syscall.EPIPE || got != nil {
		t.Errorf("send: %v, %v", got, err)
	}

	failing := &genltest.Kernel{Queue: []genltest.Datagram{{Err: syscall.ENOMEM}}}
	if got, err := getEach(New(failing), 2); err != syscall.ENOMEM || got != nil {
		t.Errorf("receive: %v, %v", got, err)
	}

	long := Request{Body: func(e *Encoder) { e.Bytes(1, make([]byte, 1<<16)) }}
	c := New(&genltest.Kernel{})
	if err := c.GetEach(1, func(int) Request { return long }, nil); err != syscall.EINVAL {
		t.Errorf("encode: %v", err)
	}
}
