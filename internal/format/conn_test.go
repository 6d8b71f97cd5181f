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
