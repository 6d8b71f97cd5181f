package ruleset

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// names are those of schedulers and engines, and what only a hostile kernel has. The
// empty scheduler is not among them: no kernel has it, and FromChange takes it for the
// default.
var names = []string{"rr", "wlc", "sh", "mh", "fifteen-letters", "sixteen-letters-", "seventeen-letters", "a b", "\x1b[2J", "grün", "\xff\"\\"}

// oneOfThem draws one of some values.
func oneOfThem[T any](t *rapid.T, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

// drawService draws a service of a listing: the fields that the document has are any
// that a kernel could report, the others have the values that they have then.
func drawService(t *rapid.T, id ipvs.ServiceID) ipvs.Service {
	s := ipvs.Service{
		ID: id, Scheduler: oneOfThem(t, "scheduler", names...), Engine: oneOfThem(t, "engine", append(names, "", "")...),
		Flags: oneOfThem(t, "flags", 0, ipvs.Persistent, ipvs.OnePacket, ipvs.Sched1, ipvs.Sched2|ipvs.Sched3, 0x40, 1<<31) |
			oneOfThem(t, "more flags", 0, ipvs.Persistent, ipvs.SchedFlags),
		Netmask: id.Family.FullMask(),
	}
	if s.Flags&ipvs.Persistent != 0 {
		s.Timeout = oneOfThem[uint32](t, "timeout", 0, 1, 360, ipvs.MaxTimeout, ipvs.MaxTimeout+1, 1<<32-1)
		s.Netmask = oneOfThem[uint32](t, "mask", 0, 1, 64, 128, 129, 0xffffff00, 0xffffffff)
	}
	return s
}

// drawServer draws a server of a listing.
func drawServer(t *rapid.T, id ipvs.ServiceID, addr netip.Addr) ipvs.Destination {
	d := ipvs.Destination{
		Addr:           netip.AddrPortFrom(addr, oneOfThem(t, "server port", id.Addr.Port(), id.Addr.Port(), 8080)),
		Forward:        ipvs.Forward(rapid.Uint32Range(0, 7).Draw(t, "forward")),
		Weight:         oneOfThem[int32](t, "weight", 0, 1, ipvs.MaxWeight, -1),
		UpperThreshold: oneOfThem[uint32](t, "upper threshold", 0, 5, ipvs.MaxThreshold, ipvs.MaxThreshold+1),
		LowerThreshold: oneOfThem[uint32](t, "lower threshold", 0, 5, ipvs.MaxThreshold, ipvs.MaxThreshold+1),
	}
	if d.Forward == ipvs.Tunnel {
		d.Tunnel = ipvs.TunnelInfo{
			Type:  ipvs.TunnelType(rapid.Uint8Range(0, 3).Draw(t, "tunnel type")),
			Port:  oneOfThem[uint16](t, "tunnel port", 0, 0, 5555),
			Flags: ipvs.TunnelFlags(rapid.Uint16Range(0, 3).Draw(t, "tunnel flags")),
		}
	}
	return d
}

// drawEntry draws the i-th service of a table with its servers.
func drawEntry(t *rapid.T, i int) ipvs.Entry {
	addrs := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:1.2.3.4"), {}}
	var id ipvs.ServiceID
	if rapid.Bool().Draw(t, "mark") {
		id = ipvs.MarkService(uint32(i+1), oneOfThem(t, "family", ipvs.IPv4, ipvs.IPv6, 7))
	} else {
		port := oneOfThem(t, "service port", 0, uint16(i+1))
		id = ipvs.AddrService(oneOfThem(t, "protocol", ipvs.TCP, ipvs.UDP, ipvs.SCTP, 47), netip.AddrPortFrom(oneOfThem(t, "address", addrs...), port))
	}

	e := ipvs.Entry{Service: drawService(t, id)}
	for j := range rapid.IntRange(0, 3).Draw(t, "servers") {
		addr := oneOfThem(t, "server address", addrs...)
		for range j {
			addr = addr.Next() // there is no server twice
		}
		e.Destinations = append(e.Destinations, drawServer(t, id, addr))
	}
	return e
}

// drawDaemon draws a sync daemon of a listing.
func drawDaemon(t *rapid.T) ipvs.Daemon {
	return ipvs.Daemon{
		State: oneOfThem(t, "state", ipvs.Master, ipvs.Backup, 9), Interface: oneOfThem(t, "interface", names...),
		SyncID: oneOfThem[uint32](t, "sync ID", 0, 255, 256), MaxLen: oneOfThem[uint16](t, "length", 0, 1, 65507, 65508),
		Group: oneOfThem(t, "group", netip.Addr{}, netip.MustParseAddr("224.0.0.81"), netip.MustParseAddr("ff02::1"), netip.MustParseAddr("10.0.0.1")),
		Port:  oneOfThem[uint16](t, "port", 0, 1, 65535), TTL: oneOfThem[uint8](t, "ttl", 0, 1, 255),
	}
}

// wantedRules collects what a document is expected to yield.
type wantedRules struct {
	rules []Rule
	// refused has the positions of what no command can express.
	refused map[string]bool
}

// add adds the rule of a change, if a command can express it.
func (w *wantedRules) add(pos Position, c ipvs.Change) bool {
	cmd, err := command.FromChange(c)
	if err != nil {
		w.refused[pos.String()] = true
		return false
	}
	w.rules = append(w.rules, Rule{pos, cmd})
	return true
}

// TestDecoderReadsWhatFormatPrints checks that the documents of package format are read
// as the changes that they describe, and that what is refused is what no command can
// express: numbers beyond the limits, names that are too long or not printable, and
// what has no name (protocols, forwarding methods, tunnel types and flags).
func TestDecoderReadsWhatFormatPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := format.JSON{Rules: rapid.Bool().Draw(t, "rules only")}
		want := wantedRules{refused: map[string]bool{}}
		text := doc.AppendOpening(nil, &ipvs.Info{})
		keys := map[ipvs.ServiceID]bool{}
		for i := range rapid.IntRange(0, 3).Draw(t, "services") {
			e := drawEntry(t, i)
			if keys[e.Service.ID] {
				e.Service.ID.Addr = netip.AddrPortFrom(e.Service.ID.Addr.Addr(), uint16(1000+i))
			}
			keys[e.Service.ID] = true
			text = doc.AppendEntry(text, i, &e)

			pos := Position{Path: "services", Element: i + 1}
			there := want.add(pos, ipvs.Change{Op: ipvs.AddService, Service: e.Service})
			for j, d := range e.Destinations {
				pos := Position{Path: pos.String() + ".destinations", Element: j + 1}
				if there {
					want.add(pos, ipvs.Change{Op: ipvs.AddDestination, Service: ipvs.Service{ID: e.Service.ID}, Destination: d})
				}
			}
		}
		rest := &format.Rest{Timeouts: ipvs.Timeouts{TCP: oneOfThem[uint32](t, "tcp", 0, 900, ipvs.MaxTimeout+1)}}
		want.add(Position{Path: "timeouts"}, ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: rest.Timeouts})
		if rapid.Bool().Draw(t, "daemon") {
			rest.Daemons = append(rest.Daemons, drawDaemon(t))
			want.add(Position{Path: "daemons[0]"}, ipvs.Change{Op: ipvs.StartDaemon, Daemon: rest.Daemons[0]})
		}
		text = doc.AppendClosing(text, rest)

		checkWanted(t, want, text)
	})
}

// checkWanted checks that a document yields the wanted rules, and an error for each
// position that is refused: there, or at a part of it.
func checkWanted(t *rapid.T, want wantedRules, text []byte) {
	var rules []Rule
	refused := map[string]bool{}
	source := NewDecoder(bytes.NewReader(text))
	for {
		var r Rule
		var fault *Error
		err := source.Next(&r)
		switch {
		case err == nil:
			rules = append(rules, r)
			continue
		case errors.As(err, &fault):
			path := fault.Pos.String()
			for path != "" && !want.refused[path] {
				path = path[:max(0, strings.LastIndexByte(path, '.'))]
			}
			if path == "" {
				t.Errorf("unexpected: %v", err)
			} else {
				refused[path] = true
			}
			continue
		}
		break
	}
	if diff := cmp.Diff(want.rules, rules, ruleComparison); diff != "" {
		t.Errorf("rules (-want +got):\n%s\n%s", diff, text)
	}
	if diff := cmp.Diff(want.refused, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s\n%s", diff, text)
	}
}
