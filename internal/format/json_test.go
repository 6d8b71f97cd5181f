package format_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
)

// document returns the document of a table.
func document(j format.JSON, entries []ipvs.Entry, rest *format.Rest) string {
	b := j.AppendOpening(nil, info)
	for i := range entries {
		b = j.AppendEntry(b, i, &entries[i])
	}
	return string(j.AppendClosing(b, rest))
}

// connectionDocument returns the document of a connection table.
func connectionDocument(conns []ipvs.Connection) string {
	var doc format.ConnectionsJSON
	b := doc.AppendOpening(nil)
	for i := range conns {
		b = doc.AppendConnection(b, i, &conns[i])
	}
	return string(doc.AppendClosing(b))
}

// busyEntries have a different number in every field.
var busyEntries = []ipvs.Entry{{
	Service: ipvs.Service{
		ID: tcp("[2001:db8::1]:80"), Scheduler: "sh", Flags: ipvs.Persistent | ipvs.Hashed | ipvs.Sched2 | ipvs.Sched3, Timeout: 360, Netmask: 64,
		Stats: &ipvs.Stats{
			Connections: 1<<64 - 1, InPackets: 1<<53 + 1, OutPackets: 3, InBytes: 4, OutBytes: 5,
			ConnectionRate: 6, InPacketRate: 7, OutPacketRate: 8, InByteRate: 9, OutByteRate: 10,
		},
	},
	Destinations: []ipvs.Destination{{
		Addr: netip.MustParseAddrPort("10.0.0.2:81"), Forward: ipvs.Tunnel, Weight: -1, UpperThreshold: 11, LowerThreshold: 12,
		ActiveConnections: 13, InactiveConnections: 14, PersistentConnections: 1<<32 - 1,
		Tunnel: ipvs.TunnelInfo{Type: ipvs.GUE, Port: 15, Flags: ipvs.TunnelRemoteChecksum},
		Stats: &ipvs.Stats{
			Connections: 21, InPackets: 22, OutPackets: 23, InBytes: 24, OutBytes: 25,
			ConnectionRate: 26, InPacketRate: 27, OutPacketRate: 28, InByteRate: 29, OutByteRate: 30,
		},
	}},
}, {
	Service: ipvs.Service{ID: ipvs.MarkService(1<<31, ipvs.IPv4), Scheduler: "r\"\\\x1b\xff\u202e\U000e0001ü", Engine: "sip"},
}}

var busyRest = &format.Rest{
	Timeouts: ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300},
	Daemons: []ipvs.Daemon{
		{State: ipvs.Master, Interface: "eth0", SyncID: 7, MaxLen: 1464, Group: netip.MustParseAddr("224.0.0.81"), Port: 8848, TTL: 1},
		{State: 9, Interface: "lo"},
	},
}

// documents returns one document of each kind by the names of their golden files.
func documents(t *testing.T) map[string]string {
	rules := readRules(t, "table/rules")
	return map[string]string{
		"json/busy":        document(format.JSON{}, busyEntries, busyRest),
		"json/busy-rules":  document(format.JSON{Rules: true}, busyEntries, nil),
		"json/empty":       document(format.JSON{}, nil, nil),
		"json/table":       document(format.JSON{}, rules, nil),
		"json/table-rules": document(format.JSON{Rules: true}, rules, &format.Rest{}),
		"json/real-conns":  connectionDocument(readConnections(t, "conn/real.proc")),
		"json/odd-conns":   connectionDocument(readConnections(t, "conn/odd.proc")),
		"json/no-conns":    connectionDocument(nil),
		"json/timeouts":    string(format.AppendTimeoutsJSON(nil, busyRest.Timeouts)),
		"json/daemons":     string(format.AppendDaemonsJSON(nil, busyRest.Daemons)),
		"json/no-daemons":  string(format.AppendDaemonsJSON(nil, nil)),
	}
}

// TestDocuments compares with files that were checked by hand.
func TestDocuments(t *testing.T) {
	for name, got := range documents(t) {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(golden(t, name), got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			schematest.Check(t, got)
		})
	}
}

