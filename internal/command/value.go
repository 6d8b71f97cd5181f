package command

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// maxTimeout is the longest time that the reference program accepts: 31
	// days in seconds.
	maxTimeout = 31 * 24 * 60 * 60

	defaultScheduler = "wlc"
	defaultInterface = "eth0"

	// schedulers are those of the kernel's net/netfilter/ipvs, for -h alone:
	// the kernel is asked for whatever name the line gives.
	schedulers = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos"

	// The room for names in struct ip_vs_service_user and
	// ip_vs_daemon_user, less the closing zero. Longer names are cut, as the
	// reference program does. Its room for an engine is one byte longer.
	maxSchedulerName = 15
	maxInterfaceName = 15
	maxEngineName    = 16
)

// isCSpace is isspace(3): what is white space to C.
func isCSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

// isDigits says whether there is nothing but digits.
func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseNumber reads a number as strtol(3) with base 10 does: white space and a
// sign may stand before it, nothing may stand after it.
func parseNumber(s string, min, max int64) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimLeftFunc(s, isCSpace), 10, 64)
	return n, err == nil && n >= min && n <= max
}

// parseLeading reads the number that a text begins with as atoi(3) does: what
// follows it is ignored, no number is 0, and what is too great for a C int is cut
// to one.
func parseLeading(s string) int32 {
	s = strings.TrimLeftFunc(s, isCSpace)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	// Of the errors, a syntax error gives 0 and a number that is too great
	// the nearest one, as strtol(3) does.
	n, _ := strconv.ParseInt(s[:end], 10, 64)
	return int32(n)
}

// parseInetAton reads an IPv4 address as inet_aton(3) does: one to four numbers,
// decimal, octal (0…) or hexadecimal (0x…), the last of which fills the bytes
// that are left; white space, and whatever follows it, may stand behind.
func parseInetAton(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return a, true // four decimal numbers without leading zeros
	}
	if i := strings.IndexFunc(s, isCSpace); i >= 0 {
		s = s[:i]
	}
	var addr uint64
	for i, more := 0, true; more; i++ {
		var part string
		part, s, more = strings.Cut(s, ".")
		n, ok := parseCUnsigned(part)
		bits := 8
		if !more {
			bits = 8 * (4 - i)
		}
		if i == 4 || !ok || n >= 1<<bits {
			return netip.Addr{}, false
		}
		addr |= n << (32 - 8*i - bits)
	}
	return netip.AddrFrom4([4]byte{byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)}), true
}

// parseCUnsigned reads a number as C writes it, with the base in its prefix.
func parseCUnsigned(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	if s == "" || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// parseIPv6 reads an IPv6 address as inet_pton(3) does; it takes no zone.
func parseIPv6(s string) (netip.Addr, bool) {
	if strings.Count(s, ":") < 2 {
		return netip.Addr{}, false // the error would cost memory for each line
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// parseMulticast reads the address of a multicast group.
func parseMulticast(s string) (netip.Addr, error) {
	a, _ := netip.ParseAddr(s)
	return a, checkMulticast(a, s)
}

// cut keeps the first bytes of a name.
func cut(s string, max int) string {
	if len(s) > max {
		return s[:max]
	}
	return s
}

// schedFlag is a scheduler flag by one of its names.
type schedFlag struct {
	name string
	// scheduler is the one that the name belongs to; empty for all.
	scheduler string
	flag      ipvs.ServiceFlags
}

// schedFlags are the names of the scheduler flags.
var schedFlags = []schedFlag{
	{"flag-1", "", ipvs.Sched1},
	{"flag-2", "", ipvs.Sched2},
	{"flag-3", "", ipvs.Sched3},
	{"sh-fallback", "sh", ipvs.Sched1},
	{"sh-port", "sh", ipvs.Sched2},
	{"mh-fallback", "mh", ipvs.Sched1},
	{"mh-port", "mh", ipvs.Sched2},
}

// schedulerFlags are their names for -h.
const schedulerFlags = "flag-1, flag-2, flag-3; sh-fallback, sh-port with sh; mh-fallback, mh-port with mh"

// ParseSchedFlags returns the flags of a list of names, separated by commas, for a
// scheduler: the value of --sched-flags. The error is a *UsageError.
func ParseSchedFlags(list, scheduler string) (ipvs.ServiceFlags, error) {
	if list != "" && strings.Trim(list, ",") == "" {
		// The reference program crashes here (it trusts the first part
		// to be there).
		return 0, usageError("invalid scheduler flag `%s'", list)
	}
	var flags ipvs.ServiceFlags
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		f, ok := findSchedFlag(name)
		if !ok {
			return 0, usageError("invalid scheduler flag `%s'", name)
		}
		if f.scheduler != "" && f.scheduler != scheduler {
			return 0, usageError("incompatible scheduler flag `%s'", name)
		}
		flags |= f.flag
	}
	return flags, nil
}

// findSchedFlag looks a scheduler flag up by name.
func findSchedFlag(name string) (schedFlag, bool) {
	for _, f := range schedFlags {
		if f.name == name {
			return f, true
		}
	}
	return schedFlag{}, false
}
