package format_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// These tests read our listings of testdata/format/table as other programs read those of
// the reference.

// lines returns the numeric listing of the golden table.
func lines(t *testing.T, l format.Listing) []string {
	t.Helper()
	text := list(l, info, readRules(t, "table/rules"))
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// TestLdirectord skips three lines, and matches services and servers by pattern.
func TestLdirectord(t *testing.T) {
	service := regexp.MustCompile(`^(\w+)\s+(\d+\.\d+\.\d+\.\d+:\d+|\[[0-9A-Fa-f:.]+\]:\d+|\d+)( IPv6)?\s+(\w+)(?:.* persistent (\d+))?(?: mask (\S+))?`)
	server := regexp.MustCompile(`^  ->\s+(\d+\.\d+\.\d+\.\d+:\d+|\[[0-9A-Fa-f:.]+\]:\d+)\s+(Route|Tunnel|Masq)\s+(\d+)`)
	entries := readRules(t, "table/rules")
	var got, want []string
	for _, line := range lines(t, format.Listing{})[3:] {
		if m := server.FindStringSubmatch(line); m != nil {
			got = append(got, strings.Join(m[1:], "|"))
		} else if m := service.FindStringSubmatch(line); m != nil {
			got = append(got, strings.Join(m[1:], "|"))
		} else {
			t.Errorf("not understood: %q", line)
		}
	}
	for i := range entries {
		want = append(want, ldirectordService(&entries[i].Service))
		for j := range entries[i].Destinations {
			want = append(want, ldirectordServer(&entries[i].Destinations[j]))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// ldirectordService and ldirectordServer return what the patterns match.
func ldirectordService(s *ipvs.Service) string {
	words := strings.Fields(string(format.Listing{}.AppendService(nil, s)))
	six, timeout, mask := "", "", ""
	if s.ID.FWMark != 0 && s.ID.Family == ipvs.IPv6 {
		six = " IPv6"
	}
	if i := slices.Index(words, "persistent"); i >= 0 {
		timeout = words[i+1]
	}
	if i := slices.Index(words, "mask"); i >= 0 {
		mask = words[i+1]
	}
	return strings.Join([]string{words[0], words[1], six, s.Scheduler, timeout, mask}, "|")
}

func ldirectordServer(d *ipvs.Destination) string {
	words := strings.Fields(string(format.Listing{}.AppendDestination(nil, ipvs.TCP, d)))
	return strings.Join(words[1:4], "|")
}

// TestLdirectordThresholds reads three numbers of the line of each server.
func TestLdirectordThresholds(t *testing.T) {
	server := regexp.MustCompile(`^  ->\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)`)
	var got []string
	for _, line := range lines(t, format.Listing{Style: format.Thresholds})[3:] {
		if m := server.FindStringSubmatch(line); m != nil && m[2] != "0" {
			got = append(got, strings.Join(m[1:], "|"))
		}
	}
	want := []string{
		"192.168.30.37:80|100|50|0", "192.168.30.58:80|2147483647|0|0",
		"255.255.255.254:80|2147483647|2147483647|0", "10.0.0.7:65535|9|7|0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

// TestOctavia names the fields of a line by the words of the title.
func TestOctavia(t *testing.T) {
	plain := lines(t, format.Listing{})
	title := strings.Fields(plain[1])
	if want := []string{"Prot", "LocalAddress:Port", "Scheduler", "Flags"}; !slices.Equal(title, want) {
		t.Errorf("got %q, want %q", title, want)
	}
	title = strings.Fields(plain[2])
	if want := []string{"->", "RemoteAddress:Port", "Forward", "Weight", "ActiveConn", "InActConn"}; !slices.Equal(title, want) {
		t.Errorf("got %q, want %q", title, want)
	}
	server := ipvs.Destination{Addr: tcp("10.0.0.2:80").Addr, Weight: 3, ActiveConnections: 1<<32 - 1, InactiveConnections: 5}
	got := fields(title, string(format.Listing{}.AppendDestination(nil, ipvs.TCP, &server)))
	if got["Weight"] != "3" || got["ActiveConn"] != "4294967295" || got["InActConn"] != "5" {
		t.Errorf("got %q", got)
	}
	exact := format.Listing{Style: format.Stats, Exact: true}
	title = strings.Fields(lines(t, exact)[1])
	s := ipvs.Service{ID: tcp("10.0.0.1:80"), Stats: allStats(1<<64 - 1)}
	s.Stats.OutBytes = 7
	got = fields(title, string(exact.AppendService(nil, &s)))
	if got["Conns"] != "18446744073709551615" || got["InBytes"] != "18446744073709551615" || got["OutBytes"] != "7" {
		t.Errorf("got %q", got)
	}
}

// fields returns the words of a line by those of its title.
func fields(title []string, line string) map[string]string {
	named := map[string]string{}
	for i, word := range strings.Fields(line) {
		if i < len(title) {
			named[title[i]] = word
		}
	}
	return named
}

// TestSalt looks for servers as parts of the saved rules.
func TestSalt(t *testing.T) {
	saved := save(format.Rules{}, readRules(t, "table/rules"))
	for part, want := range map[string]int{
		" -t 172.20.0.200:80 -r 192.168.30.17:8080 -m -w 3": 1,
		" -t 172.20.0.200:80 -r 192.168.30.27:80 -m -w 1":   1,
		" -t 172.20.0.200:80 -r 192.168.30.37:80 -g -w 0":   1,
		" -t 172.20.0.200:80 -r 192.168.30.58:80 -i -w 1":   1,
		" -t 172.20.0.200:80 -r 192.168.30.99:80 -m -w 1":   0,
	} {
		t.Run(part, func(t *testing.T) {
			if got := strings.Count(saved, part); got != want {
				t.Errorf("%d times, want %d", got, want)
			}
		})
	}
}

// TestZabbix reads marks after FWM and two blanks, and fields by number as awk does.
func TestZabbix(t *testing.T) {
	mark := regexp.MustCompile(`(?m)^FWM  ([0-9]*)`)
	var got []string
	for _, m := range mark.FindAllStringSubmatch(strings.Join(lines(t, format.Listing{}), "\n"), -1) {
		got = append(got, m[1])
	}
	if want := []string{"4294967295", "1", "3", "3", "2147483648"}; !slices.Equal(got, want) {
		t.Errorf("marks: got %q, want %q", got, want)
	}
	d := ipvs.Destination{
		Addr: tcp("10.0.0.2:80").Addr, Weight: 1, ActiveConnections: 12, InactiveConnections: 34,
		Stats: &ipvs.Stats{ConnectionRate: 1, InPacketRate: 2, OutPacketRate: 3, InByteRate: 4, OutByteRate: 5},
	}
	awk := strings.Fields(string(format.Listing{Style: format.Rate}.AppendDestination(nil, ipvs.TCP, &d)))
	if want := []string{"1", "2", "3", "4", "5"}; !slices.Equal(awk[2:7], want) {
		t.Errorf("$3 to $7: got %q, want %q", awk[2:7], want)
	}
	awk = strings.Fields(string(format.Listing{}.AppendDestination(nil, ipvs.TCP, &d)))
	if want := []string{"12", "34"}; !slices.Equal(awk[4:6], want) {
		t.Errorf("$5, $6: got %q, want %q", awk[4:6], want)
	}
}
