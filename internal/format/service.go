package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// schedFlags are the scheduler flags in the order in which they are printed.
var schedFlags = [...]ipvs.ServiceFlags{ipvs.Sched1, ipvs.Sched2, ipvs.Sched3}

// appendSchedFlags appends the scheduler flags of a service that are in the mask,
// separated by commas.
func appendSchedFlags(b []byte, s *ipvs.Service, mask ipvs.ServiceFlags) []byte {
	from := len(b)
	for _, flag := range schedFlags {
		if s.Flags&mask&flag == 0 {
			continue
		}
		if len(b) > from {
			b = append(b, ',')
		}
		b = append(b, ipvs.SchedFlagName(flag, s.Scheduler)...)
	}
	return b
}

// hasMask reports whether a service groups its clients by less than their whole
// address.
func hasMask(s *ipvs.Service) bool {
	return s.Netmask != s.ID.Family.FullMask()
}

// appendMask appends the mask of a persistent service: dotted for IPv4, a prefix
// length for IPv6.
func appendMask(b []byte, s *ipvs.Service) []byte {
	if s.ID.Family == ipvs.IPv6 {
		return strconv.AppendUint(b, uint64(s.Netmask), 10)
	}

	m := s.Netmask
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).AppendTo(b)
}
