package genl

import (
	"syscall"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
)

// FuzzDecoder checks that what a Decoder reads lies within the bytes that it got.
func FuzzDecoder(f *testing.F) {
	f.Add(encoded(f, func(e *Encoder) { e.Nested(1, func(e *Encoder) { e.Uint32(2, 3) }) }))
	f.Add([]byte{4, 0, 1, 0, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		read := 0
		d := NewDecoder(b)
		for d.Next() {
			read += attributeHeader + len(d.Bytes())
			_, _, _, _ = d.Uint8(), d.Uint16(), d.Uint64(), d.Text()
			n := NewNestedDecoder(d.Bytes(), 1)
			for n.Next() {
				_ = n.Uint32()
			}
		}
		if read > len(b) {
			t.Fatalf("%d bytes read of %d", read, len(b))
		}
	})
}

// FuzzDatagram checks that no call panics or runs for ever, and that rejections are of
// requests of the batch, when every request is answered by the same bytes.
func FuzzDatagram(f *testing.F) {
	f.Add(genltest.Reply(testFamily, 0, 1, nil))
	f.Add(append(genltest.Reply(testFamily, netlink.Multi, 1, []byte{5, 0, 1, 0, 9, 0, 0, 0}), genltest.Done(0, 1)...))
	f.Add(genltest.Error(1, syscall.EPERM))
	f.Add(append(genltest.Error(2, syscall.EEXIST), genltest.Error(3, 0)...))
	f.Add(genltest.Done(netlink.DumpInterrupted, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := &genltest.Kernel{Answer: func([]genltest.Request) []genltest.Datagram { return genltest.Datagrams(b) }}
		_, _ = New(k).Get(testRequest(1))
		_, _ = New(k).LookUp("TEST")
		_, _ = New(k).Dump(testRequest(1), func() {}, func([]byte) error { return nil })

		c := New(k)
		batch := batchOf(t, c, 3)
		_ = c.Execute(batch, func(i int, err error) {
			if i < 0 || i >= 3 || err == nil {
				t.Fatalf("request %d: %v", i, err)
			}
		})
	})
}
