package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTable holds the table to what its readers trust: a bit for each group, one
// meaning for each letter and name, and help for everything.
func TestTable(t *testing.T) {
	if len(table) > 64 {
		t.Errorf("the table has %d groups, more than line.given has bits", len(table))
	}
	seen := map[string]bool{}
	once := func(s string) {
		if seen[s] {
			t.Errorf("%q is in the table twice", s)
		}
		seen[s] = true
	}
	for _, g := range table {
		if g.name != "" {
			once("name " + g.name)
		}
		for _, o := range g.options {
			once("--" + o.long)
			for _, c := range o.letters {
				once("-" + string(c))
			}
			if o.help == "" {
				t.Errorf("--%s has no help", o.long)
			}
			if (o.read == nil) != (o.verb != None && o.value == "") {
				t.Errorf("--%s: an option needs a read, a command has one if it has a value", o.long)
			}
		}
	}
}

// TestHelp holds the text of -h to its width and to the table.
func TestHelp(t *testing.T) {
	text := HelpText()
	for line := range strings.Lines(text) {
		if n := len(strings.TrimSuffix(line, "\n")); n > helpWidth {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
	for _, g := range table {
		for _, o := range g.options {
			if n := strings.Count(text, "\n  "+o.usage()+" "); n != 1 {
				t.Errorf("%q stands in the text %d times", o.usage(), n)
			}
		}
	}
}

// TestAppendWords parts lines as ipvsadm -R does.
func TestAppendWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                              nil,
		" \t\r\n":                       nil,
		"ipvsadm":                       nil,
		"ipvsadm -A ipvsadm -t x\r\n":   {"-A", "-t", "x"},
		"-A\t-t  1.1.1.1\r:80":          {"-A", "-t", "1.1.1.1", ":80"},
		"-A -t \"a b\"":                 {"-A", "-t", "\"a", "b\""},
		"-A # -t x":                     {"-A"},
		"# a comment":                   nil,
		"-A -t a#b":                     {"-A", "-t", "a#b"},
		"-A -t x\x00y z\x00 \x00 \v":    {"-A", "-t", "x", "z", "", "\v"},
		"-A -t 1.1.1.1:80 ipvsadm# -p ": {"-A", "-t", "1.1.1.1:80", "ipvsadm#", "-p"},
	} {
		if diff := cmp.Diff(want, AppendWords(nil, line)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

// FuzzParse feeds whole lines to the parser: it gives a command, or an *UsageError with
// a text and a status, and the same parser gives the same answer again.
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
				t.Fatalf("%q: not a fault of the line: %#v", words, firstErr)
			}
		} else if first.Verb == None {
			t.Fatalf("%q: neither a command nor an error", words)
		} else {
			fuzzFromChange(t, words, first)
		}
		second, secondErr := p.Parse(words)
		if diff := cmp.Diff(first, second, compareAddrs); diff != "" {
			t.Fatalf("%q: the second answer differs:\n%s", words, diff)
		}
		if diff := cmp.Diff(firstErr, secondErr); diff != "" {
			t.Fatalf("%q: the second error differs:\n%s", words, diff)
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
