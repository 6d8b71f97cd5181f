//go:build kernel

package cli_test

import (
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// balanced is a world with a service of one real server.
func balanced(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.addresses(t, "10.1.1.1/32", "10.2.2.2/32")
	w.serve(t, "10.2.2.2:8080")
	w.must(t, cli.Run, balancedRules, "ipvsadm -R")
	return w
}

// balancedRules are the service of balanced and its server.
const balancedRules = "-A -t 10.1.1.1:80 -s rr\n" + serverRule

// serverRule is the server of balanced.
const serverRule = "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 80\n"

// TestKernelDrain: a server goes when its last connection ends, and not before;
// or when the time is over, and says so.
func TestKernelDrain(t *testing.T) {
	w := balanced(t)
	const drain = "ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain "
	conn := w.dial(t, "10.1.1.1:80")
	time.AfterFunc(3*time.Second, func() { conn.Close() })
	start := time.Now()
	w.must(t, cli.Run, "", drain+"30")
	if took := time.Since(start); took < 3*time.Second || took > 8*time.Second {
		t.Errorf("drained after %v, not when the connection ended", took)
	}
	if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != "-A -t 10.1.1.1:80 -s rr\n" {
		t.Errorf("after the drain: %s", got)
	}

	w.must(t, cli.Run, serverRule, "ipvsadm -R")
	w.dial(t, "10.1.1.1:80")
	start = time.Now()
	status, out, errs := w.program(cli.Run, "", drain+"2")
	if took := time.Since(start); status != 3 || out != "" || errs != "10.2.2.2:8080 was removed with 1 connections left\n" || took < 2*time.Second {
		t.Errorf("status %d after %v, %q, %q", status, took, out, errs)
	}
	if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != "-A -t 10.1.1.1:80 -s rr\n" {
		t.Errorf("after the time: %s", got)
	}
	status, _, errs = w.program(cli.Run, "", drain+"2")
	if status != 255 || errs != "No such destination\n" {
		t.Errorf("no server: status %d, %q", status, errs)
	}
}

// TestKernelDrainInterrupted: a signal gives the server its weight back.
func TestKernelDrainInterrupted(t *testing.T) {
	w := balanced(t)
	w.dial(t, "10.1.1.1:80")
	signals := make(chan os.Signal, 1)
	var during string
	time.AfterFunc(time.Second, func() { signals <- syscall.SIGINT })
	var errs strings.Builder
	env := cli.Env{
		Stdout: io.Discard, Stderr: &errs, OpenKernel: openKernel, Terminal: func() bool { return true },
		Signals: func() (<-chan os.Signal, func()) { return signals, func() {} },
	}
	var status int
	_ = w.Do(func() error { // no error of its own
		status = cli.Run(strings.Fields("ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain 60"), env)
		return nil
	})
	during = errs.String()
	if status != 130 || !strings.HasSuffix(during, "interrupted: the weight of 10.2.2.2:8080 is 5 again\n") ||
		!strings.Contains(during, "\r10.2.2.2:8080: 1 active, 0 persistent connections, 60 s left") {
		t.Errorf("status %d, %q", status, during)
	}
	if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != "-A -t 10.1.1.1:80 -s rr\n"+serverRule {
		t.Errorf("after the signal: %s", got)
	}
}

const (
	// drainLine drains the server of balanced.
	drainLine = "ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain 60"
	// drainedRule is the server while it is drained.
	drainedRule = "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0 -x 90 -y 80\n"
	serviceRule = "-A -t 10.1.1.1:80 -s rr\n"
	otherRule   = "-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m -w 0\n"
)

// await waits until a save has a rule.
func (w world) await(t *testing.T, rule string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(w.must(t, cli.Save, "", "ipvsadm-save -n"), rule); {
		if time.Now().After(deadline) {
			t.Fatalf("never there: %s", rule)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestKernelDrainMeets checks what a drain does about signals and about what other
// programs do meanwhile.
func TestKernelDrainMeets(t *testing.T) {
	const edit = "-e -t 10.1.1.1:80 -r 10.2.2.2:8080 -m "
	const remove = "-d -t 10.1.1.1:80 -r 10.2.2.2:8080\n"
	for _, test := range []struct {
		name   string
		before string // more rules
		ignore string // signals ignored from the start
		others string // what other programs do
		send   []syscall.Signal
		want   difftest.Result
		rules  string // afterwards
	}{
		{
			name: "SIGINT", send: []syscall.Signal{syscall.SIGINT},
			want:  difftest.Result{Status: 130, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"},
			rules: serviceRule + serverRule,
		},
		{
			name: "SIGTERM", send: []syscall.Signal{syscall.SIGTERM},
			want:  difftest.Result{Status: 143, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"},
			rules: serviceRule + serverRule,
		},
		{
			name: "SIGHUP", send: []syscall.Signal{syscall.SIGHUP},
			want:  difftest.Result{Status: 129, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"},
			rules: serviceRule + serverRule,
		},
		{
			name: "SIGHUP after nohup", ignore: "HUP", send: []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM},
			want:  difftest.Result{Status: 143, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"},
			rules: serviceRule + serverRule,
		},
		{
			name: "other thresholds", others: edit + "-w 0 -x 33 -y 22\n", send: []syscall.Signal{syscall.SIGTERM},
			want:  difftest.Result{Status: 143, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"},
			rules: serviceRule + "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 33 -y 22\n",
		},
		{
			name: "another weight", others: edit + "-w 77 -x 33 -y 22\n",
			want:  difftest.Result{Status: 255, Stderr: "not removed: another program set the weight of 10.2.2.2:8080 to 77\n"},
			rules: serviceRule + "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 77 -x 33 -y 22\n",
		},
		{
			name: "the same weight as before", others: edit + "-w 5 -x 90 -y 80\n",
			want:  difftest.Result{Status: 255, Stderr: "not removed: another program set the weight of 10.2.2.2:8080 to 5\n"},
			rules: serviceRule + serverRule,
		},
		{
			name: "removed", others: remove,
			want:  difftest.Result{Status: 255, Stderr: "another program removed 10.2.2.2:8080\n"},
			rules: serviceRule,
		},
		{
			name: "the service removed", others: "-C\n",
			want: difftest.Result{Status: 255, Stderr: "another program removed 10.2.2.2:8080\n"},
		},
		{
			name: "removed and added again, among others", before: otherRule, others: remove + drainedRule,
			want:  difftest.Result{Status: 255, Stderr: "not removed: another program removed 10.2.2.2:8080 and added it again\n"},
			rules: serviceRule + drainedRule + otherRule,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, ours := balanced(t), programs(t)
			w.must(t, cli.Run, test.before, "ipvsadm -R")
			w.dial(t, "10.1.1.1:80")
			line := "exec " + drainLine
			if test.ignore != "" {
				line = "trap '' " + test.ignore + "; " + line
			}
			p := w.beginLine(t, ours, line)
			w.await(t, drainedRule)

			w.must(t, cli.Run, test.others, "ipvsadm -R")
			for _, s := range test.send {
				if err := p.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.result(t); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != test.rules {
				t.Errorf("rules left:\n%swant:\n%s", got, test.rules)
			}
		})
	}
}

// TestKernelTwoDrains checks that of two drains of one server neither loses its
// weight: the first, interrupted, gives it back; the second sees that and stops.
func TestKernelTwoDrains(t *testing.T) {
	w, ours := balanced(t), programs(t)
	w.dial(t, "10.1.1.1:80")
	first := w.begin(t, ours, strings.Fields(drainLine)...)
	w.await(t, drainedRule)
	second := w.begin(t, ours, strings.Fields(drainLine)...)
	time.Sleep(time.Second) // for the second to begin

	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	want := difftest.Result{Status: 143, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"}
	if got := first.result(t); got != want {
		t.Errorf("the first: %+v, want %+v", got, want)
	}
	want = difftest.Result{Status: 255, Stderr: "not removed: another program set the weight of 10.2.2.2:8080 to 5\n"}
	if got := second.result(t); got != want {
		t.Errorf("the second: %+v, want %+v", got, want)
	}
	if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != balancedRules {
		t.Errorf("rules left:\n%swant:\n%s", got, balancedRules)
	}
}

// TestKernelDrainInStream checks that a signal ends the stream, not only the drain
// that it interrupts.
func TestKernelDrainInStream(t *testing.T) {
	w, ours := balanced(t), programs(t)
	w.dial(t, "10.1.1.1:80")
	p := w.begin(t, ours, "ipvsadm", "-R")
	_, lines, _ := strings.Cut(drainLine, " ")
	if _, err := io.WriteString(p.in, lines+"\n-C\n"); err != nil {
		t.Fatal(err)
	}
	w.await(t, drainedRule)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	want := difftest.Result{Status: 143, Stderr: "line 1: interrupted: the weight of 10.2.2.2:8080 is 5 again\n"}
	if got := p.result(t); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); got != balancedRules {
		t.Errorf("rules left:\n%swant:\n%s", got, balancedRules)
	}
}

// TestKernelDrainAnyMoment sends a signal at any moment of a drain. The server either
// has its weight afterwards or is removed.
func TestKernelDrainAnyMoment(t *testing.T) {
	const rounds, longest = 60, 60 * time.Millisecond
	w, ours := balanced(t), programs(t)
	r := rand.New(rand.NewPCG(3, 4))
	left := map[string]int{}
	for range rounds {
		w.must(t, cli.Run, "-C\n"+balancedRules, "ipvsadm -R")
		p := w.begin(t, ours, strings.Fields(drainLine)...)
		time.Sleep(time.Duration(r.Int64N(int64(longest))))
		_ = p.Process.Signal(syscall.SIGHUP) // unless it has ended
		got := p.result(t)
		rules := w.must(t, cli.Save, "", "ipvsadm-save -n")
		left[rules]++
		if removed := rules == serviceRule; removed != (got.Status == 0) || !removed && rules != balancedRules {
			t.Fatalf("%+v, rules left:\n%s", got, rules)
		}
	}
	t.Logf("%d times removed, %d times not", left[serviceRule], left[balancedRules])
}
