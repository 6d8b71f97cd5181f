package host

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// sameAddresses compares addresses, which have unexported fields.
var sameAddresses = cmp.Options{
	cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{}),
	cmp.AllowUnexported(routeAnswer{}),
}

// message returns a header followed by attributes.
func message(t testing.TB, header []byte, attributes func(*genl.Encoder)) []byte {
	t.Helper()
	b, err := genl.Encoded(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return append(header, b...)
}

// number returns a number in the kernel's order.
func number(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// short returns a number of 16 bits in the kernel's order.
func short(n uint16) []byte { return binary.NativeEndian.AppendUint16(nil, n) }

// concat returns its arguments in a row.
func concat(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// ifinfomsg returns a struct ifinfomsg.
func ifinfomsg(index, flags uint32) []byte {
	return concat(make([]byte, 4), number(index), number(flags), number(0))
}

// TestDecodeLink checks the decoding of links.
func TestDecodeLink(t *testing.T) {
	for _, tt := range []struct {
		name       string
		header     []byte
		attributes func(*genl.Encoder)
		want       Link
	}{
		{
			"hardware", ifinfomsg(2, flagUp|flagRunning|flagMulticast),
			func(e *genl.Encoder) {
				e.String(linkAttrName, "eth0")
				e.Uint32(linkAttrMTU, 1500)
				e.Uint32(linkAttrMaster, 7)
			},
			Link{Index: 2, Name: "eth0", MTU: 1500, Up: true, Running: true, Multicast: true, Master: 7},
		},
		{
			"lo", ifinfomsg(1, flagLoopback),
			func(e *genl.Encoder) { e.String(linkAttrName, "lo") },
			Link{Index: 1, Name: "lo", Loopback: true},
		},
		{
			"dummy", ifinfomsg(3, flagUp|flagNoARP),
			func(e *genl.Encoder) {
				e.String(linkAttrName, "dummy0")
				e.Nested(linkAttrInfo, func(e *genl.Encoder) { e.String(infoAttrKind, "dummy") })
			},
			Link{Index: 3, Name: "dummy0", Kind: "dummy", Up: true, NoARP: true},
		},
		{
			"a tunnel from everybody", ifinfomsg(4, flagNoARP),
			func(e *genl.Encoder) {
				e.String(linkAttrName, "tunl0")
				e.Nested(linkAttrInfo, func(e *genl.Encoder) {
					e.String(infoAttrKind, "ipip")
					e.Nested(infoAttrData, func(e *genl.Encoder) {
						e.Bytes(2, make([]byte, 4))
						e.Bytes(3, make([]byte, 4))
					})
				})
			},
			Link{Index: 4, Name: "tunl0", Kind: "ipip", NoARP: true, Tunnel: &Tunnel{}},
		},
		{
			"a tunnel with two ends", ifinfomsg(5, flagUp),
			func(e *genl.Encoder) {
				e.String(linkAttrName, "gre1")
				e.Nested(linkAttrInfo, func(e *genl.Encoder) {
					e.Nested(infoAttrData, func(e *genl.Encoder) {
						e.Bytes(6, addr("2001:db8::1").AsSlice())
						e.Bytes(7, addr("2001:db8::2").AsSlice())
					})
					e.String(infoAttrKind, "ip6gre") // after the data
				})
			},
			Link{Index: 5, Name: "gre1", Kind: "ip6gre", Up: true, Tunnel: &Tunnel{Local: addr("2001:db8::1"), Remote: addr("2001:db8::2")}},
		},
		{
			"another kind's data", ifinfomsg(6, 0),
			func(e *genl.Encoder) {
				e.Nested(linkAttrInfo, func(e *genl.Encoder) {
					e.String(infoAttrKind, "vlan")
					e.Bytes(infoAttrData, []byte{1, 2, 3})
				})
			},
			Link{Index: 6, Kind: "vlan"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeLink(message(t, tt.header, tt.attributes), Sysctls{})
			if diff := cmp.Diff(tt.want, got, sameAddresses); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestDecodeLinkSysctls checks that the parameters of a link are at their places, as far as
// the kernel has them.
func TestDecodeLinkSysctls(t *testing.T) {
	var values [30][]byte
	for i := range values {
		values[i] = number(uint32(100 + i))
	}
	b := message(t, ifinfomsg(2, 0), func(e *genl.Encoder) {
		e.String(linkAttrName, "eth0.7")
		e.Nested(linkAttrFamilies, func(e *genl.Encoder) {
			e.Nested(syscall.AF_INET, func(e *genl.Encoder) { e.Bytes(1, concat(values[:19]...)) })
			e.Nested(syscall.AF_INET6, func(e *genl.Encoder) {
				e.Bytes(1, concat(values[:]...)) // IFLA_INET6_FLAGS
				e.Bytes(2, concat(values[:]...))
			})
		})
	})
	want := Sysctls{}
	for name, text := range map[string]string{
		"net.ipv4.conf.eth0/7.send_redirects": "105", "net.ipv4.conf.eth0/7.rp_filter": "107",
		"net.ipv4.conf.eth0/7.arp_announce": "117", "net.ipv4.conf.eth0/7.arp_ignore": "118",
		"net.ipv6.conf.eth0/7.forwarding": "100", "net.ipv6.conf.eth0/7.accept_ra": "103",
	} {
		want[name] = Sysctl{Present, text}
	}

	got := Sysctls{}
	_, err := decodeLink(b, got)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
}

// TestDecodeAddress checks the decoding of addresses.
func TestDecodeAddress(t *testing.T) {
	for _, tt := range []struct {
		name       string
		header     []byte
		attributes func(*genl.Encoder)
		want       Address
	}{
		{
			"IPv4", concat([]byte{2, 24, 0x80, 0}, number(3)),
			func(e *genl.Encoder) {
				e.Bytes(addressAttrAddress, addr("192.0.2.1").AsSlice())
				e.Bytes(addressAttrLocal, addr("192.0.2.1").AsSlice())
			},
			Address{Addr: netip.MustParsePrefix("192.0.2.1/24"), Link: 3},
		},
		{
			"of two ends", concat([]byte{2, 32, 0, 253}, number(3)),
			func(e *genl.Encoder) {
				e.Bytes(addressAttrAddress, addr("192.0.2.2").AsSlice())
				e.Bytes(addressAttrLocal, addr("192.0.2.1").AsSlice())
			},
			Address{Addr: netip.MustParsePrefix("192.0.2.1/32"), Link: 3, Scope: ScopeLink},
		},
		{
			"IPv6, without long flags", concat([]byte{10, 64, flagTentative, 253}, number(9)),
			func(e *genl.Encoder) { e.Bytes(addressAttrAddress, addr("fe80::1").AsSlice()) },
			Address{Addr: netip.MustParsePrefix("fe80::1/64"), Link: 9, Scope: ScopeLink, Tentative: true},
		},
		{
			"IPv6, with all flags", concat([]byte{10, 128, 0, 0}, number(1)),
			func(e *genl.Encoder) {
				e.Uint32(addressAttrFlags, flagNoDAD|flagDADFailed|flagTentative|0xa0)
				e.Bytes(addressAttrAddress, addr("2001:db8::1").AsSlice())
			},
			Address{Addr: netip.MustParsePrefix("2001:db8::1/128"), Link: 1, NoDAD: true, DADFailed: true, Tentative: true},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeAddress(message(t, tt.header, tt.attributes))
			if diff := cmp.Diff(tt.want, got, sameAddresses); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

// rtmsg returns a struct rtmsg.
func rtmsg(bits, typ byte) []byte {
	return concat([]byte{2, bits, 0, 0, 254, 0, 0, typ}, number(0))
}

// nexthop returns a struct rtnexthop with attributes.
func nexthop(t *testing.T, link uint32, attributes func(*genl.Encoder)) []byte {
	t.Helper()
	b := message(t, concat(short(0), []byte{0, 0}, number(link)), attributes)
	binary.NativeEndian.PutUint16(b, uint16(len(b)))
	return b
}

// TestDecodeRouteAnswer checks the decoding of routes and of the errors that stand for
// some.
func TestDecodeRouteAnswer(t *testing.T) {
	none := func(*genl.Encoder) {}
	for _, tt := range []struct {
		name       string
		header     []byte
		attributes func(*genl.Encoder)
		err        error
		want       routeAnswer
	}{
		{
			"by a gateway", rtmsg(32, 1),
			func(e *genl.Encoder) {
				e.Uint32(routeAttrLink, 2)
				e.Bytes(routeAttrGateway, addr("192.0.2.254").AsSlice())
				e.Bytes(routeAttrSource, addr("192.0.2.1").AsSlice())
				e.Nested(routeAttrMetrics, func(e *genl.Encoder) {
					e.Uint32(8, 1360)
					e.Uint32(metricMTU, 1400)
				})
			},
			nil,
			routeAnswer{bits: 32, route: Route{Type: RouteUnicast, Link: 2, Gateway: addr("192.0.2.254"), Source: addr("192.0.2.1"), MTU: 1400}},
		},
		{
			"by a gateway of IPv6", rtmsg(32, 1),
			func(e *genl.Encoder) {
				e.Uint32(routeAttrLink, 2)
				e.Bytes(routeAttrVia, concat(short(10), addr("fe80::1").AsSlice()))
			},
			nil,
			routeAnswer{bits: 32, route: Route{Type: RouteUnicast, Link: 2, Gateway: addr("fe80::1")}},
		},
		{
			"by several", rtmsg(0, 1),
			func(e *genl.Encoder) {
				e.Bytes(routeAttrHops, concat(
					nexthop(t, 2, func(e *genl.Encoder) { e.Bytes(routeAttrGateway, addr("192.0.2.254").AsSlice()) }),
					nexthop(t, 3, none),
				))
			},
			nil,
			routeAnswer{route: Route{Type: RouteUnicast}, hops: []Hop{{Gateway: addr("192.0.2.254"), Link: 2}, {Link: 3}}},
		},
		{
			"by several, malformed", rtmsg(0, 1),
			func(e *genl.Encoder) { e.Bytes(routeAttrHops, concat(short(200), []byte{0, 0}, number(9))) },
			nil,
			routeAnswer{route: Route{Type: RouteUnicast}},
		},
		{"local", rtmsg(32, 2), func(e *genl.Encoder) { e.Uint32(routeAttrLink, 1) }, nil, routeAnswer{bits: 32, route: Route{Type: RouteLocal, Link: 1}}},
		{"of a type to come", rtmsg(32, 99), none, nil, routeAnswer{bits: 32}},
		{"none", nil, nil, syscall.ENETUNREACH, routeAnswer{route: Route{Type: RouteNone}}},
		{"without IPv6", nil, nil, syscall.EOPNOTSUPP, routeAnswer{route: Route{Type: RouteNone}}},
		{"unreachable", nil, nil, syscall.EHOSTUNREACH, routeAnswer{route: Route{Type: RouteUnreachable}}},
		{"prohibit", nil, nil, syscall.EACCES, routeAnswer{route: Route{Type: RouteProhibit}}},
		{"blackhole", nil, nil, syscall.EINVAL, routeAnswer{route: Route{Type: RouteBlackhole}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b []byte
			if tt.err == nil {
				b = message(t, tt.header, tt.attributes)
			}
			got, err := decodeRouteAnswer(b, tt.err)
			if diff := cmp.Diff(tt.want, got, sameAddresses); diff != "" || err != nil {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}

	if _, err := decodeRouteAnswer(nil, syscall.ENOBUFS); err != syscall.ENOBUFS {
		t.Errorf("a lost answer: error %v", err)
	}
}

// TestDecodeNeighbour checks the decoding of neighbours.
func TestDecodeNeighbour(t *testing.T) {
	b := message(t, concat([]byte{2, 0, 0, 0}, number(3), short(uint16(Failed)), []byte{0, 1}), func(e *genl.Encoder) {
		e.Bytes(neighbourAttrAddress, addr("192.0.2.9").AsSlice())
	})
	want := Neighbour{Addr: addr("192.0.2.9"), Link: 3, State: Failed}
	if got, err := decodeNeighbour(b); got != want || err != nil {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

// TestDecodeFeatures checks that large receive offload is found among the features that
// are on, and not among those that the hardware has.
func TestDecodeFeatures(t *testing.T) {
	features := func(typ uint16, names ...string) func(*genl.Encoder) {
		return func(e *genl.Encoder) {
			e.Nested(featuresAttrHeader, func(e *genl.Encoder) { e.Uint32(deviceAttrIndex, 5) })
			e.Nested(typ, func(e *genl.Encoder) {
				e.Bytes(1, nil) // ETHTOOL_A_BITSET_NOMASK
				e.Nested(bitsetAttrBits, func(e *genl.Encoder) {
					for i, name := range names {
						e.Nested(bitsAttrBit, func(e *genl.Encoder) {
							e.Uint32(1, uint32(i)) // ETHTOOL_A_BITSET_BIT_INDEX
							e.String(bitAttrName, name)
						})
					}
				})
			})
		}
	}
	for _, tt := range []struct {
		name       string
		attributes func(*genl.Encoder)
		want       bool
	}{
		{"on", features(featuresAttrActive, "rx-gro", "rx-lro"), true},
		{"off", features(featuresAttrActive, "rx-gro", "rx-lro-x"), false},
		{"nothing on", features(featuresAttrActive), false},
		{"only possible", features(2, "rx-lro"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			index, lro, err := decodeFeatures(message(t, nil, tt.attributes), lroName)
			if index != 5 || lro != tt.want || err != nil {
				t.Errorf("index %d, %t, %v", index, lro, err)
			}
		})
	}
}

// FuzzDecoders checks that no message panics.
func FuzzDecoders(f *testing.F) {
	f.Add(message(f, ifinfomsg(2, 1), func(e *genl.Encoder) { e.String(linkAttrName, "eth0") }))
	f.Add(message(f, rtmsg(32, 1), func(e *genl.Encoder) { e.Bytes(routeAttrHops, make([]byte, 9)) }))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _, _ = decodeFeatures(b, lroName)
		if len(b) >= linkHeader {
			_, _ = decodeLink(b, Sysctls{})
			_, _ = decodeAddress(b)
			_, _ = decodeRoute(b)
			_, _ = decodeNeighbour(b)
		}
	})
}
