package kernel

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// rejecting returns the answers of a kernel: an error for each message that errno returns
// one for, by its position among all messages so far, and an acknowledgement where one
// was asked for.
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

// errnos returns the errnos of a result of Apply, 0 for nil. Each error must be
// *ipvs.Error with the operation of its change.
func errnos(t *testing.T, changes []ipvs.Change, errs []error) (list []syscall.Errno) {
	t.Helper()
	if errs != nil && len(errs) != len(changes) {
		t.Fatalf("%d errors for %d changes", len(errs), len(changes))
	}
	for i, err := range errs {
		var e *ipvs.Error
		switch {
		case err == nil:
			list = append(list, 0)
		case errors.As(err, &e) && e.Op == changes[i].Op:
			list = append(list, e.Errno)
		default:
			t.Fatalf("change %d: %v", i, err)
		}
	}
	return list
}

// someChanges returns changes of two kinds in turns.
func someChanges(n int) (changes []ipvs.Change) {
	s := service(tcp("10.0.0.1:80"), "rr")
	for i := range n {
		op := ipvs.AddService
		if i%2 == 1 {
			op = ipvs.DeleteService
		}
		changes = append(changes, ipvs.Change{Op: op, Service: s})
	}
	return changes
}

// TestApply checks that every rejection is the error of its change.
func TestApply(t *testing.T) {
	const many = 2*genl.MaxBatch + 3
	tests := []struct {
		name   string
		n      int
		reject map[int]syscall.Errno
	}{
		{name: "none", n: 0},
		{name: "one that succeeds", n: 1},
		{name: "one that is rejected", n: 1, reject: map[int]syscall.Errno{0: syscall.EEXIST}},
		{name: "all succeed", n: many},
		{name: "the first", n: 3, reject: map[int]syscall.Errno{0: syscall.EPERM}},
		{name: "the last", n: 3, reject: map[int]syscall.Errno{2: syscall.ESRCH}},
		{
			name: "at the ends of batches", n: many,
			reject: map[int]syscall.Errno{1: syscall.ENOBUFS, 7: syscall.EINTR, 255: syscall.EBUSY, 256: syscall.EPERM, many - 1: syscall.ENOENT},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := newScriptedClient(rejecting(func(i int) syscall.Errno { return tt.reject[i] }))
			changes := someChanges(tt.n)
			var want []syscall.Errno
			if len(tt.reject) > 0 {
				want = make([]syscall.Errno, tt.n)
				for i, errno := range tt.reject {
					want[i] = errno
				}
			}
			if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if wantSent := (tt.n + genl.MaxBatch - 1) / genl.MaxBatch; len(k.Sent) != wantSent {
				t.Errorf("%d datagrams, want %d", len(k.Sent), wantSent)
			}
		})
	}
}

// TestPrepareWhileApplying checks that changes can be prepared while others are
// applied.
func TestPrepareWhileApplying(t *testing.T) {
	const batches = 20
	outcomes := []syscall.Errno{0, syscall.EEXIST, syscall.EBUSY}
	c, _ := newScriptedClient(rejecting(func(i int) syscall.Errno { return outcomes[i%3] }))
	changes := someChanges(genl.MaxBatch + 1) // the last does not fit in the first batch
	applies := make(chan func() []error, batches)
	go func() {
		defer close(applies)
		for range batches {
			applies <- c.Prepare(changes)
		}
	}()

	n := 0
	for apply := range applies {
		for i, errno := range errnos(t, changes, apply()) {
			if want := outcomes[n%3]; errno != want {
				t.Fatalf("change %d of %d: %v, want %v", i, len(changes), errno, want)
			}
			n++
		}
	}
	if n != batches*len(changes) {
		t.Errorf("answers to %d changes", n)
	}
}

