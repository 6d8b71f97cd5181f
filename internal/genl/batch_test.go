package genl

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
)

const testFamily = 0x1c

// testRequest returns a request with one attribute.
func testRequest(command uint8) Request {
	return Request{
		Family: testFamily, Version: 1, Command: command,
		Body: func(e *Encoder) { e.Uint32(1, uint32(command)) },
	}
}

// unencodable returns a request with a value that is too long for an attribute.
func unencodable() Request {
	return Request{Family: testFamily, Body: func(e *Encoder) { e.Bytes(1, make([]byte, 1<<16)) }}
}

// rejecting returns the answers of a kernel: an error for each message that errno
// returns one for, by its position among all messages so far, and an acknowledgement
// where one was asked for.
func rejecting(errno func(position int) syscall.Errno) func([]genltest.Request) []genltest.Datagram {
	position := 0
	return func(requests []genltest.Request) (answers []genltest.Datagram) {
		for _, r := range requests {
			e := errno(position)
			if e != 0 || r.Flags&netlink.Acknowledge != 0 {
				answers = append(answers, genltest.Datagram{Bytes: genltest.Error(r.Sequence, e)})
			}
			position++
		}
		return answers
	}
}

// batchOf returns a batch of so many requests.
func batchOf(t *testing.T, c *Conn, n int) *Batch {
	t.Helper()
	b := c.NewBatch(n)
	for i := range n {
		if err := b.Append(testRequest(uint8(i))); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// execute executes a batch, and returns the rejections and the error as errnos.
func execute(t *testing.T, c *Conn, b *Batch) (rejected map[int]syscall.Errno, unknown syscall.Errno) {
	t.Helper()
	rejected = map[int]syscall.Errno{}
	err := c.Execute(b, func(i int, err error) {
		if _, again := rejected[i]; again {
			t.Errorf("request %d was rejected twice", i)
		}
		rejected[i] = errnoOf(t, err)
	})
	if err != nil {
		unknown = errnoOf(t, err)
	}
	return rejected, unknown
}

// errnoOf returns the errno of an error. An error without one fails the test.
func errnoOf(t *testing.T, err error) (errno syscall.Errno) {
	t.Helper()
	if !errors.As(err, &errno) {
		t.Errorf("error %v without an errno", err)
	}
	return errno
}

// TestBatchRejections checks that each rejection is reported with its request.
func TestBatchRejections(t *testing.T) {
	tests := []struct {
		name   string
		n      int
		reject map[int]syscall.Errno
	}{
		{"empty", 0, map[int]syscall.Errno{}},
		{"one that succeeds", 1, map[int]syscall.Errno{}},
		{"one that is rejected", 1, map[int]syscall.Errno{0: syscall.EEXIST}},
		{"all succeed", MaxBatch, map[int]syscall.Errno{}},
		{"the first", 3, map[int]syscall.Errno{0: syscall.EPERM}},
		{"the last, which asks for the acknowledgement", 3, map[int]syscall.Errno{2: syscall.ESRCH}},
		{"several", MaxBatch, map[int]syscall.Errno{1: syscall.ENOBUFS, 7: syscall.EINTR, MaxBatch - 1: syscall.ENOENT}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := &genltest.Kernel{Answer: rejecting(func(i int) syscall.Errno { return tt.reject[i] })}
			c := New(k)
			rejected, unknown := execute(t, c, batchOf(t, c, tt.n))
			if diff := cmp.Diff(tt.reject, rejected); diff != "" || unknown != 0 {
				t.Errorf("rejected (-want +got), and %d:\n%s", unknown, diff)
			}
			if want := min(tt.n, 1); len(k.Sent) != want {
				t.Errorf("%d datagrams, want %d", len(k.Sent), want)
			}
		})
	}
}

// TestBatchAcknowledgement checks that only the last message asks for one, and that only
// batches of several messages reserve room for the answers.
func TestBatchAcknowledgement(t *testing.T) {
	for n := 1; n <= 3; n++ {
		k := &genltest.Kernel{Answer: rejecting(func(int) syscall.Errno { return 0 })}
		c := New(k)
		execute(t, c, batchOf(t, c, n))
		for i, r := range genltest.Requests(k.Sent[0]) {
			want := netlink.Request
			if i == n-1 {
				want |= netlink.Acknowledge
			}
			if r.Flags != want {
				t.Errorf("message %d of %d has flags %v, want %v", i, n, r.Flags, want)
			}
		}
		if want := min(n-1, 1); k.Reserved != want {
			t.Errorf("room was reserved %d times for %d requests, want %d", k.Reserved, n, want)
		}
	}
}

// TestBatchReservesOnce checks that two batches on one connection reserve their receive
// buffer once.
func TestBatchReservesOnce(t *testing.T) {
	k := &genltest.Kernel{Answer: rejecting(func(int) syscall.Errno { return 0 })}
	c := New(k)
	for range 2 {
		execute(t, c, batchOf(t, c, 2))
	}
	if k.Reserved != 1 {
		t.Errorf("room was reserved %d times, want 1", k.Reserved)
	}
}

// TestBatchLostAnswers checks that silence is no success where answers are lost.
func TestBatchLostAnswers(t *testing.T) {
	tests := []struct {
		name     string
		answer   func(seq uint32) []genltest.Datagram
		rejected map[int]syscall.Errno
		unknown  syscall.Errno
	}{
		{
			"the queue was full after two errors",
			func(seq uint32) []genltest.Datagram {
				return append([]genltest.Datagram{{Err: syscall.ENOBUFS}}, genltest.Datagrams(
					genltest.Error(seq, syscall.EEXIST), genltest.Error(seq+2, syscall.EEXIST))...)
			},
			map[int]syscall.Errno{0: syscall.EEXIST, 2: syscall.EEXIST}, syscall.ENOBUFS,
		},
		{
			"there was no memory for one answer, and the last one came",
			func(seq uint32) []genltest.Datagram {
				return append([]genltest.Datagram{{Err: syscall.ENOBUFS}}, genltest.Datagrams(genltest.Error(seq+4, 0))...)
			},
			map[int]syscall.Errno{}, syscall.ENOBUFS,
		},
		{
			"no acknowledgement",
			func(seq uint32) []genltest.Datagram { return genltest.Datagrams(genltest.Error(seq+1, syscall.ESRCH)) },
			map[int]syscall.Errno{1: syscall.ESRCH}, syscall.ETIMEDOUT,
		},
		{
			"a datagram that cannot be taken apart",
			func(seq uint32) []genltest.Datagram {
				return genltest.Datagrams(genltest.Error(seq, syscall.ESRCH), []byte{1, 2, 3})
			},
			map[int]syscall.Errno{0: syscall.ESRCH}, syscall.EBADMSG,
		},
		{
			"a datagram that does not fit",
			func(seq uint32) []genltest.Datagram {
				return []genltest.Datagram{{Bytes: genltest.Error(seq, 0), Length: receiveSize() + 1}}
			},
			map[int]syscall.Errno{}, syscall.EMSGSIZE,
		},
		{
			"an error without a number",
			func(seq uint32) []genltest.Datagram {
				return genltest.Datagrams(genltest.Message(netlink.Error, 0, seq+1, nil), genltest.Error(seq+4, 0))
			},
			map[int]syscall.Errno{1: syscall.EBADMSG}, 0,
		},
		{
			"answers to other requests, before and between",
			func(seq uint32) []genltest.Datagram {
				return genltest.Datagrams(
					genltest.Error(seq-1, syscall.EPERM), genltest.Error(seq+9, syscall.EPERM),
					genltest.Reply(testFamily, 0, seq, nil),
					slices.Concat(genltest.Error(seq, syscall.EEXIST), genltest.Error(seq+4, 0)),
				)
			},
			map[int]syscall.Errno{0: syscall.EEXIST}, 0,
		},
		{
			"answers to other requests without end",
			func(seq uint32) []genltest.Datagram {
				return slices.Repeat(genltest.Datagrams(genltest.Error(seq-1, 0)), maxStrays+1)
			},
			map[int]syscall.Errno{}, syscall.EBADMSG,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := New(&genltest.Kernel{Answer: func(rs []genltest.Request) []genltest.Datagram { return tt.answer(rs[0].Sequence) }})
			rejected, unknown := execute(t, c, batchOf(t, c, 5))
			if diff := cmp.Diff(tt.rejected, rejected); diff != "" || unknown != tt.unknown {
				t.Errorf("unknown %d, want %d; rejected (-want +got):\n%s", unknown, tt.unknown, diff)
			}
		})
	}
}

