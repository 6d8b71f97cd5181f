package format

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Rules formats the table as the commands that restore it (ipvsadm -S).
type Rules struct {
	// Names looks up the names of addresses and ports; nil prints numbers (-n).
	Names Namer
}

// AppendEntry appends the rule of a service and those of its servers.
func (r Rules) AppendEntry(b []byte, e *ipvs.Entry) []byte {
	b = r.AppendService(b, &e.Service)
	for i := range e.Destinations {
		b = r.AppendDestination(b, e.Service.ID, &e.Destinations[i])
	}
	return b
}

// AppendService appends the rule that adds a service.
func (r Rules) AppendService(b []byte, s *ipvs.Service) []byte {
	return r.appendService(append(b, "-A"...), s)
}

// AppendDestination appends the rule that adds a server to a service.
func (r Rules) AppendDestination(b []byte, id ipvs.ServiceID, d *ipvs.Destination) []byte {
	return r.appendDestination(append(b, "-a"...), id, d)
}

// appendService appends what follows -A and -E: the service, and all that the command
// sets.
func (r Rules) appendService(b []byte, s *ipvs.Service) []byte {
	b = r.appendID(b, s.ID)
	b = append(b, " -s "...)
	b = appendText(b, s.Scheduler)
	if s.Flags&ipvs.Persistent != 0 {
		b = append(b, " -p "...)
		b = strconv.AppendUint(b, uint64(s.Timeout), 10)
		if hasMask(s) {
			b = append(b, " -M "...)
			b = appendMask(b, s)
		}
	}

	if s.Engine != "" {
		b = append(b, " --pe "...)
		b = appendText(b, s.Engine)
	}
	if s.Flags&ipvs.OnePacket != 0 {
		b = append(b, " -o"...)
	}
	if s.Flags&ipvs.SchedFlags != 0 {
		b = append(b, " -b "...)
		b = appendSchedFlags(b, s, ipvs.SchedFlags)
	}
	return append(b, '\n')
}

// appendID appends the option that names a service. A protocol that has no option
// becomes an option that no program accepts, so that the rule is rejected and not
// loaded as something else.
func (r Rules) appendID(b []byte, id ipvs.ServiceID) []byte {
	if id.FWMark != 0 {
		b = append(b, " -f "...)
		b = strconv.AppendUint(b, uint64(id.FWMark), 10)
		if id.Family == ipvs.IPv6 {
			b = append(b, " -6"...)
		}
		return b
	}

	switch id.Protocol {
	case ipvs.TCP:
		b = append(b, " -t "...)
	case ipvs.UDP:
		b = append(b, " -u "...)
	case ipvs.SCTP:
		b = append(b, " --sctp-service "...)
	default:
		b = append(b, " --protocol-"...)
		b = strconv.AppendUint(b, uint64(id.Protocol), 10)
		b = append(b, ' ')
	}

	return appendEndpoint(b, r.Names, id.Protocol, id.Addr)
}

// appendDestination appends what follows -a and -e. Salt looks for a server as
// " -t VIP:80 -r RS:80 -m -w 1" in the rules. So nothing may come between these four,
// and the thresholds, which the reference program loses, come last.
func (r Rules) appendDestination(b []byte, id ipvs.ServiceID, d *ipvs.Destination) []byte {
	b = r.appendServer(b, id, d)
	b = append(b, ' ')
	b = appendForwardOption(b, d.Forward)
	b = append(b, " -w "...)
	b = strconv.AppendInt(b, int64(d.Weight), 10)

	if d.Forward == ipvs.Tunnel {
		b = appendTunnelOptions(b, d.Tunnel)
	}
	if d.UpperThreshold != 0 {
		b = append(b, " -x "...)
		b = strconv.AppendUint(b, uint64(d.UpperThreshold), 10)
	}
	if d.LowerThreshold != 0 {
		b = append(b, " -y "...)
		b = strconv.AppendUint(b, uint64(d.LowerThreshold), 10)
	}
	return append(b, '\n')
}

// appendServer appends the two options that name a server.
func (r Rules) appendServer(b []byte, id ipvs.ServiceID, d *ipvs.Destination) []byte {
	b = r.appendID(b, id)
	b = append(b, " -r "...)
	return appendEndpoint(b, r.Names, id.Protocol, d.Addr)
}

// appendForwardOption appends the option for a forwarding method. Local has none and
// is saved as -g, as the reference program does. Any other method becomes an option
// that no program accepts.
func appendForwardOption(b []byte, f ipvs.Forward) []byte {
	switch f {
	case ipvs.Masquerade:
		return append(b, "-m"...)
	case ipvs.Tunnel:
		return append(b, "-i"...)
	case ipvs.Route, ipvs.Local:
		return append(b, "-g"...)
	}

	b = append(b, "--forward-"...)
	return strconv.AppendUint(b, uint64(f), 10)
}

// appendTunnelOptions appends the options of an encapsulation.
func appendTunnelOptions(b []byte, t ipvs.TunnelInfo) []byte {
	b = append(b, " --tun-type "...)
	b = append(b, t.Type.String()...)
	if t.Type == ipvs.GUE {
		b = appendOption(b, " --tun-port ", uint64(t.Port))
	}
	if t.Type == ipvs.GUE || t.Type == ipvs.GRE {
		b = appendChecksumOption(b, t.Flags)
	}
	return b
}

// appendChecksumOption appends the option for the flags of a tunnel. Flags that have
// none become an option that no program accepts.
func appendChecksumOption(b []byte, f ipvs.TunnelFlags) []byte {
	if name, ok := f.Name(); ok {
		b = append(b, " --tun-"...)
		return append(b, name...)
	}
	return appendOption(b, " --tun-flags-", uint64(f))
}
