package format_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// styles are the styles of the table listing by the names of their golden files.
var styles = map[string]format.Style{
	"plain": format.Plain, "stats": format.Stats, "rate": format.Rate,
	"thresholds": format.Thresholds, "persistent-conn": format.PersistentConn, "tun-info": format.TunInfo,
}

// info is the Info of the kernel that the golden files were captured from.
var info = &ipvs.Info{Version: 0x010201, ConnTableSize: 4096}

// list returns the listing of a table.
func list(l format.Listing, info *ipvs.Info, entries []ipvs.Entry) string {
	b := l.AppendTitle(nil, info)
	for i := range entries {
		b = l.AppendEntry(b, &entries[i])
	}
	return string(b)
}

// signedMark is a firewall mark of 2^31 or more as the reference prints it, with
// the blanks that fill its column.
var signedMark = regexp.MustCompile(`(?m)^(FWM  |-A -f )(-\d+)( IPv6)?( {2,}|)`)

// unsigned returns a listing of the reference with unsigned marks, which ours prints: the
// rule of a signed one would not load again.
func unsigned(listing string) string {
	return signedMark.ReplaceAllStringFunc(listing, func(s string) string {
		m := signedMark.FindStringSubmatch(s)
		n, err := strconv.ParseInt(m[2], 10, 32)
		if err != nil {
			return s
		}
		name := m[1] + strconv.FormatUint(uint64(uint32(n)), 10) + m[3]
		if m[4] == "" {
			return name
		}
		return fmt.Sprintf("%-*s", len(s), name)
	})
}

// TestListings compares with the listings of the reference.
func TestListings(t *testing.T) {
	for _, table := range []struct {
		dir   string
		names format.Namer
	}{
		{"table", nil},
		{"names", readNamer(t)},
	} {
		entries := readRules(t, table.dir+"/rules")
		for name, style := range styles {
			t.Run(table.dir+"/"+name, func(t *testing.T) {
				want := unsigned(golden(t, table.dir+"/"+name))
				got := list(format.Listing{Style: style, Names: table.names}, info, entries)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("(-reference +ours):\n%s", d)
				}
			})
		}
	}
}

// TestListingOfOneService checks that it has no line with the version.
func TestListingOfOneService(t *testing.T) {
	entries := []ipvs.Entry{{Service: ipvs.Service{ID: tcp("10.0.0.1:80"), Scheduler: "rr"}}}
	var got strings.Builder
	for _, style := range []format.Style{
		format.Plain, format.Stats, format.Rate, format.Thresholds, format.PersistentConn, format.TunInfo,
	} {
		got.WriteString(list(format.Listing{Style: style}, nil, entries))
	}
	if d := cmp.Diff(golden(t, "table/single"), got.String()); d != "" {
		t.Errorf("(-reference +ours):\n%s", d)
	}
}

// TestSave checks that rules which are read and saved are the same rules.
func TestSave(t *testing.T) {
	if d := cmp.Diff(golden(t, "table/rules"), save(format.Rules{}, readRules(t, "table/rules"))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// thresholds are in our rules, but not in those of the reference.
var thresholds = regexp.MustCompile(`(?m)( -x \d+)?( -y \d+)?$`)

// TestRules compares with the rules of the reference, apart from the thresholds, which
// the reference loses.
func TestRules(t *testing.T) {
	for _, table := range []struct {
		dir   string
		names format.Namer
	}{
		{"table", nil},
		{"names", readNamer(t)},
	} {
		t.Run(table.dir, func(t *testing.T) {
			got := save(format.Rules{Names: table.names}, readRules(t, table.dir+"/rules"))
			got = thresholds.ReplaceAllString(got, "")
			if d := cmp.Diff(unsigned(golden(t, table.dir+"/save")), got); d != "" {
				t.Errorf("(-reference +ours):\n%s", d)
			}
		})
	}
}

// save returns the rules of a table.
func save(r format.Rules, entries []ipvs.Entry) string {
	var b []byte
	for i := range entries {
		b = r.AppendEntry(b, &entries[i])
	}
	return string(b)
}

// TestSchedulerFlags checks what the golden tables cannot have: flag-3 with sh and mh.
// The reference does not list it, and saves it as -b without a value, which does not
// load. Our rules keep it.
func TestSchedulerFlags(t *testing.T) {
	for _, test := range []struct {
		scheduler  string
		flags      ipvs.ServiceFlags
		list, rule string
	}{
		{"sh", ipvs.Sched3, "sh ()", "-s sh -b flag-3"},
		{"sh", ipvs.Sched2 | ipvs.Sched3, "sh (sh-port)", "-s sh -b sh-port,flag-3"},
		{"mh", ipvs.Sched1 | ipvs.Sched3, "mh (mh-fallback)", "-s mh -b mh-fallback,flag-3"},
		{"rr", ipvs.Sched3, "rr (flag-3)", "-s rr -b flag-3"},
		{"rr", ipvs.Hashed, "rr", "-s rr"},
		{"rr", ipvs.Hashed | ipvs.OnePacket, "rr ops", "-s rr -o"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			s := ipvs.Service{ID: tcp("10.0.0.1:80"), Scheduler: test.scheduler, Flags: test.flags}
			want := "TCP  10.0.0.1:80 " + test.list + "\n"
			if got := string(format.Listing{}.AppendService(nil, &s)); got != want {
				t.Errorf("list: got %q, want %q", got, want)
			}
			want = "-A -t 10.0.0.1:80 " + test.rule + "\n"
			if got := string(format.Rules{}.AppendService(nil, &s)); got != want {
				t.Errorf("rule: got %q, want %q", got, want)
			}
		})
	}
}

// TestIPv6Addresses checks addresses at the edges of the rules of the C library. The
// reference printed each of them so.
func TestIPv6Addresses(t *testing.T) {
	for addr, want := range map[string]string{
		"::":                   "::",
		"::5":                  "::5",
		"::1:0":                "::0.1.0.0",
		"::1:2":                "::0.1.0.2",
		"::1:0:0":              "::1:0:0",
		"::1.2.3.4":            "::1.2.3.4",
		"::ffff:1.2.3.4":       "::ffff:1.2.3.4",
		"::ffff:0:1.2.3.4":     "::ffff:0:102:304",
		"64:ff9b::1.2.3.4":     "64:ff9b::102:304",
		"1::":                  "1::",
		"1:0:2:0:3:0:4:0":      "1:0:2:0:3:0:4:0",
		"1:0:0:2:0:0:0:3":      "1:0:0:2::3",
		"1:2:3:4:5:6:7:0":      "1:2:3:4:5:6:7:0",
		"0:1:2:3:4:5:6:7":      "0:1:2:3:4:5:6:7",
		"abcd:0:0:1:0:0:0:2":   "abcd:0:0:1::2",
		"2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
	} {
		t.Run(addr, func(t *testing.T) {
			s := ipvs.Service{ID: tcp("[" + addr + "]:1"), Scheduler: "rr"}
			want := "TCP  [" + want + "]:1 rr\n"
			if got := string(format.Listing{}.AppendService(nil, &s)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
