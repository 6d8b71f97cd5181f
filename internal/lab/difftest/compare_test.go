package difftest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// record returns the record of a script of one command.
func record(status int, stdout, stderr, table string) *Record {
	return &Record{Outcomes: []Outcome{{Result: Result{status, stdout, stderr}, Table: table}}}
}

// TestCompare checks that every part is compared, and that an intended difference has
// to be exactly as stated.
func TestCompare(t *testing.T) {
	const plain = "ipvsadm -Ln\n"
	reference := record(0, "out\n", "", "table\n")
	const where = "s.txt:1: ipvsadm -Ln"
	const where2 = "s.txt:2: ipvsadm -Ln"
	const intended = "differs 4.1.6 status=1 stdout=other  # why\n" + plain + "-- other --\nnew\n"
	for _, test := range []struct {
		name, script string
		ours         *Record
		want         []Difference
	}{
		{"same", plain, record(0, "out\n", "", "table\n"), nil},
		{"status", plain, record(1, "out\n", "", "table\n"),
			[]Difference{{where, "status", "is not as with the reference", "0", "1"}}},
		{"stdout, one blank", plain, record(0, "out \n", "", "table\n"),
			[]Difference{{where, "stdout", "is not as with the reference", "out\n", "out \n"}}},
		{"stderr", plain, record(0, "out\n", "w\n", "table\n"),
			[]Difference{{where, "stderr", "is not as with the reference", "", "w\n"}}},
		{"table", plain, record(0, "out\n", "", ""),
			[]Difference{{where, "table", "is not as with the reference", "table\n", ""}}},
		{"as intended", intended, record(1, "new\n", "", "table\n"), nil},
		{"intended, but otherwise", intended, record(1, "newer\n", "", "table\n"),
			[]Difference{{where2, "stdout", "is not what the script says of ours (4.1.6)", "new\n", "newer\n"}}},
		{"a difference beside the intended one", intended, record(1, "new\n", "w\n", "table\n"),
			[]Difference{{where2, "stderr", "is not as with the reference", "", "w\n"}}},
		{"intended, but ours is as the reference", intended, record(0, "new\n", "", "table\n"),
			[]Difference{{where2, "status", "is not what the script says of ours (4.1.6)", "1", "0"}}},
		{"stale", "differs 4.1.6 status=0\n" + plain, record(0, "out\n", "", "table\n"),
			[]Difference{{where2, "status", "was to differ (4.1.6), but the reference does the same", "0", "0"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			script := mustParse(t, test.script)
			if diff := cmp.Diff(test.want, script.Compare(reference, test.ours)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCompareEnd checks that the listings at the end are compared.
func TestCompareEnd(t *testing.T) {
	reference, ours := record(0, "", "", ""), record(0, "", "", "")
	reference.End.Stdout = "-A -t 10.0.0.1:80 -s wlc\n"
	want := []Difference{{"s.txt: at the end: the listings of the reference", "stdout", "is not as with the reference", "-A -t 10.0.0.1:80 -s wlc\n", ""}}
	if diff := cmp.Diff(want, mustParse(t, "ipvsadm -C").Compare(reference, ours)); diff != "" {
		t.Error(diff)
	}
}

// TestCompareBeside checks that a listing is compared with the reference's listing in
// the same namespace.
func TestCompareBeside(t *testing.T) {
	reference, ours := record(0, "b\na\n", "", ""), record(0, "a\nb\n", "", "")
	script := mustParse(t, "ipvsadm -Ln")
	if len(script.Compare(reference, ours)) != 1 {
		t.Error("another order without a listing beside ours is a difference")
	}
	ours.Outcomes[0].Beside = &Result{Stdout: "a\nb\n"}
	if diff := cmp.Diff([]Difference(nil), script.Compare(reference, ours)); diff != "" {
		t.Error(diff)
	}
}

// TestCanonical checks that services are sorted and that the size is removed.
func TestCanonical(t *testing.T) {
	const (
		title = "IP Virtual Server version 1.2.1 (size=*)\n  -> RemoteAddress:Port Forward\n"
		sized = "IP Virtual Server version 1.2.1 (size=4096)\n  -> RemoteAddress:Port Forward\n"
	)
	for _, test := range []struct{ name, table, want string }{
		{"empty", "", ""},
		{"no table", NoTable, NoTable},
		{"no services", sized, title},
		{"listing", sized + "UDP  B\n  -> 2\n  -> 1\nTCP  A\nFWM  C\n  -> 3\n", title + "FWM  C\n  -> 3\nTCP  A\nUDP  B\n  -> 2\n  -> 1\n"},
		{"rules", "-A -t b\n-a -t b -r 2\n-A -t a\n", "-A -t a\n-A -t b\n-a -t b -r 2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, canonical(test.table)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// mustParse parses a valid script.
func mustParse(t *testing.T, text string) *Script {
	t.Helper()
	s, err := ParseScript("s.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReport checks that lines are marked, and that the number of differences is
// limited.
func TestReport(t *testing.T) {
	got := Report([]Difference{{"s.txt:3: ipvsadm -Ln", "stdout", "is not as with the reference", "a\nb \nc\n", "a\nb\nc"}})
	const want = `s.txt:3: ipvsadm -Ln
  stdout is not as with the reference (- wanted, + ours):
      a$
    - b $
    - c$
    + b$
    + c
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	many := make([]Difference, maxReported+2)
	if got, want := Report(many), Report(many[:maxReported])+"and 2 more differences\n"; got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// TestCanonicalEach checks that services stay within their listing.
func TestCanonicalEach(t *testing.T) {
	const title = "IP Virtual Server version 1.2.1\n"
	got := canonicalEach("-A -t b\n-A -t a\n" + title + "UDP  B\nTCP  A\n" + title + "TCP  A\n")
	want := "-A -t a\n-A -t b\n" + title + "TCP  A\nUDP  B\n" + title + "TCP  A\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
