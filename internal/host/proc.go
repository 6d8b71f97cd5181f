package host

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// readOptional reads a file that need not exist. It returns nil if it does not.
func readOptional(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, err
}

// readStatus reads /proc/net/ip_vs_status, which root alone can read.
func (g *gatherer) readStatus() error {
	text, err := readOptional(g.host.net("ip_vs_status"))
	if err != nil || text == nil {
		return err
	}
	g.facts.Status, err = parseStatus(text)
	return err
}

// errUnexpected is the error for a file that is not as the kernel is known to write it.
var errUnexpected = errors.New("unexpected contents")

// parseStatus parses lines such as
//
//	Conns:	100000
//	Conn buckets:	4096 (12 bits, lfactor -4)
func parseStatus(text []byte) (*Status, error) {
	var s Status
	numbers := map[string]*int{
		"Conns": &s.Connections, "Conn buckets": &s.ConnectionBuckets,
		"Services": &s.Services, "Service buckets": &s.ServiceBuckets,
	}

	found := 0
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		number, wanted := numbers[name]
		fields := strings.Fields(value)
		if !wanted || len(fields) == 0 {
			continue
		}
		var err error
		if *number, err = strconv.Atoi(fields[0]); err != nil {
			return nil, errUnexpected
		}
		found++
	}

	if found != len(numbers) {
		return nil, errUnexpected
	}
	return &s, nil
}

// readApps reads /proc/net/ip_vs_app.
func (g *gatherer) readApps() error {
	text, err := readOptional(g.host.net("ip_vs_app"))
	if err != nil {
		return err
	}
	g.facts.Apps, err = parseApps(text)
	return err
}

// parseApps parses a title line and lines of protocol, port, number of uses and name
// (ip_vs_app_seq_show of net/netfilter/ipvs/ip_vs_app.c):
//
//	prot port    usecnt name
//	TCP  21      1      ftp
func parseApps(text []byte) (apps []App, err error) {
	title := true
	for line := range strings.Lines(string(text)) {
		if title {
			title = false
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 4 {
			return nil, errUnexpected
		}
		port, err := strconv.ParseUint(fields[1], 10, 16)
		if err != nil {
			return nil, errUnexpected
		}
		apps = append(apps, App{Protocol: fields[0], Port: uint16(port), Name: fields[3]})
	}
	return apps, nil
}
