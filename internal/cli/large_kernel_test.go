//go:build kernel

package cli_test

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// largeServices is enough for several datagrams of a dump and for several reads of the
// proc table, in which the kernel continues from the middle.
const largeServices = 5000

// largeRules returns the rules of largeServices services of all kinds, each with up to
// seven servers of all kinds. None has thresholds, which the reference does not save.
func largeRules() string {
	var b strings.Builder
	for i := range largeServices {
		v4 := fmt.Sprintf("172.%d.%d.%d", 16+i%5, i>>8, i&0xff)
		id := []string{
			"-t " + v4 + ":80", "-u " + v4 + ":53", "--sctp-service " + v4 + ":9",
			fmt.Sprintf("-t [2001:db8::%x]:443", i+1), fmt.Sprintf("-f %d", i+1), fmt.Sprintf("-f %d -6", i/6+1),
		}[i%6]
		settings := []string{"-s wlc", "-s rr", "-s sh -b sh-port", "-s wrr -p 300", "-s mh -b mh-fallback,mh-port"}[i%5]
		fmt.Fprintf(&b, "-A %s %s\n", id, settings)
		for j := range i * 7 % 8 {
			fmt.Fprintf(&b, "-a %s %s\n", id, largeServer(i, j))
		}
	}
	return b.String()
}

// largeServer returns the options of server j of service i. It is of the service's
// address family, or in a tunnel.
func largeServer(i, j int) string {
	addr := fmt.Sprintf("%d.%d.%d.%d", 10+i%3*95, i&0xff, i>>8, j+1)
	port := ":8080"
	if family6 := i%6 == 3 || i%6 == 5; family6 && (i+j)%4 < 2 {
		addr, port = fmt.Sprintf("2001:db8:%x::%x", i, 7-j), ""
	}
	return "-r " + addr + []string{
		port + " -m -w 3", " -g -w 0", " -i -w 65535", " --ipip --tun-type gue --tun-port 6080 --tun-csum",
	}[(i+j)%4]
}

// TestKernelLargeTable checks that the reference and our program list a large table of
// all kinds of services alike, in the same namespace.
func TestKernelLargeTable(t *testing.T) {
	ns := newNamespace(t)
	if r := ns.run(largeRules(), "ipvsadm -R"); r.Status != 0 || r.Stderr != "" {
		t.Fatalf("rules: status %d, %.2000s", r.Status, r.Stderr)
	}

	for _, line := range []string{"-Ln", "-Sn", "-Ln --stats", "-Ln --rate", "-Ln --nosort", "-Ln --tun-info", "-Ln --persistent-conn"} {
		t.Run(line, func(t *testing.T) {
			want := ns.runReference(t, strings.Fields(line)...)
			got := ns.run("", "ipvsadm "+line)
			if want.Status != got.Status || want.Stderr != got.Stderr || strings.Count(want.Stdout, "\n") < 3*largeServices {
				t.Errorf("reference status %d, %q, %d bytes; ours %d, %q", want.Status, want.Stderr, len(want.Stdout), got.Status, got.Stderr)
			}
			if want.Stdout != got.Stdout {
				d := gocmp.Diff(strings.Split(want.Stdout, "\n"), strings.Split(got.Stdout, "\n"))
				t.Errorf("(-reference +ours):\n%.4000s", d)
			}
		})
	}
}
