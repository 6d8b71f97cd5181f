package format

import (
	"net/netip"
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// ConnCounts formats counted connections (ipvsadm -L -c --by): AppendTitle, AppendGroup
// for each group, AppendOmitted.
type ConnCounts struct {
	// Keys are the keys by which the connections were counted. Each has a column.
	Keys []ipvs.ConnKey
	// Templates adds the column of the templates of persistence (--persistent-conn).
	Templates bool
	// Names looks up the names of addresses and ports; nil prints numbers (-n).
	Names Namer
}

// The widths of the columns of numbers.
const (
	connectionsWidth = len("Connections")
	templatesWidth   = len("Templates")
	shareWidth       = len("100.0%")
)

// keyColumns has the title and the width of the column of each key. A longer value, such
// as an IPv6 address, moves the next columns to the right.
var keyColumns = [...]struct {
	title string
	width int
}{
	ipvs.ConnClient:   {"Client", len("255.255.255.255")},
	ipvs.ConnNetwork:  {"Network", len("255.255.255.0/24")},
	ipvs.ConnService:  {"Service", len("SCTP 255.255.255.255:65535")},
	ipvs.ConnServer:   {"Server", len("255.255.255.255:65535")},
	ipvs.ConnState:    {"State", len("ESTABLISHED")},
	ipvs.ConnProtocol: {"Protocol", len("Protocol")},
}

// AppendTitle appends the line with the names of the columns.
func (c ConnCounts) AppendTitle(b []byte) []byte {
	b = append(b, "Connections "...)
	if c.Templates {
		b = append(b, "Templates "...)
	}
	b = append(b, " Share"...)
	for i, k := range c.Keys {
		b = c.appendKey(b, i, keyColumns[k.Field].title)
	}
	return append(b, '\n')
}

// appendKey appends the i-th key as a word. There are no blanks after the last one.
func (c ConnCounts) appendKey(b []byte, i int, word string) []byte {
	from := len(b) + 1
	b = append(append(b, ' '), word...)
	return c.padKey(b, i, from)
}

// padKey fills the column of the i-th key, which begins at b[from].
func (c ConnCounts) padKey(b []byte, i, from int) []byte {
	if i == len(c.Keys)-1 {
		return b
	}
	return pad(b, from, keyColumns[c.Keys[i].Field].width)
}

// AppendGroup appends the line of a group. total is the number of all connections.
func (c ConnCounts) AppendGroup(b []byte, g *ipvs.ConnGroup, total uint64) []byte {
	b = appendRight(b, g.Connections, connectionsWidth)
	if c.Templates {
		b = appendRight(append(b, ' '), g.Templates, templatesWidth)
	}

	b = append(b, ' ')
	permille := permilleOf(g.Connections, total)
	b = appendRight(b, permille/10, shareWidth-len(".0%"))
	b = append(b, '.', byte('0'+permille%10), '%')

	for i := range c.Keys {
		from := len(b) + 1
		b = c.appendGroupValue(append(b, ' '), c.Keys[i], g)
		b = c.padKey(b, i, from)
	}
	return append(b, '\n')
}

// permilleOf returns the nearest whole number of thousandths.
func permilleOf(n, total uint64) uint64 {
	if total == 0 {
		return 0
	}
	return (1000*n + total/2) / total
}

// appendGroupValue appends what a group has in a key.
func (c ConnCounts) appendGroupValue(b []byte, k ipvs.ConnKey, g *ipvs.ConnGroup) []byte {
	switch k.Field {
	case ipvs.ConnClient:
		return appendHost(b, c.Names, g.Client)
	case ipvs.ConnNetwork:
		return appendNetwork(b, g.Network)
	case ipvs.ConnService:
		b = append(appendText(b, g.Protocol), ' ')
		return c.appendEnd(b, g, g.Service)
	case ipvs.ConnServer:
		return c.appendEnd(b, g, g.Server)
	case ipvs.ConnState:
		return appendText(b, g.State)
	}
	return appendText(b, g.Protocol)
}

// appendEnd appends an address and its port. The port has a name if the protocol is known.
func (c ConnCounts) appendEnd(b []byte, g *ipvs.ConnGroup, end netip.AddrPort) []byte {
	p, _ := ipvs.ParseProcProtocol(g.Protocol) // or 0, whose ports have no names
	return appendEndpoint(b, c.Names, p, end)
}

// appendNetwork appends a network.
func appendNetwork(b []byte, p netip.Prefix) []byte {
	b = append(appendAddr(b, p.Addr()), '/')
	return strconv.AppendInt(b, int64(p.Bits()), 10)
}

// AppendOmitted appends the line for the groups that are not listed, if there are any.
func (c ConnCounts) AppendOmitted(b []byte, t ipvs.ConnTotals) []byte {
	if t.Groups == 0 {
		return b
	}
	b = strconv.AppendInt(append(b, "… "...), int64(t.Groups), 10)
	b = strconv.AppendUint(append(b, " more, "...), t.Connections, 10)
	return append(b, " connections\n"...)
}

// ConnCountsJSON formats counted connections as a JSON document (ipvsadm -L -c --by KEYS
// --json): AppendOpening, AppendGroup for each group, AppendClosing.
type ConnCountsJSON struct {
	Keys []ipvs.ConnKey
	// Templates adds the numbers of templates (--persistent-conn).
	Templates bool
}

// AppendOpening appends what comes before the groups: the totals of all of them.
func (c ConnCountsJSON) AppendOpening(b []byte, all ipvs.ConnTotals) []byte {
	b = append(b, '{')
	b = c.appendNumbers(b, all.Connections, all.Templates)
	return append(b, `,"groups":[`...)
}

// appendNumbers appends the numbers of connections and templates.
func (c ConnCountsJSON) appendNumbers(b []byte, connections, templates uint64) []byte {
	b = appendNumber(b, `"connections":`, connections)
	if c.Templates {
		b = appendNumber(b, `,"templates":`, templates)
	}
	return b
}

// AppendGroup appends the i-th group, from 0. total is the number of all connections.
func (c ConnCountsJSON) AppendGroup(b []byte, i int, g *ipvs.ConnGroup, total uint64) []byte {
	b = c.appendNumbers(append(appendComma(b, i), '{'), g.Connections, g.Templates)
	permille := permilleOf(g.Connections, total)
	b = appendNumber(b, `,"share_percent":`, permille/10)
	b = append(b, '.', byte('0'+permille%10))

	for _, k := range c.Keys {
		b = append(append(append(b, `,"`...), k.Field.String()...), `":`...)
		b = appendKeyJSON(b, k, g)
	}
	return append(b, '}')
}

// appendKeyJSON appends what a group has in a key.
func appendKeyJSON(b []byte, k ipvs.ConnKey, g *ipvs.ConnGroup) []byte {
	switch k.Field {
	case ipvs.ConnClient:
		return appendAddrJSON(b, g.Client)
	case ipvs.ConnNetwork:
		return append(appendNetwork(append(b, '"'), g.Network), '"')
	case ipvs.ConnService:
		b = appendLower(append(b, `{"protocol":`...), g.Protocol)
		return append(appendEndJSON(append(b, ','), g.Service), '}')
	case ipvs.ConnServer:
		return append(appendEndJSON(append(b, '{'), g.Server), '}')
	case ipvs.ConnState:
		return appendString(b, g.State)
	}
	return appendLower(b, g.Protocol)
}

// AppendClosing appends what comes after the groups: the totals of those that are not
// listed.
func (c ConnCountsJSON) AppendClosing(b []byte, omitted ipvs.ConnTotals) []byte {
	b = appendNumber(b, `],"omitted":{"groups":`, uint64(omitted.Groups))
	b = c.appendNumbers(append(b, ','), omitted.Connections, omitted.Templates)
	return append(b, "}}\n"...)
}
