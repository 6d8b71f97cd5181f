package host

import "strconv"

// SysctlNames are the parameters that are read besides those of net.ipv4.vs and of links,
// in the notation of sysctl(8).
func SysctlNames() []string {
	return []string{
		"net.ipv4.ip_forward",
		"net.ipv4.tcp_keepalive_time",
		"net.ipv4.ip_no_pmtu_disc",
		"net.ipv4.ip_local_port_range",
		"net.netfilter.nf_conntrack_count",
		"net.netfilter.nf_conntrack_max",
	}
}

// LinkSysctlNames are the parameters that are read for all, for default and for each link,
// as Sysctls.ForLink takes them.
func LinkSysctlNames() []string {
	return []string{
		"net.ipv4.conf.accept_local",
		"net.ipv4.conf.arp_announce",
		"net.ipv4.conf.arp_ignore",
		"net.ipv4.conf.forwarding",
		"net.ipv4.conf.rp_filter",
		"net.ipv4.conf.send_redirects",
		"net.ipv6.conf.disable_ipv6",
		"net.ipv6.conf.forwarding",
	}
}

// Sysctls are kernel parameters by name, in the notation of sysctl(8): the slashes of the
// path below /proc/sys are dots, and the dots are slashes (net.ipv4.conf.eth0/7.rp_filter
// is that of the link eth0.7).
type Sysctls map[string]Sysctl

// Sysctl is a kernel parameter. The zero value is one that the kernel does not have, or
// that was not asked for.
type Sysctl struct {
	// State reports whether the parameter could be read.
	State SysctlState
	// Text is the value without the line end.
	Text string
}

// SysctlState reports whether a parameter could be read.
type SysctlState uint8

// The states of a parameter. Absent is normal: the kernel is older or newer, or the module
// is not loaded.
const (
	Absent SysctlState = iota
	Present
	Unreadable // there is a Gap of it
)

// Int returns the value of a parameter, and whether there is one that is a number.
func (s Sysctls) Int(name string) (value int, ok bool) {
	p := s[name]
	if p.State != Present {
		return 0, false
	}
	value, err := strconv.Atoi(p.Text)
	return value, err == nil
}
