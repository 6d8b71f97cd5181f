package dist_test

import (
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// packagedFile is a file of the packages, by its source, its destination and the
// rest of its description.
var packagedFile = regexp.MustCompile(`(?m)^  - \{src: ([^ ,]+), dst: ([^ ,}]+)(.*)\}$`)

// packagedFiles returns the files of package/nfpm.yaml.
func packagedFiles(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("package/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return packagedFile.FindAllStringSubmatch(string(text), -1)
}

// packagedPaths returns the paths of the files of a package.
func packagedPaths(t *testing.T, packager string) (paths []string) {
	t.Helper()
	for _, file := range packagedFiles(t) {
		if dst, rest := file[2], file[3]; !strings.Contains(rest, "packager") || strings.Contains(rest, "packager: "+packager) {
			paths = append(paths, dst)
		}
	}
	return paths
}

// installedPaths returns the paths that every package must have: the programs with their
// manuals and completions, the unit, and what the unit runs.
func installedPaths(t *testing.T) []string {
	t.Helper()
	programs, err := os.ReadDir("../../cmd")
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/usr/lib/systemd/system/ipvsadm.service"}
	for _, p := range programs {
		if p.Name() != "internal" {
			paths = append(paths, "/usr/sbin/"+p.Name(), "/usr/share/man/man8/"+p.Name()+".8.gz", "/usr/share/bash-completion/completions/"+p.Name())
		}
	}
	unit := string(render(t, debianPaths())["service/ipvsadm.service"])
	for _, match := range regexp.MustCompile(`(?m)^Exec\w+=(\S+)`).FindAllStringSubmatch(unit, -1) {
		paths = append(paths, match[1])
	}
	return paths
}

// TestPackages checks that the packages have what they must have, and no file of rules:
// the rules are the operator's, and a file of ours would replace them.
func TestPackages(t *testing.T) {
	for packager, settings := range map[string]string{"deb": "/etc/default/ipvsadm", "rpm": "/etc/sysconfig/ipvsadm-go"} {
		t.Run(packager, func(t *testing.T) {
			got := packagedPaths(t, packager)
			for _, file := range append(installedPaths(t), settings) {
				if !slices.Contains(got, file) {
					t.Errorf("no %s", file)
				}
			}
			for _, file := range []string{"/etc/ipvsadm.rules", "/etc/sysconfig/ipvsadm"} {
				if slices.Contains(got, file) {
					t.Errorf("has %s", file)
				}
			}
		})
	}
}

// TestPackagedSources checks that files come from the path in the tree of make install
// that they are installed to.
func TestPackagedSources(t *testing.T) {
	for _, file := range packagedFiles(t) {
		t.Run(path.Base(file[2]), func(t *testing.T) {
			src, dst, rest := file[1], file[2], file[3]
			if !strings.HasPrefix(src, "..") && !strings.Contains(rest, "symlink") && "/"+src != dst {
				t.Errorf("%s comes from %s", dst, src)
			}
		})
	}
}
