// Package format turns the model's values into the bytes that users and their
// scripts read: listings, rules, connection lines. It knows nothing else; what
// to read and where to write is its callers' business.
//
// The layout is that of ipvsadm 1.31, trailing blanks included, because monitors
// cut these lines by column and by regular expression. Every function appends to
// a buffer of the caller's and allocates nothing besides, so that a listing of
// tens of thousands of servers costs little more than the copying.
//
// No control character reaches the output whatever a value contains: names of
// hosts, ports, interfaces, schedulers and engines come from outside, and a
// terminal obeys what it is sent. See appendText.
package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Namer gives names for addresses and ports. Each method reports false where
// there is no name, and the number is written then. A nil Namer stands for
// numeric output.
type Namer interface {
	// Host is the name of an address.
	Host(netip.Addr) (string, bool)
	// Port is the name of a port as the protocol knows it.
	Port(ipvs.Protocol, uint16) (string, bool)
}
