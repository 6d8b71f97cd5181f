package kernel

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// seedRequests adds the attributes of all captured requests to a corpus.
func seedRequests(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(wireFolder, "*.hex"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no captured requests: %v", err)
	}
	for _, file := range files {
		f.Add(readCapture(f, file)[wireHeader+4:])
	}
}

// FuzzDecodeService checks that a decoded service is the same after it was encoded and
// decoded again.
func FuzzDecodeService(f *testing.F) {
	seedRequests(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeService(b, new(interner), ipvs.WithStats)
		if err != nil {
			return
		}
		if id := s.ID; id.FWMark == 0 && !id.Addr.IsValid() && id.Family.Bits() != 0 {
			t.Fatalf("a family and no address: %+v", id)
		}
		again, err := decodeService(serviceAttrs(t, s), new(interner), ipvs.WithoutStats)
		s.Stats = nil
		if err != nil || again != s {
			t.Fatalf("%+v became %+v, %v", s, again, err)
		}
	})
}

// FuzzDecodeDestination checks that a decoded server is the same after it was encoded
// and decoded again, except its counters.
func FuzzDecodeDestination(f *testing.F) {
	seedRequests(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, family := range []ipvs.Family{0, ipvs.IPv4, ipvs.IPv6} {
			d, err := decodedDestination(b, family, ipvs.WithStats)
			if err != nil {
				continue
			}
			again, err := decodedDestination(destinationAttrs(t, d), 0, ipvs.WithoutStats)
			d.Stats = nil
			d.ActiveConnections, d.InactiveConnections, d.PersistentConnections = 0, 0, 0
			if err != nil || again != d {
				t.Fatalf("%+v became %+v, %v", d, again, err)
			}
		}
	})
}

// FuzzDecodeDaemon checks that a decoded daemon is the same after it was encoded and
// decoded again.
func FuzzDecodeDaemon(f *testing.F) {
	seedRequests(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decodeDaemon(b)
		if err != nil {
			return
		}
		again, err := decodeDaemon(attrs(t, func(e *genl.Encoder) {
			e.Nested(cmdAttrDaemon, func(ne *genl.Encoder) { encodeDaemon(e, d) })
		}))
		if err != nil || again != d {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
	})
}

// FuzzDecodeInfo checks that the decoders of the version and the timeouts do not panic.
func FuzzDecodeInfo(f *testing.F) {
	f.Add(infoAttrs(f))
	seedRequests(f)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = decodeInfo(b)
		_, _ = decodeTimeouts(b)
	})
}

// FuzzDatagram checks that no call panics or runs for ever, and that errors of Apply
// name their changes, when every request is answered by the same bytes.
func FuzzDatagram(f *testing.F) {
	f.Add(reply(1, 0, infoAttrs(f)))
	f.Add(append(reply(1, netlink.Multi, serviceAttrs(f, service(tcp("10.0.0.1:80"), "rr"))), genltest.Done(0, 1)...))
	f.Add(genltest.Error(1, syscall.EPERM))
	f.Add(append(genltest.Error(2, syscall.EEXIST), genltest.Error(3, 0)...))
	f.Add(genltest.Done(netlink.DumpInterrupted, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer := func([]genltest.Request) []genltest.Datagram { return genltest.Datagrams(b) }
		c, _ := newScriptedClient(answer)
		c.proc = "/nonexistent"
		_, _ = c.Table(ipvs.Query{Detail: ipvs.PlainColumns})
		_, _ = c.Table(ipvs.Query{})
		_, _ = c.Timeouts()
		_, _ = c.Daemons()
		changes := someChanges(3)
		c, _ = newScriptedClient(answer)
		errnos(t, changes, c.Apply(changes))
	})
}

// FuzzProcTable checks that any text joins without a panic, and that a joined service
// has servers with addresses.
func FuzzProcTable(f *testing.F) {
	table, err := os.ReadFile(filepath.Join(procFolder, "ip_vs"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(table)
	f.Add([]byte(procTitles + "TCP  01020304:0050 rr\n  -> 01020304:0050 Masq -1 0 0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		entries := capturedServices()
		join, err := joinProcTable(bytes.NewReader(b), listOf(entries), new(arena))
		if err == nil && len(join.done) != len(entries) {
			t.Fatalf("%d answers for %d services", len(join.done), len(entries))
		}
		for i, e := range entries {
			for _, d := range e.Destinations {
				if join.joined(i) && !d.Addr.IsValid() {
					t.Fatalf("a server without an address: %+v", d)
				}
			}
		}
	})
}

// FuzzProcConn checks that a line is a connection with three ends or a *LineError, the same
// by parseUsual and by parse.
func FuzzProcConn(f *testing.F) {
	table, err := os.ReadFile(filepath.Join(procFolder, "ip_vs_conn"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(table)
	f.Add([]byte("title\n" + connLine + " sip \xff\x00 x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		readConnections(bytes.NewReader(b), "f", func() {}, func(c *ipvs.Connection, err error) bool {
			n++
			var bad *LineError
			switch {
			case err == nil && c.Client.IsValid() && c.Virtual.IsValid() && c.Destination.IsValid() && c.Protocol != "":
			case c == nil && errors.As(err, &bad):
			default:
				t.Fatalf("%+v, %v", c, err)
			}
			return true
		})
		if len(b) < procReadSize { // a longer line is cut
			if diff := cmp.Diff(parseEach(b), readAll(b), compareConnections); diff != "" {
				t.Fatalf("(-parse +parseUsual):\n%s", diff)
			}
		}
		if most := bytes.Count(b, []byte("\n")); n > most {
			t.Fatalf("%d results for %d lines", n, most)
		}
	})
}
