package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scanned is an event as a test has it.
type scanned struct{ Long, Value, Word string }

// TestScan splits words into options and operands, up to the first bad word.
func TestScan(t *testing.T) {
	for _, test := range []struct {
		name     string
		line     string
		events   []scanned
		operands []string
		err      error
	}{
		{name: "nothing"},
		{name: "operands", line: "a - b", operands: []string{"a", "-", "b"}},
		{name: "end of the options", line: "-n -- -n -- x", events: []scanned{{"numeric", "", "-n"}}, operands: []string{"-n", "--", "x"}},
		{name: "letters", line: "-Lnc", events: []scanned{{"list", "", "-Lnc"}, {"numeric", "", "-Lnc"}, {"connection", "", "-Lnc"}}},
		{name: "value in the word", line: "-nw5 6", events: []scanned{{"numeric", "", "-nw5"}, {"weight", "5", "-nw5"}}, operands: []string{"6"}},
		{name: "value after an equals sign", line: "-w=5", events: []scanned{{"weight", "5", "-w=5"}}},
		{name: "empty value after an equals sign", line: "-w= 5", events: []scanned{{"weight", "", "-w="}}, operands: []string{"5"}},
		{name: "only one equals sign is cut off", line: "-s==x", events: []scanned{{"scheduler", "=x", "-s==x"}}},
		{name: "value in the next word", line: "-w 5 6", events: []scanned{{"weight", "5", "5"}}, operands: []string{"6"}},
		{name: "next word like an option", line: "-w -n", events: []scanned{{"weight", "-n", "-n"}}},
		{name: "long with next word", line: "--weight 5", events: []scanned{{"weight", "5", "5"}}},
		{name: "long with equals sign", line: "--weight=5=6", events: []scanned{{"weight", "5=6", "--weight=5=6"}}},
		{name: "long with empty value", line: "--weight= 5", events: []scanned{{"weight", "", "--weight="}}, operands: []string{"5"}},
		{name: "long without value", line: "--numeric 5", events: []scanned{{"numeric", "", "--numeric"}}, operands: []string{"5"}},
		{name: "optional value", line: "-p 5 -p", events: []scanned{{"persistent", "5", "5"}, {"persistent", "360", "-p"}}},
		{name: "optional value before an option", line: "--persistent -n", events: []scanned{{"persistent", "360", "--persistent"}, {"numeric", "", "-n"}}},
		{name: "optional value in the word", line: "-np5", events: []scanned{{"numeric", "", "-np5"}, {"persistent", "5", "-np5"}}},
		{name: "optional value that is empty", line: "--persistent=", events: []scanned{{"persistent", "", "--persistent="}}},

		{name: "unknown letter", line: "-n -Lq -n", events: []scanned{{"numeric", "", "-n"}, {"list", "", "-Lq"}}, err: &UsageError{"-Lq: unknown option", 255}},
		{name: "unknown word", line: "-n --frob=1 -n", events: []scanned{{"numeric", "", "-n"}}, err: &UsageError{"--frob=1: unknown option", 255}},
		{name: "missing value", line: "-n -w", events: []scanned{{"numeric", "", "-n"}}, err: &UsageError{"-w: missing argument", 255}},
		{name: "value for a letter without one", line: "-Ln=5", events: []scanned{{"list", "", "-Ln=5"}}, err: &UsageError{"-Ln=5: option does not take an argument", 255}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newScanner()
			_, _, _ = s.scan([]string{"-L", "x", "-q"}) // a scanner is used for many lines
			events, operands, err := s.scan(strings.Fields(test.line))

			var got []scanned
			for _, e := range events {
				got = append(got, scanned{e.option.Long, e.value, e.word})
			}
			if diff := cmp.Diff(test.events, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(strings.Join(test.operands, " "), strings.Join(operands, " ")); diff != "" {
				t.Errorf("operands (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.err, err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAppendWords splits lines as ipvsadm -R does.
func TestAppendWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                              nil,
		" \t\r\n":                       nil,
		"ipvsadm":                       nil,
		"ipvsadm -A ipvsadm -t x\r\n":   {"-A", "-t", "x"},
		"-A\t-t  1.1.1.1\r:80":          {"-A", "-t", "1.1.1.1", ":80"},
		"-A -t \"a b\"":                 {"-A", "-t", "\"a", "b\""},
		"-A # -t x":                     {"-A"},
		"-A #":                          {"-A"},
		"# a comment":                   nil,
		"-A -t a#b":                     {"-A", "-t", "a#b"},
		"-A -t x\x00y z\x00 \x00 \v":    {"-A", "-t", "x", "z", "", "\v"},
		"\x00ipvsadm":                   {""},
		"-A -t 1.1.1.1:80 ipvsadm# -p ": {"-A", "-t", "1.1.1.1:80", "ipvsadm#", "-p"},
	} {
		t.Run(line, func(t *testing.T) {
			if diff := cmp.Diff(want, AppendWords(nil, line)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	t.Run("appends", func(t *testing.T) {
		if diff := cmp.Diff([]string{"before", "-A"}, AppendWords([]string{"before"}, "-A")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// FuzzParse checks that the parser returns a command or an *UsageError with a text and a
// status, that it returns the same again, and that FromChange returns the command
// of its change.
func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"-A -t 10.0.0.1:80 -s rr -p300 -M 255.255.255.0 --pe sip -b flag-1",
		"-a -f 5 -6 -r [::1]:80 -i --tun-type gue --tun-port 5 --tun-csum -w5 -x 3 -y 2",
		"--start-daemon=master --mcast-group ff02::1 --syncid 3", "--set 1 2 3 -q", "-Lnc --stats", "-Zt=",
		"-p", "-Ap", "--persistent=", "-6", "-A -b , -- x",
	} {
		f.Add(line)
	}
	p := NewParser("ipvsadm", fakeNames{})
	f.Fuzz(func(t *testing.T, line string) {
		words := AppendWords(nil, line)
		first, firstErr := p.Parse(words)
		if firstErr != nil {
			e, ok := firstErr.(*UsageError)
			if !ok || e.Text == "" || e.Status != StatusUsageError && e.Status != StatusParseError {
				t.Fatalf("%q: not a usage error: %#v", words, firstErr)
			}
		} else if first.Verb == None {
			t.Fatalf("%q: neither a command nor an error", words)
		} else {
			fuzzFromChange(t, words, first)
		}
		second, secondErr := p.Parse(words)
		if diff := cmp.Diff(first, second, compareAddrs); diff != "" {
			t.Fatalf("%q: the second command differs (-first +second):\n%s", words, diff)
		}
		if diff := cmp.Diff(firstErr, secondErr); diff != "" {
			t.Fatalf("%q: the second error differs (-first +second):\n%s", words, diff)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	p := NewParser("ipvsadm", fakeNames{})
	var words []string
	b.ReportAllocs()
	for b.Loop() {
		words = AppendWords(words[:0], "-a -t 172.20.0.200:80 -r 192.168.30.17:8080 -m -w 3\n")
		if _, err := p.Parse(words); err != nil {
			b.Fatal(err)
		}
	}
}
