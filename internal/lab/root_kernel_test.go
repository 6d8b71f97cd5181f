//go:build kernel

package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKernelHostStaysAsItIs looks for a mount by which the guest's root could write
// on the host. The share alone is one.
func TestKernelHostStaysAsItIs(t *testing.T) {
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Fatal(err)
	}
	shares := 0
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		point, kind, options := fields[1], fields[2], strings.Split(fields[3], ",")
		switch {
		case kind != "hostfs" && kind != "9p" || slices.Contains(options, "ro"):
		case strings.HasPrefix(filepath.Base(point), "lab."):
			shares++
		default:
			t.Errorf("writable: %s", line)
		}
	}
	if shares != 1 {
		t.Errorf("%d shares in\n%s", shares, mounts)
	}
}

// TestKernelDirectoriesCanBeWritten writes where programs of a test do.
func TestKernelDirectoriesCanBeWritten(t *testing.T) {
	for _, dir := range []string{"/etc", "/tmp", "/run", "/dev/shm", os.TempDir()} {
		t.Run(dir, func(t *testing.T) {
			file := filepath.Join(dir, "lab-test")
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Error(err)
			}
		})
	}
}
