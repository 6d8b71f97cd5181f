package kernel

import (
	"bytes"
	"errors"
	"io"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The file ip_vs of /proc/net lists services and servers
// (ip_vs_info_seq_show of net/netfilter/ipvs/ip_vs_ctl.c): three title lines,
// then a line for a service, such as
//
//	TCP  AC1400C8:0050 wlc persistent 30000 FFFFFF00
//	UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 rr
//	FWM  00000007 rr
//
// (the timeout in ticks; no family for a mark), and below it one for each server:
//
//	  -> C0A81E11:1F90      Masq    3      0          0
//
// The servers of a service are in the order of the dumps, which walk the same lists, and
// are always whole: the kernel prints a service with all of them at once. Services can be
// missing. In a network namespace beside others that have services, the kernel loses some
// at every 4 KiB of the file, where it looks for the place to go on (ip_vs_info_seq_next
// counts the others', ip_vs_info_array does not). While it moves services to a table of
// another size, some are missing and some come twice. A forwarding method that is none of
// the four known ones is called Masq.

// errNoProcTable is returned for a file that is not the proc table as we know it.
var errNoProcTable = errors.New("not a proc table of IPVS")

// joinProc adds the servers of those services in the list that the proc table shows, by
// reading one file instead of a request a service. If there is an error, none of them has
// got its servers.
func (c *Client) joinProc(l *serviceList, a *arena) (procJoin, error) {
	f, err := c.openProc("ip_vs")
	if err != nil {
		return procJoin{}, err
	}
	defer f.Close()

	return joinProcTable(newProcFile(f), l, a)
}

// joinProcTable reads the proc table beside the list of services.
func joinProcTable(r io.Reader, list *serviceList, a *arena) (procJoin, error) {
	l := newLineReader(r)
	if err := skipTitles(l); err != nil {
		return procJoin{}, err
	}

	j := procJoin{list: list, arena: a, done: make([]bool, len(list.entries)), current: -1}
	for {
		line, err := l.next()
		if err != nil {
			j.end()
		}
		if errors.Is(err, io.EOF) {
			return j, nil
		}
		if err != nil {
			return procJoin{}, err
		}

		if server, ok := bytes.CutPrefix(line, []byte("  -> ")); ok {
			j.server(server)
		} else {
			j.service(line)
		}
	}
}

// procJoin goes through a list of services and the proc table side by side.
type procJoin struct {
	list     *serviceList
	arena    *arena
	done     []bool // by position: the service has got its servers
	current  int    // the position of the service whose servers come, or -1
	next     int    // the position of the next service, if nothing has changed
	unlisted int    // services that are not in the list
}

// joined reports whether the service at position i has got its servers.
func (j *procJoin) joined(i int) bool { return j.done != nil && j.done[i] }

// service finds the service of a line. One that comes a second time is skipped.
func (j *procJoin) service(line []byte) {
	j.end()
	id, ok := parseProcService(line)
	if !ok {
		return
	}

	i, ok := j.find(&id)
	if !ok {
		j.unlisted++
	} else if !j.done[i] {
		j.done[i] = true
		j.current, j.next = i, i+1
	}
}

// find returns the position of a service: most are where they are expected.
func (j *procJoin) find(id *ipvs.ServiceID) (position int, ok bool) {
	if j.next < len(j.list.entries) && j.list.entries[j.next].Service.ID == *id {
		return j.next, true
	}
	return j.list.index.find(id)
}

// end ends the current service: its servers are complete.
func (j *procJoin) end() {
	if j.current >= 0 {
		j.list.entries[j.current].Destinations = j.arena.cut()
	}
	j.current = -1
}

// server adds the server of a line to the current service. One that cannot be parsed
// leaves the service without servers.
func (j *procJoin) server(line []byte) {
	if j.current < 0 {
		return
	}
	if !parseProcServer(line, j.arena.add()) {
		j.arena.reset()
		j.done[j.current] = false
		j.current = -1
	}
}

// skipTitles skips the three title lines.
func skipTitles(l lineReader) error {
	for i := range 3 {
		line, err := l.next()
		if err != nil {
			return err
		}
		if i == 0 && !bytes.HasPrefix(line, []byte("IP Virtual Server ")) {
			return errNoProcTable
		}
	}
	return nil
}

// parseProcService parses the line of a service. It reports false for one of a firewall
// mark: the line does not contain the family, and there can be a service of each.
func parseProcService(line []byte) (id ipvs.ServiceID, ok bool) {
	name, line := cutField(line)
	protocol, ok := ipvs.ParseProcProtocol(string(name))
	if !ok {
		return id, false
	}
	addr, _ := cutField(line)
	ap, ok := parseAddrPort(addr)
	return ipvs.AddrService(protocol, ap), ok
}

// parseProcServer parses what follows the arrow in the line of a server.
func parseProcServer(line []byte, d *ipvs.Destination) (ok bool) {
	addr, line := cutField(line)
	if d.Addr, ok = parseAddrPort(addr); !ok {
		return false
	}
	forward, line := cutField(line)
	if d.Forward, ok = ipvs.ParseProcForward(string(forward)); !ok {
		return false
	}
	weight, line := cutField(line)
	if d.Weight, ok = parseInt32(weight); !ok {
		return false
	}
	active, line := cutField(line)
	if d.ActiveConnections, ok = parseCount(active); !ok {
		return false
	}
	inactive, _ := cutField(line)
	d.InactiveConnections, ok = parseCount(inactive)
	return ok
}

// parseCount parses a number of connections, which the kernel prints as signed.
func parseCount(b []byte) (uint32, bool) {
	v, ok := parseInt32(b)
	return uint32(v), ok
}
