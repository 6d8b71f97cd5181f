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

// hostile is what a terminal must not be sent: colours, a title, a bell, an 8-bit
// control character, a zero byte, a reversal of the writing's direction, broken and
// overlong UTF-8, new lines, and enough of it to pass every field's width.
const hostile = "a\x1b[31m\x1b]0;x\a\u009b2J\x00\u202e\u2028\r\n\t\xff\xc0\xaf\xed\xa0\x80\U000e0001z"

// hostileNames answers every question with hostile.
type hostileNames struct{}

func (hostileNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	return netip.Addr{}, errors.New(hostile)
}
func (hostileNames) LookupPort(ipvs.Protocol, string) (uint16, bool) { return 0, false }
func (hostileNames) Host(netip.Addr) (string, bool)                  { return hostile, true }
func (hostileNames) Port(ipvs.Protocol, uint16) (string, bool)       { return hostile, true }
func (hostileNames) Prefetch([]netip.Addr)                           {}

// hostileKernel has hostile in the place of every name.
type hostileKernel struct {
	scriptedKernel
	daemons []ipvs.Daemon
}

func (k *hostileKernel) Daemons() ([]ipvs.Daemon, error) { return k.daemons, nil }

func newHostileKernel() *hostileKernel {
	end := netip.MustParseAddrPort("10.0.0.1:80")
	tcp := ipvs.ServiceID{Family: ipvs.IPv4, Protocol: ipvs.TCP, Addr: end}
	odd := ipvs.ServiceID{Family: ipvs.IPv4, Protocol: 253, Addr: end}
	servers := []ipvs.Destination{
		{Addr: end, Forward: 6, Weight: -1},
		{Addr: end, Forward: ipvs.Tunnel, Tunnel: ipvs.TunnelInfo{Type: 9, Flags: 0xffff}},
	}
	k := &hostileKernel{daemons: []ipvs.Daemon{{State: 7, Interface: hostile}, {State: ipvs.Master, Interface: hostile}}}
	for _, id := range []ipvs.ServiceID{tcp, odd, ipvs.MarkService(1<<32-1, ipvs.IPv6), {}} {
		k.table.Entries = append(k.table.Entries, ipvs.Entry{
			Service: ipvs.Service{
				ID: id, Scheduler: hostile, Engine: hostile, Flags: 1<<32 - 1, Timeout: 1<<32 - 1, Netmask: 1<<32 - 1,
			},
			Destinations: servers,
		})
	}
	k.conns = []ipvs.Connection{{
		Protocol: hostile, State: hostile, Engine: hostile, EngineData: hostile, Client: end, Virtual: end, Destination: end,
		Expires: 1<<64 - 1,
	}, {EngineData: hostile}}
	return k
}

// TestHostileNames prints everything that can be printed of a kernel and a resolver
// that mean ill: no more than what shows, in as many lines as there should be.
func TestHostileNames(t *testing.T) {
	for _, line := range []string{
		"-L", "-Ln", "-L --stats", "-Ln --rate", "-L --thresholds", "-L --persistent-conn", "-L --tun-info", "-L -t 10.0.0.1:80",
		"-Lc", "-Lnc", "-Lc --persistent-conn", "-Lnc --persistent-conn", "-L --daemon", "-L --timeout", "-S", "-Sn", "-S --all",
		"-L --json", "-Lc --json", "-L --daemon --json", "-S --all --json",
	} {
		var out, errs strings.Builder
		k := newHostileKernel()
		status := Run(strings.Fields("ipvsadm "+line), Env{
			Stdout: &out, Stderr: &errs, Names: hostileNames{}, OpenKernel: func(string) (Kernel, error) { return k, nil },
		})
		if status != 0 || errs.String() != "" || out.Len() == 0 {
			t.Errorf("%s: status %d, %q", line, status, errs.String())
		}
		if bad := steering(out.String()); bad != "" {
			t.Errorf("%s printed %q in\n%q", line, bad, out.String())
		}
		if strings.HasPrefix(line, "-Lc") && !strings.Contains(line, "json") && strings.Count(out.String(), "\n") != 2+len(k.conns) {
			t.Errorf("%s printed\n%s", line, out.String())
		}
	}
}

// steering is the first thing in a text that is neither visible nor the end of a
// line.
func steering(text string) string {
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 || r != '\n' && !unicode.IsPrint(r) {
			return text[:size]
		}
		text = text[size:]
	}
	return ""
}

// TestHostileStream: what is told of a rule stream or a document shows, and is one
// line for each fault; the words of the command line itself are told as they are.
func TestHostileStream(t *testing.T) {
	const escaped = `\x1b[31m\u009b\u202e\xff`
	const raw = "\x1b[31m\u009b\u202e\xff"
	for stream, want := range map[string]string{
		"-A --" + raw:             "line 1: --" + escaped + ": unknown option\n",
		"-A -t " + raw:            "line 1: illegal virtual server address[:port] specified\n",
		"-A -f " + raw:            "line 1: invalid fwmark value `" + escaped + "' specified\n",
		"-A -f 1 " + raw:          "line 1: unexpected argument " + escaped + "\n",
		"-A -f 1 -s rr -b " + raw: "line 1: invalid scheduler flag `" + escaped + "'\n",
		"-A -f 1 -6 grün´":        "line 1: unexpected argument grün´\n",
		"-A -6":                   "line 1: -6 used before -f\n\n",
	} {
		got := run(Restore, nil, strings.NewReader(stream), "ipvsadm-restore --check")
		checkEqual(t, stream, want, got.Stderr)
	}
	document := "{\"\\u001b[2J\\n\": 1, \"services\": [{\"\\u202e\": 2}]}"
	got := run(Restore, nil, strings.NewReader(document), "ipvsadm-restore --json --check")
	if bad := steering(got.Stderr); bad != "" || got.Status != 2 {
		t.Errorf("document: status %d, %q in %q", got.Status, bad, got.Stderr)
	}
	for told := range strings.Lines(got.Stderr) {
		if !strings.Contains(told, ": ") {
			t.Errorf("a fault in two lines: %q", got.Stderr)
		}
	}
	checkEqual(t, "an argument", result{255, "", "--" + raw + ": unknown option\n"}, run(Run, nil, nil, "ipvsadm -A --"+raw))
}
