//go:build kernel

package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/traffic/talk"
)

// condition is a mistake that ipvsadm-doctor finds.
type condition struct {
	// name is what was done, for the name of the test.
	name string
	// on is the machine that the doctor looks at, and args are its options.
	on, args string
	// want are the findings, as their level, code and object.
	want string
	// open is the address of a service to which the machine client has two connections
	// as long as the test lasts; empty for none.
	open string
	// made makes the condition, and mended ends it as the advice says. Lines that
	// begin with "@NAME " are done on another machine than on, which may be machine,
	// that of the switches, or guest, the first network namespace.
	made, mended string
	// changes are made after made, without ipvsadm.
	changes []ipvs.Change
	// after restores what mended changed beyond that.
	after string
	// client asks the service at address, which fails while the condition lasts, and
	// works after it. Without an address no traffic stops.
	client, address string
	// requests are made before the findings are read, if they are about connections:
	// so many times the client asks address.
	requests int
	// file exists, and without does not, if the kernel can be in the condition; empty for
	// all kernels.
	file, without string
	// quick conditions are among those of TestKernelDoctor.
	quick bool
}

// TestKernelDoctor checks that a healthy laboratory has no faults and warnings, and some
// conditions of all.
func TestKernelDoctor(t *testing.T) { testDoctor(t, func(c condition) bool { return c.quick }) }

// TestLongDoctor checks all conditions: one by one they are made, the doctor finds them and
// nothing else, and they are mended.
func TestLongDoctor(t *testing.T) { testDoctor(t, func(condition) bool { return true }) }

// TestKernelDoctorConditions checks that there is a condition for each check that can have
// one.
func TestKernelDoctorConditions(t *testing.T) {
	made := map[string]bool{}
	for _, c := range conditions() {
		for want := range strings.Lines(c.want) {
			made[strings.Fields(want)[1]] = true
		}
	}
	for _, c := range doctor.Checks() {
		if reason, ok := unmade[c.Code]; ok == made[c.Code] {
			t.Errorf("%s: made %t, cannot be made %q", c.Code, made[c.Code], reason)
		}
	}
}

// testDoctor checks the healthy laboratory, and then conditions.
func testDoctor(t *testing.T, selects func(condition) bool) {
	l := newLaboratory(t)
	l.checkHealthy()
	for _, c := range conditions() {
		if !selects(c) {
			continue
		}
		code := strings.Fields(c.want)[1]
		t.Run(code+"/"+c.name, func(t *testing.T) { l.in(t).check(c) })
	}
}

// laboratory is the machines of testdata/doctor.sh.
type laboratory struct {
	*cluster
	// healthy are the findings of the healthy machines, by machine and options.
	healthy map[string][]string
}

// newLaboratory makes the machines, with servers on all ports.
func newLaboratory(t *testing.T) *laboratory {
	t.Helper()
	l := &laboratory{newCluster(t, "testdata/doctor.sh"), map[string][]string{}}
	for host, ports := range map[string][]int{"real17": {8080}, "real21": {21, 81, 87, 89, 92, 93}, "real31": {82, 83, 84}} {
		for _, port := range ports {
			l.serve(host, fmt.Sprintf(":%d", port))
		}
	}
	return l
}

// in returns the laboratory for a subtest.
func (l *laboratory) in(t *testing.T) *laboratory {
	c := *l.cluster
	c.t = t
	return &laboratory{&c, l.healthy}
}

// The options of the doctor on the real servers.
const (
	onReal17 = "--real-server --vip 172.20.0.200 --method masq --director 192.168.30.1"
	onReal21 = "--real-server --vip 172.20.0.200 --vip 2001:db8:20::200 --method route --director 172.20.0.1"
	onReal31 = "--real-server --vip 172.20.0.200 --vip 2001:db8:20::200 --method tunnel"
)

// checkHealthy checks that no machine has a fault or a warning, and that every service
// answers.
func (l *laboratory) checkHealthy() {
	l.t.Helper()
	for _, vip := range []string{"172.20.0.200", "2001:db8:20::200"} {
		for _, port := range []string{"80", "81", "82", "83", "84", "92"} {
			for _, client := range []string{"client", "remote"} {
				l.works(client, net.JoinHostPort(vip, port))
			}
		}
	}

	for _, m := range []struct{ host, args string }{
		{"director1", ""}, {"director2", ""}, {"idle", ""}, {"real17", onReal17}, {"real21", onReal21}, {"real31", onReal31},
	} {
		for _, f := range l.findings(m.host, m.args) {
			if !strings.HasPrefix(f, "NOTE ") {
				l.t.Errorf("%s, healthy: %s", m.host, f)
			}
		}
	}
}

