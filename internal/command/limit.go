package command

import (
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// numberRange is the range of the numbers that an option accepts.
type numberRange struct {
	min, max int64
	// text is the message for any other value, which takes the place of %s.
	text string
}

// The ranges. The messages are those of the reference program.
var (
	marks            = numberRange{1, math.MaxUint32, "invalid fwmark value `%s' specified"}
	persistenceTimes = numberRange{1, ipvs.MaxTimeout, "invalid timeout value `%s' specified"}
	connectionTimes  = numberRange{0, ipvs.MaxTimeout, "invalid timeout value `%s' specified"}
	drainTimes       = numberRange{0, ipvs.MaxTimeout, "illegal drain time specified"}

	groupLimits   = numberRange{1, math.MaxInt32, "invalid limit `%s' specified"}
	intervals     = numberRange{1, ipvs.MaxTimeout, "invalid interval `%s' specified"}
	listingCounts = numberRange{1, math.MaxInt32, "invalid count `%s' specified"}

	prefixLengths   = numberRange{1, ipvs.MaxPrefixLength, "illegal ipv6 netmask specified"}
	weights         = numberRange{0, ipvs.MaxWeight, "illegal weight specified"}
	upperThresholds = numberRange{0, ipvs.MaxThreshold, "illegal u_threshold specified"}
	lowerThresholds = numberRange{0, ipvs.MaxThreshold, "illegal l_threshold specified"}
	tunnelPorts     = numberRange{1, math.MaxUint16, "illegal tunnel port specified"}

	syncIDs     = numberRange{0, ipvs.MaxSyncID, "illegal syncid specified"}
	syncPorts   = numberRange{1, math.MaxUint16, "illegal mcast-port specified"}
	syncTTLs    = numberRange{1, ipvs.MaxTTL, "illegal mcast-ttl specified"}
	syncLengths = numberRange{1, ipvs.MaxSyncLength, "illegal sync-maxlen specified"}
)

// check checks that a number is in the range.
func (r *numberRange) check(n int64) error {
	if n < r.min || n > r.max {
		return r.error(strconv.FormatInt(n, 10))
	}
	return nil
}

// parse returns the number that a value is. Every range fits in 32 bits.
func (r *numberRange) parse(value string) (uint32, error) {
	n, ok := parseNumber(value, r.min, r.max)
	if !ok {
		return 0, r.error(value)
	}
	return uint32(n), nil
}

// error returns the error of a value outside the range.
func (r *numberRange) error(value string) error {
	return usageError("%s", strings.Replace(r.text, "%s", value, 1))
}

// checkMulticast checks the address of a multicast group. value is the address as the
// line has it; with a colon it is meant as an IPv6 address.
func checkMulticast(a netip.Addr, value string) error {
	if a.IsMulticast() && a.Zone() == "" {
		return nil
	}
	family := "IPv4"
	if strings.Contains(value, ":") {
		family = "IPv6"
	}
	return usageError("invalid %s mcast-group `%s'", family, value)
}

// checkName checks the length and the characters of a name. An empty name stands for
// an option that is left out.
func checkName(what, name string, max int) error {
	isPrintable := func(c byte) bool { return c > ' ' && c <= '~' }
	for _, c := range []byte(name) {
		if !isPrintable(c) {
			return usageError("%s %.60q has characters other than printable ASCII", what, name)
		}
	}

	if len(name) > max {
		return usageError("%s %.60q is longer than %d bytes", what, name, max)
	}
	return nil
}
