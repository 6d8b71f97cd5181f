package kernel

import (
	"fmt"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// decodeInfo reads the answer to cmdGetInfo.
func decodeInfo(b []byte) (ipvs.Info, error) {
	var info ipvs.Info
	a := genl.NewDecoder(b)
	for a.Next() {
		switch a.Type() {
		case infoAttrVersion:
			info.Version = ipvs.Version(a.Uint32())
		case infoAttrConnTabSize:
			info.ConnTableSize = a.Uint32()
		}
	}

	if a.Err() != nil {
		return ipvs.Info{}, fmt.Errorf("version: %w", a.Err())
	}
	return info, nil
}

// encodeTimeouts encodes the three timeouts; the kernel does not change one for which it
// gets 0. It is the opposite of decodeTimeouts.
func encodeTimeouts(e *genl.Encoder, t ipvs.Timeouts) {
	e.Uint32(cmdAttrTimeoutTCP, t.TCP)
	e.Uint32(cmdAttrTimeoutTCPFin, t.TCPFin)
	e.Uint32(cmdAttrTimeoutUDP, t.UDP)
}

// decodeTimeouts reads the answer to cmdGetConfig. The timeout of a protocol that the
// kernel was built without is 0.
func decodeTimeouts(b []byte) (ipvs.Timeouts, error) {
	var t ipvs.Timeouts
	a := genl.NewDecoder(b)
	for a.Next() {
		switch a.Type() {
		case cmdAttrTimeoutTCP:
			t.TCP = a.Uint32()
		case cmdAttrTimeoutTCPFin:
			t.TCPFin = a.Uint32()
		case cmdAttrTimeoutUDP:
			t.UDP = a.Uint32()
		}
	}

	if a.Err() != nil {
		return ipvs.Timeouts{}, fmt.Errorf("timeouts: %w", a.Err())
	}
	return t, nil
}
