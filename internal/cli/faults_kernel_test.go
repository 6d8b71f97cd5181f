//go:build kernel

package cli_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelFewDescriptors checks that a program which may open few files or none does
// its work, or reports in a line or two why it cannot. It never prints half a listing,
// or the Go runtime's stacks.
func TestKernelFewDescriptors(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, baseRules, "ipvsadm -R")
	for _, line := range []string{"ipvsadm -Ln", "ipvsadm -Lnc", "ipvsadm-save -n", "ipvsadm -L --timeout"} {
		t.Run(line, func(t *testing.T) {
			want := ns.shell(t, ours, line)
			ends := map[string]int{}
			for limit := 3; limit <= 9; limit++ {
				got := ns.shell(t, ours, fmt.Sprintf("ulimit -n %d; exec %s", limit, line))
				if got == want {
					ends["success"]++
					continue
				}
				ends[strings.TrimSpace(got.Stderr)]++
				if got.Status == 0 || got.Status > 2 || got.Stdout != "" || strings.Count(got.Stderr, "\n") > 2 || !strings.Contains(strings.ToLower(got.Stderr), "too many open files") {
					t.Errorf("with %d descriptors: %+v", limit, got)
				}
			}
			if ends["success"] == 0 {
				t.Errorf("it never succeeded: %v", ends)
			}
			t.Log(ends)
		})
	}
}

// TestKernelNoProc checks that without a proc file system connections cannot be listed,
// and that everything else works.
func TestKernelNoProc(t *testing.T) {
	ns, reference, ours := newNamespace(t), referencePrograms(t), ourPrograms(t)
	ns.mustRun(t, baseRules, "ipvsadm -R")
	for _, line := range []string{"ipvsadm -Lnc", "ipvsadm -Ln", "ipvsadm -Sn", "ipvsadm -Ln --stats", "ipvsadm -L --daemon"} {
		t.Run(line, func(t *testing.T) {
			hidden := "unshare -m bash -c 'mount -t tmpfs none /proc && exec " + line + "'"
			checkResult(t, ns.shell(t, ours, hidden), ns.shell(t, reference, hidden))
		})
	}
}

// TestKernelOutputLost checks that a full disk is reported, and that a reader which left
// is not. The file of --output keeps what was in it, and nothing is left beside it.
func TestKernelOutputLost(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, manyServices(1, 1000, 1), "ipvsadm-restore")
	ns.mustShell(t, "mkdir /run/small && mount -t tmpfs -o size=20k none /run/small && echo old > /run/small/rules")
	full := difftest.Result{Status: 1, Stderr: "Can't write: No space left on device\n"}
	for line, want := range map[string]difftest.Result{
		"ipvsadm -Ln > /dev/full":                                        full,
		"ipvsadm -Lnc > /dev/full":                                       full,
		"ipvsadm -h > /dev/full":                                         full,
		"ipvsadm -Ln --json > /dev/full":                                 full,
		"ipvsadm-save -n > /dev/full":                                    full,
		"ipvsadm-restore --diff < /dev/null >/dev/full":                  {Status: 2, Stderr: full.Stderr}, // as diff(1)
		"{ sleep 0.2; exec ipvsadm -Ln; } | true; exit ${PIPESTATUS[0]}": {Status: 128 + 13},               // SIGPIPE
		"ipvsadm-save --output /dev/full":                                {Status: 1, Stderr: "cannot write /dev/full: No space left on device\n"},
		"ipvsadm-save --output /run":                                     {Status: 1, Stderr: "cannot write /run: Is a directory\n"},
		"ipvsadm-save --output /run/no/no":                               {Status: 1, Stderr: "cannot write /run/no/no: No such file or directory\n"},
		"ipvsadm-save -n --output /run/small/rules; s=$?; cat /run/small/*; ls -A /run/small; exit $s": {
			Status: 1, Stdout: "old\nrules\n", Stderr: "cannot write /run/small/rules: No space left on device\n",
		},
		// The Go runtime opens /dev/null in the place of a closed descriptor.
		"ipvsadm -Ln >&-": {},
	} {
		t.Run(line, func(t *testing.T) { checkResult(t, ns.shell(t, ours, line), want) })
	}
}