// TestApplyWhenIPVSIsGone checks that ENOENT is an absent scheduler while IPVS answers,
// and an absent family when it does not.
func TestApplyWhenIPVSIsGone(t *testing.T) {
	tests := []struct {
		name     string
		rejected int // of three changes
		gone     bool
		want     syscall.Errno
	}{
		{"gone", 3, true, syscall.ENOPROTOOPT},
		{"no such scheduler", 3, false, syscall.ENOENT},
		{"no such scheduler once", 1, false, syscall.ENOENT},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reject := rejecting(func(i int) syscall.Errno {
				if i < tt.rejected {
					return syscall.ENOENT
				}
				return 0
			})
			c, k := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				switch {
				case command(rs[0].Command) != cmdGetInfo:
					return reject(rs)
				case tt.gone:
					return genltest.Datagrams(genltest.Error(rs[0].Sequence, syscall.ENOENT))
				}
				return genltest.Datagrams(reply(rs[0].Sequence, 0, infoAttrs(t)))
			})
			changes := someChanges(3)
			want := make([]syscall.Errno, len(changes))
			for i := range tt.rejected {
				want[i] = tt.want
			}
			if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if asked := len(k.Sent) > 1; asked != (tt.rejected == len(changes)) {
				t.Errorf("%d requests", len(k.Sent))
			}
		})
	}
}

// TestApplyUnknownOutcome checks that changes without an answer fail when the end of
// their batch is not answered either.
func TestApplyUnknownOutcome(t *testing.T) {
	tests := []struct {
		name    string
		answer  func([]genltest.Request) []genltest.Datagram
		sendErr error
		want    []syscall.Errno
	}{
		{
			name: "lost answers",
			answer: func(rs []genltest.Request) []genltest.Datagram {
				return append([]genltest.Datagram{{Err: syscall.ENOBUFS}},
					genltest.Datagrams(genltest.Error(rs[1].Sequence, syscall.EEXIST))...)
			},
			want: []syscall.Errno{syscall.ENOBUFS, syscall.EEXIST, syscall.ENOBUFS},
		},
		{
			name: "no acknowledgement",
			answer: func(rs []genltest.Request) []genltest.Datagram {
				return genltest.Datagrams(genltest.Error(rs[1].Sequence, syscall.ESRCH))
			},
			want: []syscall.Errno{syscall.ETIMEDOUT, syscall.ESRCH, syscall.ETIMEDOUT},
		},
		{
			name: "the send fails", sendErr: syscall.ENOMEM,
			want: []syscall.Errno{syscall.ENOMEM, syscall.ENOMEM, syscall.ENOMEM},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := newScriptedClient(tt.answer)
			k.SendErr = tt.sendErr
			changes := someChanges(3)
			if diff := cmp.Diff(tt.want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// TestApplyUnencodable checks that a change which fits in no message fails alone, also
// where it is the last.
func TestApplyUnencodable(t *testing.T) {
	long := ipvs.Change{Op: ipvs.AddService, Service: service(tcp("10.0.0.1:80"), string(make([]byte, 1<<16)))}
	reads := ipvs.Change{Op: ipvs.ReadInfo}
	good := someChanges(1)[0]
	tests := []struct {
		name    string
		changes []ipvs.Change
		want    []syscall.Errno
		sent    int
	}{
		{"in the middle", []ipvs.Change{good, long, good}, []syscall.Errno{0, syscall.EINVAL, 0}, 2},
		{"at the end", []ipvs.Change{good, reads}, []syscall.Errno{0, syscall.EINVAL}, 1},
		{"alone", []ipvs.Change{long}, []syscall.Errno{syscall.EINVAL}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := newScriptedClient(rejecting(func(int) syscall.Errno { return 0 }))
			if diff := cmp.Diff(tt.want, errnos(t, tt.changes, c.Apply(tt.changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if sent := len(genltest.Requests(slices.Concat(k.Sent...))); sent != tt.sent {
				t.Errorf("%d messages sent, want %d", sent, tt.sent)
			}
		})
	}
}

// TestApplyStopUnanswered checks that a stop of a daemon which the kernel does not answer
// is a success.
func TestApplyStopUnanswered(t *testing.T) {
	tests := []struct {
		name    string
		changes []ipvs.Change
		sent    int
	}{
		{"a stop", []ipvs.Change{{Op: ipvs.StopDaemon}}, 2},
		{"a stop after a start", []ipvs.Change{{Op: ipvs.StartDaemon}, {Op: ipvs.StopDaemon}}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				noop := rs[len(rs)-1]
				if noop.Type != netlink.Noop {
					t.Errorf("the last message is %+v", noop.Header)
				}
				return genltest.Datagrams(genltest.Error(noop.Sequence, 0))
			})
			if errs := c.Apply(tt.changes); errs != nil {
				t.Errorf("errors %v", errs)
			}
			if sent := len(genltest.Requests(slices.Concat(k.Sent...))); sent != tt.sent {
				t.Errorf("%d messages sent, want %d", sent, tt.sent)
			}
		})
	}
}
