//go:build kernel

package experiments

import (
	"context"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/traffic/talk"
)

// scripts is where the scripts are that set the machines up.
const scripts = "../scripts/"

// patience is how long a test waits for what has to come: a machine may be busy with
// other guests, and ldirectord is slow on any.
const patience = time.Minute

// cluster is the machines of an experiment. They end with the test.
type cluster struct {
	t *testing.T
	// machine is where the scripts run. It has the other machines' cables, and
	// is a director unless the experiment has several.
	machine *difftest.Namespace
	hosts   map[string]*difftest.Namespace
	ours    difftest.Programs
	theirs  difftest.Programs
}

// newCluster makes machines with a script, given with its arguments.
func newCluster(t *testing.T, script string) *cluster {
	t.Helper()
	c := &cluster{t: t, hosts: map[string]*difftest.Namespace{}}
	c.ours, c.theirs = programs(t)
	machine, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	c.machine = machine
	t.Cleanup(machine.Close)
	c.do(machine, "sh "+script)
	return c
}

// programs are the project's, in the directory that IPVSADM_BIN names, else in
// the project's bin, where `make build` puts them; and the reference's.
func programs(t *testing.T) (ours, theirs difftest.Programs) {
	t.Helper()
	dir := os.Getenv("IPVSADM_BIN")
	if dir == "" {
		dir = "../../../bin"
	}
	ours, err := difftest.In("project", dir)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// host is one of the machines that the script made.
func (c *cluster) host(name string) *difftest.Namespace {
	c.t.Helper()
	if c.hosts[name] == nil {
		host, err := c.machine.Enter(name)
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(host.Close)
		c.hosts[name] = host
	}
	return c.hosts[name]
}

// do runs a shell line on a machine with the project's programs, and gives what
// it printed. It has to succeed without a word of complaint.
func (c *cluster) do(on *difftest.Namespace, line string) string {
	c.t.Helper()
	return must(c.t, on, c.ours, line)
}

// must runs a line that has to succeed.
func must(t *testing.T, on *difftest.Namespace, p difftest.Programs, line string) string {
	t.Helper()
	r := result(t, on, p, call{line: line})
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("%s: %s: status %d\n%s%s", p.Name, line, r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// result makes a call.
func result(t *testing.T, on *difftest.Namespace, p difftest.Programs, what call) difftest.Result {
	t.Helper()
	command, err := p.Line(what.line)
	if err != nil {
		t.Fatal(err)
	}
	command.Stdin = what.stdin
	r, err := on.Run(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// serve starts a server on a host, which says the host's name.
func (c *cluster) serve(host, address string) {
	c.t.Helper()
	var l net.Listener
	err := c.host(host).Do(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- talk.Serve(ctx, l, host) }()
	c.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			c.t.Errorf("the server of %s: %v", host, err)
		}
	})
}

// dial opens a connection from a host.
func (c *cluster) dial(host, address string) net.Conn {
	c.t.Helper()
	var connection net.Conn
	err := c.host(host).Do(func() (err error) {
		connection, err = net.DialTimeout("tcp", address, talk.Limit)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return connection
}

// ask makes count connections from a host, one after the other, and counts the
// answers by who gave them.
func (c *cluster) ask(host, address string, count int) map[string]int {
	c.t.Helper()
	tally := map[string]int{}
	for range count {
		connection := c.dial(host, address)
		tally[c.answer(connection)]++
		connection.Close()
	}
	return tally
}

// hold makes count connections that stay until the test is over, and counts the
// answers on them.
func (c *cluster) hold(host, address string, count int) (open []net.Conn, tally map[string]int) {
	c.t.Helper()
	for range count {
		connection := c.dial(host, address)
		c.t.Cleanup(func() { connection.Close() })
		open = append(open, connection)
	}
	return open, c.answers(open)
}

// answers asks once on each connection.
func (c *cluster) answers(open []net.Conn) map[string]int {
	c.t.Helper()
	tally := map[string]int{}
	for _, connection := range open {
		tally[c.answer(connection)]++
	}
	return tally
}

// answer asks once.
func (c *cluster) answer(connection net.Conn) string {
	c.t.Helper()
	name, err := talk.Ask(connection)
	if err != nil {
		c.t.Fatal(err)
	}
	return name
}

// wantTally compares the answers with what the weights say.
func wantTally(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: answers %v, want %v", what, got, want)
	}
}

// eventually waits until what is there is what there should be, and fails with what
// was there last.
func eventually(t *testing.T, what string, probe func() (got, want string)) {
	t.Helper()
	got, want := probe()
	for end := time.Now().Add(patience); got != want; got, want = probe() {
		if time.Now().After(end) {
			t.Fatalf("%s: not as it has to be within %v:\n%s\nwant:\n%s", what, patience, got, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// fields gives some fields, from 0, of each line of a listing that starts with
// one of the marks, as text: one line a line.
func fields(listing string, marks string, which ...int) string {
	var b strings.Builder
	for line := range strings.Lines(listing) {
		words := strings.Fields(line)
		if len(words) <= slices.Max(which) || !slices.Contains(strings.Fields(marks), words[0]) || words[1] == "RemoteAddress:Port" {
			continue
		}
		for _, i := range which {
			b.WriteString(words[i] + " ")
		}
		b.WriteString("\n")
	}
	return b.String()
}
