//go:build kernel

package cli_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/schematest"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// binaries is the directory in which make build puts the programs.
const binaries = "../../bin"

// ourPrograms returns our programs, copied to where every user can run them.
func ourPrograms(t *testing.T) difftest.Programs {
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

// referencePrograms returns the reference programs.
func referencePrograms(t *testing.T) difftest.Programs {
	t.Helper()
	p, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// namespace is a network namespace in which programs run.
type namespace struct{ *difftest.Namespace }

// newNamespace returns a namespace with an empty table.
func newNamespace(t *testing.T) namespace {
	t.Helper()
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	return namespace{ns}
}

// openKernel opens the kernel for a program that runs in the test's process.
func openKernel(netns string) (cli.Kernel, error) {
	return kernel.Open(kernel.Options{NetNS: netns})
}

// run runs a program of ours in the test's process. The words of the line are
// separated by blanks; the first one names the program.
func (ns namespace) run(stdin, line string) difftest.Result {
	return ns.runArgs(stdin, strings.Fields(line)...)
}

// runArgs runs a program with arguments of which some may have blanks or be empty.
func (ns namespace) runArgs(stdin string, args ...string) difftest.Result {
	return ns.runWith(openKernel, stdin, args...)
}

// runWith runs a program with a function that opens the kernel. A JSON document that the
// schema does not allow is reported on standard error.
func (ns namespace) runWith(open func(netns string) (cli.Kernel, error), stdin string, args ...string) difftest.Result {
	program := map[string]func([]string, cli.Env) int{
		"ipvsadm": cli.Run, "ipvsadm-save": cli.Save, "ipvsadm-restore": cli.Restore,
	}[args[0]]

	var stdout, stderr bytes.Buffer
	var status int
	_ = ns.Do(func() error { // returns no error of its own
		status = program(args, cli.Env{
			Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Names: names.New(), OpenKernel: open,
			Terminal: func() bool { return false },
			Signals:  func() (<-chan os.Signal, func()) { return nil, func() {} },
		})
		return nil
	})
	if strings.HasPrefix(stdout.String(), "{") {
		if err := schematest.Validate(stdout.String()); err != nil {
			fmt.Fprintf(&stderr, "invalid document: %v\n", err)
		}
	}
	return difftest.Result{Status: status, Stdout: stdout.String(), Stderr: stderr.String()}
}

// mustRun runs a program of ours that has to succeed and to print nothing on standard
// error. It returns the program's standard output.
func (ns namespace) mustRun(t *testing.T, stdin, line string) string {
	t.Helper()
	r := ns.run(stdin, line)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("%s: status %d, %q\n%.10000s", line, r.Status, r.Stderr, stdin)
	}
	return r.Stdout
}

// save returns the rules of the table.
func (ns namespace) save(t *testing.T) string {
	t.Helper()
	return ns.mustRun(t, "", "ipvsadm-save -n")
}

// runReference runs ipvsadm of the reference with some arguments.
func (ns namespace) runReference(t *testing.T, args ...string) difftest.Result {
	t.Helper()
	c, err := referencePrograms(t).Command("ipvsadm", args...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ns.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shell runs a shell line that calls programs by their bare names.
func (ns namespace) shell(t *testing.T, p difftest.Programs, line string) difftest.Result {
	t.Helper()
	c, err := p.Line(line)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ns.Run(context.Background(), c) // not the test's context: functions that clean up call this
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustShell runs a shell line that has to succeed.
func (ns namespace) mustShell(t *testing.T, line string) {
	t.Helper()
	if r := ns.shell(t, referencePrograms(t), line); r.Status != 0 {
		t.Fatalf("%s: %+v", line, r)
	}
}

// process is a process that runs in a namespace, with pipes to its standard input and
// from its standard output.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
}

// start starts one of the programs.
func (ns namespace) start(t *testing.T, p difftest.Programs, args ...string) *process {
	t.Helper()
	path, err := p.Path(args[0])
	if err != nil {
		t.Fatal(err)
	}
	return ns.startCommand(t, exec.Command(path, args[1:]...))
}

// startShell starts a shell line.
func (ns namespace) startShell(t *testing.T, p difftest.Programs, line string) *process {
	t.Helper()
	c := exec.Command("/bin/bash", "-c", line)
	c.Env = p.Env()
	return ns.startCommand(t, c)
}

// startCommand starts a command.
func (ns namespace) startCommand(t *testing.T, c *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: c}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.out, p.Stderr = bufio.NewReader(out), &p.stderr

	if err := ns.Do(p.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// write writes to the process's standard input.
func (p *process) write(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.in, text); err != nil {
		t.Fatal(err)
	}
}

// signal sends a signal to the process.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// result closes the process's input, waits for its end and returns what it did.
func (p *process) result(t *testing.T) difftest.Result {
	t.Helper()
	p.in.Close()
	hang := time.AfterFunc(30*time.Second, func() {
		t.Errorf("%s hangs", p.Path)
		_ = p.Process.Kill()
	})
	defer hang.Stop()

	out, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	err = p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return difftest.Result{Status: exitStatus(p.ProcessState), Stdout: string(out), Stderr: p.stderr.String()}
}

// exitStatus returns the exit status of a process, 128+n if signal n ended it.
func exitStatus(s *os.ProcessState) int {
	status := s.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// checkResult checks what a program did.
func checkResult(t *testing.T, got, want difftest.Result) {
	t.Helper()
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// checkText checks a text, such as the rules of a table.
func checkText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// state is all that a command can change.
type state struct {
	Entries  []ipvs.Entry
	Timeouts ipvs.Timeouts
	Daemons  []ipvs.Daemon
}

// readState reads the state of the namespace, in an order of its own: that of the
// kernel depends on where the namespace is in memory.
func (ns namespace) readState(t *testing.T) (s state) {
	t.Helper()
	err := ns.Do(func() error {
		c, err := kernel.Open(kernel.Options{})
		if err != nil {
			return err
		}
		defer c.Close()

		table, err := c.Table(ipvs.Query{})
		if err != nil {
			return err
		}
		s.Entries = table.Entries
		if s.Timeouts, err = c.Timeouts(); err != nil {
			return err
		}
		s.Daemons, err = c.Daemons()
		return err
	})
	if err != nil {
		t.Fatalf("read the state: %v", err)
	}

	s.sort()
	return s
}

// sort sorts the table.
func (s *state) sort() {
	slices.SortFunc(s.Entries, func(a, b ipvs.Entry) int {
		return cmp.Compare(fmt.Sprint(a.Service.ID), fmt.Sprint(b.Service.ID))
	})
	for _, e := range s.Entries {
		slices.SortFunc(e.Destinations, func(a, b ipvs.Destination) int { return a.Addr.Compare(b.Addr) })
	}
}

// diffStates compares two states.
func diffStates(want, got state) string {
	return gocmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}), cmpopts.EquateEmpty())
}

// checkState checks the state of the namespace.
func (ns namespace) checkState(t *testing.T, want state) {
	t.Helper()
	if d := diffStates(want, ns.readState(t)); d != "" {
		t.Errorf("state (-want +got):\n%.10000s", d)
	}
}

// hasService reports whether there is a service of a firewall mark.
func (ns namespace) hasService(t *testing.T, mark uint32) bool {
	t.Helper()
	err := ns.Do(func() error {
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

// manyServices returns the rules of services with the firewall marks from start up to,
// but not including, end. Each has one server, whose address depends on the generation.
func manyServices(start, end, generation int) string {
	var b strings.Builder
	for mark := start; mark < end; mark++ {
		fmt.Fprintf(&b, "-A -f %d -s rr\n-a -f %d -r 10.%d.0.1:80 -m\n", mark, mark, generation)
	}
	return b.String()
}

// addAddresses adds the addresses of a director and of real servers to the namespace's
// loopback interface, so that one namespace is all three.
func (ns namespace) addAddresses(t *testing.T, addrs ...string) {
	t.Helper()
	var line strings.Builder
	for _, a := range addrs {
		fmt.Fprintf(&line, "ip addr add %s dev lo nodad && ", a)
	}
	ns.mustShell(t, line.String()+"true")
}

// serve accepts TCP connections at an address and echoes what it reads, until the
// clients close them.
func (ns namespace) serve(t *testing.T, addr string) {
	t.Helper()
	err := ns.Do(func() error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					_, _ = io.Copy(c, c)
				}()
			}
		}()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dial connects to an address and waits for an echo, so that the connection is
// established.
func (ns namespace) dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	var c net.Conn
	err := ns.Do(func() (err error) {
		if c, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		return echo(c)
	})
	if err != nil {
		t.Fatalf("connect to %s: %v", addr, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// echo sends a byte over a connection and waits for it to come back.
func echo(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("!")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

// sendDatagram sends a UDP datagram to an address.
func (ns namespace) sendDatagram(t *testing.T, addr, text string) {
	t.Helper()
	err := ns.Do(func() error {
		c, err := net.Dial("udp", addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { c.Close() })
		_, err = c.Write([]byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
