package kernel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// resizingFile is the proc file of connections of a kernel that resizes their table while
// the file is read.
type resizingFile struct {
	io.ReadSeeker
	pass int
	// during is called at every Read, with the number of the pass through the file.
	during func(pass int)
}

func (f *resizingFile) Read(b []byte) (int, error) {
	f.during(f.pass)
	return f.ReadSeeker.Read(b)
}

func (f *resizingFile) Seek(offset int64, whence int) (int64, error) {
	f.pass++
	return f.ReadSeeker.Seek(offset, whence)
}

// connStatus returns the status of a connection table of so many buckets, of which so many
// were counted.
func connStatus(buckets, counted int) string {
	return fmt.Sprintf("Conns:\t5\nConn buckets:\t%d (8 bits, lfactor -4)\nConn buckets len-1:\t%d (0%%)\nServices:\t1\n", buckets, counted)
}

// TestConnectionsWhileResized lists connections while their table is resized.
func TestConnectionsWhileResized(t *testing.T) {
	const few, many = 3, 2 * connHead / len(connLine)
	still, other, moving := connStatus(256, 256), connStatus(512, 512), connStatus(256, 768)
	tests := []struct {
		name string
		// before and during are the status: before the file is read, and from the first
		// Read of each pass on; the last of them lasts. Empty is no file.
		before string
		during []string
		// sizes are what the kernel reports as the size, each time that it is asked.
		// The last lasts.
		sizes      []uint32
		unreadable bool // the status is not for us to read
		lines      int
		incomplete bool
		reads      int // repeated
	}{
		{name: "few connections", before: still, during: []string{still}, sizes: []uint32{256}, lines: few},
		{name: "few on a kernel that does not resize", lines: few},
		{name: "many on a kernel that does not resize", lines: many},
		{name: "few, resized once", before: still, during: []string{other}, sizes: []uint32{256}, lines: few, reads: 1},
		{name: "few, resized twice", before: still, during: []string{other, still}, sizes: []uint32{256, 512, 256}, lines: few, reads: 2},
		{name: "few, resized there and back", before: still, during: []string{still}, sizes: []uint32{256, 512, 256}, lines: few, reads: 1},
		{name: "few, being moved at the end", before: still, during: []string{moving, other}, sizes: []uint32{256, 512}, lines: few, reads: 2},
		{name: "few, being moved for ever", before: moving, during: []string{moving}, sizes: []uint32{256}, lines: few, incomplete: true, reads: maxReads},
		{name: "many", before: still, during: []string{still}, sizes: []uint32{256}, lines: many},
		{name: "many, resized", before: still, during: []string{other}, sizes: []uint32{256}, lines: many, incomplete: true},
		{name: "many, being moved at the beginning", before: moving, during: []string{other}, sizes: []uint32{512}, lines: many, incomplete: true},
		{name: "many, being moved at the end", before: still, during: []string{moving}, sizes: []uint32{256}, lines: many, incomplete: true},
		{name: "many, resized there and back", before: still, during: []string{still}, sizes: []uint32{256, 512, 256}, lines: many, incomplete: true},
		{name: "few, unreadable status", unreadable: true, sizes: []uint32{256}, lines: few},
		{name: "few, unreadable status, resized", unreadable: true, sizes: []uint32{256, 512}, lines: few, reads: 1},
		{name: "many, unreadable status, resized", unreadable: true, sizes: []uint32{256, 512}, lines: many, incomplete: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				size := tt.sizes[min(asked, len(tt.sizes)-1)]
				asked++
				b := attrs(t, func(e *genl.Encoder) { e.Uint32(infoAttrConnTabSize, size) })
				return genltest.Datagrams(reply(rs[0].Sequence, 0, b))
			})
			c.proc = t.TempDir()
			clock := time.Unix(0, 0)
			c.now = func() time.Time { clock = clock.Add(sizeCheckInterval); return clock }
			rereads := 0
			c.onReread = func() { rereads++ }
			if tt.unreadable {
				c.statusErr = fs.ErrPermission
			}
			setStatus := func(text string) {
				if err := os.WriteFile(filepath.Join(c.proc, "ip_vs_status"), []byte(text), 0o600); text != "" && err != nil {
					t.Error(err)
				}
			}
			if tt.before != "" {
				setStatus(tt.before)
			}
			f := &resizingFile{ReadSeeker: strings.NewReader("title\n" + strings.Repeat(connLine+"\n", tt.lines))}
			f.during = func(pass int) {
				if len(tt.during) > 0 {
					setStatus(tt.during[min(pass, len(tt.during)-1)])
				}
			}

			lines := 0
			var errs []error
			c.listConnections(f, "f", func(_ *ipvs.Connection, err error) bool {
				if err != nil {
					errs = append(errs, err)
				} else {
					lines++
				}
				return true
			})
			var want []error
			if tt.incomplete {
				want = append(want, errIncompleteConns)
			}
			if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(errs)); diff != "" || tt.incomplete && !errors.Is(errs[0], ipvs.ErrIncomplete) {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if lines != tt.lines || rereads != tt.reads {
				t.Errorf("%d connections, read again %d times; want %d and %d", lines, rereads, tt.lines, tt.reads)
			}
		})
	}
}

// TestConnectionsRereadFails checks the error of a file that cannot be read again.
func TestConnectionsRereadFails(t *testing.T) {
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		return genltest.Datagrams(reply(rs[0].Sequence, 0, infoAttrs(t)))
	})
	c.proc = t.TempDir()
	if err := os.WriteFile(filepath.Join(c.proc, "ip_vs_status"), []byte(connStatus(1, 2)), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs []error
	c.listConnections(unseekable{strings.NewReader("title\n" + connLine)}, "f", func(_ *ipvs.Connection, err error) bool {
		errs = append(errs, err)
		return true
	})
	if len(errs) != 1 || !errors.Is(errs[0], fs.ErrInvalid) {
		t.Errorf("errors %v", errs)
	}
}

// unseekable is a file that cannot be read again.
type unseekable struct{ io.Reader }

func (unseekable) Seek(int64, int) (int64, error) { return 0, fs.ErrInvalid }
