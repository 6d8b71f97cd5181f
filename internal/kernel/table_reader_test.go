package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// perDatagram is the number of services in a datagram of a changingKernel.
const perDatagram = 2

// changingKernel plays a kernel whose services change while they are listed. Services are
// those of numbered.
type changingKernel struct {
	t *testing.T
	// dumps has, for each list of services in turn, the table at the moment of each
	// datagram, in the kernel's order; the last moment lasts. The last dump is repeated
	// without end.
	dumps [][][]int
	// after is the table after each list, if that is not the last moment of the list.
	after []int
	// now is the table, when it is not being listed.
	now []int
	// serverless are services without servers.
	serverless []int
	// countsAll and countsIPv4 report whether the kernel counts services.
	countsAll, countsIPv4 bool

	lists int // so far
}

// answer answers one request.
func (k *changingKernel) answer(requests []genltest.Request) []genltest.Datagram {
	r := requests[0]
	switch cmd := command(r.Command); {
	case cmd == cmdGetInfo:
		return genltest.Datagrams(reply(r.Sequence, 0, infoAttrs(k.t)))
	case cmd == cmdGetService && len(r.Attributes) == 0:
		return k.list(r.Sequence)
	case cmd == cmdGetService:
		if n, ok := k.find(r.Attributes); ok {
			return genltest.Datagrams(reply(r.Sequence, 0, serviceAttrs(k.t, numbered(n)[0].Service)))
		}
		return genltest.Datagrams(genltest.Error(r.Sequence, syscall.ESRCH))
	}

	answers := genltest.Datagrams(genltest.Done(0, r.Sequence))
	if n, ok := k.find(r.Attributes); ok && !slices.Contains(k.serverless, n) {
		server := reply(r.Sequence, netlink.Multi, destinationAttrs(k.t, serverOf(n)))
		answers = append(genltest.Datagrams(server), answers...)
	}
	return answers
}

// serverOf returns the only server of a service.
func serverOf(n int) ipvs.Destination {
	return ipvs.Destination{Addr: addrPort(fmt.Sprintf("10.9.0.%d:80", uint8(n))), Forward: ipvs.Masquerade, Weight: 1}
}

// find returns the number of the service in a request. It reports whether it exists.
func (k *changingKernel) find(attributes []byte) (number int, ok bool) {
	s, err := decodeService(attributes, new(interner), ipvs.WithoutStats)
	if err != nil {
		k.t.Fatalf("a request whose service cannot be decoded: %v", err)
	}
	i := slices.IndexFunc(k.now, func(n int) bool { return numbered(n)[0].Service.ID == s.ID })
	if i < 0 {
		return 0, false
	}
	return k.now[i], true
}

// list lists services as the kernel does: each datagram begins after as many services as
// have been listed so far.
func (k *changingKernel) list(seq uint32) (answers []genltest.Datagram) {
	listed := 0
	for _, table := range k.dump() {
		k.now = table
		var datagram []byte
		for _, n := range table[min(listed, len(table)):min(listed+perDatagram, len(table))] {
			datagram = append(datagram, reply(seq, netlink.Multi, serviceAttrs(k.t, numbered(n)[0].Service))...)
			listed++
		}
		answers = append(answers, genltest.Datagram{Bytes: datagram})
	}
	for listed < len(k.now) {
		k.t.Fatalf("list %d ends after %d services", k.lists, listed)
	}
	k.lists++
	if k.after != nil {
		k.now = k.after
	}
	return append(answers, genltest.Datagram{Bytes: genltest.Done(0, seq)})
}

// dump returns the moments of the list that is due.
func (k *changingKernel) dump() [][]int { return k.dumps[min(k.lists, len(k.dumps)-1)] }

// counter counts the services at the moments of the list that is due.
func (k *changingKernel) counter() serviceCounter {
	return &changingCounter{k: k, moments: k.dump()}
}

// changingCounter is the serviceCounter of a changingKernel.
type changingCounter struct {
	k       *changingKernel
	moments [][]int
	// The numbers of calls: the first of each is before the list. The kernel has
	// sent the first datagram when the second is asked for.
	allCalls, ipv4Calls int
}

func (c *changingCounter) all() int {
	c.allCalls++
	if !c.k.countsAll {
		return -1
	}
	if c.allCalls == 1 {
		return len(c.moments[0])
	}
	return len(c.k.now)
}

