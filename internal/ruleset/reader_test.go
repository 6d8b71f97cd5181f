package ruleset

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// newTestReader returns a Reader that knows no names.
func newTestReader(in io.Reader) *Reader { return NewReader(in, newTestParser(), nil) }

func TestReader(t *testing.T) {
	const tooLong = ": longer than 1048576 bytes"
	const tryHelp = ": Try `ipvsadm -h' or 'ipvsadm --help' for more information."
	// comment returns a comment of a length.
	comment := func(length int) string { return "#" + strings.Repeat("x", length-1) }
	for _, test := range []struct {
		name, stream string
		want         []string
	}{
		{"nothing", "", nil},
		{"lines without commands", "\n\r\n \t\n# x\n#\n  # y", nil},
		{"rules", "# rules\n-A -t 10.0.0.1:80\n\nipvsadm -A -t 10.0.0.2:80 -s rr # why\r\n-D -t 10.0.0.3:80\n-C\n",
			[]string{"line 2: -A -t 10.0.0.1:80 -s wlc", "line 4: -A -t 10.0.0.2:80 -s rr", "line 5: -D -t 10.0.0.3:80", "line 6: -C"}},
		{"other commands", "-L --timeout\n-S\n-h\n-v\n-E -f 1 --keep -s rr\n", []string{"line 1: ", "line 2: ", "line 3: ", "line 4: ", "line 5: -E -f 1 -s rr"}},
		{"no newline at the end", "-A -f 1\n-C", []string{"line 1: -A -f 1 -s wlc", "line 2: -C"}},
		{"bad lines", "-A -f 1\n-A -f 0\n-A -f 2\n-q\n",
			[]string{"line 1: -A -f 1 -s wlc", "line 2: invalid fwmark value `0' specified", "line 3: -A -f 2 -s wlc", "line 4" + tryHelp}},
		{"cut off", "-A -f 1\n-A -t 10.0", []string{"line 1: -A -f 1 -s wlc", "line 2: Zero port specified for non-persistent service"}},
		{"no stream in a stream", "-R\n-C\n", []string{"line 1" + tryHelp, "line 2: -C"}},
		{"garbage", "-C\n\x00\x01\xfe\xff -\x80\n", []string{"line 1: -C", "line 2" + tryHelp}},
		{"line of more than a buffer", "-C\n" + comment(2*readSize) + "\n-C\n", []string{"line 1: -C", "line 3: -C"}},
		{"line as long as can be", comment(maxLine-1) + "\n-C\n", []string{"line 2: -C"}},
		{"line as long as can be at the end", "-C\n" + comment(maxLine), []string{"line 1: -C"}},
		{"long line", "-C\n" + comment(maxLine) + "\n-C\n", []string{"line 1: -C", "line 2" + tooLong, "line 3: -C"}},
		{"long line at the end", "-C\n" + comment(maxLine+1), []string{"line 1: -C", "line 2" + tooLong}},
		{"two long lines", comment(3*maxLine) + "\n" + comment(2*maxLine) + "\n-C\n", []string{"line 1" + tooLong, "line 2" + tooLong, "line 3: -C"}},
		{"rule across buffers", comment(readSize-5) + "\n-A -f 1\n-C\n", []string{"line 2: -A -f 1 -s wlc", "line 3: -C"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			testDecoded(t, newTestReader(strings.NewReader(test.stream)), test.want...)
			testDecoded(t, newTestReader(iotest.HalfReader(strings.NewReader(test.stream))), test.want...)
			testDecoded(t, newTestReader(iotest.DataErrReader(strings.NewReader(test.stream))), test.want...)
			if len(test.stream) <= 2*readSize {
				testDecoded(t, newTestReader(iotest.OneByteReader(strings.NewReader(test.stream))), test.want...)
			}
		})
	}
}

