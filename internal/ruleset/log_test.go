package ruleset

import (
	"net/netip"
	"reflect"
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
	r.Cmd.Listing, r.Cmd.Saving, r.Cmd.Mode, r.Cmd.JSON, r.Cmd.NetNS = command.Listing{}, command.Saving{}, 0, false, ""
	c := &r.Cmd.Change
	c.Op = rapid.SampledFrom([]ipvs.Op{ipvs.AddService, ipvs.AddDestination, ipvs.StopDaemon, 99}).Draw(t, "op")
	c.Service.Stats, c.Destination.Stats = nil, nil
	d := &c.Destination
	d.ActiveConnections, d.InactiveConnections, d.PersistentConnections = 0, 0, 0
	return r
})

// ruleComparison compares rules exactly, except that no words are as good as none.
var ruleComparison = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}

func TestLogRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.OneOf(anyRule, changeRule, changeRule), 0, 20).Draw(t, "rules")
		var log Log
		for i := range rules {
			log.Append(&rules[i])
		}
		if log.Len() != len(rules) {
			t.Errorf("%d rules of %d", log.Len(), len(rules))
		}
		var got []Rule
		for r := range log.All() {
			got = append(got, *r)
		}
		if diff := cmp.Diff(rules, got, ruleComparison); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