// TestKernelInputLost checks that a program whose input cannot be read changes nothing.
func TestKernelInputLost(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, baseRules, "ipvsadm -R")
	before := ns.readState(t)
	for _, line := range []string{"ipvsadm-restore < /", "ipvsadm -R < /", "ipvsadm-restore --sync < /", "ipvsadm-restore --json < /"} {
		t.Run(line, func(t *testing.T) {
			checkResult(t, ns.shell(t, ours, line), difftest.Result{Status: 1, Stderr: "Can't read: Is a directory\n"})
			ns.checkState(t, before)
		})
	}
}

// TestKernelInputClosed checks that standard input which is closed is empty. So it is
// for ipvsadm -R of the reference, whose ipvsadm-restore hangs.
func TestKernelInputClosed(t *testing.T) {
	for _, test := range []struct {
		line  string
		rules string // afterwards
	}{
		{"ipvsadm -R <&-", "-A -f 5 -s rr\n"},
		{"ipvsadm-restore <&-", ""},
	} {
		t.Run(test.line, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, "-A -f 5 -s rr\n", "ipvsadm -R")
			checkResult(t, ns.shell(t, ourPrograms(t), test.line), difftest.Result{})
			checkText(t, ns.save(t), test.rules)
		})
	}
}

// TestKernelTerminated checks what SIGTERM does in the middle. A restore goes on until
// the table is complete. ipvsadm -R, which applies rules as they come, ends after some
// rule. A sync is rolled back.
func TestKernelTerminated(t *testing.T) {
	const many = 6000
	const present = 2000
	for _, test := range []struct {
		name   string
		args   []string
		before int    // services
		after  int    // services in the rules
		mark   uint32 // of a service; SIGTERM is sent once it is there
		want   difftest.Result
		isLeft func(services int) bool
	}{
		{
			name: "restore", args: []string{"ipvsadm-restore"}, after: many, mark: 1,
			isLeft: func(services int) bool { return services == many },
		},
		{
			name: "stream", args: []string{"ipvsadm", "-R"}, after: many, mark: 1,
			want:   difftest.Result{Status: 128 + 15},
			isLeft: func(services int) bool { return services > 0 && services < many },
		},
		{
			name: "sync", args: []string{"ipvsadm-restore", "--sync"}, before: present, after: present + many, mark: present + 300,
			want:   difftest.Result{Status: 128 + 15, Stderr: "interrupted by signal: terminated\nrolled back; no changes were kept\n"},
			isLeft: func(services int) bool { return services == present },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, manyServices(1, test.before+1, 1), "ipvsadm -R")
			rules := manyServices(1, test.after+1, 2)
			p := ns.startWithRules(t, rules, test.args...)
			ns.awaitService(t, test.mark)
			p.signal(t, syscall.SIGTERM)

			checkResult(t, p.result(t), test.want)
			s := ns.readState(t)
			checkFirstServices(t, s)
			if !test.isLeft(len(s.Entries)) {
				t.Errorf("%d services are left", len(s.Entries))
			}

			ns.mustRun(t, rules, "ipvsadm-restore --sync")
			checkText(t, ns.mustRun(t, rules, "ipvsadm-restore --diff"), "")
		})
	}
}

