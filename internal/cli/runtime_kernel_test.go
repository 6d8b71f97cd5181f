//go:build kernel

package cli_test

import (
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// TestKernelAddressSpace checks what the README says about limits of the address space
// (ulimit -v, in KiB). The Go runtime reserves 1.2 GB before main.
func TestKernelAddressSpace(t *testing.T) {
	const enough = "1300000"
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, manyServices(1, 1001, 1), "ipvsadm -R")
	for _, line := range []string{
		"ipvsadm -Ln", "ipvsadm -Ln --stats", "ipvsadm -L --json", "ipvsadm -v",
		"ipvsadm-save -n", "ipvsadm-save -n | ipvsadm-restore --sync", "ipvsadm-save -n | ipvsadm-restore",
	} {
		t.Run(line, func(t *testing.T) {
			want := ns.shell(t, ours, line)
			if want.Status != 0 {
				t.Fatalf("without a limit: %+v", want)
			}
			if got := ns.shell(t, ours, "ulimit -v "+enough+"; "+line); got != want {
				t.Errorf("status %d, %.200s", got.Status, got.Stderr)
			}
		})
	}

	// The runtime ends with a page of text, of which the first word is the same always.
	for limit, word := range map[string]string{"102400": "fatal error", "650000": "runtime"} {
		t.Run(limit, func(t *testing.T) {
			got := ns.shell(t, ours, "ulimit -v "+limit+"; exec ipvsadm -Ln")
			got.Stderr, _, _ = strings.Cut(got.Stderr, ":")
			if want := (difftest.Result{Status: 2, Stderr: word}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// TestKernelRuntimeVariables checks what the README says about the variables of the Go
// runtime: most are ignored, and of a GOMEMLIMIT that is none the runtime dies.
func TestKernelRuntimeVariables(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, manyServices(1, 500, 1), "ipvsadm -R")
	want := ns.shell(t, ours, "ipvsadm -Ln --stats")
	for _, variable := range []string{
		"GOGC=bad", "GOGC=off", "GOGC=1", "GOMEMLIMIT=1", "GOTRACEBACK=crash", "GOMAXPROCS=bad", "GODEBUG=bad", "GODEBUG=netdns=9", "NLDEBUG=bad", "NLDEBUG=level=9",
	} {
		t.Run(variable, func(t *testing.T) {
			if got := ns.shell(t, ours, variable+" ipvsadm -Ln --stats"); got != want {
				t.Errorf("status %d, %.200s", got.Status, got.Stderr)
			}
		})
	}

	got := ns.shell(t, ours, "GOMEMLIMIT=bad ipvsadm -Ln")
	got.Stderr, _, _ = strings.Cut(got.Stderr, ";")
	if want := (difftest.Result{Status: 2, Stderr: "GOMEMLIMIT=bad\nfatal error: malformed GOMEMLIMIT"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
