package kernel

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// attrs encodes attributes that must be encodable.
func attrs(t testing.TB, fn func(*encoder)) []byte {
	t.Helper()
	var e encoder
	if fn(&e); e.err != nil {
		t.Fatal(e.err)
	}
	return e.b
}

func infoAttrs(t testing.TB) []byte {
	return attrs(t, func(ae *encoder) {
		ae.Uint32(infoAttrVersion, 0x010201)
		ae.Uint32(infoAttrConnTabSize, 4096)
	})
}

func serviceAttrs(t testing.TB, s ipvs.Service) []byte {
	return attrs(t, func(ae *encoder) {
		ae.Nested(cmdAttrService, func(nae *encoder) { encodeService(nae, &s) })
	})
}

func destinationAttrs(t testing.TB, d ipvs.Destination) []byte {
	return attrs(t, func(ae *encoder) {
		ae.Nested(cmdAttrDest, func(nae *encoder) { encodeDestination(nae, &d) })
	})
}

func TestInfo(t *testing.T) {
	good := func(ms []message) []event { return datagrams(replyMessage(ms[0].Sequence, 0, infoAttrs(t))) }
	tests := []struct {
		name   string
		answer func([]message) []event
		errno  syscall.Errno
	}{
		{"answered", good, 0},
		{"strays before", func(ms []message) []event {
			return append(datagrams(errorMessage(77, syscall.EPERM), replyMessage(77, 0, nil)), good(ms)...)
		}, 0},
		{"refused", func(ms []message) []event { return datagrams(errorMessage(ms[0].Sequence, syscall.EPERM)) }, syscall.EPERM},
		{"only acknowledged", func(ms []message) []event { return datagrams(errorMessage(ms[0].Sequence, 0)) }, syscall.EBADMSG},
		{"no answer", nil, syscall.ETIMEDOUT},
		{"half a header", func([]message) []event { return datagrams(make([]byte, 15)) }, syscall.EBADMSG},
		{"a length beyond the datagram", func(ms []message) []event {
			return datagrams(replyMessage(ms[0].Sequence, 0, infoAttrs(t))[:24])
		}, syscall.EBADMSG},
		{"no generic header", func(ms []message) []event {
			return datagrams(makeMessage(testFamily, 0, ms[0].Sequence, nil))
		}, syscall.EBADMSG},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newScriptedClient(tt.answer)
			got, err := c.Info()
			wantError(t, err, ipvs.ReadInfo, tt.errno)
			if tt.errno == 0 {
				if want := (ipvs.Info{Version: 0x010201, ConnTableSize: 4096}); got != want {
					t.Errorf("info %+v, want %+v", got, want)
				}
			}
		})
	}
}

// wantError checks for *ipvs.Error of an operation, or for none.
func wantError(t *testing.T, err error, op ipvs.Op, errno syscall.Errno) {
	t.Helper()
	if errno == 0 {
		if err != nil {
			t.Errorf("error %v", err)
		}
		return
	}
	var got *ipvs.Error
	if !errors.As(err, &got) || *got != (ipvs.Error{Op: op, Errno: errno}) {
		t.Errorf("error %v, want that of %v with %v", err, op, errno)
	}
}

// TestInfoIsAskedOnce: also by listings.
func TestInfoIsAskedOnce(t *testing.T) {
	c, k := newScriptedClient(func(ms []message) []event {
		if command(ms[0].data[0]) == cmdGetInfo {
			return datagrams(replyMessage(ms[0].Sequence, 0, infoAttrs(t)))
		}
		return datagrams(doneMessage(ms[0].Sequence, 0))
	})
	for range 2 {
		if _, err := c.Info(); err != nil {
			t.Fatal(err)
		}
		got, err := c.Table(ipvs.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ipvs.Table{Info: ipvs.Info{Version: 0x010201, ConnTableSize: 4096}, Entries: []ipvs.Entry{}}, got); diff != "" {
			t.Errorf("table (-want +got):\n%s", diff)
		}
	}
	if len(k.sent) != 3 {
		t.Errorf("%d requests, want 3", len(k.sent))
	}
}

func TestTimeouts(t *testing.T) {
	want := ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}
	c, _ := newScriptedClient(func(ms []message) []event {
		b := attrs(t, func(ae *encoder) { encodeTimeouts(ae, want) })
		return datagrams(replyMessage(ms[0].Sequence, 0, b))
	})
	got, err := c.Timeouts()
	wantError(t, err, ipvs.ReadTimeouts, 0)
	if got != want {
		t.Errorf("timeouts %+v, want %+v", got, want)
	}
}

