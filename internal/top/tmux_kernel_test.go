//go:build kernel

package top_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
)

var goldenDir = flag.String("golden", "", "write the screens to this `directory`")

// panicVariable is the variable of the environment with which the test's program shows a
// screen that panics.
const panicVariable = "IPVSADM_TOP_PANIC"

// TestMain shows the screen that panics, or runs the tests.
func TestMain(m *testing.M) {
	if os.Getenv(panicVariable) == "" {
		flag.Parse()
		os.Exit(m.Run())
	}
	options := top.Options{Host: "director", Interval: time.Second}
	err := top.Run(&panickingKernel{}, noNames{}, options, top.Terminal{In: os.Stdin, Out: os.Stdout})
	if err != nil {
		os.Exit(2)
	}
}

// panickingKernel panics when the table is read for the third time.
type panickingKernel struct{ reads int }

func (k *panickingKernel) Table(ipvs.Query) (ipvs.Table, error) {
	if k.reads++; k.reads == 3 {
		panic("provoked")
	}
	return ipvs.Table{}, nil
}

func (*panickingKernel) Daemons() ([]ipvs.Daemon, error) { return nil, nil }
func (*panickingKernel) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	return nil, errors.New("no connections")
}
func (*panickingKernel) Meter(time.Duration) *ipvs.Meter { return ipvs.NewMeter(1, nil) }
func (*panickingKernel) Estimates() bool                 { return true }

// noNames knows no name.
type noNames struct{}

func (noNames) Host(netip.Addr) (string, bool)            { return "", false }
func (noNames) Port(ipvs.Protocol, uint16) (string, bool) { return "", false }
func (noNames) Prefetch([]netip.Addr)                     {}

// terminal is a terminal of tmux in a network namespace.
type terminal struct {
	t      *testing.T
	ns     *difftest.Namespace
	socket string
	dir    string
}

// newTerminal starts a terminal that runs a script, and then waits.
func newTerminal(t *testing.T, ns *difftest.Namespace, width, height int, script string) *terminal {
	t.Helper()
	dir := t.TempDir()
	term := &terminal{t: t, ns: ns, socket: filepath.Join(dir, "tmux"), dir: dir}
	t.Cleanup(func() { term.try("kill-server") })
	term.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "sh", "-c", script+"; exec sleep 600")
	return term
}

// try runs a command of tmux.
func (term *terminal) try(args ...string) (out []byte, err error) {
	_ = term.ns.Do(func() error { // has no error of its own
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, "tmux", append([]string{"-S", term.socket}, args...)...)
		c.Env = append(os.Environ(), "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TERM=xterm", "SHELL=/bin/sh")
		c.Dir = term.dir
		out, err = c.CombinedOutput()
		return nil
	})
	return out, err
}

