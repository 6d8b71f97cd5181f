package kernel

import (
	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// compareDestinations and compareServices let cmp compare what holds a
// netip.Addr, whose fields are its own.
var (
	compareDestinations = cmp.Comparer(func(a, b ipvs.Destination) bool { return a == b })
	compareServices     = cmp.Comparer(func(a, b ipvs.Service) bool { return a == b })
	compareDaemons      = cmp.Comparer(func(a, b ipvs.Daemon) bool { return a == b })
)