// TestReaderReadError covers an input that breaks, after some lines or in one.
func TestReaderReadError(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name, stream string
		want         []string
	}{
		{"at once", "", nil},
		{"after a line", "-C\n", []string{"line 1: -C"}},
		{"in a line", "-C\n-A -f", []string{"line 1: -C"}},
		{"in a long line", strings.Repeat("x", readSize+1), nil},
		{"in a line that is too long", strings.Repeat("x", maxLine+readSize+1), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := decoded(newTestReader(io.MultiReader(strings.NewReader(test.stream), iotest.ErrReader(broken))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var readErr *ReadError
			if !errors.As(err, &readErr) || !errors.Is(err, broken) || err.Error() != "read the rules: broken" {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestReaderIdle checks that idle is called before each read that may wait, and never
// while there are lines.
func TestReaderIdle(t *testing.T) {
	stopped := errors.New("stopped")
	in, out := io.Pipe()
	defer in.Close()
	var idleAfter []int
	rules := 0
	var idleErr error
	r := NewReader(in, newTestParser(), func() error {
		idleAfter = append(idleAfter, rules)
		return idleErr
	})
	parts := []string{"-C\n", "-C\n-C\n-C\n", "-C\n-", "C\n"}
	go func() {
		for _, part := range parts {
			fmt.Fprint(out, part)
		}
	}()

	for ; rules < 6; rules++ {
		if err := r.Next(new(Rule)); err != nil {
			t.Fatal(err)
		}
	}
	idleErr = stopped
	if err := r.Next(new(Rule)); err != stopped {
		t.Errorf("the error is %v", err)
	}
	// The last but one part ends in the middle of a line.
	if diff := cmp.Diff([]int{0, 1, 4, 5, 6}, idleAfter); diff != "" {
		t.Errorf("idle after so many rules (-want +got):\n%s", diff)
	}
}

// TestReaderNames checks that the names of a rule do not keep its text.
func TestReaderNames(t *testing.T) {
	line := "-A -f 1 -s rr --pe sip\n"
	schedulers, engines := map[*byte]bool{}, map[*byte]bool{}
	readAll(t, newTestReader(strings.NewReader(strings.Repeat(line, 2*readSize/len(line)))), func(r *Rule) {
		schedulers[unsafe.StringData(r.Cmd.Change.Service.Scheduler)] = true
		engines[unsafe.StringData(r.Cmd.Change.Service.Engine)] = true
	})
	if len(schedulers) != 1 || len(engines) != 1 {
		t.Errorf("%d copies of the scheduler, %d of the engine", len(schedulers), len(engines))
	}
}

// TestErrorEscapes checks that errors show what they quote of the input, and steer no
// terminal.
func TestErrorEscapes(t *testing.T) {
	const escaped = `\x1b[31m\u009b\u202e\xff`
	const raw = "\x1b[31m\u009b\u202e\xff"
	for stream, want := range map[string]string{
		"-A --" + raw:             "line 1: --" + escaped + ": unknown option",
		"-A -t " + raw:            "line 1: illegal virtual server address[:port] specified",
		"-A -f " + raw:            "line 1: invalid fwmark value `" + escaped + "' specified",
		"-A -f 1 " + raw:          "line 1: unexpected argument " + escaped,
		"-A -f 1 -s rr -b " + raw: "line 1: invalid scheduler flag `" + escaped + "'",
		"-A -f 1 -6 grün´":        "line 1: unexpected argument grün´",
		"-A -f 1 �":               "line 1: unexpected argument �",
		"-A -6":                   "line 1: -6 used before -f\n",
	} {
		t.Run(stream, func(t *testing.T) { testDecoded(t, newTestReader(strings.NewReader(stream)), want) })
	}
	t.Run("position", func(t *testing.T) {
		err := &Error{Position{Path: "a\nb\x1b"}, errors.New("c\nd\x1b")}
		if got, want := err.Error(), `a\nb\x1b: c`+"\n"+`d\x1b`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