// tmux runs a command of tmux that has to succeed.
func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := term.try(args...)
	if err != nil {
		term.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// keys presses keys.
func (term *terminal) keys(names ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys"}, names...)...)
}

// What differs from one run to the next.
var (
	screenHead = regexp.MustCompile(`(?m)^(ipvsadm-top +(?:PAUSED +)?)\S+( .*)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	idleMark   = regexp.MustCompile(`(?m)^I|[▁▂▃▄▅▆▇█]`)
	blankEnds  = regexp.MustCompile(`(?m) +$`)
)

// screen returns the screen, without what differs.
func (term *terminal) screen() string {
	term.t.Helper()
	text := term.tmux("capture-pane", "-p")
	text = idleMark.ReplaceAllString(screenHead.ReplaceAllString(text, "${1}HOST  TIME"), " ")
	return blankEnds.ReplaceAllString(text, "")
}

// eventually waits until get returns what is wanted.
func eventually(t *testing.T, what, want string, get func() string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if got = get(); got == want {
			return
		}
	}
	t.Fatalf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
}

// check waits until the screen is the one in testdata.
func (term *terminal) check(name string) {
	term.t.Helper()
	file := "tmux-" + name + ".txt"
	if *goldenDir != "" {
		time.Sleep(3 * time.Second)
		if err := os.WriteFile(filepath.Join(*goldenDir, file), []byte(term.screen()), 0o644); err != nil {
			term.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		term.t.Fatal(err)
	}
	eventually(term.t, name, string(want), term.screen)
}

// newDirector returns a namespace with a service whose servers have the weights 3, 1 and
// 0, and with 400 connections to it of four clients, which the kernel has counted, and
// services of other kinds.
func newDirector(t *testing.T) *difftest.Namespace {
	t.Helper()
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)

	const setUp = `set -e
for i in 1 2 3 4; do ip addr add 10.9.0.$i/32 dev lo; done; ip addr add 10.0.0.1/32 dev lo
"$0" -R <<-END
	-A -u 10.0.0.1:9 -s wrr
	-a -u 10.0.0.1:9 -r 10.9.0.1 -g -w 3
	-a -u 10.0.0.1:9 -r 10.9.0.2 -g -w 1
	-a -u 10.0.0.1:9 -r 10.9.0.3 -g -w 0
	-A -t [2001:db8::1]:443 -s wlc -p 300
	-a -t [2001:db8::1]:443 -r [2001:db8:1::1]:443 -g -w 5
	-A -f 7 -6 -s mh
END
"$0" --start-daemon master --mcast-interface lo --syncid 3`
	err = ns.Do(func() error {
		out, err := exec.Command("sh", "-c", setUp, program(t, "ipvsadm")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		for i := range 400 {
			if err := sendFrom(fmt.Sprintf("10.9.0.%d", 1+i/100), 20000+i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	counted := regexp.MustCompile(`(?m)^UDP  10\.0\.0\.1:9 +400 `)
	eventually(t, "the counters", "counted", func() string {
		var out []byte
		err := ns.Do(func() (err error) {
			out, err = exec.Command(program(t, "ipvsadm"), "-Ln", "--stats").CombinedOutput()
			return err
		})
		if err != nil || !counted.Match(out) {
			return fmt.Sprintf("%v\n%s", err, out)
		}
		return "counted"
	})
	return ns
}

// sendFrom sends a packet to the service from a port of an address, 0 for any.
func sendFrom(address string, port int) error {
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(address), Port: port}}
	c, err := d.Dial("udp", "10.0.0.1:9")
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte("question"))
	return err
}

// program returns the path of a program of ours.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKernelTop drives the screen by keys in a terminal.
func TestKernelTop(t *testing.T) {
	t.Parallel() // it waits most of the time
	ns := newDirector(t)
	term := newTerminal(t, ns, 80, 24, program(t, "ipvsadm-top"))
	for _, step := range []struct {
		name string
		keys []string
	}{
		{"narrow", nil},
		{"sorted", []string{"s", "s", "s"}},
		{"reversed", []string{"S"}},
		{"folded", []string{"S", "Home", "Space"}},
		{"unfolded", []string{"Space", "Down"}},
		{"clients", []string{"c"}},
		{"back", []string{"Escape"}},
		{"filter", []string{"/", ".", "2", ":"}},
		{"filtered", []string{"Enter"}},
		{"help", []string{"?"}},
		{"filtered", []string{"x"}},
		{"unfiltered", []string{"Escape"}},
		{"paused", []string{"p"}},
	} {
		term.keys(step.keys...)
		term.check(step.name)
	}

	term.tmux("resize-window", "-x", "200", "-y", "60")
	term.check("wide")
	term.keys("q")
	eventually(t, "the screen after q", "0 1 0", term.modes)
}

// modes returns whether the alternate screen is shown, the cursor, and whether the mouse is
// caught.
func (term *terminal) modes() string {
	return strings.TrimSpace(term.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"))
}

// TestKernelTopRates checks that rates appear with traffic, with the shares of weights.
func TestKernelTopRates(t *testing.T) {
	t.Parallel() // it waits most of the time
	ns := newDirector(t)
	term := newTerminal(t, ns, 80, 24, program(t, "ipvsadm-top")+" -n -u 10.0.0.1:9")
	row := regexp.MustCompile(`10\.9\.0\.1:9 +route +3 +0 +\d+ +[1-9]\d* +[1-9]\d*K? +[1-9]\d*K? +75% +75%\n.* 10\.9\.0\.2:9 .* 25% +25%`)
	eventually(t, "rates", "seen", func() string {
		for range 4 {
			if err := ns.Do(func() error { return sendFrom("10.9.0.4", 0) }); err != nil {
				t.Fatal(err)
			}
		}
		if text := term.screen(); !row.MatchString(text) {
			return text
		}
		return "seen"
	})
}

// TestKernelTopEnds checks that the terminal is as before after every end of the program,
// and the exit status.
func TestKernelTopEnds(t *testing.T) {
	t.Parallel() // it waits most of the time
	ns := newDirector(t)
	ours := program(t, "ipvsadm-top")
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]struct {
		program, status string
		end             func(*terminal)
	}{
		"q":       {ours, "0", func(term *terminal) { term.keys("q") }},
		"Ctrl-C":  {ours, "0", func(term *terminal) { term.keys("C-c") }},
		"SIGTERM": {ours, "0", func(term *terminal) { term.kill("TERM") }},
		"SIGHUP":  {ours, "0", func(term *terminal) { term.kill("HUP") }},
		"SIGQUIT": {ours, "0", func(term *terminal) { term.kill("QUIT") }},
		"panic":   {panicVariable + "=1 " + test, "2", func(*terminal) {}},
	} {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(t, ns, 80, 24, "stty -a >before; "+end.program+"; echo $? >status; stty -a >after")
			eventually(t, "the screen", "1 0 1", term.modes)
			end.end(term)
			eventually(t, "the screen after the end", "0 1 0", term.modes)
			eventually(t, "the status", end.status+"\n", func() string { return term.file("status") })
			eventually(t, "the terminal", term.file("before"), func() string { return term.file("after") })
		})
	}
}

// kill sends a signal to the program.
func (term *terminal) kill(signal string) {
	term.t.Helper()
	pane := strings.TrimSpace(term.tmux("display-message", "-p", "#{pane_pid}"))
	if out, err := exec.Command("pkill", "-"+signal, "-P", pane, "ipvsadm-top").CombinedOutput(); err != nil {
		term.t.Fatalf("pkill: %v\n%s", err, out)
	}
}

// file returns a file in the directory of the terminal, empty if there is none.
func (term *terminal) file(name string) string {
	text, _ := os.ReadFile(filepath.Join(term.dir, name)) // empty is no success
	return string(text)
}

// TestKernelTopTerminals checks that terminals without UTF-8 get ASCII, that NO_COLOR turns
// colors off, and the screen as text.
func TestKernelTopTerminals(t *testing.T) {
	t.Parallel() // it waits most of the time
	ns := newDirector(t)
	ours := program(t, "ipvsadm-top")
	color := regexp.MustCompile("\x1b\\[[0-9;]*3[1-7]m")
	for name, test := range map[string]struct {
		variables          string
		isASCII, hasColors bool
	}{
		"xterm":    {"TERM=xterm-256color", false, true},
		"linux":    {"TERM=linux", true, true},
		"no color": {"TERM=screen LC_ALL=C NO_COLOR=1", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			term := newTerminal(t, ns, 80, 24, test.variables+" "+ours)
			want := fmt.Sprintf("ASCII %v, colors %v", test.isASCII, test.hasColors)
			eventually(t, "the screen", want, func() string {
				text := term.tmux("capture-pane", "-p", "-e")
				if !strings.Contains(text, "10.9.0.3:9") {
					return text
				}
				isASCII := !strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
				return fmt.Sprintf("ASCII %v, colors %v", isASCII, color.MatchString(text))
			})
			term.keys("q")
			eventually(t, "the screen after q", "0 1 0", term.modes)
		})
	}
}
