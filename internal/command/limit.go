package command

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// numberRange is the range of the numbers that an option takes.
type numberRange struct {
	min, max int64
	// text is the message for any other value; %s in it is the value.
	text string
}

// The ranges, with the messages of the reference program.
var (
	marks            = numberRange{1, math.MaxUint32, "invalid fwmark value `%s' specified"}
	persistenceTimes = numberRange{1, maxTimeout, "invalid timeout value `%s' specified"}
	connectionTimes  = numberRange{0, maxTimeout, "invalid timeout value `%s' specified"}
	drainTimes       = numberRange{0, maxTimeout, "illegal drain time specified"}

	weights         = numberRange{0, math.MaxInt32, "illegal weight specified"}
	upperThresholds = numberRange{0, math.MaxInt32, "illegal u_threshold specified"}
	lowerThresholds = numberRange{0, math.MaxInt32, "illegal l_threshold specified"}
	tunnelPorts     = numberRange{1, math.MaxUint16, "illegal tunnel port specified"}

	syncIDs     = numberRange{0, 255, "illegal syncid specified"}
	syncPorts   = numberRange{1, math.MaxUint16, "illegal mcast-port specified"}
	syncTTLs    = numberRange{1, math.MaxUint8, "illegal mcast-ttl specified"}
	syncLengths = numberRange{1, 65507, "illegal sync-maxlen specified"}
)

// check returns the error of a number outside of the range.
func (r numberRange) check(n int64) error {
	if n < r.min || n > r.max {
		return r.error(strconv.FormatInt(n, 10))
	}
	return nil
}

// parse reads a value of the range, which fits into 32 bits.
func (r numberRange) parse(value string) (uint32, error) {
	n, ok := parseNumber(value, r.min, r.max)
	if !ok {
		return 0, r.error(value)
	}
	return uint32(n), nil
}

// error returns the error of a value outside of the range.
func (r numberRange) error(value string) error {
	return usageError("%s", strings.Replace(r.text, "%s", value, 1))
}

// checkPrefix checks the prefix length of an IPv6 netmask.
func checkPrefix(n int64) error {
	if n < 1 || n > 128 {
		return usageError("illegal ipv6 netmask specified")
	}
	return nil
}

// checkMulticast checks the address of a multicast group, which the line gives as
// value. A value with a colon is meant as IPv6.
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

func errServiceAddress() error {
	return usageError("illegal virtual server address[:port] specified")
}

func errServerAddress() error {
	return usageError("illegal real server address[:port] specified")
}

func errTunnelType() error {
	return usageError("illegal tunnel type specified")
}

// errDaemonState returns the error of a sync daemon's state that is none, to the
// command that starts or stops it.
func errDaemonState(v Verb) error {
	if v == StartDaemon {
		return usageError("illegal start-daemon parameter specified")
	}
	return usageError("illegal start_daemon specified")
}
