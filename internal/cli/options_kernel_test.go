//go:build kernel

package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// addresses gives the namespace's loopback interface addresses of a director and of
// real servers, so that one namespace is all three.
func (w world) addresses(t *testing.T, addrs ...string) {
	t.Helper()
	for _, a := range addrs {
		r, err := w.Run(context.Background(), difftest.Command{Path: "/sbin/ip", Args: []string{"ip", "addr", "add", a, "dev", "lo", "nodad"}})
		if err != nil || r.Status != 0 {
			t.Fatalf("ip addr add %s: %v %+v", a, err, r)
		}
	}
}

// serve accepts connections and holds them.
func (w world) serve(t *testing.T, addr string) {
	t.Helper()
	err := w.Do(func() error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					_, _ = io.Copy(c, c) // until the client leaves
				}()
			}
		}()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dial connects and has an answer, so that the connection is established.
func (w world) dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	var c net.Conn
	err := w.Do(func() (err error) {
		if c, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write([]byte("?")); err != nil {
			return err
		}
		_, err = io.ReadFull(c, make([]byte, 1))
		return err
	})
	if err != nil {
		t.Fatalf("connect to %s: %v", addr, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestKernelKeep: an edit with --keep changes what it names and nothing else.
func TestKernelKeep(t *testing.T) {
	w := newWorld(t)
	w.must(t, cli.Run, "-A -u 10.1.1.1:80 -s sh -b sh-port -p 77 -M 255.255.0.0 --pe sip\n"+
		"-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 5 -x 90 -y 80\n"+
		"-a -u 10.1.1.1:80 -r 10.2.2.3 -i -w 6 --tun-type gue --tun-port 55 --tun-csum\n", "ipvsadm -R")
	for _, step := range []struct{ line, rule string }{
		{"-e -u 10.1.1.1:80 -r 10.2.2.2:8080 --keep -w 0", "-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0 -x 90 -y 80\n"},
		{"-e -u 10.1.1.1:80 -r 10.2.2.2:8080 --keep -y 1", "-a -u 10.1.1.1:80 -r 10.2.2.2:8080 -m -w 0 -x 90 -y 1\n"},
		{"-e -u 10.1.1.1:80 -r 10.2.2.3 --keep --tun-remcsum", "-a -u 10.1.1.1:80 -r 10.2.2.3:80 -i -w 6 --tun-type gue --tun-port 55 --tun-remcsum\n"},
		{"-e -u 10.1.1.1:80 -r 10.2.2.3 --keep -g", "-a -u 10.1.1.1:80 -r 10.2.2.3:80 -g -w 6\n"},
		{"-E -u 10.1.1.1:80 --keep -p 78", "-A -u 10.1.1.1:80 -s sh -p 78 -M 255.255.0.0 --pe sip -b sh-port\n"},
		{"-E -u 10.1.1.1:80 --keep -s rr -o", "-A -u 10.1.1.1:80 -s rr -p 78 -M 255.255.0.0 --pe sip -o -b flag-2\n"},
	} {
		w.must(t, cli.Run, step.line+"\n", "ipvsadm -R")
		if got := w.must(t, cli.Save, "", "ipvsadm-save -n"); !strings.Contains(got, step.rule) {
			t.Errorf("%s:\n got %swant %s", step.line, got, step.rule)
		}
	}
	for line, text := range map[string]string{
		"-e -u 10.1.1.1:80 -r 10.9.9.9 --keep -w 1": "No such destination\n",
		"-e -u 10.1.1.2:80 -r 10.9.9.9 --keep -w 1": "Service not defined\n",
		"-E -u 10.1.1.2:80 --keep":                  "No such service\n",
	} {
		if status, _, errs := w.program(cli.Run, "", "ipvsadm "+line); status != 255 || errs != text {
			t.Errorf("%s: status %d, %q", line, status, errs)
		}
	}
}

// TestKernelFilter: a filtered listing has exactly the lines of the whole one that
// are of the service and the server.
func TestKernelFilter(t *testing.T) {
	w := newWorld(t)
	w.addresses(t, "10.1.1.1/32", "10.1.1.2/32", "10.2.2.2/32", "10.2.2.3/32", "2001:db8::1/128", "2001:db8::2/128")
	for _, a := range []string{"10.2.2.2:8080", "10.2.2.2:81", "10.2.2.3:8080", "[2001:db8::2]:8080"} {
		w.serve(t, a)
	}
	w.must(t, cli.Run, `-A -t 10.1.1.1:80 -s rr
-a -t 10.1.1.1:80 -r 10.2.2.2:8080 -m
-a -t 10.1.1.1:80 -r 10.2.2.3:8080 -m
-A -t 10.1.1.1:0 -s rr -p 60
-a -t 10.1.1.1:0 -r 10.2.2.2:0 -m
-A -t 10.1.1.2:80 -s rr
-a -t 10.1.1.2:80 -r 10.2.2.3:8080 -m
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::2]:8080 -m
`, "ipvsadm -R")
	for _, a := range []string{"10.1.1.1:80", "10.1.1.1:80", "10.1.1.1:81", "10.1.1.2:80", "[2001:db8::1]:80"} {
		w.dial(t, a)
	}
	all := w.must(t, cli.Run, "", "ipvsadm -Lnc")
	for options, want := range map[string]struct {
		lines   int
		virtual string // in the virtual column
		server  string // in the last column
	}{
		"-t 10.1.1.1:80":                     {2, "10.1.1.1:80 ", ""},
		"-t 10.1.1.1:80 -r 10.2.2.3:8080":    {1, "10.1.1.1:80 ", "10.2.2.3:8080\n"},
		"-r 10.2.2.3":                        {2, "", "10.2.2.3:8080\n"},
		"-r 10.2.2.3:9":                      {0, "none", ""},
		"-t 10.1.1.1":                        {2, "10.1.1.1:", "10.2.2.2:"},
		"-t 10.1.1.2:80":                     {1, "10.1.1.2:80 ", ""},
		"-u 10.1.1.2:80":                     {0, "none", ""},
		"-t [2001:db8::1]:80":                {1, "[2001:db8::1]:80 ", ""},
		"-t [2001:db8::1]:80 -r 2001:db8::2": {1, "[2001:db8::1]:80 ", ""},
	} {
		got := w.must(t, cli.Run, "", "ipvsadm -Lnc "+options)
		if n := strings.Count(got, "\n") - 2; n != want.lines {
			t.Errorf("%s: %d connections, want %d, of\n%s\ngot\n%s", options, n, want.lines, all, got)
		}
		for line := range strings.Lines(got[strings.Index(got, "destination\n")+len("destination\n"):]) {
			fields := strings.Fields(line)
			if !strings.HasPrefix(fields[4]+" ", want.virtual) || !strings.HasPrefix(fields[5]+"\n", want.server) {
				t.Errorf("%s: %s", options, line)
			}
		}
	}
}

// TestKernelNetNS: --netns works in another namespace, wherever it stands.
func TestKernelNetNS(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	var path string
	_ = there.Do(func() error { // no error of its own
		path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		return nil
	})
	here.must(t, cli.Run, "", "ipvsadm --netns "+path+" -A -t 10.0.0.1:80")
	here.must(t, cli.Restore, "-A -t 10.0.0.2:80\n", "ipvsadm-restore --netns "+path)
	here.must(t, cli.Run, "-A -t 10.0.0.3:80\n", "ipvsadm -R --netns="+path)
	rules := "-A -t 10.0.0.2:80 -s wlc\n-A -t 10.0.0.3:80 -s wlc\n"
	if got := here.must(t, cli.Save, "", "ipvsadm-save -n --netns "+path); got != rules {
		t.Errorf("saved there: %s", got)
	}
	if got := there.must(t, cli.Save, "", "ipvsadm-save -n"); got != rules {
		t.Errorf("saved from there: %s", got)
	}
	if got := here.must(t, cli.Save, "", "ipvsadm-save -n"); got != "" {
		t.Errorf("saved here: %s", got)
	}
	if a, b := here.must(t, cli.Run, "", "ipvsadm --netns "+path), there.must(t, cli.Run, "", "ipvsadm -L"); a != b {
		t.Errorf("alone:\n%s\n-L there:\n%s", a, b)
	}
	status, out, errs := here.program(cli.Run, "", "ipvsadm -Ln --netns no-such-thing")
	if status != 2 || out != "" || errs != "Can't use the namespace: no network namespace \"no-such-thing\"\n" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}
