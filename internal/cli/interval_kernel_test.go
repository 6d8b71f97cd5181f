//go:build kernel

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// trafficRate is the number of packets per second, and packetSize their length with
	// the headers of UDP and IPv4.
	trafficRate = 100
	packetSize  = 72 + 8 + 20
)

// newTraffic returns a director with a UDP service, and a function that sends packets to it
// from another namespace for a time, and returns their number.
func newTraffic(t *testing.T) (director namespace, send func(d time.Duration) int) {
	t.Helper()
	director, client := newNamespace(t), newNamespace(t)
	var thread int
	_ = client.Do(func() error { thread = unix.Gettid(); return nil }) // has no error

	director.command(t, "", "sh", "-ec", fmt.Sprintf(`ip link add v0 type veth peer name v1 netns %d
		ip addr add 10.250.0.1/24 dev v0; ip link set v0 up; ip addr add 10.0.0.1/32 dev v0; ip addr add 10.9.0.1/32 dev lo`, thread))
	client.command(t, "", "sh", "-ec", "ip addr add 10.250.0.2/24 dev v1; ip link set v1 up; ip route add 10.0.0.1 via 10.250.0.1")
	director.mustRun(t, "-A -u 10.0.0.1:9 -s rr\n-a -u 10.0.0.1:9 -r 10.9.0.1 -g\n", "ipvsadm -R")

	return director, func(d time.Duration) (sent int) {
		err := client.Do(func() error {
			c, err := net.Dial("udp", "10.0.0.1:9")
			if err != nil {
				return err
			}
			defer c.Close()
			start := time.Now()
			for ; time.Since(start) < d; sent++ {
				// That nobody listens is an error of the next write.
				_, _ = c.Write(make([]byte, packetSize-28))
				time.Sleep(time.Until(start.Add(time.Duration(sent+1) * time.Second / trafficRate)))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return sent
	}
}

// ratedListing is a listing of one service and its server.
type ratedListing struct {
	Interval float64 `json:"interval_seconds"`
	Services []struct {
		Stats        rates
		Destinations []struct{ Stats rates }
	}
}

type rates struct {
	Packets uint64 `json:"in_packets_per_second"`
	Bytes   uint64 `json:"in_bytes_per_second"`
}

// listRates lists rates as often as count says, and returns the listings.
func (ns namespace) listRates(t *testing.T, interval, count int) (listings []ratedListing) {
	t.Helper()
	out, err := ns.startListing(t, fmt.Sprintf("-L --rate --json --interval %d --count %d", interval, count)).wait()
	if err != nil {
		t.Error(err)
	}
	d := json.NewDecoder(strings.NewReader(out))
	for range count {
		var l ratedListing
		if err := d.Decode(&l); err != nil {
			t.Errorf("%v in %s", err, out)
		}
		listings = append(listings, l)
	}
	return listings
}

// listingProcess is ipvsadm as a process.
type listingProcess struct {
	cmd    *exec.Cmd
	output string // the file of its standard output
	stderr bytes.Buffer
}

// startListing starts ipvsadm in the namespace.
func (ns namespace) startListing(t *testing.T, line string) *listingProcess {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	p := &listingProcess{cmd: exec.CommandContext(ctx, filepath.Join(binaries, "ipvsadm"), strings.Fields(line)...)}
	p.output = filepath.Join(t.TempDir(), "output")
	f, err := os.Create(p.output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p.cmd.Stdout, p.cmd.Stderr = f, &p.stderr
	if err := ns.Do(p.cmd.Start); err != nil {
		t.Fatal(err)
	}
	return p
}

// awaitOutput waits until the process has written something.
func (p *listingProcess) awaitOutput(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(p.output); err == nil && info.Size() > 0 {
			return
		}
	}
	t.Fatal("no output")
}

// wait waits for the end, and returns the output. A message is an error.
func (p *listingProcess) wait() (string, error) {
	err := p.cmd.Wait()
	if err == nil && p.stderr.Len() > 0 {
		err = fmt.Errorf("%s", p.stderr.Bytes())
	}
	out, readErr := os.ReadFile(p.output)
	return string(out), errors.Join(err, readErr)
}

// TestKernelInterval compares rates at two intervals with those of traffic between two
// namespaces. A busy machine delays single readings, so that of all rates the median is
// compared, and the test has three attempts.
func TestKernelInterval(t *testing.T) {
	t.Parallel() // it waits most of the time
	director, send := newTraffic(t)
	for attempt := 1; ; attempt++ {
		wrong := measureTraffic(t, director, send)
		if wrong == "" {
			return
		}
		t.Logf("attempt %d: %s", attempt, wrong)
		if attempt == 3 {
			t.Fatal("no attempt had the rates of the traffic")
		}
	}
}

// measureTraffic lists rates while there is traffic. It returns what is wrong with them.
func measureTraffic(t *testing.T, director namespace, send func(time.Duration) int) (wrong string) {
	const lasts = 17 * time.Second
	var sent int
	var traffic, listings sync.WaitGroup
	traffic.Go(func() { sent = send(lasts) })
	time.Sleep(3 * time.Second) // until the kernel has added up the first packets

	results := map[int][]ratedListing{}
	var mu sync.Mutex
	for interval, count := range map[int]int{1: 12, 2: 6} {
		listings.Go(func() {
			l := director.listRates(t, interval, count)
			mu.Lock()
			defer mu.Unlock()
			results[interval] = l
		})
	}
	listings.Wait()
	traffic.Wait()

	want := float64(sent) / lasts.Seconds()
	for interval, listings := range results {
		var packets, bytes []float64
		for _, l := range listings[1:] { // the first interval of 1 s is less than a period
			s := l.Services[0]
			if s.Stats != s.Destinations[0].Stats {
				return fmt.Sprintf("%+v of the service, %+v of its server", s.Stats, s.Destinations[0].Stats)
			}
			packets = append(packets, float64(s.Stats.Packets))
			bytes = append(bytes, float64(s.Stats.Bytes)/packetSize)
		}
		slices.Sort(packets)
		slices.Sort(bytes)
		if n := len(packets) / 2; !isNear(packets[n], want) || !isNear(bytes[n], want) {
			return fmt.Sprintf("interval %d: packets per second %v, by bytes %v; sent %.1f", interval, packets, bytes, want)
		}
	}
	return ""
}

// isNear reports whether a rate is within 5 % of another.
func isNear(got, want float64) bool { return got > 0.95*want && got < 1.05*want }

// TestKernelIntervalChanges checks that there is no absurd rate if counters are zeroed, and
// services and servers come and go between listings.
func TestKernelIntervalChanges(t *testing.T) {
	t.Parallel() // it waits most of the time
	director, send := newTraffic(t)
	var traffic sync.WaitGroup
	traffic.Go(func() { send(9 * time.Second) })
	time.Sleep(3 * time.Second)

	p := director.startListing(t, "-L --rate --json --interval 1 --count 5")
	for range 3 {
		time.Sleep(time.Second)
		director.mustRun(t, "", "ipvsadm -Z")
		director.mustRun(t, "-d -u 10.0.0.1:9 -r 10.9.0.1\n-a -u 10.0.0.1:9 -r 10.9.0.1 -g\n-A -f 7 -s rr\n-D -f 7\n", "ipvsadm -R")
	}
	out, err := p.wait()
	if err != nil {
		t.Fatal(err)
	}
	traffic.Wait()

	listings := 0
	for line := range strings.Lines(out) {
		var l ratedListing
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		listings++
		for _, s := range l.Services {
			all := []rates{s.Stats}
			for _, d := range s.Destinations {
				all = append(all, d.Stats)
			}
			for _, r := range all {
				if r.Packets > 3*trafficRate || r.Bytes > 3*trafficRate*packetSize {
					t.Errorf("a rate of %+v in %s", r, line)
				}
			}
		}
	}
	if listings != 5 {
		t.Errorf("%d listings", listings)
	}
}

// TestKernelIntervalEnds checks how listings end: by a signal with status 0, and quietly by
// SIGPIPE when their reader has left.
func TestKernelIntervalEnds(t *testing.T) {
	t.Parallel() // it waits most of the time
	ns := newNamespace(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			p := ns.startListing(t, "-Ln --interval 1000")
			p.awaitOutput(t)
			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if out, err := p.wait(); err != nil || strings.Count(out, "IP Virtual Server") != 1 {
				t.Errorf("%v, output %q", err, out)
			}
		})
	}
	t.Run("the reader leaves", func(t *testing.T) {
		program, err := filepath.Abs(filepath.Join(binaries, "ipvsadm"))
		if err != nil {
			t.Fatal(err)
		}
		out := ns.command(t, "", "bash", "-c", `"$0" -Ln --interval 1 | head -1 | wc -l; echo "${PIPESTATUS[*]}"`, program)
		if out != "1\n141 0 0\n" {
			t.Errorf("got %q", out)
		}
	})
}

// TestKernelRunEstimation checks that it is said if the kernel does not add up its counters,
// where that can be turned off.
func TestKernelRunEstimation(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, "", "ipvsadm -A -f 1")
	const sysctl = "/proc/sys/net/ipv4/vs/run_estimation"
	want := ""
	if err := ns.Do(func() error { return os.WriteFile(sysctl, []byte("0"), 0) }); err == nil {
		want = "Warning: the sysctl net.ipv4.vs.run_estimation is 0: the kernel does not add up its counters, and all rates are 0\n"
	}
	p := ns.startListing(t, "-Ln --rate --interval 1 --count 1")
	_, err := p.wait()
	if got := p.stderr.String(); got != want || want == "" && err != nil {
		t.Errorf("got %q, want %q", got, want)
	}
}
