package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// took returns a sample of times in milliseconds.
func took(peak int, ms ...int) sample {
	s := sample{peak: peak}
	for _, n := range ms {
		s.times = append(s.times, time.Duration(n)*time.Millisecond)
	}
	return s
}

// TestReport checks the table, the missed rows, and that a kind of guest has its own
// ratios.
func TestReport(t *testing.T) {
	results := []result{
		{row: row{work: "fast", want: both(8, 12)}, other: took(3072, 900, 1000, 2000), ours: took(4096, 100, 90, 80)},
		{row: row{work: "slow", against: "`cat`", kind: noLonger, want: map[string]float64{"uml": 1.3}}, other: took(0, 100), ours: took(0, 120, 160)},
		{row: row{work: "big", kind: smaller, want: both(1, 1)}, other: took(1024, 1), ours: took(1536, 1)},
	}
	want := `| work | reference | ours | ratio | wanted | peak memory, reference | ours |
|---|--:|--:|--:|--:|--:|--:|
| fast | 1 s | 90 ms | 11.11 × as fast **MISSED** (≥ 12) | ≥ 12 | 3.0 MiB | 4.0 MiB |
| slow | 100 ms (` + "`cat`" + `) | 140 ms | 1.40 × as long **MISSED** (≤ 1.3) | ≤ 1.3 | – | – |
| big | 1 ms | 1 ms | 1.50 × as much **MISSED** (≤ 1) | ≤ 1 | 1.0 MiB | 1.5 MiB |

3 of 3 rows missed what was wanted: fast; slow; big.
`
	if diff := cmp.Diff(want, report("uml", results)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	for i, want := range []bool{true, true, false} {
		if got := results[i].met("qemu"); got != want {
			t.Errorf("%s on qemu met: %t, want %t", results[i].work, got, want)
		}
	}
}

// TestThousands checks that digits are grouped by three.
func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestParseTrace checks that datagrams are found in a trace, and that a trace without
// any is an error.
func TestParseTrace(t *testing.T) {
	const trace = `12 sendto(3, ""..., 20, 0, {sa_family=AF_NETLINK}, 12) = 20
 | 00000  14 00 00 00 1c 00 01 00  01 00 00 00 00 00 00 00  ................ |
 | 00010  0f 01 00 00                                       ....             |
13 sendto(3, ""..., 4, 0, {sa_family=AF_NETLINK}, 12) = 4
 | 00000  01 02 03 04                                       |  |             |
`
	got, err := parseTrace(strings.NewReader(trace))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{{0x14, 0, 0, 0, 0x1c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x0f, 1, 0, 0}, {1, 2, 3, 4}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	if _, err := parseTrace(strings.NewReader("nothing\n")); err == nil {
		t.Error("no datagram is no error")
	}
}
