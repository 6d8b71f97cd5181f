package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Connections formats the connection table (ipvsadm -L -c): AppendTitle, then
// AppendLine for each connection.
type Connections struct {
	// Persistent adds the columns of the persistence engines
	// (--persistent-conn).
	Persistent bool
	// Names looks up the names of addresses and ports; nil prints numbers (-n).
	Names Namer
}

// AppendTitle appends the two lines above the connections.
func (c Connections) AppendTitle(b []byte) []byte {
	b = append(b, "IPVS connection entries\n"...)
	if c.Persistent {
		return append(b, "pro expire state       source             virtual            destination        pe name          pe_data\n"...)
	}
	return append(b, "pro expire state       source             virtual            destination\n"...)
}

// AppendLine appends the line of a connection.
func (c Connections) AppendLine(b []byte, conn *ipvs.Connection) []byte {
	var p ipvs.Protocol // or 0, whose ports have no names
	if c.Names != nil {
		p, _ = ipvs.ParseProcProtocol(conn.Protocol)
	}

	b = appendTextField(b, conn.Protocol, 3)
	b = appendExpiry(b, conn.Expires, 6)
	b = appendTextField(b, conn.State, 11)
	b = c.appendEnd(b, p, conn.Client, 18)
	b = c.appendEnd(b, p, conn.Virtual, 18)
	if !c.Persistent || conn.EngineData == "" {
		b = appendEndpoint(b, c.Names, p, conn.Destination)
		return append(b, '\n')
	}

	b = c.appendEnd(b, p, conn.Destination, 16)
	b = appendTextField(b, conn.Engine, 18)
	b = appendText(b, conn.EngineData)
	return append(b, '\n')
}

// appendEnd appends one end of a connection, and the blank after its column.
func (c Connections) appendEnd(b []byte, p ipvs.Protocol, end netip.AddrPort, width int) []byte {
	from := len(b)
	b = pad(appendEndpoint(b, c.Names, p, end), from, width)
	return append(b, ' ')
}

// appendTextField appends a text of the kernel, and the blank after its column.
func appendTextField(b []byte, text string, width int) []byte {
	from := len(b)
	b = pad(appendText(b, text), from, width)
	return append(b, ' ')
}

// appendExpiry appends a time in seconds as minutes and seconds, and the blank after
// its column. There are no hours: 100 minutes are 100:00.
func appendExpiry(b []byte, seconds uint64, width int) []byte {
	from := len(b)
	b = appendTwo(b, seconds/60)
	b = append(b, ':')
	b = appendTwo(b, seconds%60)
	b = pad(b, from, width)
	return append(b, ' ')
}

// appendTwo appends a number with at least two digits.
func appendTwo(b []byte, n uint64) []byte {
	if n < 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, n, 10)
}
