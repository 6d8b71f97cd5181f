package kernel

import (
	"encoding/binary"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// refusing answers batches as the kernel does: an error for each message that
// refuse has an errno for, by its place among all messages so far, and an
// acknowledgement where one was asked for.
func refusing(refuse func(place int) syscall.Errno) func([]message) []event {
	place := 0
	return func(requests []message) (events []event) {
		for _, m := range requests {
			errno := refuse(place)
			if errno != 0 || m.Flags&netlink.Acknowledge != 0 {
				events = append(events, event{datagram: errorMessage(m.Sequence, errno)})
			}
			place++
		}
		return events
	}
}

// errnos are the error numbers of a result of Apply, 0 for nil. Each error must
// be *ipvs.Error with the operation of its change.
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

// someChanges are changes of two kinds by turns.
func someChanges(n int) (changes []ipvs.Change) {
	s := service(tcp("10.0.0.1:80"), "rr")
	for i := range n {
		if i%2 == 0 {
			changes = append(changes, ipvs.Change{Op: ipvs.AddService, Service: s})
		} else {
			changes = append(changes, ipvs.Change{Op: ipvs.DeleteService, Service: s})
		}
	}
	return changes
}

func TestApplyTiesErrorsToChanges(t *testing.T) {
	const many = 2*maxBatchChanges + 3
	tests := []struct {
		name   string
		n      int
		refuse map[int]syscall.Errno
	}{
		{name: "none", n: 0},
		{name: "one that succeeds", n: 1},
		{name: "one that is refused", n: 1, refuse: map[int]syscall.Errno{0: syscall.EEXIST}},
		{name: "all succeed", n: many},
		{name: "the first", n: 3, refuse: map[int]syscall.Errno{0: syscall.EPERM}},
		{name: "the last, which has the acknowledgement", n: 3, refuse: map[int]syscall.Errno{2: syscall.ESRCH}},
		{
			name: "several kinds in the middle", n: many,
			refuse: map[int]syscall.Errno{1: syscall.ENOBUFS, 7: syscall.EINTR, 255: syscall.EBUSY, 256: syscall.EPERM, many - 1: syscall.ENOENT},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k := newScriptedClient(refusing(func(place int) syscall.Errno { return tt.refuse[place] }))
			changes := someChanges(tt.n)
			var want []syscall.Errno
			if len(tt.refuse) > 0 {
				want = make([]syscall.Errno, tt.n)
				for i, errno := range tt.refuse {
					want[i] = errno
				}
			}
			if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if wantSent := (tt.n + maxBatchChanges - 1) / maxBatchChanges; len(k.sent) != wantSent {
				t.Errorf("%d datagrams, want %d", len(k.sent), wantSent)
			}
		})
	}
}

