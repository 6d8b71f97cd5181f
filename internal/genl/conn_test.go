package genl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
)

// answering returns a connection to a kernel that answers each request by answer, which
// is called with the number of the request from 0 and its sequence number.
func answering(answer func(n int, seq uint32) []genltest.Datagram) (*Conn, *genltest.Kernel) {
	n := 0
	k := &genltest.Kernel{Answer: func(rs []genltest.Request) []genltest.Datagram {
		n++
		return answer(n-1, rs[0].Sequence)
	}}
	return New(k), k
}

// encoded returns the attributes that fn appends.
func encoded(t testing.TB, fn func(*Encoder)) []byte {
	t.Helper()
	b, err := Encoded(fn)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGet checks the answers to a request, and the errors of those that do not answer
// it.
func TestGet(t *testing.T) {
	want := encoded(t, func(e *Encoder) { e.Uint32(7, 4711) })
	good := func(seq uint32) [][]byte { return [][]byte{genltest.Reply(testFamily, 0, seq, want)} }
	tests := []struct {
		name   string
		answer func(seq uint32) [][]byte
		errno  syscall.Errno
	}{
		{"answered", good, 0},
		{"answers to other requests before", func(seq uint32) [][]byte {
			return append([][]byte{genltest.Error(77, syscall.EPERM), genltest.Reply(testFamily, 0, 77, nil)}, good(seq)...)
		}, 0},
		{"rejected", func(seq uint32) [][]byte { return [][]byte{genltest.Error(seq, syscall.EPERM)} }, syscall.EPERM},
		{"only acknowledged", func(seq uint32) [][]byte { return [][]byte{genltest.Error(seq, 0)} }, syscall.EBADMSG},
		{"no answer", func(uint32) [][]byte { return nil }, syscall.ETIMEDOUT},
		{"half a header", func(uint32) [][]byte { return [][]byte{make([]byte, 15)} }, syscall.EBADMSG},
		{"a length beyond the datagram", func(seq uint32) [][]byte { return [][]byte{good(seq)[0][:24]} }, syscall.EBADMSG},
		{"a length below the header's", func(uint32) [][]byte {
			return [][]byte{append(binary.NativeEndian.AppendUint32(nil, 15), make([]byte, 20)...)}
		}, syscall.EBADMSG},
		{"no generic header", func(seq uint32) [][]byte {
			return [][]byte{genltest.Message(testFamily, 0, seq, nil)}
		}, syscall.EBADMSG},
		{"answers to other requests without end", func(uint32) [][]byte {
			return slices.Repeat([][]byte{genltest.Error(77, 0)}, maxStrays+1)
		}, syscall.EBADMSG},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := answering(func(_ int, seq uint32) []genltest.Datagram { return genltest.Datagrams(tt.answer(seq)...) })
			got, err := c.Get(testRequest(3))
			if tt.errno == 0 && err != nil || tt.errno != 0 && !errors.Is(err, tt.errno) {
				t.Errorf("error %v, want %d", err, tt.errno)
			}
			if tt.errno == 0 && !slices.Equal(got, want) {
				t.Errorf("attributes %x, want %x", got, want)
			}

			r := genltest.Requests(k.Sent[0])[0]
			r.Sequence, r.Length = 0, 0
			wantRequest := genltest.Request{
				Header:  netlink.Header{Type: testFamily, Flags: netlink.Request},
				Command: 3, Attributes: encoded(t, testRequest(3).Body),
			}
			if diff := cmp.Diff(wantRequest, r); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGetDropsLateAnswers checks that what is left of an earlier answer is not read.
func TestGetDropsLateAnswers(t *testing.T) {
	c, _ := answering(func(_ int, seq uint32) []genltest.Datagram {
		return genltest.Datagrams(slices.Concat(genltest.Reply(testFamily, 0, seq, nil), genltest.Error(seq+1, syscall.EPERM)))
	})
	for range 2 {
		if _, err := c.Get(testRequest(1)); err != nil {
			t.Error(err)
		}
	}
}

// TestGetUnencodable checks that nothing is sent.
func TestGetUnencodable(t *testing.T) {
	k := &genltest.Kernel{}
	if _, err := New(k).Get(unencodable()); !errors.Is(err, syscall.EINVAL) || len(k.Sent) != 0 {
		t.Errorf("error %v, %d datagrams sent", err, len(k.Sent))
	}
}

// TestLookUp checks the number of a family, and the errors without one.
func TestLookUp(t *testing.T) {
	family := func(id uint16) []byte {
		return encoded(t, func(e *Encoder) {
			e.String(controllerFamilyName, "TEST")
			e.Uint16(controllerFamilyID, id)
			e.Uint32(99, 0) // an unknown attribute
		})
	}
	tests := []struct {
		name   string
		answer func(seq uint32) []byte
		id     uint16
		is     error
	}{
		{"there", func(seq uint32) []byte { return genltest.Reply(controllerID, 0, seq, family(28)) }, 28, nil},
		{"absent", func(seq uint32) []byte { return genltest.Error(seq, syscall.ENOENT) }, 0, fs.ErrNotExist},
		{"without a number", func(seq uint32) []byte { return genltest.Reply(controllerID, 0, seq, nil) }, 0, ErrMalformed},
		{"malformed", func(seq uint32) []byte {
			return genltest.Reply(controllerID, 0, seq, native(t, uint16(5), uint16(controllerFamilyID), []byte{1, 0, 0, 0}))
		}, 0, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := answering(func(_ int, seq uint32) []genltest.Datagram { return genltest.Datagrams(tt.answer(seq)) })
			if id, err := c.LookUp("TEST"); id != tt.id || !errors.Is(err, tt.is) {
				t.Errorf("%d, %v; want %d, %v", id, err, tt.id, tt.is)
			}

			// As libnl and package genetlink send it.
			want := native(t, uint32(32), uint16(16), uint16(1), uint32(1), uint32(0), []byte{3, 1, 0, 0},
				uint16(9), uint16(2), []byte("TEST\x00\x00\x00\x00"))
			if !bytes.Equal(k.Sent[0], want) {
				t.Errorf("request %q, want %q", k.Sent[0], want)
			}
		})
	}
}

// native returns the values behind each other, numbers in the byte order of this machine.
func native(t *testing.T, values ...any) (b []byte) {
	t.Helper()
	for _, v := range values {
		var err error
		if b, err = binary.Append(b, binary.NativeEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestDump checks the entries of dumps, how often an interrupted one is repeated, and
// the errors.
func TestDump(t *testing.T) {
	entry := func(seq uint32, flags netlink.HeaderFlags, v uint32) []byte {
		return genltest.Reply(testFamily, netlink.Multi|flags, seq, encoded(t, func(e *Encoder) { e.Uint32(1, v) }))
	}
	tests := []struct {
		name string
		// answer is called with the number of the try, from 0.
		answer    func(try int, seq uint32) [][]byte
		want      []uint32
		datagrams int
		errno     syscall.Errno
		tries     int
	}{
		{name: "empty", answer: func(_ int, seq uint32) [][]byte { return [][]byte{genltest.Done(0, seq)} }, tries: 1},
		{
			name: "one datagram and the end",
			answer: func(_ int, seq uint32) [][]byte {
				return [][]byte{slices.Concat(entry(seq, 0, 1), entry(seq, 0, 2)), genltest.Done(0, seq)}
			},
			want: []uint32{1, 2}, datagrams: 1, tries: 1,
		},
		{
			name: "two datagrams, the end in the second",
			answer: func(_ int, seq uint32) [][]byte {
				return [][]byte{entry(seq, 0, 1), slices.Concat(entry(seq, 0, 2), genltest.Done(0, seq))}
			},
			want: []uint32{1, 2}, datagrams: 2, tries: 1,
		},
		{
			name: "interrupted once",
			answer: func(try int, seq uint32) [][]byte {
				if try == 0 {
					return [][]byte{entry(seq, 0, 3), entry(seq, netlink.DumpInterrupted, 2), genltest.Done(netlink.DumpInterrupted, seq)}
				}
				return [][]byte{entry(seq, 0, 1), genltest.Done(0, seq)}
			},
			want: []uint32{1}, datagrams: 1, tries: 2,
		},
		{
			name:   "interrupted always",
			answer: func(_ int, seq uint32) [][]byte { return [][]byte{genltest.Done(netlink.DumpInterrupted, seq)} },
			errno:  syscall.EINTR, tries: maxDumps,
		},
		{
			name:   "without an end",
			answer: func(_ int, seq uint32) [][]byte { return [][]byte{entry(seq, 0, 1)} },
			want:   []uint32{1}, datagrams: 1, errno: syscall.ETIMEDOUT, tries: 1,
		},
		{
			name:   "rejected",
			answer: func(_ int, seq uint32) [][]byte { return [][]byte{genltest.Error(seq, syscall.EPERM)} },
			errno:  syscall.EPERM, tries: 1,
		},
		{
			name: "an end with an error",
			answer: func(_ int, seq uint32) [][]byte {
				const status = ^uint32(0) - 2 // -3
				done := genltest.Message(netlink.Done, netlink.Multi, seq, binary.NativeEndian.AppendUint32(nil, status))
				return [][]byte{entry(seq, 0, 1), done}
			},
			want: []uint32{1}, datagrams: 1, errno: syscall.Errno(3), tries: 1,
		},
		{
			name: "an end without a number",
			answer: func(_ int, seq uint32) [][]byte {
				return [][]byte{entry(seq, 0, 1), genltest.Message(netlink.Done, netlink.Multi, seq, nil)}
			},
			want: []uint32{1}, datagrams: 1, tries: 1,
		},
		{
			name: "a malformed entry, read to the end all the same",
			answer: func(_ int, seq uint32) [][]byte {
				return [][]byte{genltest.Message(testFamily, netlink.Multi, seq, nil), entry(seq, 0, 1), genltest.Done(0, seq)}
			},
			datagrams: 2, errno: syscall.EBADMSG, tries: 1,
		},
		{
			name: "answers to other requests between",
			answer: func(_ int, seq uint32) [][]byte {
				return [][]byte{entry(seq+1, 0, 9), entry(seq, 0, 1), genltest.Done(0, seq-1), genltest.Done(0, seq)}
			},
			want: []uint32{1}, datagrams: 1, tries: 1,
		},
		{
			name: "answers to other requests without end",
			answer: func(_ int, seq uint32) [][]byte {
				return slices.Repeat([][]byte{genltest.Done(0, seq-1)}, maxStrays+1)
			},
			errno: syscall.EBADMSG, tries: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := answering(func(try int, seq uint32) []genltest.Datagram { return genltest.Datagrams(tt.answer(try, seq)...) })
			var got []uint32
			datagrams, err := c.Dump(testRequest(1), func() { got = nil }, func(b []byte) error {
				d := NewDecoder(b)
				for d.Next() {
					got = append(got, d.Uint32())
				}
				return d.Err()
			})
			if tt.errno == 0 && err != nil || tt.errno != 0 && !errors.Is(err, tt.errno) {
				t.Errorf("error %v, want %d", err, tt.errno)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || datagrams != tt.datagrams {
				t.Errorf("%d datagrams, want %d; entries (-want +got):\n%s", datagrams, tt.datagrams, diff)
			}
			if flags := genltest.Requests(k.Sent[0])[0].Flags; flags != netlink.Request|netlink.Dump|netlink.Acknowledge {
				t.Errorf("flags %v", flags)
			}
			if len(k.Sent) != tt.tries {
				t.Errorf("%d tries, want %d", len(k.Sent), tt.tries)
			}
		})
	}
}

// TestDumpEntryError checks that the error of an entry ends no dump early.
func TestDumpEntryError(t *testing.T) {
	c, k := answering(func(_ int, seq uint32) []genltest.Datagram {
		one := genltest.Reply(testFamily, netlink.Multi, seq, nil)
		return genltest.Datagrams(one, one, genltest.Done(0, seq))
	})
	entries := 0
	_, err := c.Dump(testRequest(1), func() {}, func([]byte) error { entries++; return fs.ErrInvalid })
	if !errors.Is(err, fs.ErrInvalid) || entries != 1 || len(k.Queue) != 0 {
		t.Errorf("error %v after %d entries, %d datagrams left", err, entries, len(k.Queue))
	}
}

// TestClose checks that Close closes the channel.
func TestClose(t *testing.T) {
	k := &genltest.Kernel{}
	if err := New(k).Close(); err != nil || !k.Closed {
		t.Errorf("closed %t, error %v", k.Closed, err)
	}
}
