//go:build kernel

package cli_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// programs are ours, where every user can run them.
func programs(t *testing.T) difftest.Programs {
	t.Helper()
	dir, err := os.MkdirTemp("", "programs.")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	err = os.Chmod(dir, 0o755)
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		b, readErr := os.ReadFile(filepath.Join(binaries, name))
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(dir, name), b, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	ours, err := difftest.In("project", dir)
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// reference are the reference programs.
func reference(t *testing.T) difftest.Programs {
	t.Helper()
	p, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// line does a shell line that calls programs by their bare names.
func (w world) line(t *testing.T, p difftest.Programs, line string) difftest.Result {
	t.Helper()
	c, err := p.Line(line)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Run(context.Background(), c) // clean-up calls this, too
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// setUp does a shell line that has to succeed.
func (w world) setUp(t *testing.T, line string) {
	t.Helper()
	if r := w.line(t, reference(t), line); r.Status != 0 {
		t.Fatalf("%s: %+v", line, r)
	}
}

// process is a program of ours that runs in the namespace, with a pipe at each end.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
}

// begin starts one.
func (w world) begin(t *testing.T, p difftest.Programs, args ...string) *process {
	t.Helper()
	path, err := p.Path(args[0])
	if err != nil {
		t.Fatal(err)
	}
	return w.start(t, exec.Command(path, args[1:]...))
}

// beginLine starts a shell line.
func (w world) beginLine(t *testing.T, p difftest.Programs, line string) *process {
	t.Helper()
	c := exec.Command("/bin/bash", "-c", line)
	c.Env = p.Env()
	return w.start(t, c)
}

// start starts a command with a pipe at each end.
func (w world) start(t *testing.T, c *exec.Cmd) *process {
	t.Helper()
	run := &process{Cmd: c}
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if run.in, err = run.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	run.out, run.Stderr = bufio.NewReader(out), &run.stderr
	if err := w.Do(run.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })
	return run
}

// result closes a program's input and waits for its end.
func (p *process) result(t *testing.T) difftest.Result {
	t.Helper()
	p.in.Close()
	limit := time.AfterFunc(30*time.Second, func() {
		t.Errorf("%s hangs", p.Path)
		_ = p.Process.Kill()
	})
	defer limit.Stop()
	out, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := p.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return difftest.Result{Status: 128 + int(status.Signal()), Stdout: string(out), Stderr: p.stderr.String()}
	}
	return difftest.Result{Status: status.ExitStatus(), Stdout: string(out), Stderr: p.stderr.String()}
}

// TestKernelFewDescriptors: with room for few files or none a program does its work
// or says in a line or two why not; it never lists a part, or a page about Go.
func TestKernelFewDescriptors(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	w.must(t, cli.Run, baseRules, "ipvsadm -R")
	ended := map[string]int{}
	for _, line := range []string{"ipvsadm -Ln", "ipvsadm -Lnc", "ipvsadm-save -n", "ipvsadm -L --timeout"} {
		want := w.line(t, ours, line)
		for limit := 3; limit <= 9; limit++ {
			got := w.line(t, ours, fmt.Sprintf("ulimit -n %d; exec %s", limit, line))
			if got == want {
				ended["done"]++
				continue
			}
			ended[strings.TrimSpace(got.Stderr)]++
			if got.Status == 0 || got.Status > 2 || got.Stdout != "" || strings.Count(got.Stderr, "\n") > 2 || !strings.Contains(strings.ToLower(got.Stderr), "too many open files") {
				t.Errorf("%s with %d descriptors: %+v", line, limit, got)
			}
		}
		if ended["done"] == 0 {
			t.Errorf("%s was never done", line)
		}
	}
	t.Log(ended)
}

// TestKernelNoProc: without a proc file system, connections cannot be listed, and
// everything else is as with it.
func TestKernelNoProc(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	w.must(t, cli.Run, baseRules, "ipvsadm -R")
	for _, line := range []string{"ipvsadm -Lnc", "ipvsadm -Ln", "ipvsadm -Sn", "ipvsadm -Ln --stats", "ipvsadm -L --daemon"} {
		hidden := "unshare -m bash -c 'mount -t tmpfs none /proc && exec " + line + "'"
		want, got := w.line(t, reference(t), hidden), w.line(t, ours, hidden)
		if got != want {
			t.Errorf("%s:\nreference %+v\nours      %+v", line, want, got)
		}
	}
}

