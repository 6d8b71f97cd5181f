package format

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Style is a form of the table listing.
type Style int

// The forms of the table listing, by the option that asks for them.
const (
	Plain          Style = iota // no option
	Stats                       // --stats
	Rate                        // --rate
	Thresholds                  // --thresholds
	PersistentConn              // --persistent-conn
	TunInfo                     // --tun-info
)

// Listing writes the table of services (ipvsadm -L).
type Listing struct {
	Style Style
	// Exact writes all digits of the counters (--exact).
	Exact bool
	// Names puts names in the place of addresses and ports; nil is -n.
	Names Namer
}

// Widths of the columns, and what longer names are cut to. Names of IPv6 ends
// are never cut to them: the columns after those move to the right.
const (
	serviceWidth     = 33
	destinationWidth = 28
)

// AppendTitle writes the lines above the table. Info gives the first of them;
// it is nil where a single service is listed, which has none.
func (l Listing) AppendTitle(b []byte, info *ipvs.Info) []byte {
	if info != nil {
		b = appendVersion(b, info)
	}
	b = append(b, l.serviceTitle()...)
	return append(b, l.destinationTitle()...)
}

// appendVersion writes the first line of a whole table. ldirectord skips exactly
// three lines, this one and the two titles.
func appendVersion(b []byte, info *ipvs.Info) []byte {
	b = append(b, "IP Virtual Server version "...)
	b = appendVersionNumber(b, info.Version)
	b = append(b, " (size="...)
	b = strconv.AppendUint(b, uint64(info.ConnTableSize), 10)
	return append(b, ")\n"...)
}

// appendVersionNumber writes the three parts of a version.
func appendVersionNumber(b []byte, v ipvs.Version) []byte {
	b = strconv.AppendInt(b, int64(v.Major()), 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(v.Minor()), 10)
	b = append(b, '.')
	return strconv.AppendInt(b, int64(v.Patch()), 10)
}

// serviceTitle names the columns of a service's line. Octavia takes the words as
// names of fields, so Flags stays the last of its line.
func (l Listing) serviceTitle() string {
	switch l.Style {
	case Stats:
		return "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
	case Rate:
		return "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n"
	case Thresholds:
		return "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n"
	case PersistentConn:
		return "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n"
	}
	return "Prot LocalAddress:Port Scheduler Flags\n"
}

// destinationTitle names the columns of a server's line, where the line above
// has not named them already.
func (l Listing) destinationTitle() string {
	switch l.Style {
	case Plain:
		return "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	case TunInfo:
		return "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n"
	}
	return "  -> RemoteAddress:Port\n"
}

// AppendEntry writes a service's line and those of its servers.
func (l Listing) AppendEntry(b []byte, e *ipvs.Entry) []byte {
	b = l.AppendService(b, &e.Service)
	for i := range e.Destinations {
		b = l.AppendDestination(b, e.Service.ID.Protocol, &e.Destinations[i])
	}
	return b
}

// AppendService writes the line of a service.
func (l Listing) AppendService(b []byte, s *ipvs.Service) []byte {
	from := len(b)
	b = l.appendServiceName(b, s)
	switch l.Style {
	case Stats:
		b = l.appendTotals(pad(b, from, serviceWidth), counted(s.Stats))
	case Rate:
		b = l.appendServiceRates(pad(b, from, serviceWidth), counted(s.Stats))
	default:
		b = appendScheduling(b, s)
	}
	return append(b, '\n')
}

// appendServiceName writes how a service is known: TCP  10.0.0.1:80, FWM  1, or
// FWM  1 IPv6. The two blanks after FWM are what Zabbix templates look for.
func (l Listing) appendServiceName(b []byte, s *ipvs.Service) []byte {
	id := &s.ID
	if id.FWMark != 0 {
		b = append(b, "FWM  "...)
		b = strconv.AppendUint(b, uint64(id.FWMark), 10)
		if id.Family == ipvs.IPv6 {
			b = append(b, " IPv6"...)
		}
		return b
	}
	from := len(b)
	b = appendField(b, protocolTitle(id.Protocol), 5)
	b = appendEndpoint(b, l.Names, id.Protocol, id.Addr)
	if id.Family == ipvs.IPv6 {
		return b
	}
	return cut(b, from, serviceWidth)
}

// protocolTitle returns a protocol as the listings print it.
func protocolTitle(p ipvs.Protocol) string {
	if name, ok := p.ProcName(); ok {
		return name
	}
	return "?"
}

// appendScheduling writes what follows a service's name: the scheduler, and the
// words for whatever is not as usual.
func appendScheduling(b []byte, s *ipvs.Service) []byte {
	b = append(b, ' ')
	b = appendText(b, s.Scheduler)
	if s.Flags&ipvs.SchedFlags != 0 {
		b = append(b, " ("...)
		b = appendSchedFlags(b, s, listedFlags(s.Scheduler))
		b = append(b, ')')
	}
	if s.Flags&ipvs.Persistent != 0 {
		b = appendPersistence(b, s)
	}
	if s.Flags&ipvs.OnePacket != 0 {
		b = append(b, " ops"...)
	}
	return b
}

// listedFlags are the scheduler flags that a listing shows. The reference
// program does not show flag-3 with sh and mh, which have no use for it: a
// service with flag-3 alone shows empty parentheses.
func listedFlags(scheduler string) ipvs.ServiceFlags {
	if scheduler == "sh" || scheduler == "mh" {
		return ipvs.Sched1 | ipvs.Sched2
	}
	return ipvs.SchedFlags
}

// appendPersistence writes the words of a persistent service.
func appendPersistence(b []byte, s *ipvs.Service) []byte {
	b = append(b, " persistent "...)
	b = strconv.AppendUint(b, uint64(s.Timeout), 10)
	if hasMask(s) {
		b = append(b, " mask "...)
		b = appendMask(b, s)
	}
	if s.Engine != "" {
		b = append(b, " pe "...)
		b = appendText(b, s.Engine)
	}
	return b
}
