package kernel

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// BenchmarkDecodeDump measures the decoding of a server from a dump of Linux 6.
func BenchmarkDecodeDump(b *testing.B) {
	server := attrs(b, func(e *genl.Encoder) {
		e.Nested(cmdAttrDest, func(e *genl.Encoder) {
			encodeDestination(e, &ipvs.Destination{Addr: addrPort("10.0.0.1:80"), Weight: 1})
			e.Uint32(destAttrActive, 1)
			e.Uint32(destAttrInactive, 2)
			e.Uint32(destAttrPersistent, 3)
			e.Nested(destAttrStats, encodeStats(ipvs.Stats{}, false))
			e.Nested(destAttrStats64, encodeStats(ipvs.Stats{}, true))
		})
	})
	b.ReportAllocs()
	for b.Loop() {
		var d ipvs.Destination
		if err := decodeDestination(server, ipvs.IPv4, ipvs.WithStats, &d); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeBatch measures the encoding of a full batch of servers.
func BenchmarkEncodeBatch(b *testing.B) {
	change := serverCases()["add-server-masq"]
	r := results{changes: slices.Repeat([]ipvs.Change{change}, genl.MaxBatch)}
	c, _ := newScriptedClient(nil)
	batch := c.conn.NewBatch(genl.MaxBatch)
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		c.fillBatch(batch, &r, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(genl.MaxBatch*b.N), "ns/change")
}

// BenchmarkDump measures a dump of 1,000 services, whose datagrams are in memory.
func BenchmarkDump(b *testing.B) {
	const services, datagrams = 1000, 10
	c, k := newScriptedClient(nil)
	k.Answer = func(rs []genltest.Request) []genltest.Datagram {
		k.Sent = nil
		seq := rs[0].Sequence
		one := reply(seq, netlink.Multi, serviceAttrs(b, service(tcp("10.0.0.1:80"), "wlc")))
		return append(slices.Repeat([]genltest.Datagram{{Bytes: slices.Repeat(one, services/datagrams)}}, datagrams),
			genltest.Datagrams(genltest.Done(0, seq))...)
	}
	c.conn.LongDatagrams()
	b.ReportAllocs()
	for b.Loop() {
		if l, err := c.listServices(ipvs.WithoutStats, nil); err != nil || len(l.entries) != services || l.datagrams != datagrams {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnectionLine measures the parsing of one line of the connection table, as those
// are that it usually has, and as any line.
func BenchmarkConnectionLine(b *testing.B) {
	lines := map[string]string{
		"IPv4": connLine + "\n",
		"IPv6": "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 8706 2001:0db8:0000:0000:0000:0000:0000:0001 0050 2001:0db8:0000:0000:0000:0000:0000:0002 1F90 ESTABLISHED     894\n",
	}
	parsers := map[string]func(*connParser, []byte) bool{
		"usual": func(p *connParser, text []byte) bool { return p.parseUsual(text) > 0 },
		"any":   func(p *connParser, text []byte) bool { return p.parse(text[:len(text)-1]) },
	}
	for name, line := range lines {
		for kind, parse := range parsers {
			b.Run(name+"/"+kind, func(b *testing.B) {
				var p connParser
				text := []byte(line)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if !parse(&p, text) {
						b.Fatal("not a connection")
					}
				}
			})
		}
	}
}

// BenchmarkProcTable measures the joining of 1,000 services with one server each.
func BenchmarkProcTable(b *testing.B) {
	var entries []ipvs.Entry
	var table bytes.Buffer
	table.WriteString(procTitles)
	for i := range 1000 {
		addr := fmt.Sprintf("10.0.%d.%d:80", i>>8, i&0xff)
		entries = append(entries, ipvs.Entry{Service: service(tcp(addr), "rr")})
		fmt.Fprintf(&table, "TCP  0A00%04X:0050 rr  \n  -> C0A8%04X:1F90      Masq    1      0          0         \n", i, i)
	}
	l := listOf(entries)
	b.SetBytes(int64(table.Len()))
	b.ReportAllocs()
	for b.Loop() {
		join, err := joinProcTable(bytes.NewReader(table.Bytes()), l, new(arena))
		if err != nil || slices.Contains(join.done, false) {
			b.Fatal(err)
		}
	}
}

// BenchmarkServiceIndex measures the making of an index of 5,000 services, and the
// look-up of each.
func BenchmarkServiceIndex(b *testing.B) {
	entries := make([]ipvs.Entry, 5000)
	for i := range entries {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		entries[i].Service.ID = ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr, 80))
	}
	b.ReportAllocs()
	for b.Loop() {
		x := newServiceIndex(entries)
		for i := range entries {
			if position, ok := x.find(&entries[i].Service.ID); !ok || position != i {
				b.Fatal(position, ok)
			}
		}
	}
}
