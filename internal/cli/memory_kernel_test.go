//go:build kernel

package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// tableSize is the number of services and of real servers of each.
type tableSize struct{ services, servers int }

// rules returns the number of rules of such a table.
func (n tableSize) rules() int { return n.services * (1 + n.servers) }

// writeRules writes the rules of a table whose real servers have a weight.
func (n tableSize) writeRules(w io.Writer, weight int) {
	for s := range n.services {
		service := fmt.Sprintf("-t 172.16.%d.%d:80", s>>8, s&255)
		fmt.Fprintf(w, "-A %s -s wrr\n", service)
		for d := range n.servers {
			i := s*n.servers + d + 1
			fmt.Fprintf(w, "-a %s -r 10.%d.%d.%d:8080 -m -w %d\n", service, i>>16, i>>8&255, i&255, weight)
		}
	}
}

// writeDocument writes the same as a JSON document.
func (n tableSize) writeDocument(w io.Writer, weight int) {
	io.WriteString(w, `{"services":[`)
	for s := range n.services {
		if s > 0 {
			io.WriteString(w, ",")
		}
		fmt.Fprintf(w, `{"protocol":"tcp","address":"172.16.%d.%d","port":80,"scheduler":"wrr","destinations":[`, s>>8, s&255)
		for d := range n.servers {
			if d > 0 {
				io.WriteString(w, ",")
			}
			i := s*n.servers + d + 1
			fmt.Fprintf(w, `{"address":"10.%d.%d.%d","port":8080,"forward":"masq","weight":%d}`, i>>16, i>>8&255, i&255, weight)
		}
		io.WriteString(w, "]}")
	}
	io.WriteString(w, "]}\n")
}

// peakMemory runs a program in the namespace, which has to succeed, and returns its
// greatest resident memory in MiB. It is measured by time(1): a child of this test
// would count the memory of the test, which it is a copy of before it runs the program.
func (ns namespace) peakMemory(t *testing.T, input func(io.Writer), args ...string) float64 {
	t.Helper()
	path, err := ourPrograms(t).Path(args[0])
	if err != nil {
		t.Fatal(err)
	}
	report := filepath.Join(t.TempDir(), "peak")
	cmd := exec.Command("/usr/bin/time", append([]string{"-f", "%M", "-o", report, path}, args[1:]...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ns.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	buffered := bufio.NewWriterSize(in, 64<<10)
	input(buffered)
	buffered.Flush()
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}

	b, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	kib, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return float64(kib) / 1024
}

// TestKernelPeakMemory checks how much memory large rule streams and documents need. A
// check needs the same however long they are, and what keeps rules some bytes a rule.
func TestKernelPeakMemory(t *testing.T) {
	million, large := tableSize{1000, 999}, tableSize{12000, 10}
	for _, test := range []struct {
		name  string
		size  tableSize
		args  []string
		limit float64 // MiB
	}{
		{"check", million, []string{"ipvsadm-restore", "--check"}, 64},
		{"restore", large, []string{"ipvsadm-restore"}, 96},
		{"sync", large, []string{"ipvsadm-restore", "--sync"}, 160},
	} {
		for format, write := range map[string]func(io.Writer, int){"stream": test.size.writeRules, "document": test.size.writeDocument} {
			t.Run(test.name+" of a "+format, func(t *testing.T) {
				ns, args := newNamespace(t), test.args
				if test.name == "sync" {
					ns.peakMemory(t, func(in io.Writer) { test.size.writeRules(in, 1) }, "ipvsadm-restore")
				}
				if format == "document" {
					args = append(args[:len(args):len(args)], "--json")
				}
				peak := ns.peakMemory(t, func(in io.Writer) { write(in, 5) }, args...)
				t.Logf("%d rules: %.1f MiB", test.size.rules(), peak)
				if peak > test.limit {
					t.Errorf("%.1f MiB, want at most %.0f", peak, test.limit)
				}
			})
		}
	}
}
