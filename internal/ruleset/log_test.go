package ruleset

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// anyAddr generates addresses of all kinds.
var anyAddr = rapid.Custom(func(t *rapid.T) netip.Addr {
	raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom4([4]byte(raw))
	case 2:
		return netip.AddrFrom16(netip.AddrFrom4([4]byte(raw)).As16())
	case 3:
		return netip.AddrFrom16([16]byte(raw)).WithZone(rapid.String().Draw(t, "zone"))
	}
	return netip.AddrFrom16([16]byte(raw))
})

// anyAddrPort generates addresses with ports.
var anyAddrPort = rapid.Custom(func(t *rapid.T) netip.AddrPort {
	return netip.AddrPortFrom(anyAddr.Draw(t, "address"), rapid.Uint16().Draw(t, "port"))
})

// sparse generates either the zero value or one of g.
func sparse[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	var zero T
	return rapid.OneOf(rapid.Just(zero), g).AsAny()
}

// anyRule generates rules with any values in all exported fields, also in those that
// no parser sets: a new field is in the test as soon as it exists.
var anyRule = rapid.MakeCustom[Rule](rapid.MakeConfig{
	Types: map[reflect.Type]*rapid.Generator[any]{
		reflect.TypeFor[netip.Addr]():     sparse(anyAddr),
		reflect.TypeFor[netip.AddrPort](): sparse(anyAddrPort),
	},
	Kinds: map[reflect.Kind]*rapid.Generator[any]{
		reflect.String: rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"rr", "wlc", "services[0]", "services[0].destinations[1]"}), rapid.String()).AsAny(),
		reflect.Bool:   rapid.SampledFrom([]bool{false, false, true}).AsAny(),
	},
})

// changeRule generates rules of which only fields that a change of the table has are
// set.
var changeRule = rapid.Custom(func(t *rapid.T) Rule {
	r := anyRule.Draw(t, "rule")
	r.Cmd.Listing, r.Cmd.Saving, r.Cmd.Restoring, r.Cmd.NetNS = command.Listing{}, command.Saving{}, command.Restoring{}, ""
	c := &r.Cmd.Change
	c.Op = rapid.SampledFrom([]ipvs.Op{ipvs.AddService, ipvs.AddDestination, ipvs.StopDaemon, 99}).Draw(t, "op")
	c.Service.Stats, c.Destination.Stats = nil, nil
	d := &c.Destination
	d.ActiveConnections, d.InactiveConnections, d.PersistentConnections = 0, 0, 0
	return r
})

// ruleComparison compares rules exactly, except that no words are as good as none.
var ruleComparison = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}

// TestLogRoundTrip checks that a Log returns what was appended, in order.
func TestLogRoundTrip(t *testing.T) { rapid.Check(t, testLogRoundTrip) }

// FuzzLog does the same for rules that the fuzzer chooses.
func FuzzLog(f *testing.F) { f.Fuzz(rapid.MakeFuzz(testLogRoundTrip)) }

func testLogRoundTrip(t *rapid.T) {
	rules := rapid.SliceOfN(rapid.OneOf(anyRule, changeRule, changeRule), 0, 20).Draw(t, "rules")
	var log Log
	for i := range rules {
		log.Append(&rules[i])
	}
	if log.Len() != len(rules) {
		t.Errorf("%d rules of %d", log.Len(), len(rules))
	}
	checkLog(t, rules, &log)
	checkLog(t, rules, &log) // again: it is read from the beginning each time
}

// checkLog checks that a Log returns some rules.
func checkLog(t interface{ Errorf(string, ...any) }, want []Rule, log *Log) {
	var got []Rule
	for r := range log.All() {
		got = append(got, *r)
	}
	if reflect.DeepEqual(want, got) {
		return // which is faster to see than that there is no difference
	}
	if diff := cmp.Diff(want, got, ruleComparison); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLogLong covers more rules than fit into a chunk, more names than are interned, and
// a rule that is longer than a chunk.
func TestLogLong(t *testing.T) {
	var rules []Rule
	for i := range 10_000 {
		r := Rule{Pos: Position{Line: 1 + i}, Cmd: command.Command{Verb: command.AddService}}
		r.Cmd.Change = ipvs.Change{Op: ipvs.AddService, Service: ipvs.Service{
			ID: ipvs.MarkService(uint32(i+1), ipvs.IPv4), Scheduler: fmt.Sprint("s", i%(2*maxInterned)), Engine: "sip",
		}}
		rules = append(rules, r)
	}
	rules[5000].Cmd.Keep, rules[5000].Cmd.Words = true, []string{"-E", strings.Repeat("x", 2*maxChunk), ""}

	var log Log
	for i := range rules {
		log.Append(&rules[i])
	}
	checkLog(t, rules, &log)
	for r := range log.All() {
		if r.Pos.Line == 7 {
			break // which must end it
		}
	}
	if len(log.others) > 0 {
		t.Errorf("%d rules are not encoded", len(log.others))
	}
}

// TestLogSize checks how many bytes the usual rules take.
func TestLogSize(t *testing.T) {
	for _, test := range []struct {
		name   string
		source Source
		want   int
	}{
		{"stream", newTestReader(strings.NewReader(largeStream(10, 100))), 12},
		{"document", NewDecoder(strings.NewReader(largeDocument(10, 100, true))), 18},
		{"edits with --keep", newTestReader(strings.NewReader(strings.Repeat("-e -t 10.0.0.1:80 -r 10.1.0.1 -w 5 --keep\n", 1000))), 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log Log
			rules := readAll(t, test.source, log.Append)
			bytes := 0
			for _, chunk := range log.rules.chunks {
				bytes += len(chunk)
			}
			if got := bytes / rules; got > test.want {
				t.Errorf("%d bytes for each rule, want %d", got, test.want)
			}
		})
	}
}
