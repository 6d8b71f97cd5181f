package dist_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// read reads a file of the tree.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// entry is a file of the packages: where it comes from, where it goes, and the rest
// of its description.
var entry = regexp.MustCompile(`(?m)^  - \{src: ([^ ,]+), dst: ([^ ,}]+)(.*)\}$`)

// packaged are the paths of the files that a package has.
func packaged(t *testing.T, packager string) (paths []string) {
	t.Helper()
	for _, m := range entry.FindAllStringSubmatch(read(t, "package/nfpm.yaml"), -1) {
		if !strings.Contains(m[3], "packager") || strings.Contains(m[3], "packager: "+packager) {
			paths = append(paths, m[2])
		}
	}
	return paths
}

// TestPackaged holds the packages to the programs and to what the unit runs.
func TestPackaged(t *testing.T) {
	programs, err := os.ReadDir("../../cmd")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/usr/lib/systemd/system/ipvsadm.service"}
	for _, p := range programs {
		if p.Name() != "internal" {
			want = append(want, "/usr/sbin/"+p.Name(), "/usr/share/man/man8/"+p.Name()+".8.gz", "/usr/share/bash-completion/completions/"+p.Name())
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^Exec\w+=(\S+)`).FindAllStringSubmatch(string(render(t, debianPaths())["service/ipvsadm.service"]), -1) {
		want = append(want, m[1])
	}
	for packager, settings := range map[string]string{"deb": "/etc/default/ipvsadm", "rpm": "/etc/sysconfig/ipvsadm-go"} {
		have := packaged(t, packager)
		for _, file := range append(want, settings) {
			if !slices.Contains(have, file) {
				t.Errorf("the %s has no %s", packager, file)
			}
		}
	}
}

// TestPlaces holds the packages to the tree that make install makes, where each file
// has its place already.
func TestPlaces(t *testing.T) {
	for _, m := range entry.FindAllStringSubmatch(read(t, "package/nfpm.yaml"), -1) {
		if src, dst := m[1], m[2]; !strings.HasPrefix(src, "..") && !strings.Contains(m[3], "symlink") && "/"+src != dst {
			t.Errorf("%s comes from %s", dst, src)
		}
	}
}

// TestRulesAreNotPackaged: the rules are the operator's. A file of ours would stand
// in the place of his.
func TestRulesAreNotPackaged(t *testing.T) {
	for _, packager := range []string{"deb", "rpm"} {
		for _, file := range packaged(t, packager) {
			if file == debianPaths().Rules || path.Base(file) == "ipvsadm" && path.Dir(file) == "/etc/sysconfig" {
				t.Errorf("the %s has %s", packager, file)
			}
		}
	}
}

// TestChangelog: the newest entry is of this version.
func TestChangelog(t *testing.T) {
	first, _, _ := strings.Cut(read(t, "package/deb/changelog"), "\n")
	if diff := cmp.Diff("ipvsadm-go ("+command.ProjectVersion+") unstable; urgency=medium", first); diff != "" {
		t.Error(diff)
	}
}