// TestDumps plays the ways in which a dump can go, by the list of daemons.
func TestDumps(t *testing.T) {
	master := ipvs.Daemon{State: ipvs.Master, Interface: "eth0", SyncID: 7}
	backup := ipvs.Daemon{State: ipvs.Backup, Interface: "eth1"}
	entry := func(seq uint32, flags netlink.HeaderFlags, d ipvs.Daemon) []byte {
		return replyMessage(seq, netlink.Multi|flags, attrs(t, func(ae *encoder) {
			ae.Nested(cmdAttrDaemon, func(nae *encoder) { encodeDaemon(nae, d) })
		}))
	}
	tests := []struct {
		name string
		// answer is called with the number of the try, from 0.
		answer func(try int, seq uint32) []event
		want   []ipvs.Daemon
		errno  syscall.Errno
		tries  int
	}{
		{name: "empty", answer: func(_ int, seq uint32) []event { return datagrams(doneMessage(seq, 0)) }, tries: 1},
		{
			name: "two in two datagrams",
			answer: func(_ int, seq uint32) []event {
				return datagrams(entry(seq, 0, master), slices.Concat(entry(seq, 0, backup), doneMessage(seq, 0)))
			},
			want: []ipvs.Daemon{master, backup}, tries: 1,
		},
		{
			name: "interrupted once",
			answer: func(try int, seq uint32) []event {
				if try == 0 {
					return datagrams(entry(seq, netlink.DumpInterrupted, backup), doneMessage(seq, netlink.DumpInterrupted))
				}
				return datagrams(entry(seq, 0, master), doneMessage(seq, 0))
			},
			want: []ipvs.Daemon{master}, tries: 2,
		},
		{
			name:   "interrupted always",
			answer: func(_ int, seq uint32) []event { return datagrams(doneMessage(seq, netlink.DumpInterrupted)) },
			errno:  syscall.EINTR, tries: maxDumps,
		},
		{
			name:   "without an end",
			answer: func(_ int, seq uint32) []event { return datagrams(entry(seq, 0, master)) },
			errno:  syscall.ETIMEDOUT, tries: 1,
		},
		{
			name:   "refused",
			answer: func(_ int, seq uint32) []event { return datagrams(errorMessage(seq, syscall.EPERM)) },
			errno:  syscall.EPERM, tries: 1,
		},
		{
			name: "an end with an error",
			answer: func(_ int, seq uint32) []event {
				done := makeMessage(netlink.Done, netlink.Multi, seq, []byte{0xfd, 0xff, 0xff, 0xff})
				return datagrams(entry(seq, 0, master), done)
			},
			errno: syscall.Errno(3), tries: 1, // ESRCH is 3
		},
		{
			name: "an entry that is none, read to the end all the same",
			answer: func(_ int, seq uint32) []event {
				return datagrams(replyMessage(seq, netlink.Multi, nil), entry(seq, 0, master), doneMessage(seq, 0))
			},
			errno: syscall.EBADMSG, tries: 1,
		},
		{
			name: "answers to others between",
			answer: func(_ int, seq uint32) []event {
				return datagrams(entry(seq+1, 0, backup), entry(seq, 0, master), doneMessage(seq-1, 0), doneMessage(seq, 0))
			},
			want: []ipvs.Daemon{master}, tries: 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			try := 0
			c, k := newScriptedClient(func(ms []message) []event {
				try++
				return tt.answer(try-1, ms[0].Sequence)
			})
			got, err := c.Daemons()
			wantError(t, err, ipvs.ReadDaemons, tt.errno)
			if diff := cmp.Diff(tt.want, got, compareDaemons); diff != "" {
				t.Errorf("daemons (-want +got):\n%s", diff)
			}
			if len(k.sent) != tt.tries || len(k.queue) != 0 {
				t.Errorf("%d tries, %d datagrams left; want %d and none", len(k.sent), len(k.queue), tt.tries)
			}
		})
	}
}

func TestDumpEndlessStrays(t *testing.T) {
	c, k := newScriptedClient(nil)
	k.queue = slices.Repeat(datagrams(doneMessage(99, 0)), maxStrays+1)
	_, err := c.Daemons()
	wantError(t, err, ipvs.ReadDaemons, syscall.EBADMSG)
}

// tableKernel answers as a kernel with these services, the servers of which are
// dumped in the order of the entries.
func tableKernel(t *testing.T, entries []ipvs.Entry) func([]message) []event {
	return func(ms []message) []event {
		seq, asked := ms[0].Sequence, ms[0].data[genericHeaderLength:]
		switch command(ms[0].data[0]) {
		case cmdGetInfo:
			return datagrams(replyMessage(seq, 0, infoAttrs(t)))
		case cmdGetService:
			return datagrams(tableServices(t, seq, asked, entries)...)
		}
		var answer [][]byte
		if e := find(t, asked, entries); e != nil {
			for _, d := range e.Destinations {
				answer = append(answer, replyMessage(seq, netlink.Multi, destinationAttrs(t, d)))
			}
		}
		return datagrams(append(answer, doneMessage(seq, 0))...)
	}
}

func tableServices(t *testing.T, seq uint32, asked []byte, entries []ipvs.Entry) (answer [][]byte) {
	if len(asked) > 0 {
		if e := find(t, asked, entries); e != nil {
			return [][]byte{replyMessage(seq, 0, serviceAttrs(t, e.Service))}
		}
		return [][]byte{errorMessage(seq, syscall.ESRCH)}
	}
	for _, e := range entries {
		answer = append(answer, replyMessage(seq, netlink.Multi, serviceAttrs(t, e.Service)))
	}
	return append(answer, doneMessage(seq, 0))
}

