//go:build kernel

package host

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// doctorReport is what is read of a JSON report.
type doctorReport struct {
	Status   int
	Findings []struct{ Code string }
	Done     []string
	Unknown  []struct{ Fact, Name, Reason string }
}

// runDoctor runs a script in the namespace of the calling thread, in which $doctor is the
// program, and returns its report.
func runDoctor(t *testing.T, script string, user uint32) doctorReport {
	t.Helper()
	program, err := filepath.Abs("../../bin/ipvsadm-doctor")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	c := exec.Command("sh", "-ec", script)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "doctor=" + program}
	c.Stdout, c.Stderr = &out, &errs
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	_ = c.Run() // the status is checked

	var r doctorReport
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil || errs.String() != "" {
		t.Fatalf("status %d, %v: %q, stderr %q", c.ProcessState.ExitCode(), err, out.String(), errs.String())
	}
	if r.Status != c.ProcessState.ExitCode() {
		t.Errorf("status %d, the report says %d", c.ProcessState.ExitCode(), r.Status)
	}
	return r
}

// TestKernelLimitedView runs the program where it cannot look at everything: what is
// unknown is named with the reason, the checks that need none of it are done, and the
// status says so.
func TestKernelLimitedView(t *testing.T) {
	const root, nobody = 0, 65534
	const (
		all       = "IPVS table, IPVS timeouts, sync daemons, connections: "
		denied    = "IPVS table, IPVS timeouts, sync daemons: operation not permitted (CAP_NET_ADMIN is needed)"
		uncounted = "connections: they cannot be counted without the table"
		noSysctls = "sysctls (net.ipv4.vs): no such file or directory"
	)
	user := []string{denied, uncounted}
	userNS := slices.Clone(user)
	if exec.Command("unshare", "-Urn", "test", "-e", "/proc/sys/net/ipv4/vs/conntrack").Run() != nil {
		userNS = append(userNS, noSysctls) // as up to Linux 6.1
	}
	if _, err := os.Stat("/proc/net/ip_vs_status"); err == nil { // since Linux 7.1
		const noStatus = "ip_vs_status: permission denied"
		user, userNS = append(user, noStatus), append(userNS, noStatus)
	}
	inUserNS := "unshare -Urnm $doctor --json"
	if exec.Command("unshare", "-U", "true").Run() != nil {
		// In the root directory of a guest under qemu the kernel makes no user namespace
		// (create_user_ns of kernel/user_namespace.c).
		inUserNS, userNS = "$doctor --json", user
	}
	for _, tt := range []struct {
		name   string
		script string
		user   uint32
		status int
		want   []string
	}{
		{"root", "$doctor --json", root, 0, nil},
		{"an ordinary user", "$doctor --json", nobody, 3, user},
		{
			"without the parameters of IPVS",
			"unshare -m sh -ec 'mount -t tmpfs none /proc/sys/net/ipv4/vs; $doctor --json'", root, 3, []string{noSysctls},
		},
		{
			"without /proc/sys",
			"unshare -m sh -ec 'mount -t tmpfs none /proc/sys; $doctor --json'", root, 3, []string{"sysctls: no such file or directory"},
		},
		{
			"without /proc",
			"unshare -m sh -ec 'mount -t tmpfs none /proc; $doctor --json'", root, 3,
			[]string{all + "no such file or directory", "sysctls: no such file or directory"},
		},
		{"a container", "unshare -nm setpriv --bounding-set=-all --inh-caps=-all $doctor --json", root, 3, []string{denied, uncounted}},
		{"a container of an ordinary user", inUserNS, nobody, 3, userNS},
		{"a real server, an ordinary user", "$doctor --json --real-server --vip 10.0.0.1", nobody, 0, nil},
		{
			"without IPVS", "rmmod ip_vs; $doctor --json && exit; status=$?; lsmod | grep -q '^ip_vs ' && exit 1; exit $status", root, 3,
			[]string{all + "IPVS is not loaded"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.HasPrefix(tt.script, "rmmod") {
				t.Cleanup(func() { _ = exec.Command("modprobe", "ip_vs").Run() })
			} else {
				fresh(t, "ip link set lo up; ip address add 10.0.0.1/32 dev lo")
			}
			r := runDoctor(t, tt.script, tt.user)
			if diff := cmp.Diff(tt.want, unknown(r)); diff != "" {
				t.Errorf("unknown (-want +got):\n%s", diff)
			}
			if r.Status != tt.status || len(r.Done) == 0 {
				t.Errorf("status %d, want %d; %d checks were done", r.Status, tt.status, len(r.Done))
			}
		})
	}
}