// TestBatchSendFails checks that a failed send is the error of Execute.
func TestBatchSendFails(t *testing.T) {
	c := New(&genltest.Kernel{SendErr: syscall.ENOMEM})
	rejected, unknown := execute(t, c, batchOf(t, c, 2))
	if len(rejected) != 0 || unknown != syscall.ENOMEM {
		t.Errorf("rejected %v, unknown %d, want none and ENOMEM", rejected, unknown)
	}
}

// TestBatchUnencodable checks that requests which cannot be encoded are left out, and keep
// their index.
func TestBatchUnencodable(t *testing.T) {
	tests := []struct {
		name string
		good []bool // whether each request can be encoded
	}{
		{"in the middle", []bool{true, false, true}},
		{"at the end", []bool{true, false}},
		{"at the beginning", []bool{false, true}},
		{"alone", []bool{false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := &genltest.Kernel{Answer: rejecting(func(int) syscall.Errno { return syscall.EPERM })}
			c := New(k)
			b, want := c.NewBatch(1), map[int]syscall.Errno{}
			for i, good := range tt.good {
				r := testRequest(1)
				if !good {
					r = unencodable()
				} else {
					want[i] = syscall.EPERM
				}
				if err := b.Append(r); (err == nil) != good || !good && !errors.Is(err, syscall.EINVAL) {
					t.Errorf("request %d: error %v", i, err)
				}
			}

			rejected, unknown := execute(t, c, b)
			if diff := cmp.Diff(want, rejected); diff != "" || unknown != 0 {
				t.Errorf("unknown %d; rejected (-want +got):\n%s", unknown, diff)
			}
			if sent := len(genltest.Requests(slices.Concat(k.Sent...))); sent != len(want) {
				t.Errorf("%d messages sent, want %d", sent, len(want))
			}
		})
	}
}

