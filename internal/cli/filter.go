package cli

import (
	"errors"
	"io/fs"
	"net/netip"
	"path"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// eachConnection reads the connections that a listing is for and does f with each,
// which is good until the next. A line of the kernel's that cannot be understood
// is passed over, because what a client sends can end up in one; the first such
// error is returned at the end.
func (s *session) eachConnection(l command.Listing, f func(*ipvs.Connection) error) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	wanted, err := s.connectionFilter(l)
	if err != nil {
		return err
	}
	var odd error
	for c, err := range kernel.Connections() {
		var noFile *fs.PathError
		switch {
		case errors.As(err, &noFile) && noFile.Op == "open":
			s.out = s.out[:0] // the titles: nothing is listed
			return unopened(noFile)
		case err != nil:
			if odd == nil {
				odd = err
			}
		case wanted.has(c):
			if err := f(c); err != nil {
				return err
			}
		}
	}
	return unread(odd)
}

// unopened is the failure of a listing of connections when there is no such file
// to open, as where no proc file system is mounted. The reference program says that
// much, whatever the reason is.
func unopened(err *fs.PathError) error {
	text := "cannot open file /proc/net/" + path.Base(err.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		text += ": " + systemText(err)
	}
	return &failure{text, statusUnread}
}

// connFilter says which connections are of a service, of a server, or both. The
// zero connFilter has all.
type connFilter struct {
	service  *ipvs.ServiceID
	protocol string // the kernel's name for the service's
	server   netip.AddrPort

	// Only for a service that is not known by its port: the services that
	// are, which come first when the kernel looks for one, and the servers of
	// a firewall mark.
	byPort  map[ipvs.ServiceID]bool
	servers map[netip.AddrPort]bool
}

// connectionFilter makes the filter of a listing.
func (s *session) connectionFilter(l command.Listing) (connFilter, error) {
	f := connFilter{service: l.Service, server: l.Server}
	if f.service == nil {
		return f, nil
	}
	f.protocol = strings.ToUpper(f.service.Protocol.String())
	if f.service.Addr.Port() != 0 {
		return f, nil
	}
	table, err := s.kernel.Table(ipvs.Query{Detail: ipvs.PlainColumns})
	if err != nil {
		return connFilter{}, unread(err)
	}
	f.byPort, f.servers = map[ipvs.ServiceID]bool{}, map[netip.AddrPort]bool{}
	for _, e := range table.Entries {
		if e.Service.ID.FWMark == 0 && e.Service.ID != *f.service {
			f.byPort[e.Service.ID] = true
		}
		for _, d := range e.Destinations {
			if e.Service.ID == *f.service {
				f.servers[d.Addr] = true
			}
		}
	}
	return f, nil
}

// has says whether a connection is wanted.
func (f *connFilter) has(c *ipvs.Connection) bool {
	if f.server.IsValid() && !matches(f.server, c.Destination) {
		return false
	}
	switch {
	case f.service == nil:
		return true
	case f.service.FWMark != 0:
		return f.hasMark(c)
	case c.Protocol != f.protocol || !matches(f.service.Addr, c.Virtual):
		return false
	}
	return f.service.Addr.Port() != 0 || !f.elsewhere(c)
}

// hasMark says whether a connection is of the service's firewall mark. The kernel
// does not tell the mark of a connection, but of the templates of persistent
// clients, whose virtual address it is. A connection counts if it goes to one of
// the service's servers from an address that is no service of its own.
func (f *connFilter) hasMark(c *ipvs.Connection) bool {
	family := ipvs.FamilyOf(c.Client.Addr())
	if c.Protocol == "IP" {
		return c.Virtual.Addr() == markAddr(f.service.FWMark, f.service.Family) && family == f.service.Family
	}
	if family != f.service.Family || f.elsewhere(c) {
		return false
	}
	return f.servers[c.Destination] || f.servers[netip.AddrPortFrom(c.Destination.Addr(), 0)]
}

// elsewhere says whether a connection is of a service that is known by its port, or
// by the address of a connection to a firewall mark.
func (f *connFilter) elsewhere(c *ipvs.Connection) bool {
	for _, p := range []ipvs.Protocol{ipvs.TCP, ipvs.UDP, ipvs.SCTP} {
		if strings.ToUpper(p.String()) != c.Protocol {
			continue
		}
		if f.byPort[ipvs.AddrService(p, c.Virtual)] {
			return true
		}
		anyPort := netip.AddrPortFrom(c.Virtual.Addr(), 0)
		return f.service.FWMark != 0 && f.byPort[ipvs.AddrService(p, anyPort)]
	}
	return false
}

// matches says whether an end of a connection is the wanted one, whose port 0
// stands for all.
func matches(want, got netip.AddrPort) bool {
	return want.Addr() == got.Addr() && (want.Port() == 0 || want.Port() == got.Port())
}

// markAddr is the address that stands for a firewall mark in the connection table:
// the mark as the first four bytes.
func markAddr(mark uint32, f ipvs.Family) netip.Addr {
	b := [16]byte{byte(mark >> 24), byte(mark >> 16), byte(mark >> 8), byte(mark)}
	if f == ipvs.IPv6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[:4]))
}
