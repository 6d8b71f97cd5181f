//go:build kernel

package cli_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// listings is the number of listings while a table is resized.
var listings = flag.Int("listings", 300, "how often a table is listed while the kernel resizes it")

const (
	resizedServices    = 2000
	resizedConnections = 100_000
)

// wholeText is in the text of a listing that could not be read whole.
const wholeText = "could not be read whole"

// TestLongResizeServices lists 2,000 services in every form, while the kernel hashes them
// anew every 20 to 70 ms, and services of others come and go. Every listing is right, or
// says that it is not.
func TestLongResizeServices(t *testing.T) {
	ns := newNamespace(t)
	rules := manyRules(resizedServices)
	ns.mustRun(t, rules, "ipvsadm -R")
	forms := resizeForms(rules)
	want := make([]difftest.Result, len(forms))
	for i, f := range forms {
		r, _ := ns.runCounted(f.stdin, f.args...)
		want[i] = f.canonical(r)
	}

	stop := together(t, ns.toggle(t, "svc_lfactor"), ns.churn(t))
	var again, givenUp int
	for i := range *listings {
		f := forms[i%len(forms)]
		got, reads := ns.runCounted(f.stdin, f.args...)
		if reads > 0 {
			again++
		}
		if got.Status != 0 && strings.Contains(got.Stderr, wholeText) {
			givenUp++
			continue
		}
		if got = f.canonical(got); got != want[i%len(forms)] {
			t.Errorf("listing %d, %v, read again %d times: status %d, want %d; %q; lines that differ: %v",
				i, f.args, reads, got.Status, want[i%len(forms)].Status, got.Stderr, differingLines(want[i%len(forms)].Stdout, got.Stdout))
		}
	}
	stop()
	t.Logf("%d listings of %d services: %d were read again, %d given up", *listings, resizedServices, again, givenUp)
}

// manyRules returns the rules of so many services with a server each.
func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		vip := fmt.Sprintf("-t 10.%d.%d.%d:80", 10+i%3, i>>8, i&255)
		if i%5 == 0 {
			vip = fmt.Sprintf("-t [2001:db8::%x]:80", i+1)
		}
		server := fmt.Sprintf("10.9.%d.%d:80", i>>8, i&255)
		if i%5 == 0 {
			server = fmt.Sprintf("[2001:db8:1::%x]:80", i+1)
		}
		fmt.Fprintf(&b, "-A %s -s rr\n-a %s -r %s -m -w %d\n", vip, vip, server, 1+i%7)
	}
	return b.String()
}

// resizeForm is a form of a listing.
type resizeForm struct {
	stdin string
	args  []string
}

// resizeForms returns all forms of listings of a table with these rules.
func resizeForms(rules string) []resizeForm {
	return []resizeForm{
		{"", []string{"ipvsadm", "-L", "-n"}},
		{"", []string{"ipvsadm", "-Ln", "--stats"}},
		{"", []string{"ipvsadm", "-Ln", "--rate"}},
		{"", []string{"ipvsadm", "-Sn"}},
		{"", []string{"ipvsadm-save", "-n"}},
		{"", []string{"ipvsadm", "-L", "--json"}},
		{rules, []string{"ipvsadm", "-R", "--diff"}},
		{"", []string{"ipvsadm", "-Ln", "-t", "10.11.0.1:80"}},
		{"", []string{"ipvsadm", "-Ln", "--thresholds"}},
	}
}

// foreign is the beginning of the addresses of services that come and go.
const foreign = "192.0.2."

// canonical returns a result without the services of others, and without the size of the
// connection table.
func (f resizeForm) canonical(r difftest.Result) difftest.Result {
	if slices.Contains(f.args, "--json") {
		r.Stdout = canonicalJSON(r.Stdout)
		return r
	}

	var b strings.Builder
	isForeign := false
	for line := range strings.Lines(r.Stdout) {
		if !strings.HasPrefix(line, "  ->") {
			isForeign = strings.Contains(line, foreign)
		}
		if strings.HasPrefix(line, "IP Virtual Server") {
			line = "IP Virtual Server\n"
		}
		if !isForeign {
			b.WriteString(line)
		}
	}
	r.Stdout = b.String()
	if slices.Contains(f.args, "--diff") && r.Status == 1 && r.Stderr == "" {
		r.Status = 0 // what differs is in the lines
	}
	return r
}

