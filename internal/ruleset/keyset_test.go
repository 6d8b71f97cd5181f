package ruleset

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// anyKey generates services that a document can have, few enough to meet twice, and
// servers as services without a protocol.
var anyKey = rapid.Custom(func(t *rapid.T) ipvs.ServiceID {
	switch family := rapid.SampledFrom([]ipvs.Family{ipvs.IPv4, ipvs.IPv6}).Draw(t, "family"); {
	case rapid.Bool().Draw(t, "mark"):
		return ipvs.MarkService(rapid.Uint32Range(1, 8).Draw(t, "number"), family)
	default:
		addrs := []netip.Addr{
			family.Unspecified(), netip.MustParseAddr("0.0.0.1"), netip.MustParseAddr("255.255.255.255"),
			netip.MustParseAddr("::1"), netip.MustParseAddr("ffff::"), netip.MustParseAddr("::ffff:0.0.0.1"),
		}
		port := rapid.SampledFrom([]uint16{0, 1, 256, 65535}).Draw(t, "port")
		p := rapid.SampledFrom([]ipvs.Protocol{0, ipvs.TCP, ipvs.UDP, ipvs.SCTP}).Draw(t, "protocol")
		return ipvs.AddrService(p, netip.AddrPortFrom(rapid.SampledFrom(addrs).Draw(t, "address"), port))
	}
})

// TestKeySet compares a keySet with a map.
func TestKeySet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set keySet
		want := map[ipvs.ServiceID]bool{}
		for _, id := range rapid.SliceOfN(anyKey, 0, 100).Draw(t, "keys") {
			if got := set.addService(id); got == want[id] {
				t.Errorf("%+v: new is %v", id, got)
			}
			want[id] = true
		}
	})
}

// TestHashSet covers more keys than fit before the table has grown several times, and
// checks that it is neither too full nor too large.
func TestHashSet(t *testing.T) {
	var set hashSet[uint64]
	const keys = 10_000
	for round := range 2 {
		for key := range uint64(keys) {
			if got := set.add(key + 1); got != (round == 0) {
				t.Fatalf("round %d, key %d: new is %v", round, key, got)
			}
		}
	}
	if got := len(set.slots); set.len != keys || got != 16384 {
		t.Errorf("%d keys in %d slots", set.len, got)
	}
}
