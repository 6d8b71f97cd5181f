package top

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

var update = flag.Bool("update", false, "write the screens in testdata")

// start is the time of the first sample of tests.
var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// stats returns counters with rates: n connections per second.
func stats(n uint64) *ipvs.Stats {
	return &ipvs.Stats{ConnectionRate: n, InPacketRate: 10 * n, OutPacketRate: 8 * n, InByteRate: 1000 * n, OutByteRate: 20000 * n}
}

// destination returns a server with a weight, connections and a rate.
func destination(addr string, weight int32, active, inactive uint32, rate uint64) ipvs.Destination {
	return ipvs.Destination{
		Addr: netip.MustParseAddrPort(addr), Forward: ipvs.Masquerade, Weight: weight,
		ActiveConnections: active, InactiveConnections: inactive, Stats: stats(rate),
	}
}

// entries returns the table of the i-th sample: in the second one a server is added, and
// in the third one a service and a server are removed.
func entries(i int) []ipvs.Entry {
	n := uint64(10 * i)
	web := ipvs.Entry{
		Service: ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("203.0.113.10:443")), Scheduler: "wrr", Stats: stats(4 * n)},
		Destinations: []ipvs.Destination{
			destination("10.1.0.1:443", 3, 120, 1500, 3*n), destination("10.1.0.2:443", 1, 40, 500, n), destination("10.1.0.3:443", 0, 0, 0, 0),
		},
	}
	v6 := ipvs.Entry{
		Service:      ipvs.Service{ID: ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("[2001:db8::1]:53")), Scheduler: "lblcr", Stats: stats(123456)},
		Destinations: []ipvs.Destination{destination("[2001:db8:1:2:3:4:5:6]:53", 1<<31-1, 4_000_000_000, 5, 123456)},
	}
	v6.Destinations[0].UpperThreshold = 4_000_000_000
	mark := ipvs.Entry{Service: ipvs.Service{ID: ipvs.MarkService(7, ipvs.IPv6), Scheduler: "m\x1b[2J", Stats: stats(0)}}

	switch {
	case i >= 2:
		web.Destinations[2] = destination("10.1.0.4:443", 2, 0, 0, 0)
		return []ipvs.Entry{mark, web}
	case i == 1:
		web.Destinations = append(web.Destinations, destination("10.1.0.4:443", 2, 0, 0, 0))
	}
	return []ipvs.Entry{mark, web, v6}
}

// sampleAt returns the i-th sample.
func sampleAt(i int) Sample {
	s := Sample{At: start.Add(time.Duration(i) * 2 * time.Second), Entries: entries(i)}
	if i > 0 {
		s.Elapsed = 2 * time.Second
	}
	s.Daemons = []ipvs.Daemon{{State: ipvs.Master, Interface: "eth0", SyncID: 1}, {State: ipvs.Backup, Interface: "e\x1bth1"}}
	return s
}

// noPorts knows no name of a port.
func noPorts(ipvs.Protocol, uint16) (string, bool) { return "", false }

// newTestModel returns a Model with a number of samples.
func newTestModel(o Options, samples int) *Model {
	o.Host, o.Interval = "director", 2*time.Second
	m := NewModel(o, noPorts)
	for i := range samples {
		m.Add(sampleAt(i))
	}
	return m
}

// testClients returns connections counted by client.
func testClients(of ClientsOf) Clients {
	c := Clients{Of: of, All: ipvs.ConnTotals{Groups: 2, Connections: 3}}
	for i, a := range []string{"198.51.100.7", "2001:db8:ffff::7"} {
		c.Groups = append(c.Groups, ipvs.ConnGroup{Client: netip.MustParseAddr(a), Connections: uint64(2 - i)})
	}
	return c
}

// screenText returns the screen as plain text.
func screenText(m *Model) string {
	var b strings.Builder
	for _, l := range m.lines() {
		b.WriteString(l.fit(m.width).plainText() + "\n")
	}
	return b.String()
}

