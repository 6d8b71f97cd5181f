package kernel

import (
	"errors"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// attrs returns the attributes that fn appends.
func attrs(t testing.TB, fn func(*genl.Encoder)) []byte {
	t.Helper()
	b, err := genl.Encoded(fn)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func infoAttrs(t testing.TB) []byte {
	return attrs(t, func(e *genl.Encoder) {
		e.Uint32(infoAttrVersion, 0x010201)
		e.Uint32(infoAttrConnTabSize, 4096)
	})
}

func serviceAttrs(t testing.TB, s ipvs.Service) []byte {
	return attrs(t, func(e *genl.Encoder) {
		e.Nested(cmdAttrService, func(ne *genl.Encoder) { encodeService(e, &s) })
	})
}

func destinationAttrs(t testing.TB, d ipvs.Destination) []byte {
	return attrs(t, func(e *genl.Encoder) {
		e.Nested(cmdAttrDest, func(ne *genl.Encoder) { encodeDestination(e, &d) })
	})
}

// TestInfo checks the answer, and the errors of a request that reads.
func TestInfo(t *testing.T) {
	tests := []struct {
		name   string
		answer func(seq uint32) [][]byte
		errno  syscall.Errno
	}{
		{"answered", func(seq uint32) [][]byte { return [][]byte{reply(seq, 0, infoAttrs(t))} }, 0},
		{"rejected", func(seq uint32) [][]byte { return [][]byte{genltest.Error(seq, syscall.EPERM)} }, syscall.EPERM},
		{"no such family", func(seq uint32) [][]byte { return [][]byte{genltest.Error(seq, syscall.ENOENT)} }, syscall.ENOPROTOOPT},
		{"no answer", func(uint32) [][]byte { return nil }, syscall.ETIMEDOUT},
		{"malformed", func(seq uint32) [][]byte { return [][]byte{reply(seq, 0, []byte{1})} }, syscall.EBADMSG},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				return genltest.Datagrams(tt.answer(rs[0].Sequence)...)
			})
			got, err := c.Info()
			wantError(t, err, ipvs.ReadInfo, tt.errno)
			if want := (ipvs.Info{Version: 0x010201, ConnTableSize: 4096}); tt.errno == 0 && got != want {
				t.Errorf("info %+v, want %+v", got, want)
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

// TestInfoIsAskedOnce checks that Info and listings together send one request for it.
func TestInfoIsAskedOnce(t *testing.T) {
	c, k := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		if command(rs[0].Command) == cmdGetInfo {
			return genltest.Datagrams(reply(rs[0].Sequence, 0, infoAttrs(t)))
		}
		return genltest.Datagrams(genltest.Done(0, rs[0].Sequence))
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
	if len(k.Sent) != 3 {
		t.Errorf("%d requests, want 3", len(k.Sent))
	}
}

// TestTimeouts checks that timeouts are read.
func TestTimeouts(t *testing.T) {
	want := ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		b := attrs(t, func(e *genl.Encoder) { encodeTimeouts(e, want) })
		return genltest.Datagrams(reply(rs[0].Sequence, 0, b))
	})
	got, err := c.Timeouts()
	wantError(t, err, ipvs.ReadTimeouts, 0)
	if got != want {
		t.Errorf("timeouts %+v, want %+v", got, want)
	}
}

// TestDaemons checks that two daemons are listed, at the second try.
func TestDaemons(t *testing.T) {
	want := []ipvs.Daemon{
		{State: ipvs.Master, Interface: "eth0", SyncID: 7},
		{State: ipvs.Backup, Interface: "eth1"},
	}
	tries := 0
	c, _ := newScriptedClient(func(rs []genltest.Request) (answers []genltest.Datagram) {
		tries++
		var flags netlink.HeaderFlags
		if tries == 1 {
			flags = netlink.DumpInterrupted
		}
		for _, d := range want {
			b := attrs(t, func(e *genl.Encoder) {
				e.Nested(cmdAttrDaemon, func(e *genl.Encoder) { encodeDaemon(e, d) })
			})
			answers = append(answers, genltest.Datagram{Bytes: reply(rs[0].Sequence, netlink.Multi|flags, b)})
		}
		return append(answers, genltest.Datagram{Bytes: genltest.Done(flags, rs[0].Sequence)})
	})
	got, err := c.Daemons()
	wantError(t, err, 0, 0)
	if diff := cmp.Diff(want, got, compareDaemons); diff != "" || tries != 2 {
		t.Errorf("%d tries; daemons (-want +got):\n%s", tries, diff)
	}
}

// TestDaemonsRejected checks the error of a dump.
func TestDaemonsRejected(t *testing.T) {
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		return genltest.Datagrams(genltest.Error(rs[0].Sequence, syscall.EPERM))
	})
	got, err := c.Daemons()
	wantError(t, err, ipvs.ReadDaemons, syscall.EPERM)
	if got != nil {
		t.Errorf("daemons %+v", got)
	}
}

