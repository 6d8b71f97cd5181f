//go:build packages

package dist_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// root is the directory of the repository.
const root = "../.."

// runMake runs make in the repository.
func runMake(t *testing.T, args ...string) {
	t.Helper()
	runMakeIn(t, root, nil, args...)
}

// runMakeIn runs make in a directory with more variables in its environment.
func runMakeIn(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", args...)
	cmd.Dir = filepath.FromSlash(dir)
	cmd.Env = append(cmd.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %q: %v\n%s", args, err, out)
	}
}
