package command

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	defaultScheduler = "wlc"
	defaultInterface = "eth0"
)

// The choices of the table. The kernel may have other schedulers and engines, and decides
// whether it knows a name.

// schedulers returns the schedulers of the kernel's net/netfilter/ipvs.
func schedulers() []string {
	return []string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos"}
}

// engines returns the persistence engines of the kernel's net/netfilter/ipvs.
func engines() []string { return []string{"sip"} }

func tunnelTypes() []string {
	return []string{ipvs.IPIP.String(), ipvs.GUE.String(), ipvs.GRE.String()}
}

func daemonStates() []string {
	return []string{ipvs.Master.String(), ipvs.Backup.String()}
}

// connKeys returns the keys by which connections are counted.
func connKeys() []string {
	return []string{
		ipvs.ConnClient.String(),
		ipvs.ConnNetwork.String(),
		ipvs.ConnService.String(),
		ipvs.ConnServer.String(),
		ipvs.ConnState.String(),
		ipvs.ConnProtocol.String(),
	}
}

// schedulerFlags returns the names of the scheduler flags: those for every scheduler,
// then those of one scheduler.
func schedulerFlags() []string {
	return []string{
		ipvs.SchedFlagName(ipvs.Sched1, ""),
		ipvs.SchedFlagName(ipvs.Sched2, ""),
		ipvs.SchedFlagName(ipvs.Sched3, ""),
		ipvs.SchedFlagName(ipvs.Sched1, "sh"),
		ipvs.SchedFlagName(ipvs.Sched2, "sh"),
		ipvs.SchedFlagName(ipvs.Sched1, "mh"),
		ipvs.SchedFlagName(ipvs.Sched2, "mh"),
	}
}

// ParseSchedFlags parses a list of scheduler flags for a scheduler, separated by commas:
// the value of --sched-flags. The error is an *UsageError.
func ParseSchedFlags(list, scheduler string) (ipvs.ServiceFlags, error) {
	if list == "" {
		return 0, nil
	}
	if strings.Trim(list, ",") == "" {
		// The reference program crashes: it expects a first name.
		return 0, usageError("invalid scheduler flag `%s'", list)
	}

	var flags ipvs.ServiceFlags
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		flag, only, ok := ipvs.ParseSchedFlag(name)
		if !ok {
			return 0, usageError("invalid scheduler flag `%s'", name)
		}
		if only != "" && only != scheduler {
			return 0, usageError("incompatible scheduler flag `%s'", name)
		}
		flags |= flag
	}
	return flags, nil
}

// isCSpace reports whether a character is white space to isspace(3).
func isCSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

// isDigits reports whether a text has nothing but digits. The empty text has.
func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// parseNumber parses a number as strtol(3) does with base 10. White space and a sign may
// stand before it, nothing may stand after it.
func parseNumber(s string, min, max int64) (int64, bool) {
	if n, ok := parseDigits(s); ok {
		return n, n >= min && n <= max
	}
	n, err := strconv.ParseInt(strings.TrimLeftFunc(s, isCSpace), 10, 64)
	return n, err == nil && n >= min && n <= max
}

// parseDigits parses a number of a few digits and nothing else, which most numbers are, in
// a quarter of the time.
func parseDigits(s string) (n int64, ok bool) {
	const most = 18 // any such number fits
	if len(s) == 0 || len(s) > most {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// parseLeadingInt parses the number at the start of a text as atoi(3) does. Whatever
// follows is ignored, no number is 0, and a number that does not fit is truncated to a
// C int.
func parseLeadingInt(s string) int32 {
	s = strings.TrimLeftFunc(s, isCSpace)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	// A syntax error returns 0, and a number out of range the nearest one, as in C.
	n, _ := strconv.ParseInt(s[:end], 10, 64)
	return int32(n)
}

// parseInetAton parses an IPv4 address as inet_aton(3) does: one to four numbers,
// decimal, octal (0…) or hexadecimal (0x…), the last of which fills the remaining bytes.
// White space ends the address.
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

// parseCUnsigned parses a number as C writes it, with the base in its prefix.
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

// parseIPv6 parses an IPv6 address as inet_pton(3) does, which accepts no zone.
func parseIPv6(s string) (netip.Addr, bool) {
	if strings.Count(s, ":") < 2 {
		return netip.Addr{}, false // avoids the allocation of an error for every line
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// truncate returns the first bytes of a name. The reference program truncates names
// that do not fit in struct ip_vs_service_user and struct ip_vs_daemon_user.
func truncate(s string, max int) string {
	if len(s) > max {
		return s[:max]
	}
	return s
}
