package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTable checks what the users of the table rely on.
func TestTable(t *testing.T) {
	if n := len(table); n > 64 {
		t.Errorf("%d groups, more than line.seen has bits", n)
	}

	seen := map[string]bool{}
	checkUnique := func(name string) {
		if seen[name] {
			t.Errorf("%s is in the table twice", name)
		}
		seen[name] = true
	}
	for i := range table {
		g := &table[i]
		checkUnique("group " + g.Name)
		for _, o := range g.Options {
			for _, name := range o.Names() {
				checkUnique(name)
			}
			if o.Group != g || g.index != i {
				t.Errorf("--%s is not tied to its group", o.Long)
			}
		}
	}

	for _, o := range Options() {
		t.Run(o.Long, func(t *testing.T) {
			if o.Help == "" {
				t.Error("no help")
			}
			if !slices.Contains(Sections(), o.Group.Section) {
				t.Errorf("no section %q", o.Group.Section)
			}
			if isStored := !o.IsCommand() || o.Value != ""; isStored != (o.read != nil) {
				t.Errorf("stores a value: %v, has a read function: %v", isStored, o.read != nil)
			}
			if slices.Contains(o.Choices, "") || o.Choices != nil && o.Value == "" {
				t.Errorf("choices %q for value %q", o.Choices, o.Value)
			}
		})
	}
}

// TestChoices parses every choice of the table as a value.
func TestChoices(t *testing.T) {
	lines := map[string]string{
		"start-daemon": "--start-daemon %s",
		"stop-daemon":  "--stop-daemon %s",
		"scheduler":    "-A -f 1 -s %s",
		"pe":           "-A -f 1 -p --pe %s",
		"tun-type":     "-a -f 1 -r 2.2.2.2 -i --tun-port 1 --tun-type %s",
		"sched-flags":  "-A -f 1 -s sh -b %s",
	}
	for _, o := range Options() {
		for _, choice := range o.Choices {
			t.Run(o.Long+" "+choice, func(t *testing.T) {
				line := strings.ReplaceAll(lines[o.Long], "%s", choice)
				switch {
				case strings.HasPrefix(choice, "mh-"):
					line = strings.Replace(line, "-s sh", "-s mh", 1)
				case choice == "ipip" || choice == "gre":
					line = strings.Replace(line, "--tun-port 1", "", 1)
				}
				if _, err := parse(t, line); err != nil {
					t.Errorf("%q: %v", line, err)
				}
			})
		}
	}
}

// TestHelp checks the output of -h for its width, and for every option.
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
	for _, o := range Options() {
		t.Run(o.Long, func(t *testing.T) {
			if n := strings.Count(text, "\n  "+o.term()+" "); n != 1 {
				t.Errorf("%q is in the text %d times", o.term(), n)
			}
		})
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
