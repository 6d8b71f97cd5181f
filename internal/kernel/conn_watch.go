package kernel

import (
	"errors"
	"io/fs"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Since Linux 7.1 the connections are moved to a table of another size when the load has
// changed, or the sysctl conn_lfactor. The proc file shows what is still in the old table,
// and finds the place to go on at by counting: of 100,000 connections that stayed, listings
// during which that happened had between 13,638 and 143,106 lines. So a listing may be
// incomplete if a move was going on when it began or ended, or if the size or the load
// factor of the table changed in between.
//
// The number of lines is no sign: connections come and go while they are listed.

// connTableWatch notices that the connection table is resized while it is listed.
type connTableWatch struct {
	c       *Client
	enabled bool   // whether this kernel resizes the table
	before  status // zero if it cannot be read
	size    uint32 // the number of buckets before
	checked time.Time
	resized bool
	ended   bool
}

// sizeCheckInterval is the time after which the size is asked for during a listing, so
// that a table is noticed which has its first size again at the end. A resize begins a
// tick of the kernel after its cause, which is 4 or 10 ms.
const sizeCheckInterval = 5 * time.Millisecond

// watchConnTable begins to watch, before the listing.
func (c *Client) watchConnTable() *connTableWatch {
	w := &connTableWatch{c: c}
	var ok bool
	if w.before, ok = c.readStatus(); !ok && !errors.Is(c.statusErr, fs.ErrPermission) {
		return w // as before Linux 7.1
	}

	w.enabled = true
	w.size = w.readSize()
	w.checked = c.now()
	w.resized = w.before.resizing()
	return w
}

// readSize asks for the number of buckets. It returns 0 if that is not possible.
func (w *connTableWatch) readSize() uint32 {
	info, err := get(w.c, ipvs.ReadInfo, cmdGetInfo, nil, decodeInfo)
	if err != nil {
		return 0
	}
	return info.ConnTableSize
}

// check checks the size, if it was not checked recently.
func (w *connTableWatch) check() {
	if !w.enabled || w.resized || w.ended {
		return
	}

	now := w.c.now()
	if now.Sub(w.checked) >= sizeCheckInterval {
		w.checked = now
		w.resized = w.readSize() != w.size
	}
}

// end ends to watch, after the listing. It reports whether the table was resized.
func (w *connTableWatch) end() bool {
	if !w.enabled || w.resized || w.ended {
		return w.resized
	}

	w.ended = true
	if after, ok := w.c.readStatus(); ok {
		w.resized = after.resizing() || after.connTable != w.before.connTable
	} else {
		w.resized = w.readSize() != w.size
	}
	return w.resized
}
