package format

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// AppendDestination appends the line of a server. Its port is looked up by the
// protocol of its service.
func (l Listing) AppendDestination(b []byte, p ipvs.Protocol, d *ipvs.Destination) []byte {
	b = append(b, "  -> "...)
	from := len(b)
	b = appendEndpoint(b, l.Names, p, d.Addr)
	if d.Addr.Addr().Is4() {
		b = cut(b, from, destinationWidth)
	}

	b = pad(b, from, destinationWidth)

	switch l.Style {
	case Stats:
		b = l.appendTotals(b, orZero(d.Stats))
	case Rate:
		b = l.appendDestinationRates(b, orZero(d.Stats))
	case Thresholds:
		b = appendColumn(b, uint64(d.UpperThreshold), 10)
		b = appendColumn(b, uint64(d.LowerThreshold), 10)
		b = appendActivity(b, d)
	case PersistentConn:
		b = appendColumn(b, uint64(uint32(d.Weight)), 9)
		b = appendColumn(b, uint64(d.PersistentConnections), 11)
		b = appendActivity(b, d)
	default:
		b = l.appendForwarding(b, d)
		b = appendActivity(b, d)
	}
	return append(b, '\n')
}

// appendForwarding appends the forwarding method of a server and its weight.
func (l Listing) appendForwarding(b []byte, d *ipvs.Destination) []byte {
	b = append(b, ' ')
	from := len(b)
	b = pad(appendForward(b, d.Forward), from, 7)
	b = append(b, ' ')

	if l.Style == TunInfo {
		from = len(b)
		b = pad(appendTunnel(b, d), from, 13)
		b = append(b, ' ')
	}

	from = len(b)
	return pad(strconv.AppendInt(b, int64(d.Weight), 10), from, 6)
}

// appendActivity appends the active and inactive connections, the last columns of
// every listing but --stats and --rate. The line ends with the blanks of the last
// column.
func appendActivity(b []byte, d *ipvs.Destination) []byte {
	b = appendColumn(b, uint64(d.ActiveConnections), 10)
	return appendColumn(b, uint64(d.InactiveConnections), 10)
}

// appendColumn appends a left-justified number after a blank.
func appendColumn(b []byte, n uint64, width int) []byte {
	return appendLeft(append(b, ' '), n, width)
}

// appendForward appends a forwarding method: its name, or its number if neither the
// kernel's proc file nor the reference program has a name for it.
func appendForward(b []byte, f ipvs.Forward) []byte {
	if name, ok := f.ProcName(); ok {
		return append(b, name...)
	}
	return strconv.AppendUint(b, uint64(f), 10)
}

// appendTunnel appends the encapsulation of a server in the short form of the
// --tun-info listing.
func appendTunnel(b []byte, d *ipvs.Destination) []byte {
	if d.Forward != ipvs.Tunnel {
		return append(b, "n/a"...)
	}

	t := d.Tunnel
	b = append(b, t.Type.String()...)
	if t.Type == ipvs.GUE {
		b = strconv.AppendUint(append(b, ':'), uint64(t.Port), 10)
	}
	if t.Type == ipvs.GUE || t.Type == ipvs.GRE {
		b = appendTunnelFlags(append(b, ':'), t.Flags)
	}
	return b
}

// appendTunnelFlags appends how a tunnel is checksummed: not, with a checksum, or with
// a remote one.
func appendTunnelFlags(b []byte, f ipvs.TunnelFlags) []byte {
	switch f {
	case ipvs.TunnelNoChecksum:
		return append(b, "-c"...)
	case ipvs.TunnelChecksum:
		return append(b, "+c"...)
	case ipvs.TunnelRemoteChecksum:
		return append(b, "r+c"...)
	}
	return strconv.AppendUint(b, uint64(f), 10)
}

// orZero returns the counters, zeros if they are nil.
func orZero(s *ipvs.Stats) *ipvs.Stats {
	if s == nil {
		return new(ipvs.Stats)
	}
	return s
}

// appendTotals appends the five counters of --stats.
func (l Listing) appendTotals(b []byte, s *ipvs.Stats) []byte {
	b = appendCounter(b, s.Connections, l.Exact)
	b = appendCounter(b, s.InPackets, l.Exact)
	b = appendCounter(b, s.OutPackets, l.Exact)
	b = appendCounter(b, s.InBytes, l.Exact)
	return appendCounter(b, s.OutBytes, l.Exact)
}

// appendServiceRates appends the five rates of a service.
func (l Listing) appendServiceRates(b []byte, s *ipvs.Stats) []byte {
	b = appendCounter(b, s.ConnectionRate, l.Exact)
	b = appendCounter(b, s.InPacketRate, l.Exact)
	b = appendCounter(b, s.OutPacketRate, l.Exact)
	return l.appendByteRates(b, s)
}

// appendDestinationRates appends the five rates of a server. Unlike those of a
// service, the first three are never shortened.
func (l Listing) appendDestinationRates(b []byte, s *ipvs.Stats) []byte {
	b = appendRight(append(b, ' '), s.ConnectionRate, counterWidth-1)
	b = appendRight(append(b, ' '), s.InPacketRate, counterWidth-1)
	b = appendRight(append(b, ' '), s.OutPacketRate, counterWidth-1)
	return l.appendByteRates(b, s)
}

// appendByteRates appends the last two rates.
func (l Listing) appendByteRates(b []byte, s *ipvs.Stats) []byte {
	b = appendCounter(b, s.InByteRate, l.Exact)
	return appendCounter(b, s.OutByteRate, l.Exact)
}
