package wiring

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

// programVariable names the program that a process of this test is.
const programVariable = "WIRING_TEST_PROGRAM"

// TestMain runs a program in the place of the tests if programVariable names one.
func TestMain(m *testing.M) {
	if program, ok := programs[os.Getenv(programVariable)]; ok {
		Main(program)
	}
	os.Exit(m.Run())
}

// programs are the programs that processes of this test run, by name.
var programs = map[string]func([]string, cli.Env) int{
	// write writes a line to each stream, as if it had opened the kernel, and
	// returns 7.
	"write": func(_ []string, env cli.Env) int {
		surviveBrokenPipes()
		fmt.Fprintln(env.Stdout, "out")
		fmt.Fprintln(env.Stderr, "err")
		return 7
	},
	// readerLeft returns the status of a lost reader.
	"readerLeft": func([]string, cli.Env) int {
		surviveBrokenPipes()
		return cli.StatusReaderLeft
	},
	// wait waits until its input ends.
	"wait": func(_ []string, env cli.Env) int {
		fmt.Fprintln(env.Stdout, "ready")
		_, _ = io.Copy(io.Discard, env.Stdin)
		return 0
	},
	// names looks up a host.
	"names": func(_ []string, env cli.Env) int {
		env.Names.Host(netip.MustParseAddr("127.0.0.1"))
		return 7
	},
	// catch waits for a signal and writes its name; then it catches no more, and
	// waits until its input ends.
	"catch": func(_ []string, env cli.Env) int {
		signals, stop := env.Signals()
		fmt.Fprintln(env.Stdout, "ready")
		fmt.Fprintln(env.Stdout, <-signals)
		stop()
		fmt.Fprintln(env.Stdout, "stopped")
		_, _ = io.Copy(io.Discard, env.Stdin)
		return 0
	},
}

// process is a process of this test that runs one of the programs.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
}

// start starts a program that ignores some signals from the start, and no others: the tests
// may run in the background or after nohup.
func start(t *testing.T, program string, ignored ...string) *process {
	t.Helper()
	script := "ulimit -c 0; exec " + os.Args[0]
	if ignored != nil {
		script = "trap '' " + strings.Join(ignored, " ") + "; " + script
	}
	p := &process{Cmd: exec.Command("env", "--default-signal=HUP,INT,QUIT,TERM", "/bin/sh", "-c", script)}
	p.Env = append(os.Environ(), programVariable+"="+program)
	p.Stderr = &p.stderr

	var err error
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)

	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// expect reads a line of standard output and checks it.
func (p *process) expect(t *testing.T, want string) {
	t.Helper()
	if got, err := p.out.ReadString('\n'); got != want+"\n" {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// send sends a signal to the process.
func (p *process) send(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end of the process and returns its status. If want is an exit status
// and not a signal, the process's input is closed.
func (p *process) end(want syscall.WaitStatus) syscall.WaitStatus {
	if want.Exited() {
		_ = p.in.Close()
	}
	_, _ = io.Copy(io.Discard, p.out)
	_ = p.Wait() // the status is checked
	return p.ProcessState.Sys().(syscall.WaitStatus)
}

// brokenPipe returns a pipe that nobody reads.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

// TestBrokenPipes checks that a program which has opened the kernel goes on when the
// readers of its output have left, and that SIGPIPE ends it only if it returns the
// status for that.
func TestBrokenPipes(t *testing.T) {
	exited := func(status int) syscall.WaitStatus { return syscall.WaitStatus(status << 8) }
	for _, test := range []struct {
		program string
		want    syscall.WaitStatus
	}{
		{"write", exited(7)},
		{"readerLeft", syscall.WaitStatus(syscall.SIGPIPE)},
	} {
		t.Run(test.program, func(t *testing.T) {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), programVariable+"="+test.program)
			c.Stdout, c.Stderr = brokenPipe(t), brokenPipe(t)
			_ = c.Run() // the status is checked
			if got := c.ProcessState.Sys().(syscall.WaitStatus); got != test.want {
				t.Errorf("got %#x, want %#x", got, test.want)
			}
		})
	}
}

// TestQuit checks that SIGQUIT ends a program without a report of the Go runtime, and
// that a program in the background ignores it.
func TestQuit(t *testing.T) {
	for _, test := range []struct {
		name    string
		ignored []string
		want    syscall.WaitStatus
	}{
		{"in the foreground", nil, syscall.WaitStatus(syscall.SIGQUIT)},
		{"in the background", []string{"INT", "QUIT"}, 0},
		{"after nohup", []string{"HUP"}, syscall.WaitStatus(syscall.SIGQUIT)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, "wait", test.ignored...)
			p.expect(t, "ready")
			p.send(t, syscall.SIGQUIT)
			if got := p.end(test.want); got != test.want || p.stderr.String() != "" {
				t.Errorf("got %#x, want %#x; %s", got, test.want, p.stderr.String())
			}
		})
	}
}

// TestSignals checks which signals are caught, that one which was ignored from the
// start stays ignored, and that each ends the program again afterwards.
func TestSignals(t *testing.T) {
	for _, test := range []struct {
		name    string
		ignored []string
		send    []syscall.Signal
		caught  syscall.Signal
	}{
		{"SIGINT", nil, []syscall.Signal{syscall.SIGINT}, syscall.SIGINT},
		{"SIGTERM", nil, []syscall.Signal{syscall.SIGTERM}, syscall.SIGTERM},
		{"SIGHUP", nil, []syscall.Signal{syscall.SIGHUP}, syscall.SIGHUP},
		{"after nohup", []string{"HUP"}, []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM}, syscall.SIGTERM},
		{"in the background", []string{"INT", "QUIT"}, []syscall.Signal{syscall.SIGINT, syscall.SIGHUP}, syscall.SIGHUP},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, "catch", test.ignored...)
			p.expect(t, "ready")
			for _, s := range test.send {
				p.send(t, s)
			}

			p.expect(t, test.caught.String())
			p.expect(t, "stopped")
			p.send(t, test.caught)
			if got := p.end(syscall.WaitStatus(test.caught)); got != syscall.WaitStatus(test.caught) || p.stderr.String() != "" {
				t.Errorf("got %#x, want %v; %s", got, test.caught, p.stderr.String())
			}
		})
	}
}

// TestRuntimeVariables checks that the variables of the Go runtime, which may be set for
// other programs, print nothing.
func TestRuntimeVariables(t *testing.T) {
	for _, variable := range []string{
		"GODEBUG=netdns=9", "GODEBUG=bad", "GOGC=bad", "GOGC=1", "GOTRACEBACK=crash", "GOMAXPROCS=bad", "GOMEMLIMIT=1",
	} {
		for _, program := range []string{"names", "write"} {
			t.Run(variable+" "+program, func(t *testing.T) {
				var errs strings.Builder
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), programVariable+"="+program, variable)
				c.Stderr = &errs
				_ = c.Run() // the status is checked
				if text := errs.String(); c.ProcessState.ExitCode() != 7 || text != map[string]string{"names": "", "write": "err\n"}[program] {
					t.Errorf("status %d, %q", c.ProcessState.ExitCode(), text)
				}
			})
		}
	}
}
