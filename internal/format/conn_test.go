package format_test

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestConnections compares with the listings of the reference for two captured
// connection tables: one of real traffic (persistence templates, marks, SIP), and one of
// unusual values.
func TestConnections(t *testing.T) {
	for _, table := range []string{"real", "odd"} {
		conns := readConnections(t, "conn/"+table+".proc")
		for form, c := range map[string]format.Connections{
			"numeric":        {},
			"names":          {Names: readNamer(t)},
			"engine-numeric": {Persistent: true},
			"engine-names":   {Persistent: true, Names: readNamer(t)},
		} {
			t.Run(table+"/"+form, func(t *testing.T) {
				b := c.AppendTitle(nil)
				for i := range conns {
					b = c.AppendLine(b, &conns[i])
				}
				if d := cmp.Diff(golden(t, "conn/"+table+"."+form), string(b)); d != "" {
					t.Errorf("(-reference +ours):\n%s", d)
				}
			})
		}
	}
}

// TestConnectionExpiry checks the minutes and seconds, of at least two digits each.
func TestConnectionExpiry(t *testing.T) {
	conn := readConnections(t, "conn/real.proc")[0]
	for seconds, want := range map[uint64]string{0: "00:00", 9: "00:09", 10: "00:10", 59: "00:59", 60: "01:00", 599: "09:59", 600: "10:00", 5999: "99:59", 6000: "100:00"} {
		t.Run(want, func(t *testing.T) {
			conn.Expires = seconds
			line := format.Connections{}.AppendLine(nil, &conn)
			if got := strings.Fields(string(line))[1]; got != want {
				t.Errorf("%d seconds are %q, want %q", seconds, got, want)
			}
		})
	}
}

// readConnections reads a copy of the kernel's file.
func readConnections(t testing.TB, name string) []ipvs.Connection {
	t.Helper()
	var conns []ipvs.Connection
	for line := range strings.Lines(golden(t, name)) {
		w := append(strings.Fields(line), "", "")
		if w[0] == "Pro" {
			continue
		}
		expires, err := strconv.ParseUint(w[8], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, ipvs.Connection{
			Protocol: w[0], State: w[7], Expires: expires, Engine: w[9], EngineData: w[10],
			Client: procAddr(t, w[1], w[2]), Virtual: procAddr(t, w[3], w[4]), Destination: procAddr(t, w[5], w[6]),
		})
	}
	return conns
}

// procAddr reads an address and a port of the kernel's file.
func procAddr(t testing.TB, addr, port string) netip.AddrPort {
	t.Helper()
	p, err := hex.DecodeString(port)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(addr, ":") {
		return netip.AddrPortFrom(netip.MustParseAddr(addr), binary.BigEndian.Uint16(p))
	}
	a, err := hex.DecodeString(addr)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a)), binary.BigEndian.Uint16(p))
}
