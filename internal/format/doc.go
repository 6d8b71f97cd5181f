// Package format formats the values of the model: listings, rules, connections and
// JSON documents. It neither reads the kernel nor writes a file.
//
// The layout is that of ipvsadm 1.31, trailing blanks included, because monitors
// split these lines by column and by regular expression. Every function appends to
// a buffer of the caller and allocates nothing else, so that a listing of tens of
// thousands of servers costs little more than the copying.
//
// No control character is printed, whatever a value contains. Names of hosts, ports,
// interfaces, schedulers and engines come from outside, and a terminal would obey
// them. See appendText.
package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Namer looks up the names of addresses and ports. Each method reports whether there
// is a name; the number is printed where there is none. A nil Namer stands for
// numeric output.
type Namer interface {
	// Host returns the name of an address.
	Host(netip.Addr) (string, bool)
	// Port returns the name of a port of the protocol.
	Port(ipvs.Protocol, uint16) (string, bool)
}
