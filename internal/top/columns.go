package top

import (
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// columnID is a column of the table.
type columnID int

// The columns, in the order of the table. byListing stands for the name, and for the order
// of listings.
const (
	byListing columnID = iota
	byMethod
	byWeight
	byActive
	byInactive
	byPersistent
	byConnRate
	byInPackets
	byOutPackets
	byInBits
	byOutBits
	byConnShare
	byWeightShare
	byTrend
)

// column is a column of the table.
type column struct {
	title string
	// width is the number of characters, without the blank before them.
	width int
	// value is what the column is sorted by; nil for columns of words.
	value func(row) uint64
	// text returns a number as the table shows it; nil for number.
	text func(row) string
	// isRate reports whether there are no numbers before the second sample.
	isRate bool
}

// columns are the columns of numbers, by their ID. Words are drawn by their own functions.
var columns = [...]column{
	byListing:     {title: "Service / server", width: 22},
	byMethod:      {title: "Method", width: 6},
	byWeight:      {title: "Wght", width: 5, value: weightOf},
	byActive:      {title: "Actv", width: 5, value: activeOf},
	byInactive:    {title: "Inac", width: 5, value: inactiveOf},
	byPersistent:  {title: "Pers", width: 5, value: persistentOf},
	byConnRate:    {title: "CPS", width: 5, value: rate(func(s *ipvs.Stats) uint64 { return s.ConnectionRate }), isRate: true},
	byInPackets:   {title: "PktI", width: 5, value: rate(func(s *ipvs.Stats) uint64 { return s.InPacketRate }), isRate: true},
	byOutPackets:  {title: "PktO", width: 5, value: rate(func(s *ipvs.Stats) uint64 { return s.OutPacketRate }), isRate: true},
	byInBits:      {title: "BitI", width: 5, value: rate(func(s *ipvs.Stats) uint64 { return 8 * s.InByteRate }), isRate: true},
	byOutBits:     {title: "BitO", width: 5, value: rate(func(s *ipvs.Stats) uint64 { return 8 * s.OutByteRate }), isRate: true},
	byConnShare:   {title: "%Con", width: 5, value: connShareOf, text: connShareText},
	byWeightShare: {title: "%Wgt", width: 5, value: weightShareOf, text: weightShareText},
	byTrend:       {title: "Connections/s", width: 10},
}

// narrowColumns are the columns of a screen with 80 columns.
var narrowColumns = []columnID{byListing, byMethod, byWeight, byActive, byInactive, byConnRate, byInBits, byOutBits, byConnShare, byWeightShare}

// wideColumns are all columns.
var wideColumns = []columnID{
	byListing, byMethod, byWeight, byActive, byInactive, byPersistent, byConnRate,
	byInPackets, byOutPackets, byInBits, byOutBits, byConnShare, byWeightShare, byTrend,
}

const (
	// prefixWidth is the width of what stands before the name: the mark, and the sign
	// of a service whose servers are folded.
	prefixWidth = 3
	// maxNameWidth has room for an IPv6 address and its port.
	maxNameWidth = 47
)

// layout returns the columns for a width, with their widths. What is left goes to the
// name first and then to the graph.
func layout(width int) (ids []columnID, widths map[columnID]int) {
	ids = wideColumns
	if widthOf(ids) > width {
		ids = narrowColumns
	}

	widths = make(map[columnID]int, len(ids))
	for _, id := range ids {
		widths[id] = columns[id].width
	}
	spare := max(width-widthOf(ids), 0)
	forName := min(spare, maxNameWidth-columns[byListing].width)
	widths[byListing] += forName
	if _, ok := widths[byTrend]; ok {
		widths[byTrend] += min(spare-forName, trendLength-columns[byTrend].width)
	}
	return ids, widths
}

// widthOf returns the width of a table with these columns.
func widthOf(ids []columnID) int {
	n := prefixWidth - 1
	for _, id := range ids {
		n += 1 + columns[id].width
	}
	return n
}

// nextSort returns the column that sorts the rows after a column: the next one of numbers
// in a table of this width, or again the order of listings.
func nextSort(c columnID, width int) columnID {
	ids, _ := layout(width)
	for _, id := range ids {
		if id > c && columns[id].value != nil {
			return id
		}
	}
	return byListing
}

func weightOf(r row) uint64 {
	if r.server != nil {
		return uint64(uint32(r.server.Weight))
	}
	return r.service.weight
}

func activeOf(r row) uint64 {
	if r.server != nil {
		return uint64(r.server.ActiveConnections)
	}
	return r.service.active
}

func inactiveOf(r row) uint64 {
	if r.server != nil {
		return uint64(r.server.InactiveConnections)
	}
	return r.service.inactive
}

func persistentOf(r row) uint64 {
	if r.server != nil {
		return uint64(r.server.PersistentConnections)
	}
	return r.service.persistent
}

// rate returns the value of a column with a rate.
func rate(of func(*ipvs.Stats) uint64) func(row) uint64 {
	return func(r row) uint64 {
		stats := r.service.Stats
		if r.server != nil {
			stats = r.server.Stats
		}
		if stats == nil {
			return 0
		}
		return of(stats)
	}
}

// connectionsOf returns the active and inactive connections.
func connectionsOf(r row) uint64 { return activeOf(r) + inactiveOf(r) }

// connShareOf returns the share of a server in the connections of its service in
// thousandths.
func connShareOf(r row) uint64 {
	return permille(connectionsOf(r), connectionsOf(row{r.service, nil}))
}

// weightShareOf returns the share of a server in the weights of its service in
// thousandths.
func weightShareOf(r row) uint64 { return permille(weightOf(r), r.service.weight) }

func permille(part, whole uint64) uint64 {
	if whole == 0 {
		return 0
	}
	return (1000*part + whole/2) / whole
}

// connShareText returns the share in the connections. A service has none.
func connShareText(r row) string {
	if r.server == nil {
		return ""
	}
	return percent(connectionsOf(r), connectionsOf(row{r.service, nil}))
}

// weightShareText returns the share in the weights. A service has none.
func weightShareText(r row) string {
	if r.server == nil {
		return ""
	}
	return percent(weightOf(r), r.service.weight)
}
