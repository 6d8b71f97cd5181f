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

// scripts is the directory of the scripts that set up the machines.
const scripts = "../scripts/"

// eventTimeout limits how long a test waits for an event. It is long: the machine may
// be busy with other guests, and ldirectord is slow.
const eventTimeout = time.Minute

// cluster is the machines of an experiment. They are removed at the end of the test.
type cluster struct {
	t *testing.T
	// machine runs the scripts. It has the other machines' cables, and is the
	// director unless the experiment has several.
	machine *difftest.Namespace
	hosts   map[string]*difftest.Namespace
	ours    difftest.Programs
	theirs  difftest.Programs
}

// newCluster makes machines with a script, which may have arguments.
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

// programs returns the project's programs, from the directory that IPVSADM_BIN names,
// else from the project's bin, where `make build` puts them; and the reference's.
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

// host returns one of the machines that the script made.
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

// do runs a shell line on a machine with the project's programs, and returns its
// output. It has to succeed without errors or warnings.
func (c *cluster) do(on *difftest.Namespace, line string) string {
	c.t.Helper()
	return must(c.t, on, c.ours, line)
}

// must runs a line that has to succeed without errors or warnings.
func must(t *testing.T, on *difftest.Namespace, p difftest.Programs, line string) string {
	t.Helper()
	r := result(t, on, p, call{line: line})
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("%s: %s: status %d\n%s%s", p.Name, line, r.Status, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// result runs a call and returns its result.
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

// serve starts a server on a host, which answers with the host's name.
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
// answers by server.
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

// hold opens count connections until the end of the test, and counts the answers by
// server.
func (c *cluster) hold(host, address string, count int) (open []net.Conn, tally map[string]int) {
	c.t.Helper()
	for range count {
		connection := c.dial(host, address)
		c.t.Cleanup(func() { connection.Close() })
		open = append(open, connection)
	}
	return open, c.answers(open)
}

// answers asks once on each connection and counts the answers by server.
func (c *cluster) answers(open []net.Conn) map[string]int {
	c.t.Helper()
	tally := map[string]int{}
	for _, connection := range open {
		tally[c.answer(connection)]++
	}
	return tally
}

// answer asks once and returns the answer.
func (c *cluster) answer(connection net.Conn) string {
	c.t.Helper()
	name, err := talk.Ask(connection)
	if err != nil {
		c.t.Fatal(err)
	}
	return name
}

// wantTally checks the numbers of answers by server.
func wantTally(t *testing.T, what string, got, want map[string]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: answers %v, want %v", what, got, want)
	}
}

// eventually repeats probe until it returns what it wants. It fails with the last
// result after eventTimeout.
func eventually(t *testing.T, what string, probe func() (got, want string)) {
	t.Helper()
	got, want := probe()
	for end := time.Now().Add(eventTimeout); got != want; got, want = probe() {
		if time.Now().After(end) {
			t.Fatalf("%s: not as expected within %v:\n%s\nwant:\n%s", what, eventTimeout, got, want)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// fields returns the fields with these indices, from 0, of each line of a listing that
// starts with one of the marks, one line for each.
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
