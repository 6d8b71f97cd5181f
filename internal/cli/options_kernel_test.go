//go:build kernel

package cli_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelKeep checks that an edit with --keep changes what it names and nothing else.
func TestKernelKeep(t *testing.T) {
	const (
		service = "-A -u 10.1.1.1:80 -s sh -p 77 -M 255.255.0.0 --pe sip -b sh-port\n"
		masq    = "-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 80\n"
		tunnel  = "-a -u 10.1.1.1:80 -r 10.2.2.3:80 -i -w 6 --tun-type gue --tun-port 55 --tun-csum\n"
	)
	for _, test := range []struct{ line, rules string }{
		{"-e -u 10.1.1.1:80 -r 10.2.2.2:8080 --keep -w 0", service + "-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0 -x 90 -y 80\n" + tunnel},
		{"-e -u 10.1.1.1:80 -r 10.2.2.2:8080 --keep -y 1", service + "-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 1\n" + tunnel},
		{"-e -u 10.1.1.1:80 -r 10.2.2.3 --keep --tun-remcsum", service + masq + "-a -u 10.1.1.1:80 -r 10.2.2.3:80 -i -w 6 --tun-type gue --tun-port 55 --tun-remcsum\n"},
		{"-e -u 10.1.1.1:80 -r 10.2.2.3 --keep -g", service + masq + "-a -u 10.1.1.1:80 -r 10.2.2.3:80 -g -w 6\n"},
		{"-E -u 10.1.1.1:80 --keep -p 78", "-A -u 10.1.1.1:80 -s sh -p 78 -M 255.255.0.0 --pe sip -b sh-port\n" + masq + tunnel},
		{"-E -u 10.1.1.1:80 --keep -s rr -o", "-A -u 10.1.1.1:80 -s rr -p 77 -M 255.255.0.0 --pe sip -o -b flag-2\n" + masq + tunnel},
	} {
		t.Run(test.line, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, service+masq+tunnel, "ipvsadm -R")
			ns.mustRun(t, test.line+"\n", "ipvsadm -R")
			checkText(t, ns.save(t), test.rules)
		})
	}
}

// TestKernelKeepRejected checks how an edit with --keep reports what is not there.
func TestKernelKeepRejected(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, "-A -u 10.1.1.1:80\n", "ipvsadm -R")
	for _, test := range []struct{ name, line, stderr string }{
		{"no server", "-e -u 10.1.1.1:80 -r 10.9.9.9 --keep -w 1", "No such destination\n"},
		{"no service of a server", "-e -u 10.1.1.2:80 -r 10.9.9.9 --keep -w 1", "Service not defined\n"},
		{"no service", "-E -u 10.1.1.2:80 --keep", "No such service\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkResult(t, ns.run("", "ipvsadm "+test.line), difftest.Result{Status: 255, Stderr: test.stderr})
		})
	}
}

// filterRules are the rules of the table of TestKernelFilter.
const filterRules = `-A -t 10.1.1.1:80 -s rr
-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m
-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m
-A -t 10.1.1.1:0 -s rr -p 60
-a -t 10.1.1.1:0 -r 10.2.2.2:0 -m
-A -t 10.1.1.2:80 -s rr
-a -t 10.1.1.2:80 -r 10.2.2.3:8080 -m
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::2]:8080 -m
`

// TestKernelFilter checks that a listing of the connections of a service and a server
// has exactly their lines of the complete listing.
func TestKernelFilter(t *testing.T) {
	ns := newNamespace(t)
	ns.addAddresses(t, "10.1.1.1/32", "10.1.1.2/32", "10.2.2.2/32", "10.2.2.3/32", "2001:db8::1/128", "2001:db8::2/128")
	for _, addr := range []string{"10.2.2.2:8080", "10.2.2.2:81", "10.2.2.3:8080", "[2001:db8::2]:8080"} {
		ns.serve(t, addr)
	}
	ns.mustRun(t, filterRules, "ipvsadm -R")
	for _, addr := range []string{"10.1.1.1:80", "10.1.1.1:80", "10.1.1.1:81", "10.1.1.2:80", "[2001:db8::1]:80"} {
		ns.dial(t, addr)
	}
	all := ns.mustRun(t, "", "ipvsadm -Lnc")

	for _, test := range []struct {
		options string
		lines   int
		virtual string // beginning of the virtual column
		server  string // beginning of the last column
	}{
		{"-t 10.1.1.1:80", 2, "10.1.1.1:80 ", ""},
		{"-t 10.1.1.1:80 -r 10.2.2.3:8080", 1, "10.1.1.1:80 ", "10.2.2.3:8080 "},
		{"-r 10.2.2.3", 2, "", "10.2.2.3:8080 "},
		{"-r 10.2.2.3:9", 0, "", ""},
		{"-t 10.1.1.1", 2, "10.1.1.1:", "10.2.2.2:"},
		{"-t 10.1.1.2:80", 1, "10.1.1.2:80 ", ""},
		{"-u 10.1.1.2:80", 0, "", ""},
		{"-t [2001:db8::1]:80", 1, "[2001:db8::1]:80 ", ""},
		{"-t [2001:db8::1]:80 -r 2001:db8::2", 1, "[2001:db8::1]:80 ", ""},
	} {
		t.Run(test.options, func(t *testing.T) {
			got := ns.mustRun(t, "", "ipvsadm -Lnc "+test.options)
			lines := strings.SplitAfter(got, "\n")[2:] // without the titles
			lines = lines[:len(lines)-1]
			if len(lines) != test.lines {
				t.Errorf("%d connections, want %d, of\n%s\ngot\n%s", len(lines), test.lines, all, got)
			}
			for _, line := range lines {
				columns := strings.Fields(line)
				if !strings.HasPrefix(columns[4]+" ", test.virtual) || !strings.HasPrefix(columns[5]+" ", test.server) {
					t.Error(line)
				}
			}
		})
	}
}

// TestKernelNetNS checks that --netns works in another namespace, with every program
// and wherever the option stands.
func TestKernelNetNS(t *testing.T) {
	here, there := newNamespace(t), newNamespace(t)
	var path string
	_ = there.Do(func() error { // returns no error of its own
		path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		return nil
	})
	here.mustRun(t, "", "ipvsadm --netns "+path+" -A -t 10.0.0.1:80")
	here.mustRun(t, "-A -t 10.0.0.2:80\n", "ipvsadm-restore --netns "+path)
	here.mustRun(t, "-A -t 10.0.0.3:80\n", "ipvsadm -R --netns="+path)

	rules := "-A -t 10.0.0.2:80 -s wlc\n-A -t 10.0.0.3:80 -s wlc\n"
	checkText(t, here.mustRun(t, "", "ipvsadm-save -n --netns "+path), rules)
	checkText(t, there.save(t), rules)
	checkText(t, here.save(t), "")
	checkText(t, here.mustRun(t, "", "ipvsadm --netns "+path), there.mustRun(t, "", "ipvsadm -L"))

	t.Run("unknown", func(t *testing.T) {
		checkResult(t, here.run("", "ipvsadm -Ln --netns no-such-thing"), difftest.Result{
			Status: 2, Stderr: "Can't use the namespace: no network namespace \"no-such-thing\"\n",
		})
	})
}