func (c *changingCounter) ipv4() (n int) {
	c.ipv4Calls++
	if !c.k.countsIPv4 {
		return -1
	}
	for _, number := range c.moments[min(max(c.ipv4Calls-2, 0), len(c.moments)-1)] {
		if number > 0 {
			n++
		}
	}
	return n
}

func (c *changingCounter) close() {}

// still returns the moments of a table that does not change.
func still(numbers ...int) [][]int {
	return slices.Repeat([][]int{numbers}, (len(numbers)+perDatagram-1)/perDatagram)
}

// TestTableReader reads tables that change while they are read. Each service that was there
// all the time must be in the result once, or there must be an error.
func TestTableReader(t *testing.T) {
	tests := []struct {
		name   string
		kernel changingKernel
		proc   []int // the services in the proc table
		want   []int // nil is incompleteError
		reads  int   // repeated
	}{
		{
			name:   "nothing changes",
			kernel: changingKernel{dumps: [][][]int{still(1, 2, 3, -4, 5)}, countsAll: true, countsIPv4: true},
			want:   []int{1, 2, 3, -4, 5},
		},
		{
			name:   "hashed anew before it is read",
			kernel: changingKernel{dumps: [][][]int{{{1, 2, 3, 4}, {2, 1, 3, 4}}}},
			want:   []int{1, 2, 3, 4},
		},
		{
			name:   "hashed anew once",
			kernel: changingKernel{dumps: [][][]int{{{1, 2, 3, 4}, {4, 3, 2, 1}}, still(4, 3, 2, 1)}},
			want:   []int{4, 3, 2, 1}, reads: 1,
		},
		{
			name: "hashed anew three times",
			kernel: changingKernel{dumps: [][][]int{
				{{1, 2, 3, 4, 5}, {1, 2, 5, 4, 3}, {1, 2, 3, 4, 5}}, {{1, 2, 3, 4, 5}, {3, 4, 1, 2, 5}, {3, 4, 1, 2, 5}},
				{{5, 4, 3, 2, 1}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}}, still(5, 1, 4, 2, 3),
			}},
			want: []int{5, 1, 4, 2, 3}, reads: 3,
		},
		{
			name:   "hashed anew whenever it is read",
			kernel: changingKernel{dumps: [][][]int{{{1, 2, 3, 4}, {4, 3, 2, 1}}}},
			reads:  maxReads,
		},
		{
			name: "a listed service is deleted",
			kernel: changingKernel{
				dumps: [][][]int{{{1, 2, 3, 4, 5}, {2, 3, 4, 5}}, still(2, 3, 4, 5)},
			},
			want: []int{2, 3, 4, 5}, reads: 1,
		},
		{
			name: "a listed service is deleted, and services are counted",
			kernel: changingKernel{
				dumps:     [][][]int{{{1, 2, 3, 4, 5}, {2, 3, 4, 5}}, still(2, 3, 4, 5)},
				countsAll: true,
			},
			want: []int{2, 3, 4, 5}, reads: 1,
		},
		{
			name: "a listed service is deleted, and another one added",
			kernel: changingKernel{
				dumps:     [][][]int{{{1, 2, 3, 4}, {2, 3, 4, 9}}, still(2, 3, 4, 9)},
				countsAll: true, countsIPv4: true,
			},
			want: []int{2, 3, 4, 9}, reads: 1,
		},
		{
			name: "a listed service is deleted, and added again after the list",
			kernel: changingKernel{
				dumps:      [][][]int{{{1, 2, 3, 4, 5}, {2, 3, 4, 5}}, still(1, 2, 3, 4, 5)},
				countsIPv4: true,
			},
			want: []int{1, 2, 3, 4, 5}, reads: 1,
		},
		{
			name: "a listed service is deleted and added again, and another one is listed meanwhile",
			kernel: changingKernel{
				dumps: [][][]int{
					{{1, 2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 9}, {2, 3, 4, 5, 6, 9}}, still(1, 2, 3, 4, 5, 6),
				},
				countsAll: true, countsIPv4: true,
			},
			want: []int{1, 2, 3, 4, 5, 6}, reads: 1,
		},
		{
			name: "deleted and added again between the datagrams",
			kernel: changingKernel{
				dumps: [][][]int{
					{{1, 2, 3, 4, 5, 6}, {2, 3, 4, 5, 6}, {2, 3, 4, 5, 6, 9}}, still(2, 3, 4, 5, 6, 9),
				},
				countsAll: true, countsIPv4: true,
			},
			want: []int{2, 3, 4, 5, 6, 9}, reads: 1,
		},
		{
			name: "every list but the first lacks the same service",
			kernel: changingKernel{
				dumps: [][][]int{
					{{1, 2, 3}, {3, 2, 1}}, {{8, 1, 2, 3}, {1, 2, 3, 9}},
				},
				after: []int{8, 1, 2, 3, 9},
			},
			want: []int{8, 1, 3, 9, 2}, reads: 1,
		},
		{
			name: "a service that is not listed yet is deleted",
			kernel: changingKernel{
				dumps: [][][]int{{{1, 2, 3, 4, 5}, {1, 2, 3, 5}}},
			},
			want: []int{1, 2, 3, 5},
		},
		{
			name: "a service is added where the list has been",
			kernel: changingKernel{
				dumps: [][][]int{{{1, 2, 3}, {9, 1, 2, 3}}, still(9, 1, 2, 3)},
			},
			want: []int{9, 1, 2, 3}, reads: 1,
		},
		{
			name: "a service is added where the list comes to",
			kernel: changingKernel{
				dumps: [][][]int{{{1, 2, 3}, {1, 2, 3, 9}}},
			},
			want: []int{1, 2, 3, 9},
		},
		{
			name: "the deleted ones are never the same",
			kernel: changingKernel{
				dumps: [][][]int{
					{{1, 2, 3, 4, 5}, {2, 3, 4, 5}}, still(2, 3, 4, 5), still(3, 4, 5, 6), still(4, 5, 6, 7), still(4, 5, 6, 7, 8),
				},
			},
			want: []int{4, 5, 6, 7, 8}, reads: 2,
		},
		{
			name: "services without servers",
			kernel: changingKernel{
				dumps:      [][][]int{still(1, 2, 3)},
				serverless: []int{1, 3},
			},
			want: []int{1, 2, 3},
		},
		{
			name: "the proc table has other services",
			kernel: changingKernel{
				dumps: [][][]int{still(1, 2, 3), still(1, 2, 3, 4)},
			},
			proc: []int{1, 2, 3, 4},
			want: []int{1, 2, 3, 4}, reads: 1,
		},
		{
			name: "the proc table repeats and omits",
			kernel: changingKernel{
				dumps: [][][]int{still(1, 2, 3, 4)},
			},
			proc: []int{4, 1, 1, 4},
			want: []int{1, 2, 3, 4},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := tt.kernel
			k.t = t
			c, _ := newScriptedClient(k.answer)
			c.counter = k.counter
			c.proc = t.TempDir()
			rereads := 0
			c.onReread = func() { rereads++ }
			q := ipvs.Query{Detail: ipvs.WithoutStats}
			if tt.proc != nil {
				q.Detail = ipvs.PlainColumns
				writeProcTable(t, c.proc, tt.proc)
			}

			got, err := c.Table(q)
			if rereads != tt.reads {
				t.Errorf("read again %d times, want %d", rereads, tt.reads)
			}
			if tt.want == nil {
				wantIncomplete(t, err)
				return
			}
			want := numbered(tt.want...)
			for i, n := range tt.want {
				if !slices.Contains(k.serverless, n) {
					want[i].Destinations = []ipvs.Destination{serverOf(n)}
				}
			}
			wantError(t, err, 0, 0)
			if diff := cmp.Diff(want, got.Entries, compareEnds); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// writeProcTable writes a proc table of these services.
func writeProcTable(t *testing.T, folder string, numbers []int) {
	t.Helper()
	text := procTitles
	for _, n := range numbers {
		text += fmt.Sprintf("TCP  0A00%04X:0050 rr  \n  -> 0A0900%02X:0050      Masq    1      0          0         \n", n, n)
	}
	if err := os.WriteFile(filepath.Join(folder, "ip_vs"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantIncomplete checks for the error of a table that changes whenever it is read.
func wantIncomplete(t *testing.T, err error) {
	t.Helper()
	want := fmt.Sprintf("the table could not be read whole: it changed %d times while it was read", maxReads)
	if !errors.Is(err, ipvs.ErrIncomplete) || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

// TestTableReaderNeverSettles plays a kernel that deletes a listed service and adds
// another one for ever.
func TestTableReaderNeverSettles(t *testing.T) {
	k := changingKernel{t: t, dumps: [][][]int{still(1, 2)}}
	next := 3
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		answers := k.answer(rs)
		if command(rs[0].Command) == cmdGetService && len(rs[0].Attributes) == 0 {
			k.dumps = [][][]int{still(next-1, next)}
			k.now = k.dumps[0][0]
			next++
		}
		return answers
	})
	_, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	wantIncomplete(t, err)
}

// TestTableReaderManyServerless lists the services again where many of them have no
// servers, and one of those is gone.
func TestTableReaderManyServerless(t *testing.T) {
	var all []int
	for n := range 2 * fewServices {
		all = append(all, n+1)
	}
	tests := []struct {
		name  string
		after []int // the table after the first list
		lists int
	}{
		{"all are there", all, 2},
		{"one is gone", all[1:], 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := changingKernel{t: t, dumps: [][][]int{still(all...), still(tt.after...)}, serverless: all}
			c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				answers := k.answer(rs)
				if k.lists == 1 {
					k.now = tt.after
				}
				return answers
			})
			got, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
			wantError(t, err, 0, 0)
			if diff := cmp.Diff(numbered(tt.after...), got.Entries, compareEnds); diff != "" || k.lists != tt.lists {
				t.Errorf("%d lists, want %d; entries (-want +got):\n%s", k.lists, tt.lists, diff)
			}
		})
	}
}

// TestTableReaderPauses checks the pauses between reads.
func TestTableReaderPauses(t *testing.T) {
	k := changingKernel{t: t, dumps: [][][]int{{{1, 2, 3, 4}, {4, 3, 2, 1}}}}
	c, _ := newScriptedClient(k.answer)
	var pauses []time.Duration
	c.sleep = func(d time.Duration) { pauses = append(pauses, d) }
	_, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	wantIncomplete(t, err)

	var want []time.Duration
	for _, ms := range []int{1, 2, 4, 8, 16, 32} {
		want = append(want, time.Duration(ms)*time.Millisecond)
	}
	want = append(want, slices.Repeat([]time.Duration{50 * time.Millisecond}, maxReads-len(want))...)
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}

// TestUnknownServiceFlags checks that flags which a newer kernel has are read and written
// back, and that its attributes are ignored.
func TestUnknownServiceFlags(t *testing.T) {
	const unknown = 0x40
	want := service(tcp("10.0.0.1:80"), "rr", flags(ipvs.Persistent|unknown))
	c, k := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		switch command(rs[0].Command) {
		case cmdGetInfo:
			return genltest.Datagrams(reply(rs[0].Sequence, 0, infoAttrs(t)))
		case cmdGetService:
			b := attrs(t, func(e *genl.Encoder) {
				e.Nested(cmdAttrService, func(e *genl.Encoder) {
					e.Uint32(200, 1)
					encodeService(e, &want)
					e.Nested(201, func(e *genl.Encoder) { e.String(1, "new") })
				})
			})
			return genltest.Datagrams(reply(rs[0].Sequence, 0, b))
		case cmdGetDest:
			return genltest.Datagrams(genltest.Done(0, rs[0].Sequence))
		}
		return genltest.Datagrams(genltest.Error(rs[0].Sequence, 0))
	})

	got, err := c.Table(ipvs.Query{Service: &want.ID, Detail: ipvs.WithoutStats})
	wantError(t, err, 0, 0)
	if diff := cmp.Diff([]ipvs.Entry{{Service: want}}, got.Entries, compareEnds); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}

	c.Apply([]ipvs.Change{{Op: ipvs.EditService, Service: got.Entries[0].Service}})
	edit := genltest.Requests(k.Sent[len(k.Sent)-1])[0]
	sent, err := decodeService(edit.Attributes, new(interner), ipvs.WithoutStats)
	if command(edit.Command) != cmdSetService || err != nil || sent != want {
		t.Errorf("command %d with %+v, %v; want %+v", edit.Command, sent, err, want)
	}
}
