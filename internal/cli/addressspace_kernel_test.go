//go:build kernel

package cli_test

import (
	"strings"
	"testing"
)

// TestKernelAddressSpace holds the figures of the README: the Go runtime reserves some
// 0.7 GB of addresses before main, and cannot start where a limit forbids that.
func TestKernelAddressSpace(t *testing.T) {
	ns, ours := newNamespace(t), ourPrograms(t)
	ns.mustRun(t, manyServices(1, 1001, 1), "ipvsadm-restore")
	for _, test := range []struct {
		name, limit string // in KiB
		starts      bool
	}{
		{"too little", "102400", false},
		{"enough", "800000", true},
		{"plenty", "1400000", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ns.shell(t, ours, "ulimit -v "+test.limit+"; ipvsadm -Ln | wc -l; exit ${PIPESTATUS[0]}")
			if starts := got.Status == 0 && got.Stdout == "2003\n" && got.Stderr == ""; starts != test.starts {
				t.Errorf("%+v", got)
			}
			if !test.starts && !strings.HasPrefix(got.Stderr, "fatal error: ") {
				t.Errorf("standard error %.200q", got.Stderr)
			}
		})
	}
}
