package kernel

import (
	"errors"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Apply makes the changes in order, and continues when one is rejected. It returns nil if
// all succeeded, else one error for each change, nil for those that did: *ipvs.Error with
// the Op of the change. A change whose outcome is unknown has ENOBUFS if its answer may
// be among lost ones, or the errno of the failed receive; such a change may have been
// made. ENOPROTOOPT is a kernel that has no IPVS any more.
//
// Many changes travel in one datagram, with one acknowledgement at its end. A change can
// take long: adding a service loads the module of its scheduler (request_module in
// ip_vs_scheduler_get of net/netfilter/ipvs/ip_vs_sched.c), and stopping a sync daemon
// waits for its thread. IPVS holds a mutex meanwhile, on which other changes and reads
// wait.
func (c *Client) Apply(changes []ipvs.Change) []error { return c.Prepare(changes)() }

// Prepare does that part of Apply which needs no kernel, and returns the function for the
// rest, to be called once. While the kernel makes some changes the next can be prepared:
// this is the only method that may be called at any time. The changes must not be altered
// before they have been made.
func (c *Client) Prepare(changes []ipvs.Change) (apply func() []error) {
	r := &results{changes: changes}
	b := c.conn.NewBatch(len(changes))
	c.fillBatch(b, r, 0)

	return func() []error {
		for start := 0; start < len(changes); {
			c.applyBatch(b, r, start)
			start += b.Len()

			b.Reset()
			c.fillBatch(b, r, start)
		}
		b.Release()
		return r.errs
	}
}

// fillBatch appends as many of the changes from start on as fit. One that cannot be
// encoded fails at once.
func (c *Client) fillBatch(b *genl.Batch, r *results, start int) {
	stops := false
	for i := start; i < len(r.changes) && !b.Full(); i++ {
		if err := c.appendChange(b, &r.changes[i]); err != nil {
			r.fail(i, err)
			continue
		}
		stops = r.changes[i].Op == ipvs.StopDaemon
	}

	// To stop a daemon which was started so shortly before that its thread has not run
	// yet is EINTR to the kernel (kthread_stop, with the daemon gone), which netlink
	// does not answer. The reference program waits for ever then. It is a success.
	if stops {
		b.AppendNoop()
	}
}

// applyBatch makes the changes of a batch, the first of which is number start.
func (c *Client) applyBatch(b *genl.Batch, r *results, start int) {
	n := b.Len()
	err := c.conn.Execute(b, func(i int, err error) { r.fail(start+i, err) })
	if err != nil {
		r.failRest(start, n, err)
	}

	// The kernel handles a datagram while no module can go: all of its messages are for
	// a family that is there, or none.
	if r.allFailed(start, n, syscall.ENOENT) && c.isGone() {
		for i := start; i < start+n; i++ {
			r.fail(i, syscall.ENOPROTOOPT)
		}
	}
}

// isGone reports whether IPVS has left the kernel since the Client was opened. ENOENT,
// netlink's answer to that, is also the answer of IPVS for a scheduler or a server that it
// does not find. A request that can only be answered shows which it was.
func (c *Client) isGone() bool {
	_, err := get(c, ipvs.ReadInfo, cmdGetInfo, nil, decodeInfo)
	return errors.Is(err, syscall.ENOPROTOOPT)
}

// results collects the errors of changes.
type results struct {
	changes []ipvs.Change
	errs    []error // nil until the first
}

// fail records the error of change i.
func (r *results) fail(i int, err error) {
	if r.errs == nil {
		r.errs = make([]error, len(r.changes))
	}
	r.errs[i] = &ipvs.Error{Op: r.changes[i].Op, Errno: errnoOf(err)}
}

// allFailed reports whether all of the n changes from start on have this error.
func (r *results) allFailed(start, n int, errno syscall.Errno) bool {
	for i := start; i < start+n; i++ {
		if r.errs == nil || !errors.Is(r.errs[i], errno) {
			return false
		}
	}
	return true
}

// failRest records the error of those n changes from start on that have none yet: when
// the outcome of a batch is unknown, silence does not mean success.
func (r *results) failRest(start, n int, err error) {
	for i := start; i < start+n; i++ {
		if r.errs == nil || r.errs[i] == nil {
			r.fail(i, err)
		}
	}
}
