package format_test

import (
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

func TestAppendServiceID(t *testing.T) {
	tests := map[string]ipvs.ServiceID{
		"TCP 10.0.0.1:80":      ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.0.0.1:80")),
		"UDP [2001:db8::1]:53": ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort("[2001:db8::1]:53")),
		"SCTP 10.0.0.1:0":      ipvs.AddrService(ipvs.SCTP, netip.MustParseAddrPort("10.0.0.1:0")),
		"FWM 1":                {Family: ipvs.IPv4, FWMark: 1},
		"FWM 4294967295 IPv6":  {Family: ipvs.IPv6, FWMark: 1<<32 - 1},
	}
	for want, id := range tests {
		t.Run(want, func(t *testing.T) {
			if got := string(format.AppendServiceID([]byte("> "), nil, id)); got != "> "+want {
				t.Errorf("%q, want %q", got, "> "+want)
			}
		})
	}
}