// startWithRules starts a program with rules on its standard input. It runs at the
// lowest priority, so that a test can look at the table meanwhile on one processor too.
func (ns namespace) startWithRules(t *testing.T, rules string, args ...string) *process {
	t.Helper()
	p := ns.start(t, ourPrograms(t), args...)
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
func (ns namespace) awaitService(t *testing.T, mark uint32) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ns.hasService(t, mark); {
		if time.Now().After(deadline) {
			t.Fatalf("service %d does not appear", mark)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// checkFirstServices checks that a table has the first services of manyServices, each
// with its server. The last service may still lack its server.
func checkFirstServices(t *testing.T, s state) {
	t.Helper()
	slices.SortFunc(s.Entries, func(a, b ipvs.Entry) int { return cmp.Compare(a.Service.ID.FWMark, b.Service.ID.FWMark) })
	for i, e := range s.Entries {
		if e.Service.ID.FWMark != uint32(i+1) {
			t.Fatalf("service %d is missing", i+1)
		}
		if len(e.Destinations) != 1 && i < len(s.Entries)-1 {
			t.Fatalf("service %d of %d has %d servers", i+1, len(s.Entries), len(e.Destinations))
		}
	}
}

var (
	// savedLine matches the rules of manyServices in a save.
	savedLine = regexp.MustCompile(`^(-A -f \d+ -s rr|-a -f \d+ -r 10\.[12]\.0\.1:80 -m -w 1)$`)

	// listedLine matches their lines in a listing.
	listedLine = regexp.MustCompile(`^(FWM  \d+ rr|  -> 10\.[12]\.0\.1:80 {18}Masq    1      0          0         )$`)

	// titleLines matches the titles of a listing. The size of a table is no constant.
	titleLines = regexp.MustCompile(`^IP Virtual Server version 1\.2\.1 \(size=\d+\)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`)

	// rejectedLine matches the report of a restore about a rule that another restore
	// made impossible.
	rejectedLine = regexp.MustCompile(`^line \d+: (Service already exists|Service not defined|Destination already exists)\n$`)
)

// TestKernelTogether runs two restores and a listing at the same time, again and again.
// The listing is well formed. The table is that of one restore or the other, unless
// rejected rules were reported.
func TestKernelTogether(t *testing.T) {
	const rounds = 13
	ns, ours := newNamespace(t), ourPrograms(t)
	rules := [2]string{manyServices(1, 41, 1), manyServices(1, 41, 2)}
	var saves [2]string
	for i := range rules {
		ns.mustRun(t, rules[i], "ipvsadm-restore")
		saves[i] = ns.save(t)
	}

	for _, line := range []string{"ipvsadm -Ln", "ipvsadm-save -n", "ipvsadm -Ln --json", "ipvsadm -Ln --stats --json"} {
		t.Run(line, func(t *testing.T) {
			ends := map[string]int{}
			for range rounds {
				ends[runTogether(t, ns, ours, line, rules, saves)]++
			}
			t.Log(ends)
		})
	}
}

// runTogether runs two restores and a listing at the same time. It returns which table
// is left.
func runTogether(t *testing.T, ns namespace, ours difftest.Programs, line string, rules, saves [2]string) string {
	t.Helper()
	restores := [2]*process{ns.start(t, ours, "ipvsadm-restore"), ns.start(t, ours, "ipvsadm-restore")}
	listing := ns.start(t, ours, strings.Fields(line)...)
	for i, p := range restores {
		p.write(t, rules[i])
	}
	for _, p := range restores {
		p.in.Close()
	}

	if got := listing.result(t); got.Status != 0 || got.Stderr != "" || !isWellFormed(line, got.Stdout) {
		t.Errorf("%+v", got)
	}
	accepted := true
	for _, p := range restores {
		r := p.result(t)
		accepted = accepted && r.Status == 0
		checkRestore(t, r)
	}

	switch save := ns.save(t); {
	case save == saves[0]:
		return "the first table"
	case save == saves[1]:
		return "the second table"
	case accepted:
		t.Errorf("both restores succeeded, but left\n%s", save)
	case !isWellFormed("ipvsadm-save -n", save):
		t.Errorf("left:\n%s", save)
	}
	return "a mixture"
}

// checkRestore checks what a restore did beside another one.
func checkRestore(t *testing.T, r difftest.Result) {
	t.Helper()
	if r.Stdout != "" || (r.Status == 0) != (r.Stderr == "") || r.Status != 0 && r.Status != 255 {
		t.Errorf("restore: %+v", r)
	}
	for line := range strings.Lines(r.Stderr) {
		if !rejectedLine.MatchString(line) {
			t.Errorf("restore reported %q", line)
		}
	}
}

// isWellFormed reports whether the output of a command has no line that is cut off or
// mixed with another.
func isWellFormed(command, output string) bool {
	if strings.HasSuffix(command, "--json") {
		return json.Valid([]byte(output))
	}
	pattern := savedLine
	if strings.HasPrefix(command, "ipvsadm ") {
		titles := titleLines.FindString(output)
		if titles == "" {
			return false
		}
		output, pattern = output[len(titles):], listedLine
	}
	for line := range strings.Lines(output) {
		line, isComplete := strings.CutSuffix(line, "\n")
		if !isComplete || !pattern.MatchString(line) {
			return false
		}
	}
	return true
}
