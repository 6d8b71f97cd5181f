//go:build dropin && kernel

package experiments

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestDropIn checks the project's programs with ldirectord and keepalived. On the host
// it installs missing packages and runs itself in a guest.
//
//	go test -tags 'kernel dropin' -run TestDropIn ./internal/lab/experiments
func TestDropIn(t *testing.T) {
	if os.Getenv("LAB_KERNEL") == "" {
		inGuest(t)
		return
	}
	t.Run("ldirectord", ldirectord)
	t.Run("keepalived", keepalived)
	t.Run("promtool", promtool)
}

// inGuest installs the test's packages and runs the test in a guest.
func inGuest(t *testing.T) {
	err := lab.Install(t.Context(), lab.Tool{Program: "ldirectord", Package: "ldirectord"}, lab.Tool{Program: "keepalived", Package: "keepalived"},
		lab.Tool{Program: "promtool", Package: "prometheus"})
	if err != nil {
		t.Fatal(err)
	}

	guest := lab.Guest{Stdout: os.Stdout, Stderr: os.Stdout}
	status, err := guest.Run(t.Context(), os.Args[0], "-test.run", "^TestDropIn$", "-test.v")
	if err != nil || status != 0 {
		t.Fatalf("in the guest: status %d, %v", status, err)
	}
}

// ldirectord checks that the monitor makes the same tables with the reference and with
// ours when servers fail and return.
func ldirectord(t *testing.T) {
	ours, theirs := programs(t)
	want, got := monitored(t, theirs), monitored(t, ours)
	for i, moment := range moments {
		if got[i] != want[i] {
			t.Errorf("%s, the table with the reference:\n%s\nwith ours:\n%s", moment, want[i], got[i])
		}
	}
}

// moments are the moments at which the tables are compared.
var moments = []string{"with both servers", "with one", "with both again", "after the end"}

// reference is the path of the reference while ours is mounted over it.
const reference = "/run/reference"

// monitored runs ldirectord for two services with a set of programs, and returns the
// rules at each moment.
func monitored(t *testing.T, p difftest.Programs) (rules []string) {
	c := newCluster(t, scripts+"nat.sh")
	config, err := filepath.Abs("testdata/ldirectord.cf")
	if err != nil {
		t.Fatal(err)
	}
	program, err := p.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}

	c.do(c.machine, "mkdir /run/lock && cp /usr/sbin/ipvsadm "+reference+" && cp "+config+" /run/ldirectord.cf")
	c.do(c.machine, "cp "+program+" /run/ipvsadm && mount --bind /run/ipvsadm /usr/sbin/ipvsadm")

	stop17 := c.web("real17", "192.168.30.17:8080")
	stop27 := c.web("real27", "192.168.30.27:8080")
	c.do(c.machine, "ldirectord /run/ldirectord.cf start")
	rules = append(rules, c.weights("3 1 2 2"))

	stop17()
	rules = append(rules, c.weights("0 1 0 2"))

	stop17 = c.web("real17", "192.168.30.17:8080")
	rules = append(rules, c.weights("3 1 2 2"))

	c.do(c.machine, "kill $(cat /run/ldirectord.ldirectord.cf.pid)")
	rules = append(rules, c.emptied())
	stop17()
	stop27()
	return rules
}

// web starts a web server on a host, which answers "alive".
func (c *cluster) web(host, address string) (stop func()) {
	c.t.Helper()
	var l net.Listener
	err := c.host(host).Do(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}

	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })}
	go server.Serve(l)
	return func() { server.Close() }
}

// weights waits until the servers have these weights, in the order of the rules, and
// returns the rules as the reference lists them.
func (c *cluster) weights(want string) (rules string) {
	c.t.Helper()
	eventually(c.t, "the weights", func() (string, string) {
		rules = c.do(c.machine, reference+" -Sn")
		return strings.Join(strings.Fields(fields(rules, "-a", 7)), " "), want
	})
	return rules
}

// emptied waits for a table without services. ldirectord removes services after their
// servers.
func (c *cluster) emptied() (rules string) {
	c.t.Helper()
	eventually(c.t, "the end of the table", func() (got, want string) {
		rules = c.do(c.machine, reference+" -Sn")
		return rules, ""
	})
	return rules
}

// keepalived checks the listings and the rules of a table that keepalived made.
func keepalived(t *testing.T) {
	c := newCluster(t, scripts+"nat.sh")
	config, err := filepath.Abs("testdata/keepalived.conf")
	if err != nil {
		t.Fatal(err)
	}
	c.do(c.machine, "cp "+config+" /run/keepalived.conf")

	// It warns of a configuration that other users can run programs from.
	c.do(c.machine, "keepalived -C -G -f /run/keepalived.conf -p /run/keepalived.pid -c /run/checkers.pid 2>/dev/null")
	eventually(t, "the servers", func() (got, want string) {
		return fmt.Sprint(strings.Count(c.do(c.machine, "ipvsadm -Sn"), "\n-a ")), "8"
	})

	rules := c.do(c.machine, "ipvsadm -Sn")
	c.same(c.machine, everyForm("172.20.0.200:80")...)
	c.do(c.machine, "kill $(cat /run/keepalived.pid)")
	eventually(t, "the table after keepalived's end", func() (got, want string) {
		return c.do(c.machine, "ipvsadm -Sn"), ""
	})

	// The saved rules restore the same table.
	if r := result(t, c.machine, c.ours, call{"ipvsadm-restore", rules}); r.Status != 0 || c.do(c.machine, "ipvsadm -Sn") != rules {
		t.Errorf("keepalived's table, saved and restored: %s", text(r))
	}
}

// promtool checks the metrics of an empty table, and of one of every kind, with the checker
// of Prometheus. It prints nothing if there is nothing wrong with them.
func promtool(t *testing.T) {
	ours, _ := programs(t)
	program, err := ours.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()

	for _, script := range []string{
		`"$0" -L --metrics | promtool check metrics`,
		`"$0" -R <testdata/table && "$0" --start-daemon master --mcast-interface lo`,
		`"$0" -L --metrics | promtool check metrics`,
		`"$0" -L --metrics --by service | promtool check metrics`,
	} {
		t.Run(script, func(t *testing.T) {
			var out []byte
			err := ns.Do(func() (err error) {
				out, err = exec.Command("sh", "-c", script, program).CombinedOutput()
				return err
			})
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