// TestUnknownValuesInJSON checks that values without a name are numbers.
func TestUnknownValuesInJSON(t *testing.T) {
	e := ipvs.Entry{
		Service: ipvs.Service{ID: ipvs.ServiceID{Protocol: 47}, Flags: 0x40 | 0x100 | ipvs.Hashed},
		Destinations: []ipvs.Destination{
			{Forward: 7}, {Forward: ipvs.Bypass}, {Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: 3, Flags: 3}},
		},
	}
	want := `{"protocol":47,"address":null,"port":0,"scheduler":"","scheduler_flags":[],"one_packet":false,"unknown_flags":320,"destinations":[` +
		`{"address":null,"port":0,"forward":7,"weight":0,"upper_threshold":0,"lower_threshold":0},` +
		`{"address":null,"port":0,"forward":"bypass","weight":0,"upper_threshold":0,"lower_threshold":0},` +
		`{"address":null,"port":0,"forward":"tunnel","weight":0,"upper_threshold":0,"lower_threshold":0,` +
		`"tunnel":{"type":3,"port":0,"flags":3}}]}`
	if got := string(format.JSON{Rules: true}.AppendEntry(nil, 0, &e)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// checkDocument reads a document, which has to be a line of printable text without an
// unknown key.
func checkDocument(t rapid.TB, doc string, into any) {
	text, ended := strings.CutSuffix(doc, "\n")
	if !ended || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		t.Fatalf("not a line of text: %q", doc)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	if dec.More() {
		t.Fatalf("more than one value in %s", doc)
	}
	schematest.Check(t, doc)
}

// entries draws any table.
var entries = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ipvs.Entry {
	return ipvs.Entry{Service: services.Draw(t, "service"), Destinations: rapid.SliceOfN(servers, 0, 3).Draw(t, "servers")}
}), 0, 3)

// daemons draws any sync daemon.
var daemons = rapid.Custom(func(t *rapid.T) ipvs.Daemon {
	return ipvs.Daemon{
		State: ipvs.DaemonState(rapid.Uint32Range(0, 3).Draw(t, "state")), Interface: words.Draw(t, "interface"),
		SyncID: rapid.Uint32().Draw(t, "syncid"), MaxLen: rapid.Uint16().Draw(t, "maxlen"),
		Group: addrs.Draw(t, "group").Addr(), Port: rapid.Uint16().Draw(t, "port"), TTL: rapid.Uint8().Draw(t, "ttl"),
	}
})

// same are the options to compare models.
var same = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}), cmpopts.EquateEmpty()}

// TestTableInJSON checks that any table can be read back from its document.
func TestTableInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := entries.Draw(t, "table")
		rest := &format.Rest{
			Timeouts: ipvs.Timeouts{TCP: rapid.Uint32().Draw(t, "tcp"), TCPFin: rapid.Uint32().Draw(t, "tcp_fin"), UDP: rapid.Uint32().Draw(t, "udp")},
			Daemons:  rapid.SliceOfN(daemons, 0, 3).Draw(t, "daemons"),
		}

		var read tableDoc
		checkDocument(t, document(format.JSON{}, table, rest), &read)
		if read.Version != "1.2.1" || *read.ConnTableSize != 4096 {
			t.Errorf("version %s, size %d", read.Version, *read.ConnTableSize)
		}
		if d := cmp.Diff(documented(table), read.entries(), same); d != "" {
			t.Errorf("table (-want +got):\n%s", d)
		}
		for i := range rest.Daemons {
			d := &rest.Daemons[i]
			d.Interface, d.Group = readable(d.Interface), d.Group.WithZone("")
		}
		if d := cmp.Diff(rest, read.rest(), same); d != "" {
			t.Errorf("rest (-want +got):\n%s", d)
		}

		var rules tableDoc
		checkDocument(t, document(format.JSON{Rules: true}, table, nil), &rules)
		if d := cmp.Diff(withoutCounters(documented(table)), rules.entries(), same); d != "" {
			t.Errorf("rules (-want +got):\n%s", d)
		}
	})
}

// TestProtocolInJSON checks the letters of a protocol, of which ASCII has the neighbours @, [,
// ` and {.
func TestProtocolInJSON(t *testing.T) {
	conn := ipvs.Connection{Protocol: "@AZ[`az{Ä"}
	var read struct{ Connections []connDoc }
	checkDocument(t, connectionDocument([]ipvs.Connection{conn}), &read)
	if got, want := read.Connections[0].Protocol, "@az[`az{Ä"; got != want {
		t.Errorf("%q is %q, want %q", conn.Protocol, got, want)
	}
}

