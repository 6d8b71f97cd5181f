//go:build packages

package dist_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// foreign are files that make install does not install, in directories that it uses: the
// operator's rules, and files of other packages.
var foreign = []string{
	"etc/ipvsadm.rules",
	"opt/sbin/ldirectord",
	"opt/share/man/man8/ipvsadm-tools.8.gz",
	"opt/share/bash-completion/completions/ip",
	"opt/share/ansible/plugins/modules/other.py",
}

// TestLongUninstall checks that make uninstall removes what make install has installed,
// and nothing else.
func TestLongUninstall(t *testing.T) {
	const settings = "etc/default/ipvsadm-go"
	tests := []struct {
		name string
		// edit are files that are written after the installation.
		edit []string
		want []string
	}{
		{"as installed", nil, foreign},
		{"changed settings", []string{settings}, append([]string{settings}, foreign...)},
		{"a file in our directory", []string{"opt/share/ipvsadm-go/local.json"}, append([]string{"opt/share/ipvsadm-go/local.json"}, foreign...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			vars := []string{"PREFIX=/opt", "DESTDIR=" + dir}
			writeFiles(t, dir, foreign)
			runMake(t, append(vars, "install")...)
			if got := filesUnder(t, dir); len(got) < len(foreign)+20 {
				t.Fatalf("make install installed only %q", got)
			}
			writeFiles(t, dir, tt.edit)

			runMake(t, append(vars, "uninstall")...)
			if diff := cmp.Diff(setOf(tt.want), setOf(filesUnder(t, dir))); diff != "" {
				t.Errorf("files that are left (-want +got):\n%s", diff)
			}
			checkDirectories(t, dir)

			// What is gone is no error.
			runMake(t, append(vars, "uninstall")...)
			if diff := cmp.Diff(setOf(tt.want), setOf(filesUnder(t, dir))); diff != "" {
				t.Errorf("files that are left by a second uninstall (-want +got):\n%s", diff)
			}
		})
	}
}

// writeFiles writes files with their name in them.
func writeFiles(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// filesUnder returns the files and links in a directory, sorted.
func filesUnder(t *testing.T, dir string) []string {
	t.Helper()
	return strings.Fields(shell(t, `cd "$1" && find . ! -type d | sed 's,^\./,,' | sort`, dir))
}

// setOf returns the names as a set.
func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// checkDirectories checks that no directory of ours is left that is empty.
func checkDirectories(t *testing.T, dir string) {
	t.Helper()
	if left := shell(t, `cd "$1" && find . -type d -name '*ipvsadm*' -empty`, dir); left != "" {
		t.Errorf("empty directories are left:\n%s", left)
	}
}
