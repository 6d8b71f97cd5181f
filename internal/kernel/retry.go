package kernel

import (
	"fmt"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxReads is the number of times that a table is read again, with pauses from minPause to
// maxPause in between, each twice as long as the one before. That is a second in all; a
// list of 2,000 services is read in a hundredth of it.
const (
	maxReads = 24
	minPause = time.Millisecond
	maxPause = 50 * time.Millisecond
)

// retries counts how often a table is read again.
type retries struct {
	c     *Client
	reads int
}

// again waits before the table is read again. It reports false after too many times.
func (r *retries) again() bool {
	if r.reads == maxReads {
		return false
	}

	r.c.sleep(min(minPause<<r.reads, maxPause))
	r.reads++
	r.c.onReread()
	return true
}

// incompleteTableError is returned for a table that changes whenever it is read.
type incompleteTableError struct{ reads int }

func (e *incompleteTableError) Error() string {
	return fmt.Sprintf("the table could not be read whole: it changed %d times while it was read", e.reads)
}

func (e *incompleteTableError) Unwrap() error { return ipvs.ErrIncomplete }

// errIncompleteConns ends a listing of connections during which their table was resized.
var errIncompleteConns error = incompleteConnsError{}

type incompleteConnsError struct{}

func (incompleteConnsError) Error() string {
	return "the connections may be incomplete: the kernel resized their table while it was read"
}

func (incompleteConnsError) Unwrap() error { return ipvs.ErrIncomplete }
