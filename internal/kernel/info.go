package kernel

import (
	"fmt"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// decodeInfo reads the answer to cmdGetInfo.
func decodeInfo(b []byte) (ipvs.Info, error) {
	var info ipvs.Info
	err := decode(b, func(ad *netlink.AttributeDecoder) {
		switch ad.Type() {
		case infoAttrVersion:
			info.Version = ipvs.Version(ad.Uint32())
		case infoAttrConnTabSize:
			info.ConnTableSize = ad.Uint32()
		}
	})
	if err != nil {
		return ipvs.Info{}, fmt.Errorf("version: %w", err)
	}
	return info, nil
}

// encodeTimeouts encodes the three timeouts; 0 leaves the kernel's. It is the
// opposite of decodeTimeouts.
func encodeTimeouts(ae *encoder, t ipvs.Timeouts) {
	ae.Uint32(cmdAttrTimeoutTCP, t.TCP)
	ae.Uint32(cmdAttrTimeoutTCPFin, t.TCPFin)
	ae.Uint32(cmdAttrTimeoutUDP, t.UDP)
}

// decodeTimeouts reads the answer to cmdGetConfig. A timeout that the kernel was
// built without is 0.
func decodeTimeouts(b []byte) (ipvs.Timeouts, error) {
	var t ipvs.Timeouts
	err := decode(b, func(ad *netlink.AttributeDecoder) {
		switch ad.Type() {
		case cmdAttrTimeoutTCP:
			t.TCP = ad.Uint32()
		case cmdAttrTimeoutTCPFin:
			t.TCPFin = ad.Uint32()
		case cmdAttrTimeoutUDP:
			t.UDP = ad.Uint32()
		}
	})
	if err != nil {
		return ipvs.Timeouts{}, fmt.Errorf("timeouts: %w", err)
	}
	return t, nil
}
