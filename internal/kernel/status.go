package kernel

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
)

// The file ip_vs_status of /proc/net, since Linux 7.1, describes the tables of IPVS
// (ip_vs_status_show of net/netfilter/ipvs/ip_vs_ctl.c). Root alone can read it:
//
//	Conns:	100000
//	Conn buckets:	4096 (12 bits, lfactor -4)
//	Conn buckets empty:	1024 (25%)
//	Conn buckets len-7:	3072 (100%)
//	Services:	2
//	Service buckets:	16 (4 bits, lfactor -3)
//	...
//
// While the kernel moves connections to a table of another size, the lines of buckets by
// length count those of both tables. There are no such lines if there are no connections,
// or if the kernel gave up counting because table followed table.

// status is the contents of the file.
type status struct {
	services    int
	connections int
	// connTable describes the connection table: its size and its load factor.
	connTable string
	// connBuckets is the size of the connection table, and countedBuckets the number
	// of buckets in the lines by length.
	connBuckets, countedBuckets int
}

// readStatus reads the file. It reports whether that was possible.
func (c *Client) readStatus() (s status, ok bool) {
	if c.statusErr != nil {
		return status{}, false
	}

	f, err := c.openProc("ip_vs_status")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		c.statusErr = err // as it will be the next time
	}
	if err != nil {
		return status{}, false
	}
	defer f.Close()

	text, err := io.ReadAll(f)
	if err != nil {
		return status{}, false
	}
	return parseStatus(text)
}

// parseStatus parses the file. It reports whether the lines that are needed are there.
func parseStatus(text []byte) (s status, ok bool) {
	found := 0
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(":\t"))
		number, _ := cutField(value)
		n, isNumber := parseDecimal(number)
		if !isNumber {
			continue
		}

		switch {
		case string(name) == "Services":
			s.services = int(n)
			found++
		case string(name) == "Conns":
			s.connections = int(n)
			found++
		case string(name) == "Conn buckets":
			s.connTable, s.connBuckets = string(value), int(n)
			found++
		case bytes.HasPrefix(name, []byte("Conn buckets ")):
			s.countedBuckets += int(n)
		}
	}
	return s, found == 3
}

// resizing reports whether the kernel was moving connections to a table of another size.
func (s status) resizing() bool { return s.connections > 0 && s.countedBuckets != s.connBuckets }
