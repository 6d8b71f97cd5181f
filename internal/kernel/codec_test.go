package kernel

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// decodedDestination returns the destination that decodeDestination reads.
func decodedDestination(b []byte, service ipvs.Family, detail ipvs.Detail) (ipvs.Destination, error) {
	var d ipvs.Destination
	err := decodeDestination(b, service, detail, &d)
	return d, err
}

// TestChangesDecode checks that the request of every captured change decodes to that
// change.
func TestChangesDecode(t *testing.T) {
	for name, ch := range changeCases() {
		t.Run(name, func(t *testing.T) {
			b := attrs(t, func(e *genl.Encoder) { encodeChange(e, &ch) })
			switch ch.Op {
			case ipvs.AddService, ipvs.EditService:
				got, err := decodeService(b, new(interner), ipvs.WithoutStats)
				if err != nil || got != ch.Service {
					t.Errorf("%+v, %v; want %+v", got, err, ch.Service)
				}
			case ipvs.AddDestination, ipvs.EditDestination:
				got, err := decodedDestination(b, 0, ipvs.WithoutStats)
				if err != nil || got != ch.Destination {
					t.Errorf("%+v, %v; want %+v", got, err, ch.Destination)
				}
			case ipvs.StartDaemon:
				got, err := decodeDaemon(b)
				if err != nil || got != ch.Daemon {
					t.Errorf("%+v, %v; want %+v", got, err, ch.Daemon)
				}
			case ipvs.SetTimeouts:
				got, err := decodeTimeouts(b)
				if err != nil || got != ch.Timeouts {
					t.Errorf("%+v, %v; want %+v", got, err, ch.Timeouts)
				}
			}
		})
	}
}

// encodeStats encodes counters as the kernel does, in one of the two forms.
func encodeStats(s ipvs.Stats, wide bool) func(*genl.Encoder) {
	return func(e *genl.Encoder) {
		for typ := uint16(statsAttrConns); typ <= statsAttrOutBPS; typ++ {
			v := *counterOf(&s, typ)
			if wide || typ == statsAttrInBytes || typ == statsAttrOutBytes {
				e.Bytes(11, nil) // padding
				e.Bytes(typ, binary.NativeEndian.AppendUint64(nil, v))
			} else {
				e.Uint32(typ, uint32(v))
			}
		}
	}
}

// TestStats checks that the 64-bit counters are used in any order, and the old ones
// only if there are no others.
func TestStats(t *testing.T) {
	exact := ipvs.Stats{
		Connections: 1 << 40, InPackets: 2 << 40, OutPackets: 3 << 40, InBytes: 4 << 40, OutBytes: 5 << 40,
		ConnectionRate: 6 << 40, InPacketRate: 7 << 40, OutPacketRate: 8 << 40, InByteRate: 9 << 40, OutByteRate: 10 << 40,
	}
	old := ipvs.Stats{
		Connections: 1, InPackets: 2, OutPackets: 3, InBytes: 4 << 40, OutBytes: 5 << 40,
		ConnectionRate: 6, InPacketRate: 7, OutPacketRate: 8, InByteRate: 9, OutByteRate: 10,
	}
	tests := []struct {
		name string
		wide []bool // the forms in the order in which they stand
		want ipvs.Stats
	}{
		{"none", nil, ipvs.Stats{}},
		{"old", []bool{false}, old},
		{"old then exact", []bool{false, true}, exact},
		{"exact then old", []bool{true, false}, exact},
		{"exact twice", []bool{true, true}, exact},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message := func(outer, narrow, wide uint16) []byte {
				return attrs(t, func(e *genl.Encoder) {
					e.Nested(outer, func(ne *genl.Encoder) {
						for _, w := range tt.wide {
							if w {
								e.Nested(wide, encodeStats(exact, true))
							} else {
								e.Nested(narrow, encodeStats(old, false))
							}
						}
					})
				})
			}
			s, err := decodeService(message(cmdAttrService, svcAttrStats, svcAttrStats64), new(interner), ipvs.WithStats)
			if err != nil || *s.Stats != tt.want {
				t.Errorf("service: %+v, %v", s.Stats, err)
			}
			d, err := decodedDestination(message(cmdAttrDest, destAttrStats, destAttrStats64), ipvs.IPv4, ipvs.WithStats)
			if err != nil || *d.Stats != tt.want {
				t.Errorf("destination: %+v, %v", d.Stats, err)
			}
		})
	}
}

