//go:build kernel

package cli_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelSync checks that --sync makes any table of any other. --diff prints the
// changes before and nothing afterwards, and neither it nor a sync with a rejected rule
// changes the table.
func TestKernelSync(t *testing.T) {
	ns := newNamespace(t)
	r := rand.New(rand.NewPCG(5, 6))
	for range 150 {
		present, wanted := randomRules(r), randomRules(r)
		ns.mustRun(t, wanted, "ipvsadm-restore")
		after := ns.readState(t)
		ns.mustRun(t, present, "ipvsadm-restore")
		before := ns.readState(t)

		rejected := ns.run(wanted+"-A -f 99 -s no-such-thing\n", "ipvsadm -R --sync")
		if want := (difftest.Result{Status: 255, Stderr: "-A -f 99 -s no-such-thing: Scheduler or persistence engine not found\nrolled back; no changes were kept\n"}); rejected != want {
			t.Fatalf("got  %+v\nwant %+v", rejected, want)
		}
		if d := diffStates(before, ns.readState(t)); d != "" {
			t.Fatalf("a rejected sync changed the state (-before +after):\n%s", d)
		}

		plan := ns.run(wanted, "ipvsadm -R --diff")
		if plan.Stderr != "" || (plan.Status == 0) != (plan.Stdout == "") {
			t.Fatalf("--diff: %+v", plan)
		}
		if d := diffStates(before, ns.readState(t)); d != "" {
			t.Fatalf("--diff changed the state (-before +after):\n%s", d)
		}

		ns.mustRun(t, wanted, "ipvsadm-restore --sync")
		if d := diffStates(after, ns.readState(t)); d != "" {
			t.Fatalf("from\n%s\nto\n%s\nby\n%s\n(-want +got):\n%s", present, wanted, plan.Stdout, d)
		}
		if out := ns.mustRun(t, wanted, "ipvsadm-restore --diff"); out != "" {
			t.Fatalf("still different:\n%s", out)
		}
	}
}

// runAndKill starts a program on a rule file in the namespace and kills it as soon as a
// condition holds, unless it has ended by then.
func (ns namespace) runAndKill(t *testing.T, condition func() bool, rules string, args ...string) {
	t.Helper()
	in, err := os.Open(rules)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	path, err := filepath.Abs(filepath.Join(binaries, args[0]))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Stdin = in
	if err := ns.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}

	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !condition() {
		select {
		case err := <-ended:
			if !condition() {
				t.Fatalf("%s ended before: %v", args[0], err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-ended
}

// syncMoment is a moment of a sync: when a service of a firewall mark is added or
// removed.
type syncMoment struct {
	mark    uint32
	isAdded bool
}

func (m syncMoment) String() string {
	if m.isAdded {
		return fmt.Sprintf("service %d is added", m.mark)
	}
	return fmt.Sprintf("service %d is removed", m.mark)
}

// TestKernelSyncKilled checks that SIGKILL in the middle of a sync of 5,000 changes
// leaves every service that is in both tables with a server, and that a second sync
// makes the other changes.
func TestKernelSyncKilled(t *testing.T) {
	// 1,000 services are removed, 1,000 are added, and 1,000 get another server: 3,000
	// additions, 2,000 removals.
	present, wanted := manyServices(1, 2001, 1), manyServices(1001, 3001, 2)
	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte(wanted), 0o600); err != nil {
		t.Fatal(err)
	}
	ns := newNamespace(t)
	ns.mustRun(t, present, "ipvsadm-restore")
	if n := strings.Count(ns.run(wanted, "ipvsadm-restore --diff").Stdout, "\n"); n != 5000 {
		t.Fatalf("%d changes, want 5000", n)
	}

	halfway := 0
	killAt := func(t *testing.T, m syncMoment) {
		t.Helper()
		ns.mustRun(t, present, "ipvsadm-restore")
		ns.runAndKill(t, func() bool { return ns.hasService(t, m.mark) == m.isAdded }, file, "ipvsadm-restore", "--sync")
		for _, e := range ns.readState(t).Entries {
			if mark := e.Service.ID.FWMark; mark > 1000 && mark <= 2000 && len(e.Destinations) == 0 {
				t.Fatalf("service %d has no server", mark)
			}
		}

		left := ns.run(wanted, "ipvsadm-restore --diff").Stdout
		t.Logf("%d of 5000 changes are left", strings.Count(left, "\n"))
		if left != "" {
			halfway++
		}
		ns.mustRun(t, wanted, "ipvsadm-restore --sync")
		checkText(t, ns.mustRun(t, wanted, "ipvsadm-restore --diff"), "")
	}

	// The program may end before the test sees it in the middle.
	for try := 0; try < 3 && halfway == 0; try++ {
		for _, m := range []syncMoment{{2001, true}, {2600, true}, {1, false}} {
			t.Run(m.String(), func(t *testing.T) { killAt(t, m) })
		}
	}
	if halfway == 0 {
		t.Error("it was never killed before the last change")
	}
}

// countedConnections returns the number of connections that the service of
// newBalancedNamespace has counted.
func (ns namespace) countedConnections(t *testing.T) uint64 {
	t.Helper()
	for _, e := range ns.readState(t).Entries {
		if e.Service.ID.FWMark == 0 {
			return e.Service.Stats.Connections
		}
	}
	return 0
}

// TestKernelSyncKeepsConnections checks that an established connection and the counters
// of its service survive a sync that adds, edits and removes others. It logs what
// becomes of both with the reference's restore of the same rules.
func TestKernelSyncKeepsConnections(t *testing.T) {
	ns := newBalancedNamespace(t)
	ns.mustRun(t, manyServices(1, 11, 1), "ipvsadm -R")
	conn := ns.dial(t, "10.1.1.1:80")
	for deadline := time.Now().Add(5 * time.Second); ns.countedConnections(t) == 0 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond) // the kernel sums up its counters every 2 s
	}

	rules := "-A -t 10.1.1.1:80 -s rr\n" + serverRule + "-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m\n" + manyServices(5, 15, 2)
	ns.mustRun(t, rules, "ipvsadm -R --sync")
	if err := echo(conn); err != nil {
		t.Errorf("the connection ended with the sync: %v", err)
	}
	if n := ns.countedConnections(t); n != 1 {
		t.Errorf("%d connections counted after the sync, want 1", n)
	}

	c, err := referencePrograms(t).Command("ipvsadm-restore")
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin = rules
	if r, err := ns.Run(context.Background(), c); err != nil || r.Status != 0 {
		t.Fatalf("%v %+v", err, r)
	}
	t.Logf("after the reference's restore: connection %v, %d connections counted", echo(conn), ns.countedConnections(t))
}