// TestScreens compares screens with those in testdata.
func TestScreens(t *testing.T) {
	for name, test := range map[string]struct {
		options       Options
		samples       int
		width, height int
		keys          string
		then          func(*Model)
	}{
		"empty":            {Options{}, 0, 80, 24, "", nil},
		"first":            {Options{}, 1, 80, 24, "", nil},
		"narrow":           {Options{}, 2, 80, 24, "", nil},
		"wide":             {Options{NetNS: "blue"}, 2, 200, 60, "", nil},
		"added":            {Options{}, 2, 80, 24, "down down down", nil},
		"removed":          {Options{}, 3, 80, 24, "", nil},
		"gone":             {Options{}, 9, 80, 24, "", nil},
		"idle":             {Options{}, 20, 80, 24, "", nil},
		"ascii":            {Options{ASCII: true}, 2, 130, 24, "s", nil},
		"sort":             {Options{}, 2, 80, 24, "s s", nil},
		"sort reversed":    {Options{}, 2, 80, 24, "s s S", nil},
		"sort wide":        {Options{}, 2, 200, 24, "s s s s s s", nil},
		"fold":             {Options{}, 2, 80, 24, "down space", nil},
		"fold all":         {Options{}, 2, 80, 24, "end f", nil},
		"filter typing":    {Options{}, 2, 80, 24, "/ 1 0 x backspace .", nil},
		"filter server":    {Options{}, 2, 80, 24, "/ 0 . 2 : enter", nil},
		"filter service":   {Options{}, 2, 80, 24, "/ U d P enter", nil},
		"filter removed":   {Options{}, 2, 80, 24, "/ x y z enter esc", nil},
		"counting clients": {Options{}, 2, 80, 24, "down down c", nil},
		"clients": {Options{}, 2, 80, 24, "down down c", func(m *Model) {
			of, _ := m.Counting()
			m.Count(testClients(of))
		}},
		"clients by name": {Options{}, 2, 80, 24, "down c n", func(m *Model) {
			of, _ := m.Counting()
			m.Count(testClients(of))
			m.Name(map[netip.Addr]string{netip.MustParseAddr("198.51.100.7"): "client.example", netip.MustParseAddr("2001:db8:ffff::7"): ""})
		}},
		"names": {Options{}, 2, 80, 24, "n", func(m *Model) {
			m.Name(map[netip.Addr]string{netip.MustParseAddr("203.0.113.10"): "www.a-very-long-name.example"})
		}},
		"paused":  {Options{}, 2, 80, 24, "p + +", nil},
		"help":    {Options{}, 2, 80, 24, "?", nil},
		"back":    {Options{}, 2, 80, 24, "? x", nil},
		"scroll":  {Options{}, 2, 80, 10, "pgdown down", nil},
		"tiny":    {Options{}, 2, 30, 5, "end", nil},
		"failed":  {Options{}, 2, 80, 24, "", func(m *Model) { m.Add(Sample{Err: &ipvs.Error{Op: ipvs.ReadServices, Errno: 1}}) }},
		"frozen":  {Options{}, 2, 80, 24, "", func(m *Model) { s := sampleAt(2); s.Frozen = true; m.Add(s) }},
		"to once": {Options{}, 2, 80, 5, "s", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := newTestModel(test.options, test.samples)
			m.Resize(test.width, test.height)
			for _, key := range strings.Fields(test.keys) {
				m.Key(key)
			}
			if test.then != nil {
				test.then(m)
			}

			got := screenText(m)
			if name == "to once" {
				got = m.Text()
			}
			file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnyKeys presses any keys on screens of any size, and checks that the screen has its
// size, that no control character but those of styles is on it, and that what is selected
// can be seen.
func TestAnyKeys(t *testing.T) {
	names := []string{"q", "?", "s", "S", "/", "esc", "space", "f", "n", "p", "c", "enter", "+", "-", "up", "down", "pgup", "pgdown",
		"home", "end", "x", "1", ".", "backspace", "ctrl+c", "resize", "sample", "count", "wheel", "click"}
	rapid.Check(t, func(t *rapid.T) {
		m := newTestModel(Options{ASCII: rapid.Bool().Draw(t, "ASCII")}, 0)
		for i, key := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 60).Draw(t, "keys") {
			switch key {
			case "resize":
				m.Resize(rapid.IntRange(0, 300).Draw(t, "width"), rapid.IntRange(0, 90).Draw(t, "height"))
			case "sample":
				m.Add(sampleAt(i))
			case "count":
				if of, ok := m.Counting(); ok {
					m.Count(testClients(of))
				}
			case "wheel":
				m.Wheel(i%2 == 0)
			case "click":
				m.Click(rapid.IntRange(-1, 90).Draw(t, "y"))
			default:
				m.Key(key)
			}
			checkScreen(t, m)
		}
	})
}

// checkScreen checks the size of the screen and its characters.
func checkScreen(t *rapid.T, m *Model) {
	lines := strings.Split(m.Screen(), "\n")
	if len(lines) != m.height {
		t.Fatalf("%d lines of %d", len(lines), m.height)
	}
	for _, l := range lines {
		for _, s := range sequences {
			if s != "" {
				l = strings.ReplaceAll(l, s, "")
			}
		}
		l = strings.ReplaceAll(l, "\x1b[0m", "")
		if n := utf8.RuneCountInString(l); n != m.width || strings.ContainsFunc(l, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%d columns of %d: %q", n, m.width, l)
		}
	}
	if len(m.rows) > 0 && (m.cursor < m.top || m.cursor >= m.top+m.bodyHeight() || m.cursor >= len(m.rows)) {
		t.Fatalf("row %d is selected, the screen has %d from %d on, of %d", m.cursor, m.bodyHeight(), m.top, len(m.rows))
	}
}

// TestEffects checks what keys ask for.
func TestEffects(t *testing.T) {
	for keys, want := range map[string]Effect{
		"q":          {Quit: true},
		"ctrl+c":     {Quit: true},
		"/ q":        {},
		"/ ctrl+c":   {Quit: true},
		"? q":        {Quit: true},
		"c":          {Count: true},
		"c q":        {Quit: true},
		"c esc":      {},
		"p":          {},
		"p p":        {Read: true},
		"+":          {Interval: true},
		"-":          {Interval: true},
		"- -":        {},
		"down space": {},
	} {
		t.Run(keys, func(t *testing.T) {
			m := newTestModel(Options{}, 2)
			var got Effect
			for _, key := range strings.Fields(keys) {
				got = m.Key(key)
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestIntervals checks that + and - go through all intervals, from one that is none of
// them, too.
func TestIntervals(t *testing.T) {
	m := newTestModel(Options{}, 0)
	m.Interval = 3 * time.Second
	m.Key("+")
	got := []time.Duration{m.Interval}
	for range len(intervals) {
		m.Key("-")
		got = append(got, m.Interval)
	}
	want := []time.Duration{4 * time.Second, 2 * time.Second, time.Second, time.Second}
	if !slices.Equal(got[:4], want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range len(intervals) {
		m.Key("+")
	}
	if m.Interval != time.Minute {
		t.Errorf("the longest interval is %v", m.Interval)
	}
}

// TestSelection checks that the cursor stays on its server when rows are sorted, come and
// go.
func TestSelection(t *testing.T) {
	m := newTestModel(Options{}, 1)
	m.Key("/")
	for _, key := range []string{"1", "0", ".", "1", ".", "0", ".", "2", "enter", "down"} {
		m.Key(key)
	}
	check := func(when string) {
		t.Helper()
		r, ok := m.selected()
		if !ok || r.server == nil || r.server.Addr != netip.MustParseAddrPort("10.1.0.2:443") {
			t.Errorf("%s: selected %+v", when, r)
		}
	}
	check("filtered")
	m.Key("esc")
	check("with all rows")
	for range 6 {
		m.Key("s")
		check("sorted")
	}
	for i := 1; i < 12; i++ {
		m.Add(sampleAt(i))
		check(fmt.Sprintf("with sample %d", i))
	}
}

// TestMemory checks that what is gone is forgotten, and that histories end.
func TestMemory(t *testing.T) {
	m := newTestModel(Options{}, 0)
	for i := range 2000 {
		s := sampleAt(i)
		id := ipvs.MarkService(uint32(i+1), ipvs.IPv4)
		s.Entries = append(s.Entries, ipvs.Entry{
			Service:      ipvs.Service{ID: id, Stats: stats(1)},
			Destinations: []ipvs.Destination{destination(fmt.Sprintf("10.2.0.%d:80", i%256), 1, 1, 1, 1)},
		})
		m.Add(s)
	}
	if n := len(m.state.byID); n > 10 {
		t.Errorf("%d services are kept", n)
	}
	if n := len(m.state.connTrend); n != totalsLength {
		t.Errorf("the graph has %d values", n)
	}
	for _, svc := range m.state.services {
		if len(svc.trend) > trendLength || cap(svc.trend) > 2*trendLength || len(svc.byAddr) > 4 {
			t.Errorf("%v: a trend of %d, %d servers", svc.ID, cap(svc.trend), len(svc.byAddr))
		}
	}
}

// TestFull checks the marks of a server around its thresholds.
func TestFull(t *testing.T) {
	for name, test := range map[string]struct {
		upper, lower uint32
		totals       []uint32
		want         []bool
	}{
		"no threshold":           {0, 0, []uint32{1 << 31}, []bool{false}},
		"three quarters":         {100, 0, []uint32{99, 100, 99, 75, 74, 99}, []bool{false, true, true, true, false, false}},
		"a lower threshold":      {100, 50, []uint32{100, 74, 50, 49}, []bool{true, true, true, false}},
		"the threshold was 1000": {10, 0, []uint32{500, 5}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			s := server{Destination: ipvs.Destination{UpperThreshold: test.upper, LowerThreshold: test.lower}}
			var got []bool
			for _, n := range test.totals {
				s.ActiveConnections = n
				s.setFull()
				got = append(got, s.isFull)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestNumber checks numbers at the limits of their units.
func TestNumber(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0", 99_999: "99999", 100_000: "100K", 999_999: "999K", 1_000_000: "1.00M", 1_239_999: "1.23M", 12_399_999: "12.3M",
		123_999_999: "123M", 999_999_999: "999M", 1_000_000_000: "1.00G", 5_000_000_000_000: "5.00T", 1<<64 - 1: "18.4E",
	} {
		if got := number(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