// TestDecodeOdd checks messages that no kernel is known to send.
func TestDecodeOdd(t *testing.T) {
	good := service(tcp("10.0.0.1:80"), "rr", persistent(60, 0xffffff00))
	tests := []struct {
		name string
		fn   func(*genl.Encoder)
		want ipvs.Service
		bad  bool
	}{
		{name: "unknown attributes", want: good, fn: func(e *genl.Encoder) {
			e.String(99, "what is this")
			encodeService(e, &good)
			e.Uint32(100, 1)
		}},
		{name: "repeated attributes: the last counts", want: good, fn: func(e *genl.Encoder) {
			other := service(tcp("10.0.0.2:81"), "wlc")
			encodeService(e, &other)
			encodeService(e, &good)
		}},
		{name: "nothing", fn: func(*genl.Encoder) {}},
		{name: "an unknown family", want: ipvs.Service{ID: ipvs.ServiceID{Family: 77}}, fn: func(e *genl.Encoder) {
			e.Uint16(svcAttrFamily, 77)
			e.Bytes(svcAttrAddr, make([]byte, lengthOfAddr))
		}},
		{name: "a short number", bad: true, fn: func(e *genl.Encoder) { e.Uint16(svcAttrTimeout, 7) }},
		{name: "a short address", bad: true, fn: func(e *genl.Encoder) { e.Bytes(svcAttrAddr, make([]byte, 4)) }},
		{name: "a long address", bad: true, fn: func(e *genl.Encoder) { e.Bytes(svcAttrAddr, make([]byte, 17)) }},
		{name: "a long port", bad: true, fn: func(e *genl.Encoder) { e.Uint32(svcAttrPort, 80) }},
		{name: "short flags", bad: true, fn: func(e *genl.Encoder) { e.Uint32(svcAttrFlags, 1) }},
		{name: "broken counters", bad: true, fn: func(e *genl.Encoder) { e.Bytes(svcAttrStats64, []byte{1, 2, 3}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := attrs(t, func(e *genl.Encoder) { e.Nested(cmdAttrService, tt.fn) })
			got, err := decodeService(b, new(interner), ipvs.WithStats)
			if (err != nil) != tt.bad {
				t.Fatalf("error %v", err)
			}
			got.Stats = nil // see TestStats
			if diff := cmp.Diff(tt.want, got, compareEnds); diff != "" {
				t.Errorf("service (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDestinationFamily checks that a server without a family has that of the service,
// as before Linux 3.18, and that one with a family has its own.
func TestDestinationFamily(t *testing.T) {
	encoded := func(family bool, d ipvs.Destination) []byte {
		return attrs(t, func(e *genl.Encoder) {
			e.Nested(cmdAttrDest, func(ne *genl.Encoder) {
				if family {
					e.Uint16(destAttrFamily, uint16(d.Family()))
				}
				encodeAddr(e, destAttrAddr, d.Addr.Addr())
				e.BigEndian16(destAttrPort, d.Addr.Port())
			})
		})
	}
	v4, v6 := ipvs.Destination{Addr: addrPort("10.0.0.1:80")}, ipvs.Destination{Addr: addrPort("[2001:db8::1]:80")}
	tests := []struct {
		name    string
		want    ipvs.Destination
		family  bool
		service ipvs.Family
	}{
		{"IPv4 by the service", v4, false, ipvs.IPv4},
		{"IPv6 by the service", v6, false, ipvs.IPv6},
		{"IPv4 in IPv6", v4, true, ipvs.IPv6},
		{"IPv6 in IPv4", v6, true, ipvs.IPv4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodedDestination(encoded(tt.family, tt.want), tt.service, ipvs.WithoutStats)
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

// TestDecodeDaemonGroups checks that a group of the wrong length is an error.
func TestDecodeDaemonGroups(t *testing.T) {
	for _, typ := range []uint16{daemonAttrGroup, daemonAttrGroup6} {
		b := attrs(t, func(e *genl.Encoder) {
			e.Nested(cmdAttrDaemon, func(ne *genl.Encoder) { e.Bytes(typ, make([]byte, 5)) })
		})
		if d, err := decodeDaemon(b); err == nil {
			t.Errorf("attribute %d gave %+v", typ, d)
		}
	}
	if _, err := decodeDaemon(nil); err == nil {
		t.Error("an empty message gave a daemon")
	}
}
