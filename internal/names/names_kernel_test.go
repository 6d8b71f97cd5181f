//go:build kernel

package names

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// machine is a network namespace with files of its own in /etc.
type machine struct{ *difftest.Namespace }

// newMachine returns one with some files of /etc. The programs are run in it as
// processes: mounts are those of a thread, and package net reads files in any.
func newMachine(t *testing.T, files map[string]string) machine {
	t.Helper()
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	m := machine{ns}

	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		m.sh(t, "mount --bind "+file+" /etc/"+name)
	}
	return m
}

// sh does shell commands.
func (m machine) sh(t *testing.T, commands string) {
	t.Helper()
	r := m.run(t, difftest.Command{Path: "/bin/sh", Args: []string{"sh", "-ec", commands}, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}})
	if r.Status != 0 {
		t.Fatalf("%s: %+v", commands, r)
	}
}

func (m machine) run(t *testing.T, c difftest.Command) difftest.Result {
	t.Helper()
	r, err := m.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ipvsadm runs one of the programs, and expects it to succeed in silence.
func (m machine) ipvsadm(t *testing.T, p difftest.Programs, stdin string, args ...string) string {
	t.Helper()
	c, err := p.Command("ipvsadm", args...)
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin = stdin
	r := m.run(t, c)
	if r.Status != 0 || r.Stderr != "" {
		t.Fatalf("%s: ipvsadm %q: %+v", p.Name, args, r)
	}
	return r.Stdout
}

// programs returns the reference's and the project's programs.
func programs(t *testing.T) (reference, ours difftest.Programs) {
	t.Helper()
	dir := os.Getenv("IPVSADM_BIN")
	if dir == "" {
		dir = "../../bin"
	}
	reference, err := difftest.Reference()
	if err != nil {
		t.Fatal(err)
	}
	ours, err = difftest.In("project", dir)
	if err != nil {
		t.Fatal(err)
	}
	return reference, ours
}

// hosts has an address in every way that a hosts file can have one.
const hosts = `# a comment
127.0.0.1	localhost
10.0.0.1 one.example alias1 alias2
10.0.0.2	 	tabs.example	tabs
  10.0.0.3   blanks-before.example
10.0.0.4 first.example
10.0.0.4 second.example
10.0.0.5 UPPER.Example
10.0.0.7 comment.example # a comment
10.0.0.8 tight.example#comment
#10.0.0.9 gone.example
10.0.0.11 under_score.example
10.0.0.12 short
10.0.0.13 ` + "carriage.example\r" + `
10.0.0.014 zeros.example
10.0.0.15/32 prefix.example
010.0.0.16 octal.example
10.0.17 three-parts.example
10.0.0.18 a.example
10.0.0.18.1 five-parts.example
nonsense
2001:db8::1 six.example six
2001:DB8:0:0::2 long-form.example
fe80::1%lo scoped.example
fe80::2 link-local.example
10.0.0.20 two.example three.example
10.0.0.21 same.example
10.0.0.22 same.example
10.0.0.23 no-newline.example`

// TestKernelHosts checks that the names from a hosts file are those of the reference.
func TestKernelHosts(t *testing.T) {
	reference, ours := programs(t)
	m := newMachine(t, map[string]string{"hosts": hosts, "resolv.conf": ""})
	var rules strings.Builder
	rules.WriteString("-A -t 127.0.0.1:40001\n-A -t 10.0.0.255:40001\n")
	for i := range 24 {
		fmt.Fprintf(&rules, "-A -t 10.0.0.%d:40001\n", i)
	}
	for _, addr := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "::1", "::", "fe80::1", "fe80::2"} {
		fmt.Fprintf(&rules, "-A -t [%s]:40001\n", addr)
	}
	m.ipvsadm(t, ours, rules.String(), "-R")
	for _, args := range [][]string{{"-L"}, {"-S"}, {"-L", "--stats"}} {
		want := m.ipvsadm(t, reference, "", args...)
		if d := cmp.Diff(want, m.ipvsadm(t, ours, "", args...)); d != "" {
			t.Errorf("%q (-reference +ours):\n%s", args, d)
		}
	}
}

