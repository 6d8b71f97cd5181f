package host

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// SysctlNames are the parameters that are read besides those of net.ipv4.vs and of links,
// in the notation of sysctl(8).
func SysctlNames() []string {
	return []string{
		"net.ipv4.ip_forward",
		"net.ipv4.ip_no_pmtu_disc",
		"net.ipv4.tcp_keepalive_time",
		"net.netfilter.nf_conntrack_count",
		"net.netfilter.nf_conntrack_max",
	}
}

// LinkSysctlNames are the parameters that are read for all, for default and for each link,
// as LinkSysctl takes them.
func LinkSysctlNames() []string {
	return []string{
		"net.ipv4.conf.accept_local",
		"net.ipv4.conf.arp_announce",
		"net.ipv4.conf.arp_ignore",
		"net.ipv4.conf.forwarding",
		"net.ipv4.conf.rp_filter",
		"net.ipv4.conf.send_redirects",
		"net.ipv6.conf.accept_ra",
		"net.ipv6.conf.disable_ipv6",
		"net.ipv6.conf.forwarding",
	}
}

// LinkSysctl returns the name of a parameter of a link, or of all or default:
// net.ipv4.conf.eth0/7.rp_filter for net.ipv4.conf.rp_filter and eth0.7.
func LinkSysctl(name, link string) string {
	i := strings.LastIndexByte(name, '.')
	return name[:i+1] + swap(link) + name[i:]
}

// swap exchanges dots and slashes.
func swap(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, s)
}

// Sysctls are kernel parameters by name, in the notation of sysctl(8): the slashes of the
// path below /proc/sys are dots, and the dots are slashes.
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

// ipvsSysctls is the parent of the parameters of IPVS.
const ipvsSysctls = "net.ipv4.vs"

// readSysctls reads the parameters.
func (g *gatherer) readSysctls() {
	if _, err := os.Stat(g.sysctlPath("net")); err != nil {
		g.gap(SysctlTree, "", err)
		return
	}

	g.facts.Sysctls = Sysctls{}
	for _, name := range SysctlNames() {
		g.readSysctl(name)
	}
	g.readIPVSSysctls()
	for _, name := range LinkSysctlNames() {
		g.readSysctl(LinkSysctl(name, "all"))
		g.readSysctl(LinkSysctl(name, "default"))
		for i := range g.facts.Links {
			g.readSysctl(LinkSysctl(name, g.facts.Links[i].Name))
		}
	}
}

// sysctlPath returns the path of a parameter.
func (g *gatherer) sysctlPath(name string) string { return g.host.proc + "/sys/" + swap(name) }

// readIPVSSysctls reads all parameters of IPVS. There are none, though IPVS is there, in
// the namespaces of unprivileged users (ip_vs_control_net_init_sysctl of
// net/netfilter/ipvs/ip_vs_ctl.c) and where /proc/sys is hidden.
func (g *gatherer) readIPVSSysctls() {
	entries, err := os.ReadDir(g.sysctlPath(ipvsSysctls))
	if len(entries) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist)) {
		if _, err := os.Stat(g.host.net("ip_vs")); err == nil {
			g.gap(SysctlTree, ipvsSysctls, syscall.ENOENT)
		}
		return
	}
	if err != nil {
		g.gap(SysctlTree, ipvsSysctls, err)
	}

	for _, e := range entries {
		if !e.IsDir() {
			g.readSysctl(ipvsSysctls + "." + swap(e.Name()))
		}
	}
}

// readSysctl reads one parameter.
func (g *gatherer) readSysctl(name string) {
	text, err := os.ReadFile(g.sysctlPath(name))
	switch {
	case err == nil:
		g.facts.Sysctls[name] = Sysctl{State: Present, Text: string(bytes.TrimSuffix(text, []byte("\n")))}
	case !errors.Is(err, fs.ErrNotExist):
		g.facts.Sysctls[name] = Sysctl{State: Unreadable}
		g.gap(SysctlTree, name, err)
	}
}
