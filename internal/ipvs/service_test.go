package ipvs

import (
	"net/netip"
	"testing"
)

func TestFamily(t *testing.T) {
	for _, test := range []struct {
		name        string
		addr        netip.Addr
		family      Family
		bits        int
		fullMask    uint32
		unspecified netip.Addr
	}{
		{"IPv4", netip.MustParseAddr("10.0.0.1"), IPv4, 32, 0xffffffff, netip.IPv4Unspecified()},
		{"IPv6", netip.MustParseAddr("2001:db8::1"), IPv6, 128, 128, netip.IPv6Unspecified()},
		{"IPv4-mapped IPv6", netip.MustParseAddr("::ffff:10.0.0.1"), IPv6, 128, 128, netip.IPv6Unspecified()},
		{"none", netip.Addr{}, 0, 0, 0xffffffff, netip.Addr{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := FamilyOf(test.addr)
			if f != test.family {
				t.Errorf("FamilyOf = %v, want %v", f, test.family)
			}
			if got := f.Bits(); got != test.bits {
				t.Errorf("Bits = %d, want %d", got, test.bits)
			}
			if got := f.FullMask(); got != test.fullMask {
				t.Errorf("FullMask = %#x, want %#x", got, test.fullMask)
			}
			if got := f.Unspecified(); got != test.unspecified {
				t.Errorf("Unspecified = %v, want %v", got, test.unspecified)
			}
			if got := (Destination{Addr: netip.AddrPortFrom(test.addr, 80)}).Family(); got != test.family {
				t.Errorf("Family of a server = %v, want %v", got, test.family)
			}
		})
	}
}

func TestServiceID(t *testing.T) {
	addr := netip.MustParseAddrPort("[2001:db8::1]:80")
	if got, want := AddrService(UDP, addr), (ServiceID{Family: IPv6, Protocol: UDP, Addr: addr}); got != want {
		t.Errorf("AddrService = %+v, want %+v", got, want)
	}
	if got, want := MarkService(7, IPv4), (ServiceID{FWMark: 7, Family: IPv4}); got != want {
		t.Errorf("MarkService = %+v, want %+v", got, want)
	}
}

func TestVersion(t *testing.T) {
	v := Version(0x99_0a0b0c)
	if v.Major() != 10 || v.Minor() != 11 || v.Patch() != 12 {
		t.Errorf("%d.%d.%d, want 10.11.12", v.Major(), v.Minor(), v.Patch())
	}
}