// TestKernelOutputLost: a full disk is told, a reader that left is not; what was in
// the file of --output stays, and nothing is left beside it.
func TestKernelOutputLost(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	w.must(t, cli.Restore, manyServices(1, 1000, 1), "ipvsadm-restore")
	w.setUp(t, "mkdir /run/small && mount -t tmpfs -o size=20k none /run/small && echo old > /run/small/rules")
	full := difftest.Result{Status: 1, Stderr: "Can't write: No space left on device\n"}
	for line, want := range map[string]difftest.Result{
		"ipvsadm -Ln > /dev/full":                                        full,
		"ipvsadm -Lnc > /dev/full":                                       full,
		"ipvsadm -h > /dev/full":                                         full,
		"ipvsadm -Ln --json > /dev/full":                                 full,
		"ipvsadm-save -n > /dev/full":                                    full,
		"ipvsadm-restore --diff < /dev/null >/dev/full":                  full,
		"{ sleep 0.2; exec ipvsadm -Ln; } | true; exit ${PIPESTATUS[0]}": {Status: 128 + 13}, // SIGPIPE
		"ipvsadm-save --output /dev/full":                                {Status: 1, Stderr: "cannot write /dev/full: No space left on device\n"},
		"ipvsadm-save --output /run":                                     {Status: 1, Stderr: "cannot write /run: Is a directory\n"},
		"ipvsadm-save --output /run/no/no":                               {Status: 1, Stderr: "cannot write /run/no/no: No such file or directory\n"},
		"ipvsadm-save -n --output /run/small/rules; s=$?; cat /run/small/*; ls -A /run/small; exit $s": {
			Status: 1, Stdout: "old\nrules\n", Stderr: "cannot write /run/small/rules: No space left on device\n",
		},
		// Go opens /dev/null in the place of a closed descriptor before
		// anything of ours runs.
		"ipvsadm -Ln >&-": {},
	} {
		if got := w.line(t, ours, line); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

// TestKernelInputLost: what cannot be read changes nothing. Standard input that is
// closed is as empty as with the reference.
func TestKernelInputLost(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	w.must(t, cli.Run, baseRules, "ipvsadm -R")
	before := w.state(t)
	for _, line := range []string{"ipvsadm-restore < /", "ipvsadm -R < /", "ipvsadm-restore --sync < /", "ipvsadm-restore --json < /"} {
		if got, want := w.line(t, ours, line), (difftest.Result{Status: 1, Stderr: "Can't read: Is a directory\n"}); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
	if d := diff(before, w.state(t)); d != "" {
		t.Errorf("the table changed (-before +after):\n%s", d)
	}
	// The reference's ipvsadm -R does the same; its ipvsadm-restore hangs.
	for _, test := range []struct {
		line     string
		services int
	}{{"ipvsadm -R <&-", len(before.Entries)}, {"ipvsadm-restore <&-", 0}} {
		got := w.line(t, ours, test.line)
		if left := len(w.state(t).Entries); got != (difftest.Result{}) || left != test.services {
			t.Errorf("%s: %+v, %d services left", test.line, got, left)
		}
	}
}

// TestKernelTerminated: SIGTERM in the middle of a restore ends it only when the
// table is whole; in the middle of ipvsadm -R, whose rules come one by one, it leaves
// the first part of the rules, whole; and in the middle of a sync the table becomes
// what it was.
func TestKernelTerminated(t *testing.T) {
	const many = 6000
	const present = 2000
	for name, test := range map[string]struct {
		args   []string
		before int    // services
		after  int    // services in the rules
		mark   uint32 // of a service; SIGTERM is sent once it is there
		want   difftest.Result
		left   func(services int) bool
	}{
		"restore": {
			args: []string{"ipvsadm-restore"}, after: many, mark: 1,
			left: func(services int) bool { return services == many },
		},
		"stream": {
			args: []string{"ipvsadm", "-R"}, after: many, mark: 1,
			want: difftest.Result{Status: 128 + 15},
			left: func(services int) bool { return services > 0 && services < many },
		},
		"sync": {
			args: []string{"ipvsadm-restore", "--sync"}, before: present, after: present + many, mark: present + 300,
			want: difftest.Result{Status: 128 + 15, Stderr: "interrupted by signal: terminated\nrolled back; no changes were kept\n"},
			left: func(services int) bool { return services == present },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(t, cli.Run, manyServices(1, test.before+1, 1), "ipvsadm -R")
			rules := manyServices(1, test.after+1, 2)
			p := w.beginWithRules(t, rules, test.args...)
			w.awaitService(t, test.mark)
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}

			if got := p.result(t); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			s := w.state(t)
			w.checkPrefix(t, s)
			if !test.left(len(s.Entries)) {
				t.Errorf("%d services were left", len(s.Entries))
			}
			w.must(t, cli.Restore, rules, "ipvsadm-restore --sync")
			if out := w.must(t, cli.Restore, rules, "ipvsadm-restore --diff"); out != "" {
				t.Errorf("a second sync left %.200s", out)
			}
		})
	}
}

// beginWithRules starts a program with rules on its standard input. It runs at the
// lowest priority, so that a test can look in between on one processor too.
func (w world) beginWithRules(t *testing.T, rules string, args ...string) *process {
	t.Helper()
	p := w.begin(t, programs(t), args...)
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, p.Process.Pid, 19); err != nil {
		t.Fatal(err)
	}
	go func() {
		// The program may end before it has read all.
		_, _ = io.WriteString(p.in, rules)
		p.in.Close()
	}()
	return p
}

