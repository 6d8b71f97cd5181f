//go:build kernel

package cli_test

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelServerPort checks that --drain and --keep change the server that -d and -e
// would change, or none.
func TestKernelServerPort(t *testing.T) {
	const (
		service = "-A -t 10.9.9.9:80 -s rr\n"
		masq    = "-a -t 10.9.9.9:80 -r 10.1.0.1:80 -m -w 7\n"
		masq81  = "-a -t 10.9.9.9:80 -r 10.1.0.2:81 -m -w 7\n"
		route   = "-a -t 10.9.9.9:80 -r 10.1.0.3:80 -g -w 7\n"
	)
	missing := difftest.Result{Status: 255, Stderr: "No such destination\n"}
	for _, test := range []struct {
		name, line string
		want       difftest.Result
		rules      string // afterwards
	}{
		{"drain", "-d -t 10.9.9.9:80 -r 10.1.0.2:81 --drain 0", difftest.Result{}, service + masq + route},
		{"drain a masqueraded server's other port", "-d -t 10.9.9.9:80 -r 10.1.0.1:9999 --drain 0", missing, service + masq + masq81 + route},
		{"drain a routed server's other port", "-d -t 10.9.9.9:80 -r 10.1.0.3:9999 --drain 0", missing, service + masq + masq81 + route},
		{"drain without a port", "-d -t 10.9.9.9:80 -r 10.1.0.3 --drain 0", difftest.Result{}, service + masq + masq81},
		{"keep a masqueraded server's other port", "-e -t 10.9.9.9:80 -r 10.1.0.1:9999 --keep -w 0", missing, service + masq + masq81 + route},
		{"keep a routed server's other port", "-e -t 10.9.9.9:80 -r 10.1.0.3:9999 --keep -w 0", difftest.Result{},
			service + masq + masq81 + "-a -t 10.9.9.9:80 -r 10.1.0.3:80 -g -w 0\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustRun(t, service+masq+masq81+route, "ipvsadm -R")
			checkResult(t, ns.run("", "ipvsadm "+test.line), test.want)
			checkText(t, ns.save(t), test.rules)
		})
	}
}