// TestBatchFull checks the limits of a batch.
func TestBatchFull(t *testing.T) {
	tests := []struct {
		name  string
		value int // the length of each request's attribute
		want  int
	}{
		{"by requests", 4, MaxBatch},
		{"by bytes", 1 << 14, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := New(&genltest.Kernel{}).NewBatch(1)
			for !b.Full() {
				if err := b.Append(Request{Body: func(e *Encoder) { e.Bytes(1, make([]byte, tt.value)) }}); err != nil {
					t.Fatal(err)
				}
			}
			if b.Len() != tt.want {
				t.Errorf("%d requests, want %d", b.Len(), tt.want)
			}
		})
	}
}

// TestBatchNoop checks the no-op for a kernel that does not answer the last request,
// and for one that does.
func TestBatchNoop(t *testing.T) {
	tests := []struct {
		name   string
		errnos map[int]syscall.Errno // -1 is no answer
		want   map[int]syscall.Errno
	}{
		{"all succeed", map[int]syscall.Errno{}, map[int]syscall.Errno{}},
		{"the last request is rejected", map[int]syscall.Errno{1: syscall.EBUSY}, map[int]syscall.Errno{1: syscall.EBUSY}},
		{"the last request is not answered", map[int]syscall.Errno{1: ^syscall.Errno(0)}, map[int]syscall.Errno{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := &genltest.Kernel{Answer: func(rs []genltest.Request) (answers []genltest.Datagram) {
				for i, r := range rs {
					errno := tt.errnos[i]
					if errno != ^syscall.Errno(0) && (errno != 0 || r.Flags&netlink.Acknowledge != 0) {
						answers = append(answers, genltest.Datagram{Bytes: genltest.Error(r.Sequence, errno)})
					}
				}
				return answers
			}}
			c := New(k)
			b := batchOf(t, c, 2)
			b.AppendNoop()
			rejected, unknown := execute(t, c, b)
			if diff := cmp.Diff(tt.want, rejected); diff != "" || unknown != 0 {
				t.Errorf("unknown %d; rejected (-want +got):\n%s", unknown, diff)
			}

			rs := genltest.Requests(k.Sent[0])
			if noop := rs[len(rs)-1]; len(rs) != 3 || noop.Type != netlink.Noop || noop.Flags != netlink.Request|netlink.Acknowledge {
				t.Errorf("the last of %d messages is %+v", len(rs), noop.Header)
			}
			if len(k.Queue) != 0 {
				t.Errorf("%d answers left", len(k.Queue))
			}
		})
	}
}

// TestBatchNoopAlone checks that a batch without messages stays empty.
func TestBatchNoopAlone(t *testing.T) {
	k := &genltest.Kernel{}
	c := New(k)
	b := c.NewBatch(1)
	b.AppendNoop()
	if rejected, unknown := execute(t, c, b); len(rejected) != 0 || unknown != 0 || len(k.Sent) != 0 {
		t.Errorf("rejected %v, unknown %d, %d datagrams sent", rejected, unknown, len(k.Sent))
	}
}

// TestBatchesAtOnce checks that batches can be filled while others are executed.
func TestBatchesAtOnce(t *testing.T) {
	const batches = 20
	outcomes := []syscall.Errno{0, syscall.EEXIST, syscall.EBUSY}
	c := New(&genltest.Kernel{Answer: rejecting(func(i int) syscall.Errno { return outcomes[i%3] })})
	full := make(chan *Batch, batches)
	go func() {
		defer close(full)
		for range batches {
			b := c.NewBatch(MaxBatch)
			for !b.Full() {
				_ = b.Append(testRequest(1))
			}
			full <- b
		}
	}()

	n := 0
	for b := range full {
		rejected, unknown := execute(t, c, b)
		for i := range b.Len() {
			if want := outcomes[n%3]; rejected[i] != want || unknown != 0 {
				t.Fatalf("request %d: %v, unknown %d; want %v", i, rejected[i], unknown, want)
			}
			n++
		}
		b.Release()
	}
	if n != batches*MaxBatch {
		t.Errorf("%d requests", n)
	}
}
