//go:build kernel

package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// ip runs the command ip.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// sleeper starts a process that does nothing in a new network namespace, which
// nothing else holds, and gives its id.
func sleeper(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pid := strconv.Itoa(cmd.Process.Pid)
	ip(t, "netns", "attach", "lab-sleeper", pid)
	ip(t, "-n", "lab-sleeper", "link", "set", "lo", "up")
	ip(t, "netns", "delete", "lab-sleeper")
	return pid
}

// TestKernelNetNS checks the work in other namespaces, by each kind of name, and that
// the own one does not change.
func TestKernelNetNS(t *testing.T) {
	here := openFresh(t)
	ip(t, "netns", "add", "lab-named")
	t.Cleanup(func() { ip(t, "netns", "delete", "lab-named") })
	ip(t, "-n", "lab-named", "link", "set", "lo", "up")
	bound := t.TempDir() + "/bound"
	if err := os.WriteFile(bound, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ip(t, "netns", "add", "lab-bound")
	ip(t, "-n", "lab-bound", "link", "set", "lo", "up")
	if err := unix.Mount("/run/netns/lab-bound", bound, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(bound, unix.MNT_DETACH) })
	ip(t, "netns", "delete", "lab-bound")

	for i, name := range []string{"lab-named", bound, sleeper(t)} {
		t.Run(strconv.Itoa(i), func(t *testing.T) { workInNetNS(t, name) })
	}
	if got, err := here.Table(ipvs.Query{}); err != nil || len(got.Entries) != 0 {
		t.Errorf("the caller's own namespace has %d services, %v", len(got.Entries), err)
	}
}

// TestKernelNetNSOfDigits checks names of digits alone, which are process ids if there
// is such a process.
func TestKernelNetNSOfDigits(t *testing.T) {
	openFresh(t)

	const noProcess = "4194304999" // above the greatest process id
	process := sleeper(t)
	for _, name := range []string{noProcess, process} {
		ip(t, "netns", "add", name)
		t.Cleanup(func() { ip(t, "netns", "delete", name) })
	}
	same := sleeper(t)
	ip(t, "netns", "attach", same, same)
	t.Cleanup(func() { ip(t, "netns", "delete", same) })

	tests := []struct{ name, target, err string }{
		{"a name", noProcess, ""},
		{"the process of the name", same, ""},
		{"a process", sleeper(t), ""},
		{
			"a name and another process", process,
			`network namespace "` + process + `" is ambiguous: it is a name and a process ID; ` +
				`use /run/netns/` + process + ` or /proc/` + process + `/ns/net`,
		},
		{"the path of the name", "/run/netns/" + process, ""},
		{"the path of the process", "/proc/" + process + "/ns/net", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Open(Options{NetNS: tt.target})
			if err == nil {
				defer c.Close()
			}
			if got := fmt.Sprint(err); err != nil && got != tt.err || err == nil && tt.err != "" {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if wantErr := tt.err != ""; errors.Is(err, netns.ErrAmbiguous) != wantErr {
				t.Errorf("error %v is ambiguous: %t", err, !wantErr)
			}
		})
	}
}

// workInNetNS adds a service, has it make a connection, and reads both back, the
// servers from netlink and from proc.
func workInNetNS(t *testing.T, name string) {
	c, err := Open(Options{NetNS: name, ModprobeOutput: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	id := udp("127.0.0.1:53")
	server := ipvs.Destination{Addr: addrPort("127.0.0.1:5353"), Weight: 1}
	mustApply(t, c, add(service(id, "rr")), addTo(id, server))
	for _, detail := range []ipvs.Detail{ipvs.WithStats, ipvs.PlainColumns} {
		got, err := c.Table(ipvs.Query{Detail: detail})
		if err != nil || len(got.Entries) != 1 || got.Entries[0].Service.ID != id || len(got.Entries[0].Destinations) != 1 {
			t.Fatalf("detail %d: %+v, %v", detail, got.Entries, err)
		}
	}
	join, err := c.joinProc(listOf([]ipvs.Entry{{Service: service(id, "rr")}}), new(arena))
	if err != nil || !join.joined(0) {
		t.Errorf("the proc table: %v, %v", join.done, err)
	}
	err = c.ns.Do(func() error {
		conn, err := net.Dial("udp4", "127.0.0.1:53")
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = conn.Write([]byte("x"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	connections, err := c.Connections()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for conn, err := range connections {
		if err != nil || conn.Virtual != addrPort("127.0.0.1:53") {
			t.Errorf("%+v, %v", conn, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// TestKernelNetNSWithoutPrivilege checks that a namespace can be opened, but not
// entered, without privilege.
func TestKernelNetNSWithoutPrivilege(t *testing.T) {
	openFresh(t)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &make([]unix.CapUserData, 2)[0]); err != nil {
		t.Fatal(err)
	}
	// This thread alone has lost its capabilities: enter it here.
	ns, err := netns.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	err = ns.Enter()
	var want *netns.Error
	if !errors.As(err, &want) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
	if got := `network namespace "/proc/thread-self/ns/net": operation not permitted`; err.Error() != got {
		t.Errorf("error %q, want %q", err, got)
	}
}
