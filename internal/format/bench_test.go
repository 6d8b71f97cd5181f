package format_test

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// benchEntry is a service with one server.
var benchEntry = &ipvs.Entry{
	Service: ipvs.Service{ID: tcp("172.20.0.200:80"), Scheduler: "wlc", Stats: allStats(123456789)},
	Destinations: []ipvs.Destination{{
		Addr: netip.MustParseAddrPort("192.168.30.17:8080"), Forward: ipvs.Tunnel, Weight: 3,
		ActiveConnections: 1234, Stats: allStats(123456789),
	}},
}

var benchConnection = &ipvs.Connection{
	Protocol: "TCP", State: "ESTABLISHED", Expires: 899,
	Client:      netip.MustParseAddrPort("198.51.100.7:54321"),
	Virtual:     netip.MustParseAddrPort("172.20.0.200:80"),
	Destination: netip.MustParseAddrPort("192.168.30.17:8080"),
}

// appenders are the functions that a large listing calls for each line.
var appenders = map[string]func([]byte) []byte{
	"plain": func(b []byte) []byte { return format.Listing{}.AppendEntry(b, benchEntry) },
	"stats": func(b []byte) []byte { return format.Listing{Style: format.Stats}.AppendEntry(b, benchEntry) },
	"tun-info": func(b []byte) []byte {
		return format.Listing{Style: format.TunInfo}.AppendEntry(b, benchEntry)
	},
	"rules":      func(b []byte) []byte { return format.Rules{}.AppendEntry(b, benchEntry) },
	"connection": func(b []byte) []byte { return format.Connections{}.AppendLine(b, benchConnection) },
	"json":       func(b []byte) []byte { return format.JSON{}.AppendEntry(b, 1, benchEntry) },
	"json connection": func(b []byte) []byte {
		return format.ConnectionsJSON{}.AppendConnection(b, 1, benchConnection)
	},
	"named": func(b []byte) []byte {
		return format.Listing{Names: drawnNamer{"host.example.com", "http"}}.AppendEntry(b, benchEntry)
	},
}

func BenchmarkAppend(b *testing.B) {
	for name, appendTo := range appenders {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				buf = appendTo(buf[:0])
			}
		})
	}
}

// TestAllocations checks that a line takes no memory but the buffer.
func TestAllocations(t *testing.T) {
	for name, appendTo := range appenders {
		t.Run(name, func(t *testing.T) {
			buf := make([]byte, 0, 4096)
			if got := testing.AllocsPerRun(100, func() { buf = appendTo(buf[:0]) }); got > 0 {
				t.Errorf("%v allocations, want none", got)
			}
		})
	}
}
