package format

import (
	"net/netip"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// ConnectionsJSON formats the connection table as a JSON document (ipvsadm -L -c
// --json): AppendOpening, AppendConnection for each connection, AppendClosing.
type ConnectionsJSON struct{}

// AppendOpening appends what comes before the connections.
func (ConnectionsJSON) AppendOpening(b []byte) []byte {
	return append(b, `{"connections":[`...)
}

// AppendConnection appends the i-th connection, from 0. The protocol is in lower case,
// as that of a service.
func (ConnectionsJSON) AppendConnection(b []byte, i int, c *ipvs.Connection) []byte {
	b = append(appendComma(b, i), `{"protocol":`...)
	b = appendLower(b, c.Protocol)
	b = appendNumber(b, `,"expires_seconds":`, c.Expires)
	b = appendString(append(b, `,"state":`...), c.State)
	b = appendConnectionEnd(b, `,"client":{`, c.Client)
	b = appendConnectionEnd(b, `,"virtual":{`, c.Virtual)
	b = appendConnectionEnd(b, `,"destination":{`, c.Destination)

	if c.Engine != "" || c.EngineData != "" {
		b = appendString(append(b, `,"engine":`...), c.Engine)
		b = appendString(append(b, `,"engine_data":`...), c.EngineData)
	}
	return append(b, '}')
}

// AppendClosing appends what comes after the connections.
func (ConnectionsJSON) AppendClosing(b []byte) []byte { return append(b, "]}\n"...) }

// appendConnectionEnd appends one end of a connection.
func appendConnectionEnd(b []byte, key string, end netip.AddrPort) []byte {
	return append(appendEndJSON(append(b, key...), end), '}')
}

// AppendTimeoutsJSON appends the document of ipvsadm -L --timeout --json.
func AppendTimeoutsJSON(b []byte, t ipvs.Timeouts) []byte {
	return append(appendTimeoutsJSON(append(b, '{'), t), "}\n"...)
}

// appendTimeoutsJSON appends the timeouts as a member of an object.
func appendTimeoutsJSON(b []byte, t ipvs.Timeouts) []byte {
	b = appendNumber(b, `"timeouts":{"tcp":`, uint64(t.TCP))
	b = appendNumber(b, `,"tcp_fin":`, uint64(t.TCPFin))
	b = appendNumber(b, `,"udp":`, uint64(t.UDP))
	return append(b, '}')
}

// AppendDaemonsJSON appends the document of ipvsadm -L --daemon --json.
func AppendDaemonsJSON(b []byte, daemons []ipvs.Daemon) []byte {
	return append(appendDaemonsJSON(append(b, '{'), daemons), "}\n"...)
}

// appendDaemonsJSON appends the sync daemons as a member of an object.
func appendDaemonsJSON(b []byte, daemons []ipvs.Daemon) []byte {
	b = append(b, `"daemons":[`...)
	for i, d := range daemons {
		b = appendDaemonJSON(append(appendComma(b, i), '{'), d)
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendDaemonJSON appends the members of a sync daemon. What the kernel did not report
// is left out, as in the listing.
func appendDaemonJSON(b []byte, d ipvs.Daemon) []byte {
	b = appendName(append(b, `"state":`...), d.State)
	b = appendString(append(b, `,"interface":`...), d.Interface)
	b = appendNumber(b, `,"syncid":`, uint64(d.SyncID))

	if d.MaxLen != 0 {
		b = appendNumber(b, `,"maxlen":`, uint64(d.MaxLen))
	}
	if d.Group.IsValid() {
		b = appendAddrJSON(append(b, `,"group":`...), d.Group)
	}
	if d.Port != 0 {
		b = appendNumber(b, `,"port":`, uint64(d.Port))
	}
	if d.TTL != 0 {
		b = appendNumber(b, `,"ttl":`, uint64(d.TTL))
	}
	return b
}