func find(t *testing.T, asked []byte, entries []ipvs.Entry) *ipvs.Entry {
	s, err := decodeService(asked, new(words), ipvs.WithoutStats)
	if err != nil {
		t.Fatalf("a request whose service cannot be read: %v", err)
	}
	for i, e := range entries {
		if e.Service.ID == s.ID {
			return &entries[i]
		}
	}
	return nil
}

func someEntries() []ipvs.Entry {
	server := func(s string) ipvs.Destination {
		return ipvs.Destination{Addr: addrPort(s), Forward: ipvs.Route, Weight: 1}
	}
	return []ipvs.Entry{
		{Service: service(tcp("10.0.0.1:80"), "rr"), Destinations: []ipvs.Destination{server("10.0.1.2:80"), server("10.0.1.1:80")}},
		{Service: service(mark(5), "wlc")},
		{Service: service(udp("[2001:db8::1]:53"), "sh"), Destinations: []ipvs.Destination{server("[2001:db8::2]:53")}},
	}
}

// counted gives entries the counters of which nothing has been counted.
func counted(entries []ipvs.Entry) []ipvs.Entry {
	for i := range entries {
		entries[i].Service.Stats = new(ipvs.Stats)
		for j := range entries[i].Destinations {
			entries[i].Destinations[j].Stats = new(ipvs.Stats)
		}
	}
	return entries
}

func TestTable(t *testing.T) {
	absent := tcp("10.9.9.9:9")
	first, second := someEntries()[0].Service.ID, someEntries()[1].Service.ID
	tests := []struct {
		name  string
		query ipvs.Query
		want  []ipvs.Entry
		op    ipvs.Op
		errno syscall.Errno
	}{
		{name: "all", want: counted(someEntries())},
		{name: "all without counters", query: ipvs.Query{Detail: ipvs.WithoutStats}, want: someEntries()},
		{name: "activity, without a proc table", query: ipvs.Query{Detail: ipvs.PlainColumns}, want: someEntries()},
		{name: "one", query: ipvs.Query{Service: &first}, want: counted(someEntries()[:1])},
		{name: "one without servers", query: ipvs.Query{Service: &second, Detail: ipvs.WithoutStats}, want: someEntries()[1:2]},
		{name: "an absent one", query: ipvs.Query{Service: &absent}, op: ipvs.ReadService, errno: syscall.ESRCH},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newScriptedClient(tableKernel(t, someEntries()))
			c.proc = t.TempDir()
			got, err := c.Table(tt.query)
			wantError(t, err, tt.op, tt.errno)
			if diff := cmp.Diff(tt.want, got.Entries, compareEnds); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTableLeavesOutTheVanished: between the list of services and those of their
// servers the first service goes, with its servers.
func TestTableLeavesOutTheVanished(t *testing.T) {
	all := someEntries()
	answer := tableKernel(t, all)
	c, _ := newScriptedClient(func(ms []message) []event {
		events := answer(ms)
		if command(ms[0].data[0]) == cmdGetService {
			answer = tableKernel(t, all[1:])
		}
		return events
	})
	got, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	wantError(t, err, 0, 0)
	if diff := cmp.Diff(someEntries()[1:], got.Entries, compareEnds); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestTableRefused: each request of a listing in turn is refused.
func TestTableRefused(t *testing.T) {
	id := someEntries()[0].Service.ID
	tests := []struct {
		name   string
		query  ipvs.Query
		refuse int // the number of the request
		op     ipvs.Op
		errno  syscall.Errno
	}{
		{"info", ipvs.Query{}, 0, ipvs.ReadInfo, syscall.EPERM},
		{"services", ipvs.Query{}, 1, ipvs.ReadServices, syscall.EBUSY},
		{"servers", ipvs.Query{}, 2, ipvs.ReadDestinations, syscall.EBUSY},
		{"services again", ipvs.Query{}, 5, ipvs.ReadServices, syscall.ENOMEM},
		{"one service", ipvs.Query{Service: &id}, 1, ipvs.ReadService, syscall.EACCES},
		{"its servers", ipvs.Query{Service: &id}, 2, ipvs.ReadDestinations, syscall.EBUSY},
		{"it went meanwhile", ipvs.Query{Service: &id}, 2, ipvs.ReadService, syscall.ESRCH},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, answer := 0, tableKernel(t, someEntries())
			c, _ := newScriptedClient(func(ms []message) []event {
				n++
				if n-1 == tt.refuse {
					return datagrams(errorMessage(ms[0].Sequence, tt.errno))
				}
				return answer(ms)
			})
			_, err := c.Table(tt.query)
			wantError(t, err, tt.op, tt.errno)
		})
	}
}

func TestClose(t *testing.T) {
	c, k := newScriptedClient(nil)
	if err := c.Close(); err != nil || !k.closed {
		t.Errorf("closed %t, error %v", k.closed, err)
	}
}