// canonicalJSON returns a JSON listing without the services of others.
func canonicalJSON(text string) string {
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return err.Error()
	}
	delete(doc, "conn_table_size")
	services, _ := doc["services"].([]any)
	doc["services"] = slices.DeleteFunc(services, func(s any) bool {
		return strings.HasPrefix(fmt.Sprint(s.(map[string]any)["address"]), foreign)
	})
	b, err := json.Marshal(doc)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// differingLines returns some of the lines that only one of two texts has.
func differingLines(want, got string) (lines []string) {
	count := map[string]int{}
	for line := range strings.Lines(want) {
		count[line]--
	}
	for line := range strings.Lines(got) {
		count[line]++
	}
	for line, n := range count {
		if n != 0 && len(lines) < 6 {
			lines = append(lines, fmt.Sprintf("%+d %.100s", n, line))
		}
	}
	return lines
}

// runCounted runs a program of ours, and counts what it reads again.
func (ns namespace) runCounted(stdin string, args ...string) (r difftest.Result, reads int) {
	open := func(netns string) (cli.Kernel, error) {
		return kernel.Open(kernel.Options{NetNS: netns, Reread: func() { reads++ }})
	}
	r = ns.runWith(open, stdin, args...)
	return r, reads
}

// together runs functions at the same time until stop is called. They get a channel that
// is closed then.
func together(t *testing.T, fns ...func(stopped <-chan struct{}) error) (stop func()) {
	t.Helper()
	stopped := make(chan struct{})
	var group sync.WaitGroup
	for _, fn := range fns {
		group.Go(func() {
			if err := fn(stopped); err != nil {
				t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { close(stopped); group.Wait() })
	t.Cleanup(stop)
	return stop
}

// pause waits for a random time. It reports false when it was stopped.
func pause(stopped <-chan struct{}, least, most time.Duration) bool {
	select {
	case <-stopped:
		return false
	case <-time.After(least + rand.N(most-least)):
		return true
	}
}

// toggle returns a function that sets a load factor to 8 and -8 in turns, so that the
// kernel resizes a table. On a kernel without the load factor it does nothing.
func (ns namespace) toggle(t *testing.T, name string) func(stopped <-chan struct{}) error {
	t.Helper()
	var f *os.File
	err := ns.Do(func() (err error) {
		f, err = os.OpenFile("/proc/sys/net/ipv4/vs/"+name, os.O_WRONLY, 0)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("this kernel has no %s", name)
		return func(<-chan struct{}) error { return nil }
	}
	if err != nil {
		t.Fatal(err)
	}

	return func(stopped <-chan struct{}) error {
		defer f.Close()
		for factor := 8; pause(stopped, 20*time.Millisecond, 70*time.Millisecond); factor = -factor {
			if _, err := f.WriteAt([]byte(strconv.Itoa(factor)), 0); err != nil {
				return err
			}
		}
		return nil
	}
}

// churn returns a function that adds and deletes services of others: one at a time, some with
// a server.
func (ns namespace) churn(t *testing.T) func(stopped <-chan struct{}) error {
	t.Helper()
	var c *kernel.Client
	err := ns.Do(func() (err error) {
		c, err = kernel.Open(kernel.Options{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	return func(stopped <-chan struct{}) error {
		defer c.Close()
		for pause(stopped, time.Millisecond, 40*time.Millisecond) {
			addr := netip.MustParseAddr(foreign + strconv.Itoa(rand.N(4)))
			id := ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr, 80))
			s := ipvs.Service{ID: id, Scheduler: "rr", Netmask: id.Family.FullMask()}
			changes := []ipvs.Change{{Op: ipvs.AddService, Service: s}}
			if rand.N(2) == 0 {
				d := ipvs.Destination{Addr: netip.MustParseAddrPort("10.8.0.1:80"), Weight: 1}
				changes = append(changes, ipvs.Change{Op: ipvs.AddDestination, Service: s, Destination: d})
			}
			if err := errors.Join(c.Apply(changes)...); err != nil {
				return fmt.Errorf("add a service: %w", err)
			}
			if !pause(stopped, time.Millisecond, 40*time.Millisecond) {
				return nil
			}
			if err := errors.Join(c.Apply([]ipvs.Change{{Op: ipvs.DeleteService, Service: s}})...); err != nil {
				return fmt.Errorf("delete a service: %w", err)
			}
		}
		return nil
	}
}

// TestLongResizeSaveRestore saves 5,000 services right after they are restored, when the
// kernel resizes its table.
func TestLongResizeSaveRestore(t *testing.T) {
	ns := newNamespace(t)
	rules := manyRules(5000)
	ns.mustRun(t, rules, "ipvsadm -R")
	want := ns.run("", "ipvsadm -Sn")
	times, again := max(1, *listings/200), 0
	for i := range times {
		ns.mustRun(t, "", "ipvsadm -C")
		ns.mustRun(t, want.Stdout, "ipvsadm -R")
		got, reads := ns.runCounted("", "ipvsadm", "-Sn")
		if reads > 0 {
			again++
		}
		if got != want {
			t.Errorf("save %d: status %d, %q; lines that differ: %v", i, got.Status, got.Stderr, differingLines(want.Stdout, got.Stdout))
		}
	}
	t.Logf("%d saves of 5,000 services: %d were read again", times, again)
}

// TestLongResizeConnections lists 100,000 connections while the kernel resizes their
// table. Every listing has each of them once, or ends with an error.
func TestLongResizeConnections(t *testing.T) {
	for n, times := range map[int]int{1000: *listings, resizedConnections: max(1, *listings/10)} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			ns := newNamespace(t)
			ns.connections(t, n)
			want := connectionLines(ns.run("", "ipvsadm -Lnc").Stdout)
			if len(want) != n {
				t.Fatalf("%d connections, want %d", len(want), n)
			}

			stop := together(t, ns.toggle(t, "conn_lfactor"))
			var again, incomplete int
			for i := range times {
				got, reads := ns.runCounted("", "ipvsadm", "-Lnc")
				if reads > 0 {
					again++
				}
				if got.Status == 1 && strings.Contains(got.Stderr, "may be incomplete") {
					incomplete++
					continue
				}
				if lines := connectionLines(got.Stdout); got.Status != 0 || !slices.Equal(lines, want) {
					t.Errorf("listing %d: status %d, %q, %d connections", i, got.Status, got.Stderr, len(lines))
				}
			}
			stop()
			t.Logf("%d listings of %d connections: %d were read again, %d incomplete", times, n, again, incomplete)
		})
	}
}

// connectionLines returns the connections of a listing, sorted, without the times at which
// they expire.
func connectionLines(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 6 && fields[0] == "UDP" {
			lines = append(lines, strings.Join(fields[3:], " "))
		}
	}
	slices.Sort(lines)
	return lines
}

// connections makes so many connections, by datagrams over loopback that are not answered.
func (ns namespace) connections(t *testing.T, n int) {
	t.Helper()
	const rules = "--set 0 0 86400\n-A -u 127.0.0.1:53 -s rr\n-a -u 127.0.0.1:53 -r 127.0.0.1:5353 -m\n"
	ns.mustRun(t, rules, "ipvsadm -R")
	err := ns.Do(func() error {
		silent, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = unix.Close(silent) })
		if err := unix.Bind(silent, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 5353}); err != nil {
			return err
		}
		return sendFromPorts(n)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sendFromPorts sends a datagram to the service from each of n ends: all ports of one
// address after the other.
func sendFromPorts(n int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	// Nothing is left to be sent.
	defer func() { _ = unix.Close(fd) }()

	const firstPort, ports = 1024, 60000
	to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	for i := range n {
		b := make([]byte, 28) // headers of IPv4 and UDP
		b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_UDP
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		copy(b[12:], []byte{127, 0, 1, byte(i / ports)})
		copy(b[16:], to.Addr[:])
		binary.BigEndian.PutUint16(b[20:], uint16(firstPort+i%ports))
		binary.BigEndian.PutUint16(b[22:], 53)
		binary.BigEndian.PutUint16(b[24:], 8)
		if err := unix.Sendto(fd, b, 0, to); err != nil {
			return err
		}
	}
	return nil
}