// TestConnectionsInJSON checks that any connections can be read back from their document.
func TestConnectionsInJSON(t *testing.T) {
	conns := rapid.Custom(func(t *rapid.T) ipvs.Connection {
		return ipvs.Connection{
			Protocol: words.Draw(t, "protocol"), State: words.Draw(t, "state"), Expires: rapid.Uint64().Draw(t, "expires"),
			Client: addrs.Draw(t, "client"), Virtual: addrs.Draw(t, "virtual"), Destination: addrs.Draw(t, "server"),
			Engine: words.Draw(t, "engine"), EngineData: words.Draw(t, "data"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(conns, 0, 3).Draw(t, "connections")
		var read struct{ Connections []connDoc }
		checkDocument(t, connectionDocument(want), &read)
		var got []ipvs.Connection
		for _, c := range read.Connections {
			got = append(got, ipvs.Connection{
				Protocol: c.Protocol, State: c.State, Expires: *c.Expires, Engine: c.Engine, EngineData: c.EngineData,
				Client: c.Client.addr(), Virtual: c.Virtual.addr(), Destination: c.Destination.addr(),
			})
		}
		for i := range want {
			c := &want[i]
			c.Protocol, c.State = toLower(readable(c.Protocol)), readable(c.State)
			c.Engine, c.EngineData = readable(c.Engine), readable(c.EngineData)
			c.Client, c.Virtual, c.Destination = withoutZone(c.Client), withoutZone(c.Virtual), withoutZone(c.Destination)
		}
		if d := cmp.Diff(want, got, same); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// toLower returns a text with ASCII letters in lower case.
func toLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// readable returns a text as it is read back.
func readable(s string) string { return string([]rune(s)) }

// withoutZone returns an address and port as they are read back.
func withoutZone(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
}

// documented returns what a document has of a table: all that has a meaning.
func documented(table []ipvs.Entry) []ipvs.Entry {
	var documented []ipvs.Entry
	for _, e := range table {
		s := &e.Service
		s.Flags &^= ipvs.Hashed
		s.Scheduler, s.Engine = readable(s.Scheduler), readable(s.Engine)
		if s.Flags&ipvs.Persistent == 0 {
			s.Timeout, s.Netmask = 0, 0
		}
		if s.ID.FWMark != 0 {
			s.ID = ipvs.MarkService(s.ID.FWMark, s.ID.Family)
		} else {
			s.ID = ipvs.ServiceID{Protocol: s.ID.Protocol, Family: s.ID.Family, Addr: withoutZone(s.ID.Addr)}
			// A document has the family of a service in its address,
			// which no kernel has of another one.
			s.ID.Family = 0
		}
		e.Destinations = slices.Clone(e.Destinations)
		for i := range e.Destinations {
			d := &e.Destinations[i]
			d.Addr = withoutZone(d.Addr)
			if d.Forward != ipvs.Tunnel {
				d.Tunnel = ipvs.TunnelInfo{}
			}
		}
		documented = append(documented, e)
	}
	return documented
}

// withoutCounters returns what can be restored of a table.
func withoutCounters(table []ipvs.Entry) []ipvs.Entry {
	for i := range table {
		e := &table[i]
		e.Service.Stats = nil
		for j := range e.Destinations {
			d := &e.Destinations[j]
			d.Stats, d.ActiveConnections, d.InactiveConnections, d.PersistentConnections = nil, 0, 0, 0
		}
	}
	return table
}

// word is the name of a number, or the number.
type word string

func (w *word) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		*w = word(b)
		return nil
	}
	return json.Unmarshal(b, (*string)(w))
}

// number returns the number of a word. words are the names of 0, 1 and so on.
func (w word) number(words ...string) uint64 {
	if i := slices.Index(words, string(w)); i >= 0 {
		return uint64(i)
	}
	n, err := strconv.ParseUint(string(w), 10, 64)
	if err != nil || n < uint64(len(words)) && words[n] != "" {
		return 1 << 63 // which nothing has
	}
	return n
}
