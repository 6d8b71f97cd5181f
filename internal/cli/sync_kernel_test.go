//go:build kernel

package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// binaries is where make build puts the programs.
const binaries = "../../bin"

// manyServices are the rules of a range of services with one server each, which
// is another one for each generation.
func manyServices(from, to, generation int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "-A -f %d -s rr\n-a -f %d -r 10.%d.0.1:80 -m\n", i, i, generation)
	}
	return b.String()
}

// kill starts a program on a rule file in the namespace and kills it as soon as
// something is so, if it has not ended by then.
func (w world) kill(t *testing.T, so func() bool, rules string, args ...string) {
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
	if err := w.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !so() {
		select {
		case err := <-ended:
			if !so() {
				t.Fatalf("%s ended before: %v", args[0], err)
			}
			return // since the last look
		case <-time.After(time.Millisecond):
		}
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-ended
}

// has says whether the kernel has a service of a firewall mark.
func (w world) has(t *testing.T, mark uint32) bool {
	t.Helper()
	err := w.Do(func() error {
		c, err := kernel.Open(kernel.Options{})
		if err != nil {
			return err
		}
		defer c.Close()
		id := ipvs.MarkService(mark, ipvs.IPv4)
		_, err = c.Table(ipvs.Query{Service: &id})
		return err
	})
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
	return err == nil
}

// TestKernelSyncKilled: kill -9 in the middle of a sync of 5,000 changes leaves
// every service that is in both tables with a server, and a second sync completes
// it.
func TestKernelSyncKilled(t *testing.T) {
	// 1,000 services go, 1,000 come, and 1,000 get another server: 3,000
	// additions, 2,000 removals.
	old, wanted := manyServices(1, 2001, 1), manyServices(1001, 3001, 2)
	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte(wanted), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.must(t, cli.Restore, old, "ipvsadm-restore")
	if _, plan, _ := w.program(cli.Restore, wanted, "ipvsadm-restore --diff"); strings.Count(plan, "\n") != 5000 {
		t.Fatalf("%d changes, not 5000", strings.Count(plan, "\n"))
	}
	type moment struct {
		mark  uint32
		there bool
	}
	halfway := 0
	killAt := func(moment moment) {
		w.must(t, cli.Restore, old, "ipvsadm-restore")
		so := func() bool { return w.has(t, moment.mark) == moment.there }
		w.kill(t, so, file, "ipvsadm-restore", "--sync")
		for _, e := range w.state(t).Entries {
			if mark := e.Service.ID.FWMark; mark > 1000 && mark <= 2000 && len(e.Destinations) == 0 {
				t.Fatalf("killed at %v: service %d has no server", moment, mark)
			}
		}
		_, left, _ := w.program(cli.Restore, wanted, "ipvsadm-restore --diff")
		t.Logf("killed at %v: %d of 5000 changes are left", moment, strings.Count(left, "\n"))
		if left != "" {
			halfway++
		}
		w.must(t, cli.Restore, wanted, "ipvsadm-restore --sync")
		if out := w.must(t, cli.Restore, wanted, "ipvsadm-restore --diff"); out != "" {
			t.Fatalf("killed at %v: a second sync left %s", moment, out)
		}
	}
	// The program can be at its end before it is seen to be in the middle.
	for try := 0; try < 3 && halfway == 0; try++ {
		killAt(moment{2001, true})
		killAt(moment{2600, true})
		killAt(moment{1, false})
	}
	if halfway == 0 {
		t.Error("it was never killed before the last change")
	}
}

// echo sends a byte over a connection and waits for it to come back.
func echo(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("!")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

// connections is the number of connections that the service has counted.
func connections(s state) uint64 {
	for _, e := range s.Entries {
		if e.Service.ID.FWMark == 0 {
			return e.Service.Stats.Connections
		}
	}
	return 0
}

// TestKernelSyncKeepsConnections: an established connection and the counters of its
// service survive a sync that adds, edits and removes others. What becomes of both
// under the reference's restore of the same rules is told for comparison.
func TestKernelSyncKeepsConnections(t *testing.T) {
	w := balanced(t)
	w.must(t, cli.Run, manyServices(1, 11, 1), "ipvsadm -R")
	conn := w.dial(t, "10.1.1.1:80")
	for deadline := time.Now().Add(5 * time.Second); connections(w.state(t)) == 0 && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond) // the kernel adds its counters up every 2 s
	}
	rules := "-A -t 10.1.1.1:80 -s rr\n" + serverRule + "-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m\n" + manyServices(5, 15, 2)
	w.must(t, cli.Run, rules, "ipvsadm -R --sync")
	if err := echo(conn); err != nil {
		t.Errorf("the connection ended with the sync: %v", err)
	}
	if n := connections(w.state(t)); n != 1 {
		t.Errorf("%d connections counted after the sync, not 1", n)
	}
	reference, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	c, err := reference.Command("ipvsadm-restore")
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin = rules
	if r, err := w.Run(context.Background(), c); err != nil || r.Status != 0 {
		t.Fatalf("%v %+v", err, r)
	}
	t.Logf("after the reference's restore: connection %v, %d connections counted", echo(conn), connections(w.state(t)))
}

// runWithLostStderr runs a program of ours in the namespace, with standard error a
// pipe whose reader has left, and returns its exit status.
func (w world) runWithLostStderr(t *testing.T, rules string, args ...string) int {
	t.Helper()
	path, err := programs(t).Path(args[0])
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	reader.Close()

	cmd := exec.Command(path, args[1:]...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(rules), writer
	if err := w.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// TestKernelStderrLost: a program whose standard error has lost its reader does all
// the same what it is to do: a sync with a rejected rule is rolled back, and a restore
// goes on after one.
func TestKernelStderrLost(t *testing.T) {
	t.Run("sync", func(t *testing.T) {
		w := newWorld(t)
		w.must(t, cli.Restore, manyServices(1, 11, 1), "ipvsadm-restore")
		before := w.state(t)

		wanted := manyServices(5, 15, 2) + "-A -t 10.0.0.1:80 -s nonsense\n"
		if status := w.runWithLostStderr(t, wanted, "ipvsadm-restore", "--sync"); status != 255 {
			t.Errorf("status %d, want 255", status)
		}
		if d := diff(before, w.state(t)); d != "" {
			t.Errorf("the table changed (-before +after):\n%s", d)
		}
	})
	t.Run("restore", func(t *testing.T) {
		w := newWorld(t)
		rules := manyServices(1, 1001, 1) + "-A -t 10.0.0.1:80 -s nonsense\n" + manyServices(1001, 2000, 1)
		if status := w.runWithLostStderr(t, rules, "ipvsadm-restore"); status != 255 {
			t.Errorf("status %d, want 255", status)
		}
		if services := len(w.state(t).Entries); services != 1999 {
			t.Errorf("%d services, want 1999", services)
		}
	})
}
