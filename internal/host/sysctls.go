package host

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// SysctlNames returns the parameters that are read besides those of net.ipv4.vs and of links,
// in the notation of sysctl(8).
func SysctlNames() []string {
	return []string{
		"net.ipv4.ip_forward",
		"net.ipv4.tcp_keepalive_time",
		"net.netfilter.nf_conntrack_count",
		"net.netfilter.nf_conntrack_max",
	}
}

// linkSysctl is a parameter that each link has.
type linkSysctl struct {
	// name is the name without the link.
	name string
	// conf is the attribute of IFLA_AF_SPEC that has the parameters of a family as an
	// array, and index is the place in it.
	conf  confAttribute
	index int
}

// linkSysctls returns the parameters that are read for all, for default and for each link.
// Those of links come with the list of links (inet_fill_link_af of net/ipv4/devinet.c and
// inet6_fill_ifla6_attrs of net/ipv6/addrconf.c): to read a file for each of 300 links
// took two thirds of a second on User-Mode Linux. The places are those of
// include/uapi/linux/ip.h less 1, and of include/uapi/linux/ipv6.h.
func linkSysctls() []linkSysctl {
	return []linkSysctl{
		{"net.ipv4.conf.send_redirects", conf4, 5},
		{"net.ipv4.conf.rp_filter", conf4, 7},
		{"net.ipv4.conf.arp_announce", conf4, 17},
		{"net.ipv4.conf.arp_ignore", conf4, 18},
		{"net.ipv4.conf.accept_local", conf4, 22},
		{"net.ipv6.conf.forwarding", conf6, 0},
		{"net.ipv6.conf.accept_ra", conf6, 3},
	}
}

// confAttribute is an attribute of IFLA_AF_SPEC: of a family, and in it of the parameters.
type confAttribute struct{ family, conf uint16 }

var (
	conf4 = confAttribute{syscall.AF_INET, 1}  // IFLA_INET_CONF
	conf6 = confAttribute{syscall.AF_INET6, 2} // IFLA_INET6_CONF
)

// decodeLinkSysctls adds the parameters of a link, from IFLA_AF_SPEC.
func decodeLinkSysctls(b []byte, link string, s Sysctls) error {
	families := genl.NewDecoder(b)
	for families.Next() {
		attributes := genl.NewDecoder(families.Bytes())
		for attributes.Next() {
			attribute := confAttribute{families.Type(), attributes.Type()}
			for _, p := range linkSysctls() {
				if values := attributes.Bytes(); p.conf == attribute && len(values) >= 4*(p.index+1) {
					value := int32(binary.NativeEndian.Uint32(values[4*p.index:]))
					s[LinkSysctl(p.name, link)] = Sysctl{State: Present, Text: strconv.Itoa(int(value))}
				}
			}
		}
		if attributes.Err() != nil {
			return attributes.Err()
		}
	}
	return families.Err()
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

// readSysctls reads the parameters that are not those of links.
func (g *gatherer) readSysctls() {
	if _, err := os.Stat(g.sysctlPath("net")); err != nil {
		g.gap(SysctlTree, "", err)
		return
	}

	for _, name := range SysctlNames() {
		g.readSysctl(name)
	}
	if g.request.IPVS {
		g.readIPVSSysctls()
	}
	for _, p := range linkSysctls() {
		g.readSysctl(LinkSysctl(p.name, "all"))
		g.readSysctl(LinkSysctl(p.name, "default"))
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
