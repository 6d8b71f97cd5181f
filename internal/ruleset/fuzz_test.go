package ruleset

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// read is what a source yielded: rules and errors.
type read struct {
	Rules  []Rule
	Errors []string
}

// readEverything reads a source to its end, which must be io.EOF, and checks that the
// rules survive a Log.
func readEverything(t *testing.T, source Source) (all read) {
	t.Helper()
	var log Log
	for {
		var r Rule
		var fault *Error
		switch err := source.Next(&r); {
		case err == nil:
			all.Rules = append(all.Rules, r)
			log.Append(&r)
		case errors.As(err, &fault):
			all.Errors = append(all.Errors, err.Error())
		default:
			if err.Error() != "EOF" {
				t.Errorf("the end is %v", err)
			}
			checkLog(t, all.Rules, &log)
			return all
		}
	}
}

// checkParts checks that a source yields the same if the input comes byte by byte.
func checkParts(t *testing.T, want, got read) {
	t.Helper()
	if diff := cmp.Diff(want, got, ruleComparison); diff != "" {
		t.Errorf("byte by byte (-want +got):\n%s", diff)
	}
}

// FuzzReader reads any bytes as a rule stream: there is at most one rule or error for
// each line, in order, and it does not matter in which parts the lines come.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r [::1]:9 -i\n", "# x\n\r\n-C\n--set 1 2 3", "-L\n-S --all\n-v\n-A -f 1\n",
		"-A -f 1 --netns x\n", "-R\n", "-E -f 1 --keep -s rr\n-d -f 1 -r 1.1.1.1 --drain 0\n", "\x00\n\xff -A\x00 -f 1", "-Z -6\n",
		"--start-daemon master --mcast-interface x --syncid 3\n--stop-daemon backup\n-D -u [::1]:9\n-Z\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		all := readEverything(t, newTestReader(bytes.NewReader(stream)))
		checkParts(t, all, readEverything(t, newTestReader(iotest.OneByteReader(bytes.NewReader(stream)))))

		last := 0
		for _, r := range all.Rules {
			if r.Pos.Line <= last || r.Pos.Path != "" {
				t.Errorf("a rule at %v after line %d", r.Pos, last)
			}
			last = r.Pos.Line
		}
		if lines := bytes.Count(stream, []byte{'\n'}) + 1; last > lines || len(all.Rules)+len(all.Errors) > lines {
			t.Errorf("%d rules and %d errors, the last rule in line %d of %d", len(all.Rules), len(all.Errors), last, lines)
		}
	})
}

// FuzzDecoder reads anything as a document. It does not matter in which parts it comes;
// what is accepted is JSON, and what it describes is the same when it is printed again.
func FuzzDecoder(f *testing.F) {
	files, err := filepath.Glob("../../testdata/format/json/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		doc, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	f.Add([]byte(goodDocument))
	f.Fuzz(func(t *testing.T, doc []byte) {
		all := readEverything(t, NewDecoder(bytes.NewReader(doc)))
		checkParts(t, all, readEverything(t, NewDecoder(iotest.OneByteReader(bytes.NewReader(doc)))))
		if len(all.Errors) > 0 {
			return
		}
		if !json.Valid(doc) {
			t.Fatal("accepted, but is not JSON")
		}
		first := printed(t, all.Rules)
		again := readEverything(t, NewDecoder(bytes.NewReader(first)))
		if second := printed(t, again.Rules); len(again.Errors) > 0 || !bytes.Equal(first, second) {
			t.Errorf("\nfirst  %s\nsecond %s\nerrors %q", first, second, again.Errors)
		}
	})
}

// printed returns the document of the table that rules describe.
func printed(t *testing.T, rules []Rule) []byte {
	t.Helper()
	var state ipvs.State
	for i := range rules {
		if err := state.Apply(&rules[i].Cmd.Change); err != nil {
			t.Fatalf("%v: %v", rules[i].Pos, err)
		}
	}

	doc := format.JSON{Rules: true}
	b := doc.AppendOpening(nil, &ipvs.Info{})
	for i, e := range state.Entries() {
		b = doc.AppendEntry(b, i, &e)
	}
	rest := &format.Rest{Daemons: state.Daemons}
	if state.Timeouts != nil {
		rest.Timeouts = *state.Timeouts
	}
	return doc.AppendClosing(b, rest)
}
