package ruleset

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// noNames is a resolver without names.
type noNames struct{}

func (noNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	return netip.Addr{}, errors.New("no such host")
}
func (noNames) LookupPort(ipvs.Protocol, string) (uint16, bool) { return 0, false }

// newTestParser returns a parser that knows no names.
func newTestParser() *command.Parser { return command.NewParser("ipvsadm", noNames{}) }

// largeStream returns a rule stream of services with servers.
func largeStream(services, servers int) string {
	var b strings.Builder
	for i := range services {
		fmt.Fprintf(&b, "-A -t 10.0.%d.%d:80 -s rr\n", i>>8, i&255)
		for j := range servers {
			fmt.Fprintf(&b, "-a -t 10.0.%d.%d:80 -r 10.1.%d.%d:80 -g -w 1\n", i>>8, i&255, j>>8, j&255)
		}
	}
	return b.String()
}

// readAll reads all rules of a source, which must have no errors, and returns how many
// there are.
func readAll(tb testing.TB, source Source, do func(*Rule)) int {
	tb.Helper()
	var r Rule
	for n := 0; ; n++ {
		switch err := source.Next(&r); {
		case errors.Is(err, io.EOF):
			return n
		case err != nil:
			tb.Fatal(err)
		}
		do(&r)
	}
}

// perRule reports the time per rule.
func perRule(b *testing.B, rules int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rules), "ns/rule")
}

func BenchmarkReader(b *testing.B) {
	text := largeStream(100, 1200)
	rules := 0
	b.ReportAllocs()
	for b.Loop() {
		rules = readAll(b, NewReader(strings.NewReader(text), newTestParser(), nil), func(*Rule) {})
	}
	perRule(b, rules)
}

func BenchmarkLog(b *testing.B) {
	var rules []Rule
	readAll(b, NewReader(strings.NewReader(largeStream(1, 1200)), newTestParser(), nil), func(r *Rule) { rules = append(rules, *r) })
	var log Log
	b.Run("append", func(b *testing.B) {
		for b.Loop() {
			log = Log{}
			for i := range rules {
				log.Append(&rules[i])
			}
		}
		perRule(b, len(rules))
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			for r := range log.All() {
				runtime.KeepAlive(r)
			}
		}
		perRule(b, len(rules))
	})
}

// largeDocument returns a JSON document of services with servers, with counters or
// without.
func largeDocument(services, servers int, rules bool) string {
	doc := format.JSON{Rules: rules}
	b := doc.AppendOpening(nil, &ipvs.Info{})
	for i := range services {
		vip := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		e := ipvs.Entry{Service: ipvs.Service{
			ID: ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(vip, 80)), Scheduler: "rr", Netmask: ipvs.IPv4.FullMask(),
		}}
		for j := range servers {
			rs := netip.AddrFrom4([4]byte{10, byte(1 + j>>16), byte(j >> 8), byte(j)})
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: netip.AddrPortFrom(rs, 80), Forward: ipvs.Route, Weight: 1})
		}
		b = doc.AppendEntry(b, i, &e)
	}
	return string(doc.AppendClosing(b, nil))
}

func BenchmarkDecoder(b *testing.B) {
	for _, bench := range []struct {
		name  string
		rules bool
	}{{"rules", true}, {"listing", false}} {
		b.Run(bench.name, func(b *testing.B) {
			doc := largeDocument(100, 1200, bench.rules)
			rules := 0
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				rules = readAll(b, NewDecoder(strings.NewReader(doc)), func(*Rule) {})
			}
			perRule(b, rules)
		})
	}
}
