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

const (
	// drainLine drains the server of newBalancedNamespace.
	drainLine = "ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain 60"

	// The rules of newBalancedNamespace: a service and its server.
	balancedRules = serviceRule + serverRule
	serviceRule   = "-A -t 10.1.1.1:80 -s rr\n"
	serverRule    = "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 80\n"

	// drainedRule is the server while it is drained.
	drainedRule = "-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0 -x 90 -y 80\n"

	// otherRule is another server.
	otherRule = "-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m -w 0\n"
)

// newBalancedNamespace returns a namespace with a service that has one server, which
// accepts connections.
func newBalancedNamespace(t *testing.T) namespace {
	t.Helper()
	ns := newNamespace(t)
	ns.addAddresses(t, "10.1.1.1/32", "10.2.2.2/32")
	ns.serve(t, "10.2.2.2:8080")
	ns.mustRun(t, balancedRules, "ipvsadm -R")
	return ns
}

// TestKernelDrain checks that a server is removed when its last connection ends, and not
// before; or when the time is over, which is reported.
func TestKernelDrain(t *testing.T) {
	const drain = "ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain "

	t.Run("the connection ends", func(t *testing.T) {
		ns := newBalancedNamespace(t)
		conn := ns.dial(t, "10.1.1.1:80")
		time.AfterFunc(3*time.Second, func() { conn.Close() })
		start := time.Now()
		ns.mustRun(t, "", drain+"30")
		if took := time.Since(start); took < 3*time.Second || took > 8*time.Second {
			t.Errorf("drained after %v, not when the connection ended", took)
		}
		checkText(t, ns.save(t), serviceRule)
	})

	t.Run("the time is over", func(t *testing.T) {
		ns := newBalancedNamespace(t)
		ns.dial(t, "10.1.1.1:80")
		start := time.Now()
		checkResult(t, ns.run("", drain+"2"), difftest.Result{Status: 3, Stderr: "10.2.2.2:8080 was removed with 1 connections left\n"})
		if took := time.Since(start); took < 2*time.Second {
			t.Errorf("removed after %v", took)
		}
		checkText(t, ns.save(t), serviceRule)
	})

	t.Run("no server", func(t *testing.T) {
		ns := newNamespace(t)
		ns.mustRun(t, serviceRule, "ipvsadm -R")
		checkResult(t, ns.run("", drain+"2"), difftest.Result{Status: 255, Stderr: "No such destination\n"})
	})
}

// TestKernelDrainInterrupted checks that a signal gives the server its weight back, and
// that progress is shown on a terminal.
func TestKernelDrainInterrupted(t *testing.T) {
	ns := newBalancedNamespace(t)
	ns.dial(t, "10.1.1.1:80")
	signals := make(chan os.Signal, 1)
	time.AfterFunc(time.Second, func() { signals <- syscall.SIGINT })
	var stderr strings.Builder
	var status int
	_ = ns.Do(func() error { // returns no error of its own
		status = cli.Run(strings.Fields(drainLine), cli.Env{
			Stdout: io.Discard, Stderr: &stderr, OpenKernel: openKernel, Terminal: func() bool { return true },
			Signals: func() (<-chan os.Signal, func()) { return signals, func() {} },
		})
		return nil
	})

	const progress = "\r10.2.2.2:8080: 1 active, 0 persistent connections, 60 s left"
	const end = "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"
	if text := stderr.String(); status != 130 || !strings.Contains(text, progress) || !strings.HasSuffix(text, end) {
		t.Errorf("status %d, %q", status, text)
	}
	checkText(t, ns.save(t), balancedRules)
}

// awaitRule waits until a save has a rule.
func (ns namespace) awaitRule(t *testing.T, rule string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(ns.save(t), rule); {
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
			ns, ours := newBalancedNamespace(t), ourPrograms(t)
			ns.mustRun(t, test.before, "ipvsadm -R")
			ns.dial(t, "10.1.1.1:80")
			line := "exec " + drainLine
			if test.ignore != "" {
				line = "trap '' " + test.ignore + "; " + line
			}
			p := ns.startShell(t, ours, line)
			ns.awaitRule(t, drainedRule)

			ns.mustRun(t, test.others, "ipvsadm -R")
			for _, s := range test.send {
				p.signal(t, s)
			}
			checkResult(t, p.result(t), test.want)
			checkText(t, ns.save(t), test.rules)
		})
	}
}

// TestKernelTwoDrains checks that of two drains of one server neither loses its
// weight: the first, interrupted, gives it back; the second sees that and stops.
func TestKernelTwoDrains(t *testing.T) {
	ns, ours := newBalancedNamespace(t), ourPrograms(t)
	ns.dial(t, "10.1.1.1:80")
	first := ns.start(t, ours, strings.Fields(drainLine)...)
	ns.awaitRule(t, drainedRule)
	second := ns.start(t, ours, strings.Fields(drainLine)...)
	time.Sleep(time.Second) // for the second to begin

	first.signal(t, syscall.SIGTERM)
	want := difftest.Result{Status: 143, Stderr: "interrupted: the weight of 10.2.2.2:8080 is 5 again\n"}
	checkResult(t, first.result(t), want)
	want = difftest.Result{Status: 255, Stderr: "not removed: another program set the weight of 10.2.2.2:8080 to 5\n"}
	checkResult(t, second.result(t), want)
	checkText(t, ns.save(t), balancedRules)
}

// TestKernelDrainInStream checks that a signal ends the stream, not only the drain
// that it interrupts.
func TestKernelDrainInStream(t *testing.T) {
	ns, ours := newBalancedNamespace(t), ourPrograms(t)
	ns.dial(t, "10.1.1.1:80")
	p := ns.start(t, ours, "ipvsadm", "-R")
	_, lines, _ := strings.Cut(drainLine, " ")
	p.write(t, lines+"\n-C\n")
	ns.awaitRule(t, drainedRule)
	p.signal(t, syscall.SIGTERM)
	want := difftest.Result{Status: 143, Stderr: "line 1: interrupted: the weight of 10.2.2.2:8080 is 5 again\n"}
	checkResult(t, p.result(t), want)
	checkText(t, ns.save(t), balancedRules)
}

// TestKernelDrainAnyMoment sends a signal at any moment of a drain. The server either
// has its weight afterwards or is removed.
func TestKernelDrainAnyMoment(t *testing.T) {
	const rounds, longest = 60, 60 * time.Millisecond
	ns, ours := newBalancedNamespace(t), ourPrograms(t)
	r := rand.New(rand.NewPCG(3, 4))
	left := map[string]int{}
	for range rounds {
		ns.mustRun(t, "-C\n"+balancedRules, "ipvsadm -R")
		p := ns.start(t, ours, strings.Fields(drainLine)...)
		time.Sleep(time.Duration(r.Int64N(int64(longest))))
		_ = p.Process.Signal(syscall.SIGHUP) // unless it has ended
		got := p.result(t)
		rules := ns.save(t)
		left[rules]++
		if removed := rules == serviceRule; removed != (got.Status == 0) || !removed && rules != balancedRules {
			t.Fatalf("%+v, rules left:\n%s", got, rules)
		}
	}
	t.Logf("%d times removed, %d times not", left[serviceRule], left[balancedRules])
}
