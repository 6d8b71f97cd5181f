package doctorcli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// request is what the command line asks for.
type request struct {
	service *ipvs.ServiceID
	ipv6    bool

	realServer bool
	vips       []netip.Addr
	method     *ipvs.Forward
	director   netip.Addr

	netns         string
	skip          []string
	verbose, json bool
	help, version bool
}

// parse parses the arguments, without the name of the program.
func parse(args []string) (request, error) {
	var r request
	operands, err := parseFlags(&r, args)
	if err != nil {
		return request{}, err
	}
	if r.help || r.version {
		return r, nil
	}
	if len(operands) > 0 {
		return request{}, fmt.Errorf("unexpected argument %q", operands[0])
	}
	return r, r.check()
}

// check checks which options stand together.
func (r *request) check() error {
	forRealServers := len(r.vips) > 0 || r.method != nil || r.director.IsValid()
	switch {
	case r.realServer && r.service != nil:
		return errors.New("a service cannot be selected with --real-server, which needs no IPVS")
	case r.realServer && len(r.vips) == 0:
		return errors.New("--real-server needs --vip")
	case !r.realServer && forRealServers:
		return errors.New("--vip, --method and --director need --real-server")
	case r.ipv6 && (r.service == nil || r.service.FWMark == 0):
		return errors.New("--ipv6 needs --fwmark-service")
	}
	if r.ipv6 {
		r.service.Family = ipvs.IPv6
	}
	return nil
}

// role returns what the machine is.
func (r *request) role() doctor.Role {
	if r.realServer {
		return doctor.RealServer
	}
	return doctor.Director
}

// target returns what the findings are to be about.
func (r *request) target() doctor.Target {
	t := doctor.Target{Service: r.service, VIPs: r.vips, Director: r.director}
	if r.method != nil {
		t.Method, t.HasMethod = *r.method, true
	}
	return t
}

// setService takes the value of an option that selects a service by its address.
func (r *request) setService(p ipvs.Protocol, value string) error {
	addr, err := parseAddrPort(value)
	if err != nil {
		return err
	}
	id := ipvs.AddrService(p, addr)
	return r.selectService(&id)
}

// setMark takes the value of --fwmark-service.
func (r *request) setMark(value string) error {
	mark, err := strconv.ParseUint(value, 10, 32)
	if err != nil || mark == 0 {
		return errors.New("not a whole number from 1 to 4294967295")
	}
	id := ipvs.MarkService(uint32(mark), ipvs.IPv4)
	return r.selectService(&id)
}

// selectService selects the only service.
func (r *request) selectService(id *ipvs.ServiceID) error {
	if r.service != nil {
		return errors.New("only one service can be selected")
	}
	r.service = id
	return nil
}

// parseAddrPort parses ADDR, ADDR:PORT or [ADDR]:PORT. Port 0 is that of a service without
// a port.
func parseAddrPort(s string) (netip.AddrPort, error) {
	if a, err := parseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil {
		return netip.AddrPortFrom(a, 0), nil
	}
	ap, err := netip.ParseAddrPort(s)
	if err != nil || ap.Addr().Zone() != "" {
		return netip.AddrPort{}, errors.New("not an address and a port, such as 192.0.2.1:80 or [2001:db8::1]:80")
	}
	return ap, nil
}

// parseAddr parses an address without a zone.
func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, errors.New("not an address, such as 192.0.2.1 or 2001:db8::1")
	}
	return a, nil
}

// addVIP takes the value of --vip.
func (r *request) addVIP(value string) error {
	a, err := parseAddr(value)
	if err == nil && !slices.Contains(r.vips, a) {
		r.vips = append(r.vips, a)
	}
	return err
}

// setMethod takes the value of --method.
func (r *request) setMethod(value string) error {
	method, ok := ipvs.ParseForward(value)
	if !ok || method != ipvs.Route && method != ipvs.Tunnel && method != ipvs.Masquerade {
		return errors.New("not route, tunnel or masq")
	}
	r.method = &method
	return nil
}

// setDirector takes the value of --director.
func (r *request) setDirector(value string) (err error) {
	r.director, err = parseAddr(value)
	return err
}

// addSkipped takes the value of --skip.
func (r *request) addSkipped(value string) error {
	checks := doctor.Checks()
	for code := range strings.SplitSeq(value, ",") {
		if !slices.ContainsFunc(checks, func(c doctor.Check) bool { return c.Code == code }) {
			return fmt.Errorf("there is no check %q", code)
		}
		r.skip = append(r.skip, code)
	}
	return nil
}
