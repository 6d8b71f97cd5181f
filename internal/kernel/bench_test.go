package kernel

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// BenchmarkDecodeDump decodes a server as a dump of Linux 6 carries it.
func BenchmarkDecodeDump(b *testing.B) {
	server := attrs(b, func(ae *encoder) {
		ae.Nested(cmdAttrDest, func(nae *encoder) {
			encodeDestination(nae, &ipvs.Destination{Addr: addrPort("10.0.0.1:80"), Weight: 1})
			nae.Uint32(destAttrActive, 1)
			nae.Uint32(destAttrInactive, 2)
			nae.Uint32(destAttrPersistent, 3)
			nae.Nested(destAttrStats, encodeStats(ipvs.Stats{}, false))
			nae.Nested(destAttrStats64, encodeStats(ipvs.Stats{}, true))
		})
	})
	datagram := slices.Repeat(replyMessage(1, netlink.Multi, server), 64)
	b.ReportAllocs()
	for b.Loop() {
		for rest := datagram; len(rest) > 0; {
			m, r, err := cutMessage(rest)
			if err != nil {
				b.Fatal(err)
			}
			var d ipvs.Destination
			if err := decodeDestination(m.data[genericHeaderLength:], ipvs.IPv4, ipvs.WithStats, &d); err != nil {
				b.Fatal(err)
			}
			rest = r
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(64*b.N), "ns/server")
}

// BenchmarkEncodeBatch encodes a full batch of servers.
func BenchmarkEncodeBatch(b *testing.B) {
	change := serverCases()["add-server-masq"]
	r := results{changes: slices.Repeat([]ipvs.Change{change}, maxBatchChanges)}
	c := newClient(nil, testFamily)
	e := c.encoder(maxBatchChanges)
	b.ReportAllocs()
	for b.Loop() {
		c.encodeBatch(e, &r, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(maxBatchChanges*b.N), "ns/change")
}

func BenchmarkConnectionLine(b *testing.B) {
	for name, line := range map[string]string{
		"IPv4": connLine,
		"IPv6": "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 8706 2001:0db8:0000:0000:0000:0000:0000:0001 0050 2001:0db8:0000:0000:0000:0000:0000:0002 1F90 ESTABLISHED     894",
	} {
		b.Run(name, func(b *testing.B) {
			var p connParser
			text := []byte(line)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if !p.parse(text) {
					b.Fatal("not a connection")
				}
			}
		})
	}
}

// BenchmarkProcTable joins 1,000 services with a server each.
func BenchmarkProcTable(b *testing.B) {
	var entries []ipvs.Entry
	var table bytes.Buffer
	table.WriteString(procTitles)
	for i := range 1000 {
		addr := fmt.Sprintf("10.0.%d.%d:80", i>>8, i&0xff)
		entries = append(entries, ipvs.Entry{Service: service(tcp(addr), "rr")})
		fmt.Fprintf(&table, "TCP  0A00%04X:0050 rr  \n  -> C0A8%04X:1F90      Masq    1      0          0         \n", i, i)
	}
	b.SetBytes(int64(table.Len()))
	b.ReportAllocs()
	for b.Loop() {
		joined, err := joinProcTable(bytes.NewReader(table.Bytes()), entries, new(arena))
		if err != nil || slices.Contains(joined, false) {
			b.Fatal(err)
		}
	}
}
