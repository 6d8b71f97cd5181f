package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// JSON formats the table as a JSON document (--json): AppendOpening, AppendEntry for
// each service, AppendClosing. A document is one line.
//
// Programs read it. So keys keep their names and their order, all numbers are exact,
// and a value of the kernel that has no name (a forwarding method, the type or the
// flags of a tunnel, a protocol) is a number. What a service or a server does not have
// is left out; a list without elements is empty.
type JSON struct {
	// Rules leaves out the counters and the numbers of connections, so that what
	// remains can be restored (ipvsadm -S --json).
	Rules bool
}

// AppendOpening appends what comes before the services.
func (j JSON) AppendOpening(b []byte, info *ipvs.Info) []byte {
	b = append(b, `{"version":"`...)
	b = appendVersionNumber(b, info.Version)
	b = appendNumber(b, `","conn_table_size":`, uint64(info.ConnTableSize))
	return append(b, `,"services":[`...)
}

// AppendEntry appends the i-th service, from 0, with its servers.
func (j JSON) AppendEntry(b []byte, i int, e *ipvs.Entry) []byte {
	b = appendComma(b, i)
	b = appendServiceJSON(append(b, '{'), &e.Service)
	if !j.Rules {
		b = appendStatsJSON(b, orZero(e.Service.Stats))
	}

	b = append(b, `,"destinations":[`...)
	for i := range e.Destinations {
		b = appendComma(b, i)
		b = j.appendDestination(append(b, '{'), &e.Destinations[i])
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// AppendClosing appends what comes after the services: the rest of the state, unless it
// is nil (--all), and the end of the document.
func (j JSON) AppendClosing(b []byte, rest *Rest) []byte {
	b = append(b, ']')
	if rest != nil {
		b = appendTimeoutsJSON(append(b, ','), rest.Timeouts)
		b = appendDaemonsJSON(append(b, ','), rest.Daemons)
	}
	return append(b, "}\n"...)
}

// Rest is the state of IPVS apart from the table.
type Rest struct {
	Timeouts ipvs.Timeouts
	Daemons  []ipvs.Daemon
}

// appendServiceJSON appends the ID and the settings of a service.
func appendServiceJSON(b []byte, s *ipvs.Service) []byte {
	b = appendIDJSON(b, s.ID)
	b = appendString(append(b, `,"scheduler":`...), s.Scheduler)
	b = append(b, `,"scheduler_flags":[`...)
	b = appendSchedFlagsJSON(b, s)
	b = append(b, ']')

	if s.Flags&ipvs.Persistent != 0 {
		b = append(b, `,"persistent":{`...)
		b = append(appendPersistenceJSON(b, s), '}')
	} else if s.Engine != "" {
		// The kernel keeps an engine of a service that is not persistent,
		// and so does a save.
		b = appendString(append(b, `,"engine":`...), s.Engine)
	}

	b = append(b, `,"one_packet":`...)
	b = strconv.AppendBool(b, s.Flags&ipvs.OnePacket != 0)
	if unknown := s.Flags &^ ipvs.KnownFlags; unknown != 0 {
		b = appendNumber(b, `,"unknown_flags":`, uint64(unknown))
	}
	return b
}

// appendIDJSON appends the ID of a service.
func appendIDJSON(b []byte, id ipvs.ServiceID) []byte {
	if id.FWMark != 0 {
		b = appendNumber(b, `"fwmark":`, uint64(id.FWMark))
		return appendName(append(b, `,"family":`...), id.Family)
	}

	b = appendName(append(b, `"protocol":`...), id.Protocol)
	return appendEndJSON(append(b, ','), id.Addr)
}

// appendEndJSON appends an address and a port. The address is a string, as in the
// numeric listings, without brackets.
func appendEndJSON(b []byte, end netip.AddrPort) []byte {
	b = appendAddrJSON(append(b, `"address":`...), end.Addr())
	return appendNumber(b, `,"port":`, uint64(end.Port()))
}

// appendAddrJSON appends an address, null if there is none.
func appendAddrJSON(b []byte, addr netip.Addr) []byte {
	if !addr.IsValid() {
		return append(b, "null"...)
	}

	b = appendAddr(append(b, '"'), addr)
	return append(b, '"')
}

// appendSchedFlagsJSON appends the elements of the list of scheduler flags.
func appendSchedFlagsJSON(b []byte, s *ipvs.Service) []byte {
	n := 0
	for _, flag := range schedFlags {
		if s.Flags&flag != 0 {
			b = append(appendComma(b, n), '"')
			b = append(append(b, ipvs.SchedFlagName(flag, s.Scheduler)...), '"')
			n++
		}
	}
	return b
}

// appendPersistenceJSON appends the settings of a persistent service.
func appendPersistenceJSON(b []byte, s *ipvs.Service) []byte {
	b = appendNumber(b, `"timeout":`, uint64(s.Timeout))
	if s.ID.Family == ipvs.IPv6 {
		b = appendNumber(b, `,"prefix_length":`, uint64(s.Netmask))
	} else {
		b = appendMask(append(b, `,"netmask":"`...), s)
		b = append(b, '"')
	}

	if s.Engine != "" {
		b = appendString(append(b, `,"engine":`...), s.Engine)
	}
	return b
}

// appendDestination appends the members of a server.
func (j JSON) appendDestination(b []byte, d *ipvs.Destination) []byte {
	b = appendEndJSON(b, d.Addr)
	b = appendName(append(b, `,"forward":`...), d.Forward)
	b = strconv.AppendInt(append(b, `,"weight":`...), int64(d.Weight), 10)
	b = appendNumber(b, `,"upper_threshold":`, uint64(d.UpperThreshold))
	b = appendNumber(b, `,"lower_threshold":`, uint64(d.LowerThreshold))

	if !j.Rules {
		b = appendNumber(b, `,"active_connections":`, uint64(d.ActiveConnections))
		b = appendNumber(b, `,"inactive_connections":`, uint64(d.InactiveConnections))
		b = appendNumber(b, `,"persistent_connections":`, uint64(d.PersistentConnections))
	}

	if d.Forward == ipvs.Tunnel {
		b = appendTunnelJSON(b, d.Tunnel)
	}
	if !j.Rules {
		b = appendStatsJSON(b, orZero(d.Stats))
	}
	return b
}

// appendTunnelJSON appends an encapsulation.
func appendTunnelJSON(b []byte, t ipvs.TunnelInfo) []byte {
	b = appendName(append(b, `,"tunnel":{"type":`...), t.Type)
	b = appendNumber(b, `,"port":`, uint64(t.Port))
	b = appendName(append(b, `,"flags":`...), t.Flags)
	return append(b, '}')
}

// appendStatsJSON appends the counters and rates.
func appendStatsJSON(b []byte, s *ipvs.Stats) []byte {
	b = appendNumber(b, `,"stats":{"connections":`, s.Connections)
	b = appendNumber(b, `,"in_packets":`, s.InPackets)
	b = appendNumber(b, `,"out_packets":`, s.OutPackets)
	b = appendNumber(b, `,"in_bytes":`, s.InBytes)
	b = appendNumber(b, `,"out_bytes":`, s.OutBytes)
	b = appendNumber(b, `,"connections_per_second":`, s.ConnectionRate)
	b = appendNumber(b, `,"in_packets_per_second":`, s.InPacketRate)
	b = appendNumber(b, `,"out_packets_per_second":`, s.OutPacketRate)
	b = appendNumber(b, `,"in_bytes_per_second":`, s.InByteRate)
	b = appendNumber(b, `,"out_bytes_per_second":`, s.OutByteRate)
	return append(b, '}')
}
