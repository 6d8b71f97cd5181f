package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// schedFlagNames are the words for Sched1, Sched2 and Sched3. The schedulers sh
// and mh have names of their own for the first two.
func schedFlagNames(scheduler string) [3]string {
	switch scheduler {
	case "sh":
		return [3]string{"sh-fallback", "sh-port", "flag-3"}
	case "mh":
		return [3]string{"mh-fallback", "mh-port", "flag-3"}
	}
	return [3]string{"flag-1", "flag-2", "flag-3"}
}

// appendSchedFlags writes the scheduler flags of a service, parted by commas:
// those that the mask lets through.
func appendSchedFlags(b []byte, s *ipvs.Service, mask ipvs.ServiceFlags) []byte {
	from := len(b)
	for i, name := range schedFlagNames(s.Scheduler) {
		if s.Flags&mask&(ipvs.Sched1<<i) == 0 {
			continue
		}
		if len(b) > from {
			b = append(b, ',')
		}
		b = append(b, name...)
	}
	return b
}

// hasMask reports that a service groups its clients by less than their whole
// address.
func hasMask(s *ipvs.Service) bool {
	return s.Netmask != s.ID.Family.FullMask()
}

// appendMask writes the mask of a persistent service: dotted for IPv4, a prefix
// length for IPv6.
func appendMask(b []byte, s *ipvs.Service) []byte {
	if s.ID.Family == ipvs.IPv6 {
		return strconv.AppendUint(b, uint64(s.Netmask), 10)
	}
	m := s.Netmask
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).AppendTo(b)
}
