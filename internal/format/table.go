package format

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Style selects the columns of a table listing.
type Style int

// The styles, by the option that selects them.
const (
	Plain          Style = iota // no option
	Stats                       // --stats
	Rate                        // --rate
	Thresholds                  // --thresholds
	PersistentConn              // --persistent-conn
	TunInfo                     // --tun-info
)

// Listing formats the table of services (ipvsadm -L): AppendTitle, then AppendEntry for
// each service.
type Listing struct {
	Style Style
	// Exact prints all digits of the counters (--exact).
	Exact bool
	// Names looks up the names of addresses and ports; nil prints numbers (-n).
	Names Namer
}

// Widths of the first columns, to which longer names are cut. Names of IPv6 addresses
// are not: they move the next columns to the right.
const (
	serviceWidth     = 33
	destinationWidth = 28
)

// AppendTitle appends the lines above the table. The first of them shows the info; it
// is left out if the info is nil, as for the listing of a single service.
func (l Listing) AppendTitle(b []byte, info *ipvs.Info) []byte {
	if info != nil {
		b = appendVersion(b, info)
	}
	b = append(b, l.serviceTitle()...)
	return append(b, l.destinationTitle()...)
}

// appendVersion appends the first line of a whole table. ldirectord skips exactly three
// lines, this one and the two titles.
func appendVersion(b []byte, info *ipvs.Info) []byte {
	b = append(b, "IP Virtual Server version "...)
	b = appendVersionNumber(b, info.Version)
	b = append(b, " (size="...)
	b = strconv.AppendUint(b, uint64(info.ConnTableSize), 10)
	return append(b, ")\n"...)
}

// appendVersionNumber appends the three parts of a version.
func appendVersionNumber(b []byte, v ipvs.Version) []byte {
	b = strconv.AppendInt(b, int64(v.Major()), 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(v.Minor()), 10)
	b = append(b, '.')
	return strconv.AppendInt(b, int64(v.Patch()), 10)
}

// serviceTitle returns the titles of the columns of services. Octavia takes the words
// as names of fields, so Flags is the last of its line.
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

// destinationTitle returns the titles of the columns of servers. Most styles have them
// in the line of serviceTitle already.
func (l Listing) destinationTitle() string {
	switch l.Style {
	case Plain:
		return "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
	case TunInfo:
		return "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n"
	}
	return "  -> RemoteAddress:Port\n"
}

// AppendEntry appends the line of a service and those of its servers.
func (l Listing) AppendEntry(b []byte, e *ipvs.Entry) []byte {
	b = l.AppendService(b, &e.Service)
	for i := range e.Destinations {
		b = l.AppendDestination(b, e.Service.ID.Protocol, &e.Destinations[i])
	}
	return b
}

// AppendService appends the line of a service.
func (l Listing) AppendService(b []byte, s *ipvs.Service) []byte {
	from := len(b)
	b = l.appendServiceName(b, s)

	switch l.Style {
	case Stats:
		b = l.appendTotals(pad(b, from, serviceWidth), orZero(s.Stats))
	case Rate:
		b = l.appendServiceRates(pad(b, from, serviceWidth), orZero(s.Stats))
	default:
		b = appendScheduling(b, s)
	}

	return append(b, '\n')
}

// appendServiceName appends the ID of a service: TCP  10.0.0.1:80, FWM  1, or
// FWM  1 IPv6. Zabbix templates look for the two blanks after FWM.
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

// appendScheduling appends the scheduler of a service, its flags, its persistence, and
// whether it schedules every packet.
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

// listedFlags returns the scheduler flags that a listing shows. The reference program
// does not show flag-3 with sh and mh, which have no use for it: a service with flag-3
// alone shows empty parentheses.
func listedFlags(scheduler string) ipvs.ServiceFlags {
	if scheduler == "sh" || scheduler == "mh" {
		return ipvs.Sched1 | ipvs.Sched2
	}
	return ipvs.SchedFlags
}

// appendPersistence appends the settings of a persistent service.
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