// TestKernelHostsOnPurpose checks the names of lines that package net reads otherwise
// than the C library. The differences are accepted: the lines are invalid or unusual,
// and the names that we print are right.
func TestKernelHostsOnPurpose(t *testing.T) {
	reference, ours := programs(t)
	m := newMachine(t, map[string]string{
		"hosts":       "10.0.0.1 dot.example.\n10.0.0.2\n::ffff:10.0.0.3 mapped.example\n10.0.0.4 0x0a000001\n10.0.0.5 1.2.3.0x4\n",
		"resolv.conf": "",
	})
	m.ipvsadm(t, ours, "-A -t 10.0.0.1:40001\n-A -t 10.0.0.2:40001\n-A -t 10.0.0.3:40001\n-A -t 10.0.0.4:40001\n-A -t 10.0.0.5:40001\n", "-R")
	for _, test := range []struct {
		program difftest.Programs
		want    string
	}{
		{reference, "-A -t dot.example.:40001 -s wlc\n-A -t :40001 -s wlc\n-A -t mapped.example:40001 -s wlc\n-A -t 0x0a000001:40001 -s wlc\n-A -t 1.2.3.0x4:40001 -s wlc\n"},
		{ours, "-A -t dot.example:40001 -s wlc\n-A -t 10.0.0.2:40001 -s wlc\n-A -t 10.0.0.3:40001 -s wlc\n-A -t 10.0.0.4:40001 -s wlc\n-A -t 10.0.0.5:40001 -s wlc\n"},
	} {
		if d := cmp.Diff(test.want, m.ipvsadm(t, test.program, "", "-S")); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.program.Name, d)
		}
	}
}

// TestKernelSilentResolver checks that 200 servers are listed as numbers after a few
// seconds if the name servers do not answer.
func TestKernelSilentResolver(t *testing.T) {
	const limit = lookupBudget + lookupTimeout + 4*time.Second
	_, ours := programs(t)
	m := newMachine(t, map[string]string{
		"hosts":       "127.0.0.1 localhost\n",
		"resolv.conf": "nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions timeout:5 attempts:5\n",
	})
	// A dummy device takes every packet and keeps silent.
	m.sh(t, "ip link add d0 type dummy; ip link set d0 up; ip addr add 192.0.2.9/24 dev d0")
	m.sh(t, "for i in 1 2; do ip neigh add 192.0.2.$i lladdr 02:00:00:00:00:0$i dev d0; done")
	var rules strings.Builder
	rules.WriteString("-A -t 203.0.113.1:40001\n")
	for i := range 200 {
		fmt.Fprintf(&rules, "-a -t 203.0.113.1:40001 -r 198.51.100.%d:40001 -m\n", i)
	}
	m.ipvsadm(t, ours, rules.String(), "-R")
	numbers := m.ipvsadm(t, ours, "", "-Ln")
	start := time.Now()
	names := m.ipvsadm(t, ours, "", "-L")
	took := time.Since(start)
	if took < lookupTimeout || took > limit {
		t.Errorf("listed after %v, want %v to %v", took, lookupTimeout, limit)
	}
	if d := cmp.Diff(numbers, names); d != "" {
		t.Errorf("(-numeric +named):\n%s", d)
	}
	t.Logf("200 servers listed after %v", took)
}

// TestKernelDNSBeforeFiles checks that the files are read after DNS has failed, where
// they come after it, as with the reference program.
func TestKernelDNSBeforeFiles(t *testing.T) {
	reference, ours := programs(t)
	for _, test := range []struct {
		name, order string
		rcode       int // of the answers, -1 for a port that nobody listens to
		want        string
	}{
		{"no server", "dns files", -1, "-A -t file.example:40001 -s wlc\n"},
		{"refused", "dns files", 5, "-A -t file.example:40001 -s wlc\n"},
		{"server failure", "dns files", 2, "-A -t file.example:40001 -s wlc\n"},
		{"no such name", "dns files", 3, "-A -t file.example:40001 -s wlc\n"},
		{"no files", "dns", 5, "-A -t 10.0.0.1:40001 -s wlc\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine(t, map[string]string{
				"hosts":         "10.0.0.1 file.example\n",
				"resolv.conf":   "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
				"nsswitch.conf": "hosts: " + test.order + "\nservices: files\nprotocols: files\n",
			})
			if test.rcode >= 0 {
				m.answerDNS(t, byte(test.rcode))
			}
			m.ipvsadm(t, ours, "", "-A", "-t", "10.0.0.1:40001")
			for _, p := range []difftest.Programs{reference, ours} {
				if d := cmp.Diff(test.want, m.ipvsadm(t, p, "", "-S")); d != "" {
					t.Errorf("%s (-want +got):\n%s", p.Name, d)
				}
			}
			if strings.Contains(test.order, "files") {
				m.ipvsadm(t, ours, "", "-a", "-t", "file.example:40001", "-r", "file.example", "-m")
			}
		})
	}
}

// answerDNS answers every query on 127.0.0.1 with an error.
func (m machine) answerDNS(t *testing.T, rcode byte) {
	t.Helper()
	var server net.PacketConn
	err := m.Do(func() (err error) {
		server, err = net.ListenPacket("udp", "127.0.0.1:53")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, client, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			b[2] |= 1 << 7 // a response
			b[3] = b[3]&^0xf | rcode
			_, _ = server.WriteTo(b[:n], client)
		}
	}()
}