// TestKernelProgramNetNS checks that the program looks at the namespace that it is asked to
// look at: its addresses, routes and sysctls.
func TestKernelProgramNetNS(t *testing.T) {
	fresh(t, "ip link set lo up; sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2")
	script := `
ip netns add doctor
ip -n doctor link set lo up
ip -n doctor address add 10.7.7.7/32 dev lo
ip -n doctor link add eth0 type veth peer name peer
ip -n doctor link set eth0 up
ip -n doctor address add 192.0.2.1/24 dev eth0
ip netns exec doctor sysctl -qw net.ipv4.conf.all.arp_ignore=$ignore net.ipv4.conf.all.arp_announce=2
status=0
$doctor --json --real-server --method route --vip 10.7.7.7 $netns || status=$?
ip netns delete doctor
exit $status
`
	for _, tt := range []struct {
		name, environment string
		want              []string
	}{
		{"here", "ignore=1 netns=", []string{"vip-missing"}},
		{"there, healthy", "ignore=1 netns='--netns doctor'", nil},
		{"there, with a fault", "ignore=0 netns='--netns doctor'", []string{"arp-problem"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var codes []string
			for _, f := range runDoctor(t, tt.environment+script, 0).Findings {
				codes = append(codes, f.Code)
			}
			if diff := cmp.Diff(tt.want, codes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestKernelOddMachine runs the program on a director with 300 links, 5,000 services and
// 10,000 servers, each on another address, and checks how much memory that takes.
func TestKernelOddMachine(t *testing.T) {
	const links, services, maxMemory = 300, 5000, 64 << 10 // KiB
	address := func(network, i int) string { return fmt.Sprintf("10.%d.%d.%d", network, i/250, i%250+1) }
	var batch, rules strings.Builder
	batch.WriteString("link set lo up\nlink add eth0 type dummy\nlink set eth0 up\naddress add 10.201.0.254/16 dev eth0\n")
	for i := range links {
		fmt.Fprintf(&batch, "link add d%d type dummy\naddress add %s/32 dev d%d\n", i, address(200, i), i)
	}
	batch.WriteString("route add local 10.100.0.0/16 dev lo\n")
	for i := range services {
		vip := address(100, i) + ":80"
		fmt.Fprintf(&rules, "-A -t %s -s wlc\n-a -t %s -r %s:80 -g\n-a -t %s -r %s:80 -g\n", vip, vip, address(201, 2*i), vip, address(201, 2*i+1))
	}
	fresh(t, ":")
	play(t, batch.String(), "ip", "-batch", "-")
	play(t, rules.String(), "../../bin/ipvsadm-restore")

	c := exec.Command("../../bin/ipvsadm-doctor", "--json")
	out, err := c.Output()
	var r doctorReport
	if jsonErr := json.Unmarshal(out, &r); jsonErr != nil || len(r.Unknown) > 0 || len(r.Done) < 30 {
		t.Fatalf("%v, %v: %.300s", err, jsonErr, out)
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%v, %d MiB", c.ProcessState.UserTime()+c.ProcessState.SystemTime(), usage.Maxrss>>10)
	if usage.Maxrss > maxMemory {
		t.Errorf("%d KiB of memory, more than %d", usage.Maxrss, maxMemory)
	}
}

// play runs a program with an input.
func play(t *testing.T, input, program string, args ...string) {
	t.Helper()
	c := exec.Command(program, args...)
	c.Stdin = strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %.300s", program, err, out)
	}
}

// unknown returns what a report lists as unknown: that with one reason together.
func unknown(r doctorReport) (lines []string) {
	last := ""
	for _, u := range r.Unknown {
		name := u.Fact
		if u.Name != "" {
			name += " (" + u.Name + ")"
		}
		if u.Reason == last && u.Name == "" && lines != nil && !strings.HasPrefix(name, "sysctls") {
			n := len(lines) - 1
			lines[n] = strings.TrimSuffix(lines[n], ": "+last) + ", " + name + ": " + last
			continue
		}
		lines, last = append(lines, name+": "+u.Reason), u.Reason
	}
	return lines
}
