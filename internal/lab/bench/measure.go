package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// reference is the reference program, found in PATH.
const reference = "ipvsadm"

// bench is one run of the program.
type bench struct {
	kernel      string // the kind of guest
	ours        string // our program
	runs        int
	connections int
	dir         string // for rule files and the like
}

// sample is the time and the memory that one program took for a piece of work.
type sample struct {
	times []time.Duration
	// peak is the greatest resident memory in KiB, measured in a run of its own; 0
	// means unknown.
	peak int
}

// median returns the median of the times.
func (s sample) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s.times))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// job is a command line, and the file that it reads.
type job struct {
	argv  []string
	stdin string
}

// command returns the command with its standard input opened.
func (j job) command() (*exec.Cmd, error) {
	cmd := exec.Command(j.argv[0], j.argv[1:]...)
	if j.stdin == "" {
		return cmd, nil
	}

	f, err := os.Open(j.stdin)
	cmd.Stdin = f
	return cmd, err
}

// time runs the job and returns how long it took. The job's output is discarded.
func (j job) time() (time.Duration, error) {
	cmd, err := j.command()
	if err != nil {
		return 0, err
	}
	defer closeInput(cmd)

	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	return took, j.failure(err)
}

// peak runs the job and returns its greatest resident memory in KiB and its output.
// The job is started by time(1): for a child of this process, the kernel would count
// this process's memory as well.
func (j job) peak(dir string) (kib int, output []byte, err error) {
	file := filepath.Join(dir, "peak")
	timed := job{append([]string{"time", "-f", "%M", "-o", file}, j.argv...), j.stdin}
	cmd, err := timed.command()
	if err != nil {
		return 0, nil, err
	}
	defer closeInput(cmd)

	if output, err = cmd.Output(); err != nil {
		return 0, nil, j.failure(err)
	}

	text, err := os.ReadFile(file)
	if err != nil {
		return 0, nil, err
	}

	kib, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return kib, output, err
}

// failure adds the command line, and what it printed, to a job's error.
func (j job) failure(err error) error {
	if err == nil {
		return nil
	}

	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return fmt.Errorf("%s: %w", strings.Join(j.argv, " "), err)
}

// closeInput closes the file that the command reads.
func closeInput(cmd *exec.Cmd) {
	if f, ok := cmd.Stdin.(*os.File); ok {
		_ = f.Close()
	}
}

// The runs of a row are repeated until they took minTotal together, but at most
// maxRuns times: five runs of a few milliseconds measure the machine's noise.
const (
	minTotal = 6 * time.Second
	maxRuns  = 50
)

// inTurn runs the jobs of a row in turn, as the function inTurn does. A row with a number
// of runs of its own is not repeated beyond that.
func (b *bench) inTurn(r row, around func(func() error) error, jobs ...job) (samples []sample, outputs [][]byte, err error) {
	if r.runs > 0 {
		return inTurn(r.runs, 0, b.dir, around, jobs...)
	}
	return inTurn(b.runs, minTotal, b.dir, around, jobs...)
}

// inTurn runs the jobs in turn, once for the memory, then for the time: at least n times,
// and until that took so long in all. around is called with each run, and has to call it.
func inTurn(n int, atLeast time.Duration, dir string, around func(func() error) error, jobs ...job) (samples []sample, outputs [][]byte, err error) {
	samples, outputs = make([]sample, len(jobs)), make([][]byte, len(jobs))
	for i, j := range jobs {
		err := around(func() (err error) {
			samples[i].peak, outputs[i], err = j.peak(dir)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}

	total := time.Duration(0)
	for run := 0; run < n || total < atLeast && run < maxRuns; run++ {
		for i, j := range jobs {
			err := around(func() error {
				took, err := j.time()
				samples[i].times = append(samples[i].times, took)
				total += took
				return err
			})
			if err != nil {
				return nil, nil, err
			}
		}
	}

	return samples, outputs, nil
}

// inFreshNetNS calls fn on a thread in a new network namespace with loopback up.
// Processes that fn starts are in that namespace too. The namespace must be new for
// each run: the kernel keeps deleted servers on a list for two minutes and searches
// it for every new server.
func inFreshNetNS(fn func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = quietly("ip", "link", "set", "lo", "up")
		}
		if err == nil {
			err = fn()
		}
		result <- err
	}()
	return <-result
}

// quietly runs a command. Its output is part of the error if it fails.
func quietly(argv ...string) error {
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// settle waits until the machine is idle, for a limited time: the kernel removes
// namespaces in the background.
func settle() {
	const window, timeout = 100 * time.Millisecond, 15 * time.Second
	for end := time.Now().Add(timeout); time.Now().Before(end); {
		before := busyTicks()
		time.Sleep(window)

		if busyTicks()-before <= 1 {
			return
		}
	}
}

// busyTicks returns the ticks in which the processors were not idle (the first
// line of /proc/stat: cpu, user, nice, system, idle, iowait, irq, softirq …).
func busyTicks() (sum int) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}

	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		if n, err := strconv.Atoi(field); err == nil && i != 4 && i != 5 {
			sum += n
		}
	}

	return sum
}
