package command

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestUnknownTunnelType checks that a tunnel whose type only a newer kernel knows is kept,
// and that its options are rejected as those of any type that they do not go with.
func TestUnknownTunnelType(t *testing.T) {
	s := ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.0.0.1:80")), Scheduler: "rr"}
	for _, unknown := range []ipvs.TunnelType{setSize - 1, setSize, 255} {
		d := ipvs.Destination{
			Addr: netip.MustParseAddrPort("10.1.0.1:80"), Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: unknown},
		}
		for options, ok := range map[string]bool{"": true, " --tun-port 6080": false} {
			p := NewParser("ipvsadm", nil)
			cmd, err := p.Parse(strings.Fields("-e -t 10.0.0.1:80 -r 10.1.0.1:80 -i --keep -w 5" + options))
			if err != nil {
				t.Fatal(err)
			}
			over, err := p.ParseOver(cmd, s, d)
			if (err == nil) != ok || ok && over.Change.Destination.Tunnel.Type != unknown {
				t.Errorf("type %d%s: type %d, %v", unknown, options, over.Change.Destination.Tunnel.Type, err)
			}
		}
	}
}
