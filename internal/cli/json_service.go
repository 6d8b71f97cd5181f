package cli

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ruleset"
)

// saidService is what a document says of a service.
type saidService struct {
	at       ruleset.Position
	protocol string // the option
	mark     string
	family   string
	addr     netip.Addr
	port     uint16
	netmask  string
	prefix   string
	options  []string // all others
	servers  []saidServer
	inServer int // the faults of the servers
}

func (d *document) service() {
	s := &saidService{at: d.place()}
	before := d.faults
	d.object(func(key string) bool { return d.serviceMember(s, key) })
	if d.faults > before+s.inServer {
		return // the rest cannot be judged
	}
	id := d.serviceID(s)
	d.judgeMask(s)
	if d.faults > before+s.inServer {
		return
	}
	d.say(s.at, append(append([]string{"-A"}, id...), s.options...))
	for _, server := range s.servers {
		d.sayServer(s, id, server)
	}
}

// serviceMember reads a member of a service.
func (d *document) serviceMember(s *saidService, key string) bool {
	switch key {
	case "protocol":
		s.protocol = [...]string{"-t", "-u", "--sctp-service"}[d.oneOf("tcp", "udp", "sctp")]
	case "address":
		s.addr = d.addr()
	case "port":
		s.port = d.port()
	case "fwmark":
		s.mark = d.number(1, maxUint32)
	case "family":
		s.family = [...]string{"-4", "-6"}[d.oneOf("ipv4", "ipv6")]
	case "scheduler":
		s.options = append(s.options, "-s", d.name(maxName))
	case "scheduler_flags":
		s.options = append(s.options, d.schedulerFlags()...)
	case "persistent":
		d.persistence(s)
	case "engine":
		s.options = append(s.options, "--pe", d.name(maxEngine))
	case "one_packet":
		if d.flag() {
			s.options = append(s.options, "-o")
		}
	case "destinations":
		d.list(func() { d.server(s) })
	case "stats":
		d.skip()
	default:
		return false
	}
	return true
}

// schedulerFlags reads a list of them.
func (d *document) schedulerFlags() []string {
	var flags []string
	d.list(func() {
		flag := d.name(maxName)
		if strings.Contains(flag, ",") {
			d.fault("more than one flag")
		}
		flags = append(flags, flag)
	})
	if flags == nil {
		return nil
	}
	return []string{"-b", strings.Join(flags, ",")}
}

// persistence reads what makes a service persistent. -p has to know that its value
// is no option, so it stands in its own word.
func (d *document) persistence(s *saidService) {
	option := "-p"
	d.object(func(key string) bool {
		switch key {
		case "timeout":
			option = "-p" + d.number(1, maxTime)
		case "netmask":
			mask := d.addr()
			if mask.Is6() {
				d.fault("not an IPv4 mask")
			}
			s.netmask = mask.String()
		case "prefix_length":
			s.prefix = d.number(1, 128)
		case "engine":
			s.options = append(s.options, "--pe", d.name(maxEngine))
		default:
			return false
		}
		return true
	})
	s.options = append(s.options, option)
}

// serviceID is the options that name a service.
func (d *document) serviceID(s *saidService) []string {
	switch byAddress := s.protocol != "" || s.addr.IsValid() || s.port != 0; {
	case s.mark != "" && byAddress:
		d.fault("both a firewall mark and an address")
	case s.mark == "" && s.protocol == "":
		d.fault("protocol or fwmark is missing")
	case s.mark == "" && !s.addr.IsValid():
		d.fault("address is missing")
	case s.mark == "" && s.family != "":
		d.fault("family is for firewall marks")
	}
	switch {
	case s.mark == "":
		return []string{s.protocol, netip.AddrPortFrom(s.addr, s.port).String()}
	case s.family == "-6":
		return []string{"-f", s.mark, "-6"}
	}
	return []string{"-f", s.mark}
}

// judgeMask judges that a mask is of the service's family, and adds its option.
func (d *document) judgeMask(s *saidService) {
	v6 := s.family == "-6" || s.addr.Is6()
	switch {
	case s.netmask != "" && v6:
		d.fault("netmask is for IPv4: prefix_length is meant")
	case s.prefix != "" && !v6:
		d.fault("prefix_length is for IPv6: netmask is meant")
	case s.netmask != "" || s.prefix != "":
		s.options = append(s.options, "-M", s.netmask+s.prefix)
	}
}

// saidServer is what a document says of a server.
type saidServer struct {
	at      ruleset.Position
	addr    netip.Addr
	port    *uint16 // nil is that of the service
	options []string
}

// server reads a server of a service.
func (d *document) server(s *saidService) {
	server := saidServer{at: d.place()}
	before := d.faults
	d.object(func(key string) bool { return d.serverMember(&server, key) })
	if d.faults == before && !server.addr.IsValid() {
		d.fault("address is missing")
	}
	s.inServer += d.faults - before
	if d.faults == before {
		s.servers = append(s.servers, server)
	}
}

// serverMember reads a member of a server.
func (d *document) serverMember(s *saidServer, key string) bool {
	switch key {
	case "address":
		s.addr = d.addr()
	case "port":
		port := d.port()
		s.port = &port
	case "forward":
		// A server becomes local by its address: that is the kernel's finding.
		s.options = append(s.options, [...]string{"-m", "-i", "-g", "-g"}[d.oneOf("masq", "tunnel", "route", "local")])
	case "weight":
		s.options = append(s.options, "-w", d.number(0, maxInt32))
	case "upper_threshold":
		s.options = append(s.options, "-x", d.number(0, maxInt32))
	case "lower_threshold":
		s.options = append(s.options, "-y", d.number(0, maxInt32))
	case "tunnel":
		d.tunnel(s)
	case "active_connections", "inactive_connections", "persistent_connections", "stats":
		d.skip()
	default:
		return false
	}
	return true
}

// tunnel reads an encapsulation. No port and no checksum are what goes without
// saying, for the types too that have neither.
func (d *document) tunnel(s *saidServer) {
	d.object(func(key string) bool {
		switch key {
		case "type":
			s.options = append(s.options, "--tun-type", [...]string{"ipip", "gue", "gre"}[d.oneOf("ipip", "gue", "gre")])
		case "port":
			if port := d.number(0, 65535); port != "0" {
				s.options = append(s.options, "--tun-port", port)
			}
		case "flags":
			if i := d.oneOf("nocsum", "csum", "remcsum"); i > 0 {
				s.options = append(s.options, [...]string{"", "--tun-csum", "--tun-remcsum"}[i])
			}
		default:
			return false
		}
		return true
	})
}

// sayServer gives the rule of a server. Where a rule would put the service's port in
// the place of another without a word, a document is at fault.
func (d *document) sayServer(s *saidService, id []string, server saidServer) {
	port := s.port
	if server.port != nil {
		port = *server.port
	}
	words := append([]string{"-a"}, id...)
	words = append(words, "-r", netip.AddrPortFrom(server.addr, port).String())
	var cmd command.Command
	err := d.parser.ParseRule(append(words, server.options...), &cmd)
	if err == nil && cmd.Change.Destination.Addr.Port() != port {
		err = &command.UsageError{
			Text:   fmt.Sprintf("port %d is not that of the service, as it has to be unless forward is masq", port),
			Status: command.StatusUsageError,
		}
	}
	d.sayCommand(server.at, cmd, err)
}
