package kernel

import (
	"net/netip"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// compareEnds lets cmp compare what holds a netip.AddrPort, whose fields are its own.
var (
	compareEnds    = cmpopts.EquateComparable(netip.AddrPort{})
	compareDaemons = cmp.Comparer(func(a, b ipvs.Daemon) bool { return a == b })
)