// TestPrepareWhileApplying: changes are prepared at any time, even while others are
// made; the answers still go to those that they are for.
func TestPrepareWhileApplying(t *testing.T) {
	const batches = 20
	outcomes := []syscall.Errno{0, syscall.EEXIST, syscall.EBUSY}
	c, _ := newScriptedClient(refusing(func(place int) syscall.Errno { return outcomes[place%3] }))
	changes := someChanges(maxBatchChanges + 1) // what does not go into a datagram is encoded late
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

// TestApplyWhenIPVSIsGone: ENOENT is a scheduler that is not there while IPVS answers,
// and netlink's word for a family that has gone when it does not.
func TestApplyWhenIPVSIsGone(t *testing.T) {
	for name, tt := range map[string]struct {
		refused int // so many of the changes
		gone    bool
		want    syscall.Errno
	}{
		"gone":                  {3, true, syscall.ENOPROTOOPT},
		"no such scheduler":     {3, false, syscall.ENOENT},
		"one without scheduler": {1, false, syscall.ENOENT},
	} {
		t.Run(name, func(t *testing.T) {
			refuse := refusing(func(place int) syscall.Errno {
				if place < tt.refused {
					return syscall.ENOENT
				}
				return 0
			})
			c, k := newScriptedClient(func(ms []message) []event {
				switch {
				case command(ms[0].data[0]) != cmdGetInfo:
					return refuse(ms)
				case tt.gone:
					return datagrams(errorMessage(ms[0].Sequence, syscall.ENOENT))
				}
				return datagrams(replyMessage(ms[0].Sequence, 0, infoAttrs(t)))
			})
			changes := someChanges(3)
			want := make([]syscall.Errno, len(changes))
			for i := range tt.refused {
				want[i] = tt.want
			}
			if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if asked := len(k.sent) > 1; asked != (tt.refused == len(changes)) {
				t.Errorf("%d requests", len(k.sent))
			}
		})
	}
}

// TestBatchAsksForOneAcknowledgement: of the last message alone; all else is as
// in requests of their own, which TestRequestsAreTheReferences checks.
func TestBatchAsksForOneAcknowledgement(t *testing.T) {
	c, k := newScriptedClient(refusing(func(int) syscall.Errno { return 0 }))
	changes := someChanges(3)
	c.Apply(changes)
	single, k1 := newScriptedClient(refusing(func(int) syscall.Errno { return 0 }))
	for _, ch := range changes {
		single.Apply([]ipvs.Change{ch})
	}
	want := slices.Concat(k1.sent...)
	for i, m := range cutAll(k.sent[0]) {
		if ack := m.Flags&netlink.Acknowledge != 0; ack != (i == 2) {
			t.Errorf("message %d asks for an acknowledgement: %t", i, ack)
		}
	}
	for offset := 0; offset < len(want); offset += int(binary.NativeEndian.Uint32(want[offset:])) {
		addFlags(k.sent[0], offset, netlink.Acknowledge)
	}
	if diff := cmp.Diff(fourALine(want), fourALine(k.sent[0])); diff != "" {
		t.Errorf("batch (-single requests +batch):\n%s", diff)
	}
	if k.reserved != 1 || k1.reserved != 0 {
		t.Errorf("room for answers was asked for %d and %d times, want 1 and 0", k.reserved, k1.reserved)
	}
}

// TestApplyLostAnswers: when answers are lost, silence is no success.
func TestApplyLostAnswers(t *testing.T) {
	changes := someChanges(5)
	tests := []struct {
		name   string
		answer func([]message) []event
		want   []syscall.Errno
	}{
		{
			name: "the queue was full after two errors",
			answer: func(ms []message) []event {
				return append([]event{{err: syscall.ENOBUFS}}, datagrams(
					errorMessage(ms[0].Sequence, syscall.EEXIST), errorMessage(ms[2].Sequence, syscall.EEXIST))...)
			},
			want: []syscall.Errno{syscall.EEXIST, syscall.ENOBUFS, syscall.EEXIST, syscall.ENOBUFS, syscall.ENOBUFS},
		},
		{
			name: "one answer found no memory, the last came",
			answer: func(ms []message) []event {
				return append([]event{{err: syscall.ENOBUFS}}, datagrams(errorMessage(ms[4].Sequence, 0))...)
			},
			want: []syscall.Errno{syscall.ENOBUFS, syscall.ENOBUFS, syscall.ENOBUFS, syscall.ENOBUFS, syscall.ENOBUFS},
		},
		{
			name:   "no acknowledgement ever",
			answer: func(ms []message) []event { return datagrams(errorMessage(ms[1].Sequence, syscall.ESRCH)) },
			want:   []syscall.Errno{syscall.ETIMEDOUT, syscall.ESRCH, syscall.ETIMEDOUT, syscall.ETIMEDOUT, syscall.ETIMEDOUT},
		},
		{
			name: "a datagram that cannot be taken apart",
			answer: func(ms []message) []event {
				return datagrams(errorMessage(ms[0].Sequence, syscall.ESRCH), []byte{1, 2, 3})
			},
			want: []syscall.Errno{syscall.ESRCH, syscall.EBADMSG, syscall.EBADMSG, syscall.EBADMSG, syscall.EBADMSG},
		},
		{
			name: "a datagram that does not fit",
			answer: func(ms []message) []event {
				return []event{{datagram: errorMessage(ms[0].Sequence, 0), length: receiveSize() + 1}}
			},
			want: slices.Repeat([]syscall.Errno{syscall.EMSGSIZE}, 5),
		},
		{
			name: "an error without a number",
			answer: func(ms []message) []event {
				return datagrams(makeMessage(netlink.Error, 0, ms[1].Sequence, nil), errorMessage(ms[4].Sequence, 0))
			},
			want: []syscall.Errno{0, syscall.EBADMSG, 0, 0, 0},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newScriptedClient(tt.answer)
			if diff := cmp.Diff(tt.want, errnos(t, changes, c.Apply(changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// TestApplyIgnoresStrays: answers to nothing of ours, before and between.
func TestApplyIgnoresStrays(t *testing.T) {
	c, _ := newScriptedClient(func(ms []message) []event {
		seq := ms[0].Sequence
		return datagrams(
			errorMessage(seq-1, syscall.EPERM), errorMessage(seq+9, syscall.EPERM),
			replyMessage(seq, 0, nil),
			slices.Concat(errorMessage(seq, syscall.EEXIST), errorMessage(seq+1, 0)),
		)
	})
	changes := someChanges(2)
	want := []syscall.Errno{syscall.EEXIST, 0}
	if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestApplyEndlessStrays(t *testing.T) {
	c, k := newScriptedClient(nil)
	k.queue = slices.Repeat(datagrams(errorMessage(99, 0)), maxStrays+1)
	changes := someChanges(1)
	want := []syscall.Errno{syscall.EBADMSG}
	if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// TestApplySendFails: nothing of the batch was seen by the kernel.
func TestApplySendFails(t *testing.T) {
	c, k := newScriptedClient(nil)
	k.sendErr = syscall.ENOMEM
	changes := someChanges(2)
	want := []syscall.Errno{syscall.ENOMEM, syscall.ENOMEM}
	if diff := cmp.Diff(want, errnos(t, changes, c.Apply(changes))); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// TestApplyUnencodable: a change that goes into no message is refused alone, also
// where it is the last, and would have had the acknowledgement.
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
			c, k := newScriptedClient(refusing(func(int) syscall.Errno { return 0 }))
			if diff := cmp.Diff(tt.want, errnos(t, tt.changes, c.Apply(tt.changes))); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if sent := len(cutAll(slices.Concat(k.sent...))); sent != tt.sent {
				t.Errorf("%d messages sent, want %d", sent, tt.sent)
			}
		})
	}
}

// TestBatchIsBoundedInBytes: names of some length make batches smaller.
func TestBatchIsBoundedInBytes(t *testing.T) {
	c, k := newScriptedClient(refusing(func(int) syscall.Errno { return 0 }))
	wide := ipvs.Change{Op: ipvs.AddService, Service: service(tcp("10.0.0.1:80"), string(make([]byte, 1<<14)))}
	c.Apply(slices.Repeat([]ipvs.Change{wide}, 8))
	for i, datagram := range k.sent {
		if len(datagram) > maxBatchBytes+1<<15 {
			t.Errorf("datagram %d has %d bytes", i, len(datagram))
		}
	}
	if len(k.sent) != 2 {
		t.Errorf("%d datagrams, want 2", len(k.sent))
	}
}

// TestApplyStopUnanswered: a stop whose acknowledgement the kernel swallows.
func TestApplyStopUnanswered(t *testing.T) {
	c, k := newScriptedClient(func(ms []message) []event {
		noop := ms[len(ms)-1]
		if noop.Type != netlink.Noop || noop.Flags != netlink.Request|netlink.Acknowledge {
			t.Errorf("the last message is %+v", noop.Header)
		}
		return datagrams(errorMessage(noop.Sequence, 0))
	})
	changes := []ipvs.Change{{Op: ipvs.StartDaemon}, {Op: ipvs.StopDaemon}}
	if errs := c.Apply(changes); errs != nil {
		t.Errorf("errors %v", errs)
	}
	if len(k.sent) != 1 || len(cutAll(k.sent[0])) != 3 {
		t.Errorf("sent %x", k.sent)
	}
}