// check makes a condition, and checks what the doctor finds.
func (l *laboratory) check(c condition) {
	l.t.Helper()
	if c.file != "" && !l.hasFile(c.on, c.file) || c.without != "" && l.hasFile(c.on, c.without) {
		l.t.Logf("not on this kernel: %s%s", c.file, c.without)
		return
	}
	healthy := l.healthyFindings(c)

	if c.open != "" {
		l.hold("client", c.open, 2)
	}
	l.lines(c.on, c.made)
	l.apply(c.on, c.changes)
	for range c.requests {
		l.request(c.client, c.address)
	}
	if c.address != "" {
		if err := l.request(c.client, c.address); err == nil {
			l.t.Errorf("%s answers %s in spite of the condition", c.address, c.client)
		}
	}
	l.wantsNew(c, healthy)

	l.lines(c.on, c.mended)
	if c.address != "" {
		l.works(c.client, c.address)
	}
	l.wantsHealthy(c, healthy)
	l.lines(c.on, c.after)
}

// hasFile reports whether there is a file on a machine.
func (l *laboratory) hasFile(host, file string) bool {
	err := l.host(host).Do(func() error {
		_, err := os.Stat(strings.Replace(file, "/proc/net", "/proc/thread-self/net", 1))
		return err
	})
	return err == nil
}

// apply makes changes to the table of a machine.
func (l *laboratory) apply(host string, changes []ipvs.Change) {
	l.t.Helper()
	if len(changes) == 0 {
		return
	}
	err := l.host(host).Do(func() error {
		client, err := kernel.Open(kernel.Options{})
		if err != nil {
			return err
		}
		defer client.Close()
		return errors.Join(client.Apply(changes)...)
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// healthyFindings returns what the doctor finds before a condition is made.
func (l *laboratory) healthyFindings(c condition) []string {
	l.t.Helper()
	key := c.on + " " + c.args
	if l.healthy[key] == nil {
		l.healthy[key] = append([]string{}, l.findings(c.on, c.args)...)
	}
	return l.healthy[key]
}

// wantsNew waits until the doctor finds what is wanted, and nothing else that is not found
// on the healthy machine. Notes may be missing: those about what is broken now.
func (l *laboratory) wantsNew(c condition, healthy []string) {
	l.t.Helper()
	want := slices.Sorted(slices.Values(strings.Split(c.want, "\n")))
	l.within("made", strings.Join(want, "\n"), func() string {
		found := l.findings(c.on, c.args)
		isOld := func(f string) bool { return slices.Contains(healthy, f) }
		return strings.Join(slices.DeleteFunc(found, isOld), "\n")
	})
}

// wantsHealthy waits until the doctor finds what it finds on the healthy machine.
func (l *laboratory) wantsHealthy(c condition, healthy []string) {
	l.t.Helper()
	l.within("mended", strings.Join(healthy, "\n"), func() string {
		return strings.Join(l.findings(c.on, c.args), "\n")
	})
}

// settleTimeout is how long the kernel may take until a change has an effect: it looks for
// a neighbour, or for duplicates of an address, for seconds.
const settleTimeout = 15 * time.Second

// within repeats probe until it returns what is wanted.
func (l *laboratory) within(what, want string, probe func() string) {
	l.t.Helper()
	got := probe()
	for end := time.Now().Add(settleTimeout); got != want && time.Now().Before(end); got = probe() {
		time.Sleep(100 * time.Millisecond)
	}
	if got != want {
		l.t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// findings returns the level, code and object of what the doctor finds, sorted.
func (l *laboratory) findings(host, args string) []string {
	l.t.Helper()
	r := result(l.t, l.host(host), l.ours, call{line: "ipvsadm-doctor --json " + args})
	var report struct {
		Findings []struct{ Level, Code, Subject string }
	}
	err := json.Unmarshal([]byte(r.Stdout), &report)
	if err != nil || r.Status > 2 || r.Stderr != "" {
		l.t.Fatalf("ipvsadm-doctor %s on %s: %v\n%s", args, host, err, text(r))
	}

	var found []string
	for _, f := range report.Findings {
		found = append(found, strings.ToUpper(f.Level)+" "+f.Code+" "+f.Subject)
	}
	slices.Sort(found)
	return found
}

// lines does lines on a machine, or on the one that a line names.
func (l *laboratory) lines(on, lines string) {
	l.t.Helper()
	for line := range strings.Lines(lines) {
		host, line := on, strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "@"); ok {
			host, line, _ = strings.Cut(rest, " ")
		}
		switch host {
		case "machine":
			l.do(l.machine, line)
		case "guest":
			if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
				l.t.Fatalf("%s: %v\n%s", line, err, out)
			}
		default:
			l.do(l.host(host), line)
		}
	}
}

// requestTimeout is how long a request may take. Without an answer, the client would send
// again after a second.
const requestTimeout = 900 * time.Millisecond

// request asks a service once.
func (l *laboratory) request(client, address string) error {
	var c net.Conn
	err := l.host(client).Do(func() (err error) {
		c, err = net.DialTimeout("tcp", address, requestTimeout)
		return err
	})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = talk.Ask(c)
	return err
}

// works waits until a service answers.
func (l *laboratory) works(client, address string) {
	l.t.Helper()
	l.within(address+" from "+client, "<nil>", func() string { return fmt.Sprint(l.request(client, address)) })
}