// awaitService waits until there is a service of a firewall mark.
func (w world) awaitService(t *testing.T, mark uint32) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !w.has(t, mark); {
		if time.Now().After(deadline) {
			t.Fatalf("service %d does not appear", mark)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// checkPrefix checks that a table has the first services of manyServices, each with
// its server; the last one may still lack it.
func (w world) checkPrefix(t *testing.T, s state) {
	t.Helper()
	slices.SortFunc(s.Entries, byMark)
	for i, e := range s.Entries {
		if e.Service.ID.FWMark != uint32(i+1) {
			t.Fatalf("service %d is missing", i+1)
		}
		if len(e.Destinations) != 1 && i < len(s.Entries)-1 {
			t.Fatalf("service %d of %d has %d servers", i+1, len(s.Entries), len(e.Destinations))
		}
	}
}

// saved finds the rules of manyServices in a save.
var saved = regexp.MustCompile(`^(-A -f \d+ -s rr|-a -f \d+ -r 10\.[12]\.0\.1:80 -m -w 1)$`)

// listed finds the lines of a listing of them.
var listed = regexp.MustCompile(`^(FWM  \d+ rr|  -> 10\.[12]\.0\.1:80 {18}Masq    1      0          0         )$`)

// titles matches the title lines of a listing. The size of a table is no constant.
var titles = regexp.MustCompile(`^IP Virtual Server version 1\.2\.1 \(size=\d+\)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`)

// TestKernelTogether: two restores and a listing at the same time, again and again:
// the listing is whole, and so is the end: one of the two tables, or what the lines
// say that are told.
func TestKernelTogether(t *testing.T) {
	const rounds = 50
	w, ours := newWorld(t), programs(t)
	tables := []string{manyServices(1, 41, 1), manyServices(1, 41, 2)}
	var ends [2]string
	for i, table := range tables {
		w.must(t, cli.Restore, table, "ipvsadm-restore")
		ends[i] = w.must(t, cli.Save, "", "ipvsadm-save -n")
	}
	mixed, wholes := 0, [2]int{}
	listings := [...][]string{{"ipvsadm", "-Ln"}, {"ipvsadm-save", "-n"}, {"ipvsadm", "-Ln", "--json"}, {"ipvsadm", "-Ln", "--stats", "--json"}}
	for round := range rounds {
		lister := listings[round%len(listings)]
		first, second := w.begin(t, ours, "ipvsadm-restore"), w.begin(t, ours, "ipvsadm-restore")
		list := w.begin(t, ours, lister...)
		for i, p := range []*process{first, second} {
			if _, err := io.WriteString(p.in, tables[i]); err != nil {
				t.Fatal(err)
			}
		}
		first.in.Close()
		second.in.Close()
		got, results := list.result(t), [2]difftest.Result{first.result(t), second.result(t)}
		if got.Status != 0 || got.Stderr != "" || !isWhole(lister, got.Stdout) {
			t.Errorf("%v: status %d, %q\n%s", lister, got.Status, got.Stderr, got.Stdout)
		}
		quiet := true
		for _, r := range results {
			quiet = quiet && r.Status == 0
			if r.Stdout != "" || (r.Status == 0) != (r.Stderr == "") || r.Status != 0 && r.Status != 255 {
				t.Errorf("restore: %+v", r)
			}
			for line := range strings.Lines(r.Stderr) {
				if !refusedLine.MatchString(line) {
					t.Errorf("restore told %q", line)
				}
			}
		}
		switch end := w.must(t, cli.Save, "", "ipvsadm-save -n"); {
		case end == ends[0]:
			wholes[0]++
		case end == ends[1]:
			wholes[1]++
		case quiet:
			t.Errorf("both restores were content with\n%s", end)
		case !isWhole([]string{"ipvsadm-save"}, end):
			t.Errorf("the end is\n%s", end)
		default:
			mixed++
		}
	}
	t.Logf("%d rounds: %d and %d times one table, %d times a mixture that was told", rounds, wholes[0], wholes[1], mixed)
}

// refusedLine is what a restore tells of a line that another made impossible.
var refusedLine = regexp.MustCompile(`^line \d+: (Service already exists|Service not defined|Destination already exists)\n$`)

// isWhole says whether a listing is well-formed.
func isWhole(lister []string, text string) bool {
	if slices.Contains(lister, "--json") {
		return json.Valid([]byte(text))
	}
	pattern := saved
	if lister[0] == "ipvsadm" {
		head := titles.FindString(text)
		if head == "" {
			return false
		}
		text, pattern = text[len(head):], listed
	}
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		if !ended || !pattern.MatchString(line) {
			return false
		}
	}
	return true
}

// byMark orders services by their firewall marks.
func byMark(a, b ipvs.Entry) int { return cmp.Compare(a.Service.ID.FWMark, b.Service.ID.FWMark) }
