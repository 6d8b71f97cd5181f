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

// sample is what one program took for a piece of work.
type sample struct {
	times []time.Duration
	// peak is the most memory that was resident, in KiB, in the run that is not
	// counted; 0 is not known.
	peak int
}

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

func (j job) command() (*exec.Cmd, error) {
	cmd := exec.Command(j.argv[0], j.argv[1:]...)
	if j.stdin == "" {
		return cmd, nil
	}
	f, err := os.Open(j.stdin)
	cmd.Stdin = f
	return cmd, err
}

// time runs the job and gives how long it took. What it prints goes nowhere.
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

// peak runs the job and gives the greatest resident memory in KiB, and what it
// printed. A program of its own has to start it: to a process that Go starts, the
// kernel counts the memory of the Go program as well.
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

// failure says which job failed.
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

func closeInput(cmd *exec.Cmd) {
	if f, ok := cmd.Stdin.(*os.File); ok {
		_ = f.Close()
	}
}

// enough is how long the counted runs of a row take together, unless that is very
// many: of work that takes milliseconds, five runs say more about the machine.
const (
	enough   = 6 * time.Second
	veryMany = 50
)

// inTurn runs jobs one after the other, once for the memory, then for the time: n
// times, and until that is enough. around does what goes before and after each run,
// and calls it.
func inTurn(n int, dir string, around func(func() error) error, jobs ...job) (samples []sample, outputs [][]byte, err error) {
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
	for run := 0; run < n || total < enough && run < veryMany; run++ {
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
// Processes that fn starts are in it; it goes with them. What fn did before would
// count: servers that were deleted stay on a list for two minutes, which the kernel
// searches for each new one.
func inFreshNetNS(fn func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends here
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

// quietly runs a command and tells what it printed only if it fails.
func quietly(argv ...string) error {
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// settle waits, for a while, until the machine has nothing to do: the kernel takes
// namespaces down after their end.
func settle() {
	const window, patience = 100 * time.Millisecond, 15 * time.Second
	for end := time.Now().Add(patience); time.Now().Before(end); {
		before := busyTicks()
		time.Sleep(window)
		if busyTicks()-before <= 1 {
			return
		}
	}
}

// busyTicks are the ticks that all processors together were not idle (the first
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
