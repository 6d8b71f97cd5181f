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
// Servers stand in the order of the dumps, which walk the same lists, and those of
// a service are always whole. Services may be missing: in a namespace beside
// others that have services, the kernel loses some at every 4 KiB of the file,
// when it looks for the place to go on (ip_vs_info_seq_next counts the others',
// ip_vs_info_array does not). A forwarding method that is none of the four known
// ones is called Masq.

// errNoProcTable is a file that is not the proc table as we know it.
var errNoProcTable = errors.New("not a proc table of IPVS")

// joinProc adds the servers of those services that the proc table shows, by one
// look at the file in the place of a request a service. It says which services
// it could answer for: none, if there is an error.
func (c *Client) joinProc(entries []ipvs.Entry, a *arena) (joined []bool, err error) {
	f, err := c.openProc("ip_vs")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return joinProcTable(f, entries, a)
}

// joinProcTable reads the proc table beside the services. Of a service that it
// does not know it skips the servers.
func joinProcTable(r io.Reader, entries []ipvs.Entry, a *arena) ([]bool, error) {
	l := newLineReader(r)
	if err := skipTitles(l); err != nil {
		return nil, err
	}
	j := procJoin{entries: entries, arena: a, joined: make([]bool, len(entries)), present: -1}
	for {
		line, err := l.next()
		if err != nil {
			j.end()
		}
		if errors.Is(err, io.EOF) {
			j.dropTwins()
			return j.joined, nil
		}
		if err != nil {
			return nil, err
		}
		if server, ok := bytes.CutPrefix(line, []byte("  -> ")); ok {
			j.server(server)
		} else {
			j.service(line)
		}
	}
}

// procJoin goes through services and proc table side by side.
type procJoin struct {
	entries []ipvs.Entry
	arena   *arena
	joined  []bool
	present int // the place of the service whose servers come, or -1
	next    int // the place where the next service is expected
}

// service finds the service of a line, at the expected place or behind it.
func (j *procJoin) service(line []byte) {
	j.end()
	for i := j.next; i < len(j.entries); i++ {
		if isProcService(line, &j.entries[i].Service) {
			j.joined[i] = true
			j.present, j.next = i, i+1
			return
		}
	}
}

// end ends the present service: its servers are complete.
func (j *procJoin) end() {
	if j.present >= 0 {
		j.entries[j.present].Destinations = j.arena.cut()
	}
	j.present = -1
}

// server adds the server of a line to the present service. One that cannot be
// read leaves the service without an answer.
func (j *procJoin) server(line []byte) {
	if j.present < 0 {
		return
	}
	if !parseProcServer(line, j.arena.add()) {
		j.arena.reset()
		j.joined[j.present] = false
		j.present = -1
	}
}

// dropTwins leaves those services without an answer of which two have the same
// mark: the table does not tell the IPv4 one from the IPv6 one, and may lack one.
func (j *procJoin) dropTwins() {
	seen := map[uint32]int{}
	for i := range j.entries {
		mark := j.entries[i].Service.ID.FWMark
		if mark == 0 {
			continue
		}
		if twin, ok := seen[mark]; ok {
			j.joined[i], j.joined[twin] = false, false
		}
		seen[mark] = i
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

// isProcService says whether a line shows this service.
func isProcService(line []byte, s *ipvs.Service) bool {
	protocol, line := cutField(line)
	addr, _ := cutField(line)
	if string(protocol) != procProtocol(s.ID) {
		return false
	}
	if s.ID.FWMark != 0 {
		mark, ok := parseHex(addr, 8)
		return ok && mark == s.ID.FWMark
	}
	ap, ok := parseAddrPort(addr)
	return ok && ap == s.ID.Addr
}

// procProtocol is the first word of a service's line; not the kernel's for a
// protocol that IPVS has no services of.
func procProtocol(id ipvs.ServiceID) string {
	switch {
	case id.FWMark != 0:
		return "FWM"
	case id.Protocol == ipvs.TCP:
		return "TCP"
	case id.Protocol == ipvs.UDP:
		return "UDP"
	case id.Protocol == ipvs.SCTP:
		return "SCTP"
	}
	return ""
}

// parseProcServer reads what follows the arrow.
func parseProcServer(line []byte, d *ipvs.Destination) (ok bool) {
	addr, line := cutField(line)
	if d.Addr, ok = parseAddrPort(addr); !ok {
		return false
	}
	forward, line := cutField(line)
	if d.Forward, ok = procForward(forward); !ok {
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

// parseCount reads a number of connections, which the kernel prints as signed.
func parseCount(b []byte) (uint32, bool) {
	v, ok := parseInt32(b)
	return uint32(v), ok
}

// procForward is the forwarding method of a name (ip_vs_fwd_name).
func procForward(name []byte) (ipvs.Forward, bool) {
	switch string(name) {
	case "Masq":
		return ipvs.Masquerade, true
	case "Local":
		return ipvs.Local, true
	case "Tunnel":
		return ipvs.Tunnel, true
	case "Route":
		return ipvs.Route, true
	}
	return 0, false
}