// tableKernel answers as a kernel with these services, the servers of which are
// dumped in the order of the entries.
func tableKernel(t *testing.T, entries []ipvs.Entry) func([]genltest.Request) []genltest.Datagram {
	return func(rs []genltest.Request) []genltest.Datagram {
		seq, asked := rs[0].Sequence, rs[0].Attributes
		switch command(rs[0].Command) {
		case cmdGetInfo:
			return genltest.Datagrams(reply(seq, 0, infoAttrs(t)))
		case cmdGetService:
			return genltest.Datagrams(tableServices(t, seq, asked, entries)...)
		}
		var answer [][]byte
		if e := find(t, asked, entries); e != nil {
			for _, d := range e.Destinations {
				answer = append(answer, reply(seq, netlink.Multi, destinationAttrs(t, d)))
			}
		}
		return genltest.Datagrams(append(answer, genltest.Done(0, seq))...)
	}
}

func tableServices(t *testing.T, seq uint32, asked []byte, entries []ipvs.Entry) (answer [][]byte) {
	if len(asked) > 0 {
		if e := find(t, asked, entries); e != nil {
			return [][]byte{reply(seq, 0, serviceAttrs(t, e.Service))}
		}
		return [][]byte{genltest.Error(seq, syscall.ESRCH)}
	}
	for _, e := range entries {
		answer = append(answer, reply(seq, netlink.Multi, serviceAttrs(t, e.Service)))
	}
	return append(answer, genltest.Done(0, seq))
}

func find(t *testing.T, asked []byte, entries []ipvs.Entry) *ipvs.Entry {
	s, err := decodeService(asked, new(interner), ipvs.WithoutStats)
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

// counted sets the counters of entries to zero, and returns the entries.
func counted(entries []ipvs.Entry) []ipvs.Entry {
	for i := range entries {
		entries[i].Service.Stats = new(ipvs.Stats)
		for j := range entries[i].Destinations {
			entries[i].Destinations[j].Stats = new(ipvs.Stats)
		}
	}
	return entries
}

// TestTable checks the table for each kind of query.
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

// TestTableLeavesOutTheVanished checks that a service is left out which was deleted
// between the list of services and that of its servers.
func TestTableLeavesOutTheVanished(t *testing.T) {
	all := someEntries()
	answer := tableKernel(t, all)
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		answers := answer(rs)
		if command(rs[0].Command) == cmdGetService {
			answer = tableKernel(t, all[1:])
		}
		return answers
	})
	got, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	wantError(t, err, 0, 0)
	if diff := cmp.Diff(someEntries()[1:], got.Entries, compareEnds); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// TestTableRejected checks the error when one of the requests of a listing is rejected,
// for each in turn.
func TestTableRejected(t *testing.T) {
	id := someEntries()[0].Service.ID
	tests := []struct {
		name   string
		query  ipvs.Query
		reject int // the number of the request
		op     ipvs.Op
		errno  syscall.Errno
	}{
		{"info", ipvs.Query{}, 0, ipvs.ReadInfo, syscall.EPERM},
		{"services", ipvs.Query{}, 1, ipvs.ReadServices, syscall.EBUSY},
		{"servers", ipvs.Query{}, 2, ipvs.ReadDestinations, syscall.EBUSY},
		{"a service again", ipvs.Query{}, 5, ipvs.ReadService, syscall.ENOMEM},
		{"one service", ipvs.Query{Service: &id}, 1, ipvs.ReadService, syscall.EACCES},
		{"its servers", ipvs.Query{Service: &id}, 2, ipvs.ReadDestinations, syscall.EBUSY},
		{"it went meanwhile", ipvs.Query{Service: &id}, 2, ipvs.ReadService, syscall.ESRCH},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, answer := 0, tableKernel(t, someEntries())
			c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
				n++
				if n-1 == tt.reject {
					return genltest.Datagrams(genltest.Error(rs[0].Sequence, tt.errno))
				}
				return answer(rs)
			})
			_, err := c.Table(tt.query)
			wantError(t, err, tt.op, tt.errno)
		})
	}
}

// TestClose checks that Close closes the channel.
func TestClose(t *testing.T) {
	c, k := newScriptedClient(nil)
	if err := c.Close(); err != nil || !k.Closed {
		t.Errorf("closed %t, error %v", k.Closed, err)
	}
}
