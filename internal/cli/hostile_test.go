package cli

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// hostile is a text that must not be sent to a terminal: colours, a title, a bell, an
// 8-bit control character, a zero byte, a change of the direction of writing, broken and
// overlong UTF-8, and newlines. It is wider than every column.
const hostile = "a\x1b[31m\x1b]0;x\a\u009b2J\x00\u202e\u2028\r\n\t\xff\xc0\xaf\xed\xa0\x80\U000e0001z"

// hostileNames is a Names that returns hostile for every name.
type hostileNames struct{}

func (hostileNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	return netip.Addr{}, errors.New(hostile)
}
func (hostileNames) LookupPort(ipvs.Protocol, string) (uint16, bool) { return 0, false }
func (hostileNames) Host(netip.Addr) (string, bool)                  { return hostile, true }
func (hostileNames) Port(ipvs.Protocol, uint16) (string, bool)       { return hostile, true }
func (hostileNames) Prefetch([]netip.Addr)                           {}

// newHostileKernel returns a kernel that has hostile in the place of every name.
func newHostileKernel() *scriptedKernel {
	end := netip.MustParseAddrPort("10.0.0.1:80")
	tcp := ipvs.ServiceID{Family: ipvs.IPv4, Protocol: ipvs.TCP, Addr: end}
	odd := ipvs.ServiceID{Family: ipvs.IPv4, Protocol: 253, Addr: end}
	servers := []ipvs.Destination{
		{Addr: end, Forward: 6, Weight: -1},
		{Addr: end, Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: 9, Flags: 0xffff}},
	}
	k := &scriptedKernel{daemons: []ipvs.Daemon{{State: 7, Interface: hostile}, {State: ipvs.Master, Interface: hostile}}}
	for _, id := range []ipvs.ServiceID{tcp, odd, ipvs.MarkService(1<<32-1, ipvs.IPv6), {}} {
		k.table.Entries = append(k.table.Entries, ipvs.Entry{
			Service: ipvs.Service{
				ID: id, Scheduler: hostile, Engine: hostile, Flags: 1<<32 - 1, Timeout: 1<<32 - 1, Netmask: 1<<32 - 1,
			},
			Destinations: servers,
		})
	}
	k.connections = []ipvs.Connection{{
		Protocol: hostile, State: hostile, Engine: hostile, EngineData: hostile, Client: end, Virtual: end, Destination: end,
		Expires: 1<<64 - 1,
	}, {EngineData: hostile}}
	return k
}

// TestHostileNames checks that what a program prints of any kernel and any resolver is
// printable, and has as many lines as it should.
func TestHostileNames(t *testing.T) {
	for _, line := range []string{
		"-L", "-Ln", "-L --stats", "-Ln --rate", "-L --thresholds", "-L --persistent-conn", "-L --tun-info", "-L -t 10.0.0.1:80",
		"-Lc", "-Lnc", "-Lc --persistent-conn", "-Lnc --persistent-conn", "-L --daemon", "-L --timeout", "-S", "-Sn", "-S --all",
		"-L --json", "-Lc --json", "-L --daemon --json", "-S --all --json",
	} {
		t.Run(line, func(t *testing.T) {
			k := newHostileKernel()
			got := runEnv(Env{Names: hostileNames{}, OpenKernel: openKernel(k)}, "ipvsadm "+line)
			if got.Status != 0 || got.Stderr != "" || got.Stdout == "" {
				t.Errorf("%+v", got)
			}
			if bad := unprintable(got.Stdout); bad != "" {
				t.Errorf("%q in\n%q", bad, got.Stdout)
			}
			isConnections := strings.HasPrefix(line, "-Lc") && !strings.Contains(line, "json")
			if isConnections && strings.Count(got.Stdout, "\n") != 2+len(k.connections) {
				t.Errorf("not a line for each connection:\n%s", got.Stdout)
			}
		})
	}
}

// unprintable returns the first part of a text that is neither printable nor the end of
// a line.
func unprintable(text string) string {
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 || r != '\n' && !unicode.IsPrint(r) {
			return text[:size]
		}
		text = text[size:]
	}
	return ""
}

// TestHostileInput checks that reports about a rule stream or a document are printable
// and have one line for each fault. Words of the command line are printed as they are.
// Package ruleset has tests of all reports.
func TestHostileInput(t *testing.T) {
	const raw, escaped = "\x1b[31m\u009b\u202e\xff", `\x1b[31m\u009b\u202e\xff`
	for _, test := range []struct {
		name, line, input string
		want              result
	}{
		{"a rule stream", "ipvsadm-restore --check", "-A --" + raw + "\n-A -6\n", result{255, "", "line 1: --" + escaped + ": unknown option\nline 2: -6 used before -f\n\n"}},
		{
			"a document", "ipvsadm-restore --json --check", "{\"\\u001b[2J\\n\": 1, \"services\": [{\"\\u202e\": 2}]}",
			result{2, "", "document: unknown key \"\\x1b[2J\\n\"\nservices[0]: unknown key \"\\u202e\"\n"},
		},
		{"an argument", "ipvsadm -A --" + raw, "", result{255, "", "--" + raw + ": unknown option\n"}},
	} {
		t.Run(test.name, func(t *testing.T) { checkEqual(t, "result", test.want, run(nil, test.input, test.line)) })
	}
}
