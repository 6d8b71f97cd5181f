package format_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// golden reads a file of testdata/format.
func golden(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/format", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readRules reads a file of numeric -A and -a lines. It knows as much of the language as
// these files use.
func readRules(t testing.TB, name string) []ipvs.Entry {
	t.Helper()

	var entries []ipvs.Entry
	for line := range strings.Lines(golden(t, name)) {
		r := &ruleReader{t: t, words: strings.Fields(line)}
		switch r.next() {
		case "-A":
			entries = append(entries, ipvs.Entry{Service: r.service()})
		case "-a":
			e := r.entry(entries)
			e.Destinations = append(e.Destinations, r.destination())
		default:
			t.Fatalf("not a rule: %q", line)
		}
	}
	return entries
}

// ruleReader reads the words of one rule.
type ruleReader struct {
	t     testing.TB
	words []string
}

// next returns the next word, "" at the end.
func (r *ruleReader) next() string {
	if len(r.words) == 0 {
		return ""
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

// number returns the next word as a number.
func (r *ruleReader) number() uint32 {
	r.t.Helper()
	word := r.next()
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil {
		r.t.Fatalf("not a number: %q", word)
	}
	return uint32(n)
}

// id returns the ID that the next words are.
func (r *ruleReader) id() ipvs.ServiceID {
	protocols := map[string]ipvs.Protocol{"-t": ipvs.TCP, "-u": ipvs.UDP, "--sctp-service": ipvs.SCTP}
	option := r.next()
	if p, ok := protocols[option]; ok {
		return ipvs.AddrService(p, netip.MustParseAddrPort(r.next()))
	}
	if option != "-f" {
		r.t.Fatalf("not a service: %q", option)
	}
	mark := r.number()
	if len(r.words) > 0 && r.words[0] == "-6" {
		r.next()
		return ipvs.MarkService(mark, ipvs.IPv6)
	}
	return ipvs.MarkService(mark, ipvs.IPv4)
}

// entry returns the service that the next words name.
func (r *ruleReader) entry(entries []ipvs.Entry) *ipvs.Entry {
	id := r.id()
	for i := range entries {
		if entries[i].Service.ID == id {
			return &entries[i]
		}
	}
	r.t.Fatalf("no service %v", id)
	return nil
}

// service returns the service that the rest of a rule adds.
func (r *ruleReader) service() ipvs.Service {
	s := ipvs.Service{ID: r.id()}
	s.Netmask = s.ID.Family.FullMask()
	for option := r.next(); option != ""; option = r.next() {
		switch option {
		case "-s":
			s.Scheduler = r.next()
		case "-p":
			s.Flags |= ipvs.Persistent
			s.Timeout = r.number()
		case "-M":
			s.Netmask = r.mask()
		case "--pe":
			s.Engine = r.next()
		case "-o":
			s.Flags |= ipvs.OnePacket
		case "-b":
			s.Flags |= schedFlags(r.next())
		default:
			r.t.Fatalf("unknown option %q", option)
		}
	}
	return s
}

// mask returns the next word as a mask: a prefix length, or dotted.
func (r *ruleReader) mask() uint32 {
	if strings.Contains(r.words[0], ".") {
		m := netip.MustParseAddr(r.next()).As4()
		return uint32(m[0])<<24 | uint32(m[1])<<16 | uint32(m[2])<<8 | uint32(m[3])
	}
	return r.number()
}

// schedFlags returns the flags with these names.
func schedFlags(names string) (flags ipvs.ServiceFlags) {
	for name := range strings.SplitSeq(names, ",") {
		switch name {
		case "flag-1", "sh-fallback", "mh-fallback":
			flags |= ipvs.Sched1
		case "flag-2", "sh-port", "mh-port":
			flags |= ipvs.Sched2
		case "flag-3":
			flags |= ipvs.Sched3
		}
	}
	return flags
}

// destination returns the server that the rest of a rule adds.
func (r *ruleReader) destination() ipvs.Destination {
	var d ipvs.Destination
	for option := r.next(); option != ""; option = r.next() {
		switch option {
		case "-r":
			d.Addr = netip.MustParseAddrPort(r.next())
		case "-m":
			d.Forward = ipvs.Masquerade
		case "-g":
			d.Forward = ipvs.Route
		case "-i":
			d.Forward = ipvs.Tunnel
		case "-w":
			d.Weight = int32(r.number())
		case "-x":
			d.UpperThreshold = r.number()
		case "-y":
			d.LowerThreshold = r.number()
		default:
			r.tunnel(option, &d.Tunnel)
		}
	}
	return d
}

// tunnel reads an option of an encapsulation.
func (r *ruleReader) tunnel(option string, tunnel *ipvs.TunnelInfo) {
	switch option {
	case "--tun-type":
		tunnel.Type = map[string]ipvs.TunnelType{"ipip": ipvs.IPIP, "gue": ipvs.GUE, "gre": ipvs.GRE}[r.next()]
	case "--tun-port":
		tunnel.Port = uint16(r.number())
	case "--tun-nocsum":
		tunnel.Flags = ipvs.TunnelNoChecksum
	case "--tun-csum":
		tunnel.Flags = ipvs.TunnelChecksum
	case "--tun-remcsum":
		tunnel.Flags = ipvs.TunnelRemoteChecksum
	default:
		r.t.Fatalf("unknown option %q", option)
	}
}

// filesNamer has the names of the hosts and services files of testdata/format/names.
type filesNamer struct {
	hosts map[netip.Addr]string
	ports map[string]string
}

func readNamer(t testing.TB) filesNamer {
	t.Helper()
	n := filesNamer{map[netip.Addr]string{}, map[string]string{}}
	for line := range strings.Lines(golden(t, "names/hosts")) {
		words := strings.Fields(line)
		n.hosts[netip.MustParseAddr(words[0])] = words[1]
	}
	for line := range strings.Lines(golden(t, "names/services")) {
		words := strings.Fields(line)
		n.ports[words[1]] = words[0]
	}
	return n
}

func (n filesNamer) Host(a netip.Addr) (string, bool) {
	name, ok := n.hosts[a]
	return name, ok
}

func (n filesNamer) Port(p ipvs.Protocol, port uint16) (string, bool) {
	name, ok := n.ports[strconv.Itoa(int(port))+"/"+p.String()]
	return name, ok
}
