package ipvs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestSort compares with the order of the reference program: captured listings with
// --nosort are sorted to be as its plain listings. testdata/format/sort/README describes
// how they were captured.
func TestSort(t *testing.T) {
	given, err := filepath.Glob("../../testdata/format/sort/*.nosort")
	if err != nil || len(given) == 0 {
		t.Fatalf("no captured tables (%v)", err)
	}
	for _, path := range given {
		t.Run(filepath.Base(path), func(t *testing.T) {
			l := readListing(t, path)
			l.table.Sort()
			want := readFile(t, strings.TrimSuffix(path, ".nosort")+".sorted")
			if d := cmp.Diff(string(want), l.print()); d != "" {
				t.Errorf("order (-reference +ours):\n%s", d)
			}
		})
	}
}

// listing is a captured listing: its table, and the line of each service and server.
type listing struct {
	title    string
	table    ipvs.Table
	services map[ipvs.ServiceID]string
	servers  map[server]string
}

// server is a server of a service.
type server struct {
	service ipvs.ServiceID
	addr    netip.AddrPort
}

// print returns the lines in the order of the table.
func (l *listing) print() string {
	var b strings.Builder
	b.WriteString(l.title)
	for _, e := range l.table.Entries {
		b.WriteString(l.services[e.Service.ID])
		for _, d := range e.Destinations {
			b.WriteString(l.servers[server{e.Service.ID, d.Addr}])
		}
	}
	return b.String()
}

// readListing reads a plain numeric listing of the reference program.
func readListing(t *testing.T, path string) *listing {
	t.Helper()
	l := &listing{services: map[ipvs.ServiceID]string{}, servers: map[server]string{}}
	var id ipvs.ServiceID
	for i, line := range bytes.SplitAfter(readFile(t, path), []byte("\n")) {
		words := strings.Fields(string(line))
		switch {
		case i < 3:
			l.title += string(line)
		case len(words) == 0:
		case words[0] == "->":
			addr := netip.MustParseAddrPort(words[1])
			e := &l.table.Entries[len(l.table.Entries)-1]
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: addr})
			l.servers[server{id, addr}] = string(line)
		default:
			id = serviceID(t, words)
			l.table.Entries = append(l.table.Entries, ipvs.Entry{Service: ipvs.Service{ID: id}})
			l.services[id] = string(line)
		}
	}
	return l
}

// serviceID reads the first words of the line of a service. The reference prints signed
// marks.
func serviceID(t *testing.T, words []string) ipvs.ServiceID {
	t.Helper()
	protocols := map[string]ipvs.Protocol{"TCP": ipvs.TCP, "UDP": ipvs.UDP, "SCTP": ipvs.SCTP}
	if p, ok := protocols[words[0]]; ok {
		return ipvs.AddrService(p, netip.MustParseAddrPort(words[1]))
	}
	mark, err := strconv.ParseInt(words[1], 10, 64)
	if words[0] != "FWM" || err != nil {
		t.Fatalf("not a service: %q", words)
	}
	if words[2] == "IPv6" {
		return ipvs.MarkService(uint32(mark), ipvs.IPv6)
	}
	return ipvs.MarkService(uint32(mark), ipvs.IPv4)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSortKeepsEveryElement checks that no service or server is lost or duplicated,
// whatever cycles the moves have.
func TestSortKeepsEveryElement(t *testing.T) {
	for n := range 40 {
		table := randomTable(n, n)
		want := census(table)
		table.Sort()
		if d := cmp.Diff(want, census(table)); d != "" {
			t.Errorf("%d services (-before +after):\n%s", n, d)
		}
	}
}

// census counts the services and servers of a table.
func census(table ipvs.Table) map[string]int {
	count := map[string]int{}
	for _, e := range table.Entries {
		count[fmt.Sprint(e.Service.ID)]++
		for _, d := range e.Destinations {
			count[fmt.Sprint(e.Service.ID, d.Addr)]++
		}
	}
	return count
}

// randomTable returns a table of IPv4 services with some servers each.
func randomTable(services, servers int) ipvs.Table {
	r := rand.New(rand.NewPCG(uint64(services), uint64(servers)))
	addr := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(r.Uint32()), 0, 0, byte(r.Uint32())}), uint16(r.Uint32()))
	}
	var table ipvs.Table
	for range services {
		e := ipvs.Entry{Service: ipvs.Service{ID: ipvs.AddrService(ipvs.TCP, addr())}}
		for range servers {
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: addr()})
		}
		table.Entries = append(table.Entries, e)
	}
	return table
}

// TestSortAllocatesOnce checks that memory is allocated for the table, not for each
// comparison: two slices of keys for the services, and two for all servers.
func TestSortAllocatesOnce(t *testing.T) {
	table := randomTable(1000, 10)
	if got := testing.AllocsPerRun(10, table.Sort); got > 4 {
		t.Errorf("%v allocations, want 4", got)
	}
}

func BenchmarkSort(b *testing.B) {
	for _, size := range []struct{ services, servers int }{{10000, 1}, {1000, 10}, {1, 2000}} {
		b.Run(fmt.Sprintf("%dx%d", size.services, size.servers), func(b *testing.B) {
			original := randomTable(size.services, size.servers)
			table := ipvs.Table{Entries: make([]ipvs.Entry, size.services)}
			b.ReportAllocs()
			for b.Loop() {
				copy(table.Entries, original.Entries)
				table.Sort()
			}
		})
	}
}
