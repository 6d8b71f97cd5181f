package format_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// words draws any text, and hostile ones among them.
var words = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
	"", "rr", "sh", "mh", "a b", "\x1b[2J", "\n", "\r", "\x00", "\u009b1m", "\x9b", "\xff\xfe", "\u2028", "a\u0301", "\u202e",
}))

// addrs draws addresses of both families, and the zero AddrPort.
var addrs = rapid.Custom(func(t *rapid.T) netip.AddrPort {
	var raw [16]byte
	copy(raw[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "raw"))
	port := rapid.Uint16().Draw(t, "port")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[:4])), port)
	case 1:
		return netip.AddrPortFrom(netip.AddrFrom16(raw), port)
	case 2:
		return netip.AddrPortFrom(netip.AddrFrom16(raw).WithZone("\x1b[1m\n"), port)
	case 3:
		copy(raw[:12], make([]byte, 12))
		return netip.AddrPortFrom(netip.AddrFrom16(raw), port)
	}
	return netip.AddrPortFrom(netip.Addr{}, port)
})

var stats = rapid.Custom(func(t *rapid.T) *ipvs.Stats { return allStats(rapid.Uint64().Draw(t, "n")) })

var services = rapid.Custom(func(t *rapid.T) ipvs.Service {
	return ipvs.Service{
		ID: ipvs.ServiceID{
			FWMark:   rapid.SampledFrom([]uint32{0, 1, 1 << 31, 1<<32 - 1}).Draw(t, "mark"),
			Family:   rapid.SampledFrom([]ipvs.Family{ipvs.IPv4, ipvs.IPv6, 0, 7}).Draw(t, "family"),
			Protocol: rapid.SampledFrom([]ipvs.Protocol{ipvs.TCP, ipvs.UDP, ipvs.SCTP, 0, 47, 65535}).Draw(t, "protocol"),
			Addr:     addrs.Draw(t, "addr"),
		},
		Scheduler: words.Draw(t, "scheduler"),
		Flags:     ipvs.ServiceFlags(rapid.Uint32().Draw(t, "flags")),
		Timeout:   rapid.Uint32().Draw(t, "timeout"),
		Netmask:   rapid.Uint32().Draw(t, "netmask"),
		Engine:    words.Draw(t, "engine"),
		Stats:     stats.Draw(t, "stats"),
	}
})

var servers = rapid.Custom(func(t *rapid.T) ipvs.Destination {
	return ipvs.Destination{
		Addr:                  addrs.Draw(t, "addr"),
		Forward:               ipvs.Forward(rapid.OneOf(rapid.Uint32Range(0, 8), rapid.Uint32()).Draw(t, "forward")),
		Weight:                rapid.Int32().Draw(t, "weight"),
		UpperThreshold:        rapid.Uint32().Draw(t, "upper"),
		LowerThreshold:        rapid.Uint32().Draw(t, "lower"),
		ActiveConnections:     rapid.Uint32().Draw(t, "active"),
		InactiveConnections:   rapid.Uint32().Draw(t, "inactive"),
		PersistentConnections: rapid.Uint32().Draw(t, "persistent"),
		Tunnel: ipvs.TunnelInfo{
			Type:  ipvs.TunnelType(rapid.Uint8Range(0, 4).Draw(t, "type")),
			Port:  rapid.Uint16().Draw(t, "port"),
			Flags: ipvs.TunnelFlags(rapid.Uint16Range(0, 4).Draw(t, "tunnel flags")),
		},
		Stats: stats.Draw(t, "stats"),
	}
})

// drawnNamer answers what was drawn.
type drawnNamer struct{ host, port string }

func (n drawnNamer) Host(netip.Addr) (string, bool)            { return n.host, true }
func (n drawnNamer) Port(ipvs.Protocol, uint16) (string, bool) { return n.port, true }

// namers draws no names, or any names.
var namers = rapid.Custom(func(t *rapid.T) format.Namer {
	if rapid.Bool().Draw(t, "numeric") {
		return nil
	}
	return drawnNamer{words.Draw(t, "host"), words.Draw(t, "port name")}
})

// checkLine checks that a line has one newline at its end, and no other control character
// of one byte or more.
func checkLine(t *rapid.T, what string, line []byte) {
	text, ended := strings.CutSuffix(string(line), "\n")
	if !ended || strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, "\u2028\u2029\u202e") {
		t.Errorf("%s: %q", what, line)
	}
}

// TestTableLines checks the lines of any table.
func TestTableLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := namers.Draw(t, "names")
		e := ipvs.Entry{Service: services.Draw(t, "service"), Destinations: rapid.SliceOfN(servers, 0, 3).Draw(t, "servers")}
		for style := format.Plain; style <= format.TunInfo+1; style++ {
			l := format.Listing{Style: style, Exact: rapid.Bool().Draw(t, "exact"), Names: names}
			want := l.AppendService(nil, &e.Service)
			checkLine(t, "service", want)
			for i := range e.Destinations {
				line := l.AppendDestination(nil, e.Service.ID.Protocol, &e.Destinations[i])
				checkLine(t, "server", line)
				want = append(want, line...)
			}
			if got := l.AppendEntry(nil, &e); !bytes.Equal(got, want) {
				t.Errorf("entry: got %q, want %q", got, want)
			}
		}
	})
}

// TestRuleLines checks the commands of any change.
func TestRuleLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := format.Rules{Names: namers.Draw(t, "names")}
		c := ipvs.Change{
			Service:     services.Draw(t, "service"),
			Destination: servers.Draw(t, "server"),
			Timeouts:    ipvs.Timeouts{TCP: rapid.Uint32().Draw(t, "tcp")},
			Daemon: ipvs.Daemon{
				State: ipvs.DaemonState(rapid.Uint32Range(0, 3).Draw(t, "state")), Interface: words.Draw(t, "interface"),
				SyncID: rapid.Uint32().Draw(t, "syncid"), MaxLen: rapid.Uint16().Draw(t, "maxlen"),
				Group: addrs.Draw(t, "group").Addr(), Port: rapid.Uint16().Draw(t, "port"), TTL: rapid.Uint8().Draw(t, "ttl"),
			},
		}
		for c.Op = ipvs.AddService; c.Op <= ipvs.StopDaemon; c.Op++ {
			checkLine(t, c.Op.String(), r.AppendChange(nil, c))
		}
		checkLine(t, "daemon", format.AppendDaemon(nil, c.Daemon))
		checkLine(t, "timeouts", format.AppendTimeouts(nil, c.Timeouts))
	})
}

// TestConnectionLines checks the lines of any connections.
func TestConnectionLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := format.Connections{Persistent: rapid.Bool().Draw(t, "persistent"), Names: namers.Draw(t, "names")}
		checkLine(t, "connection", c.AppendLine(nil, &ipvs.Connection{
			Protocol: words.Draw(t, "protocol"), State: words.Draw(t, "state"),
			Client: addrs.Draw(t, "client"), Virtual: addrs.Draw(t, "virtual"), Destination: addrs.Draw(t, "server"),
			Expires: rapid.Uint64().Draw(t, "expires"),
			Engine:  words.Draw(t, "engine"), EngineData: words.Draw(t, "data"),
		}))
	})
}
