//go:build kernel && installed

package installed

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/lab"
)

// suites are the releases that the package is installed on: Linux 6.1 and 6.12, and
// Debian's ipvsadm in /sbin and in /usr/sbin.
var suites = []string{"bookworm", "trixie"}

// onEach runs a test on a new system of each release.
func onEach(t *testing.T, test func(t *testing.T, s system)) {
	for _, suite := range suites {
		t.Run(suite, func(t *testing.T) {
			booted, err := lab.NewSystem(t.Context(), suite)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(booted.Close)
			s := system{booted, suite}
			s.boot(t)
			test(t, s)
		})
	}
}

// system is a booted system that has the package of this project in /mnt.
type system struct {
	*lab.System
	suite string
}

// boot switches the system on.
func (s system) boot(t *testing.T) {
	t.Helper()
	if err := s.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}

	built, err := filepath.Glob("../../../bin/ipvsadm-go_*_amd64.deb")
	if err != nil || len(built) != 1 {
		t.Fatalf("packages of make deb: %v, %v", built, err)
	}
	content, err := os.ReadFile(built[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Shared("ipvsadm-go.deb"), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// reboot switches the system off and on.
func (s system) reboot(t *testing.T) {
	t.Helper()
	if err := s.PowerOff(); err != nil {
		t.Fatal(err)
	}
	s.boot(t)
}

// run runs a script, and returns what it printed, and its status unless that is 0.
func (s system) run(t *testing.T, script string) string {
	t.Helper()
	printed, status, err := s.Run(script)
	if err != nil {
		t.Fatal(err)
	}
	if status != 0 {
		printed += fmt.Sprintf("status %d\n", status)
	}
	return printed
}

// check runs a script and compares what it printed.
func (s system) check(t *testing.T, script, want string) {
	t.Helper()
	if diff := cmp.Diff(want, s.run(t, script)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", script, diff)
	}
}

// write writes a file.
func (s system) write(t *testing.T, path, text string) {
	t.Helper()
	s.check(t, "cat > "+path+" <<'END'\n"+text+"END", "")
}

// checkTable checks the table as ipvsadm-save prints it.
func (s system) checkTable(t *testing.T, want string) {
	t.Helper()
	s.check(t, "ipvsadm-save -n", want)
}

// checkRules checks the file with the rules.
func (s system) checkRules(t *testing.T, want string) {
	t.Helper()
	s.check(t, "cat /etc/ipvsadm.rules", want)
}

// checkService checks the states of the service: active or inactive, and enabled or
// disabled.
func (s system) checkService(t *testing.T, active, enabled string) {
	t.Helper()
	s.check(t, "systemctl is-active ipvsadm; systemctl is-enabled ipvsadm 2>/dev/null; :", active+"\n"+enabled+"\n")
}

const (
	oneServer   = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.9.0.1:80 -m -w 1\n"
	secondLine  = "-a -t 10.0.0.1:80 -r 10.9.0.2:80 -m -w 2\n"
	twoServers  = oneServer + secondLine
	thirdLine   = "-a -t 10.0.0.1:80 -r 10.9.0.3:80 -m -w 3\n"
	moreServers = twoServers + thirdLine
)
