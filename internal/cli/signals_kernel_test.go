//go:build kernel

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// brokenPipe returns a pipe that nobody reads.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, ns, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	t.Cleanup(func() { ns.Close() })
	return ns
}

// TestKernelBrokenPipes checks that a program does everything that it should when the
// readers of its output and of its reports have left.
func TestKernelBrokenPipes(t *testing.T) {
	const services = 1999
	const rejected = "-A -f 77777 -s no-such-scheduler\n"
	first, last := manyServices(1, services/4, 1), manyServices(services/4, services+1, 1)
	for _, test := range []struct {
		name, before, stdin, after string
		args                       []string
		status                     int
	}{
		{"sync", "-A -f 5000 -s rr\n", rejected + "-A -f 2 -s rr\n", "-A -f 5000 -s rr\n", []string{"ipvsadm-restore", "--sync"}, 255},
		{"restore", "", first + rejected + last, first + last, []string{"ipvsadm-restore"}, 255},
		{"stream", "", rejected + first + last, first + last, []string{"ipvsadm", "-R"}, 255},
		{"drain", balancedRules, "", "-A -t 10.1.1.1:80 -s rr\n", strings.Fields("ipvsadm -d -t 10.1.1.1:80 -r 10.2.2.2:8080 --drain 0"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, test.before, "ipvsadm -R")

			path, err := filepath.Abs(filepath.Join(binaries, test.args[0]))
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command(path, test.args[1:]...)
			c.Stdin, c.Stdout, c.Stderr = strings.NewReader(test.stdin), brokenPipe(t), brokenPipe(t)
			_ = ns.Do(c.Run) // the exit status is checked
			if got := exitStatus(c.ProcessState); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}

			after := newNamespace(t)
			after.mustRun(t, test.after, "ipvsadm -R")
			ns.checkState(t, after.readState(t))
		})
	}
}
