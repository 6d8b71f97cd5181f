package kernel

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// decodeInfo reads the answer to cmdGetInfo.
func decodeInfo(b []byte) (ipvs.Info, error) {
	var info ipvs.Info
	a := attributesOf(b)
	for a.Next() {
		switch a.typ {
		case infoAttrVersion:
			info.Version = ipvs.Version(a.Uint32())
		case infoAttrConnTabSize:
			info.ConnTableSize = a.Uint32()
		}
	}
	if a.err != nil {
		return ipvs.Info{}, fmt.Errorf("version: %w", a.err)
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
	a := attributesOf(b)
	for a.Next() {
		switch a.typ {
		case cmdAttrTimeoutTCP:
			t.TCP = a.Uint32()
		case cmdAttrTimeoutTCPFin:
			t.TCPFin = a.Uint32()
		case cmdAttrTimeoutUDP:
			t.UDP = a.Uint32()
		}
	}
	if a.err != nil {
		return ipvs.Timeouts{}, fmt.Errorf("timeouts: %w", a.err)
	}
	return t, nil
}
