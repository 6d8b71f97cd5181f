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

// packagedFiles returns the files of a package.
func packagedFiles(t *testing.T, pkg string) [][]string {
	t.Helper()
	text, err := os.ReadFile("package/" + pkg + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return packagedFile.FindAllStringSubmatch(string(text), -1)
}

// packagedPaths returns the paths of the files of a package.
func packagedPaths(t *testing.T, pkg, packager string) (paths []string) {
	t.Helper()
	for _, file := range packagedFiles(t, pkg) {
		if dst, rest := file[2], file[3]; !strings.Contains(rest, "packager") || strings.Contains(rest, "packager: "+packager) {
			paths = append(paths, dst)
		}
	}
	return paths
}

// packageNames returns the names of the packages.
func packageNames() []string { return []string{"ipvsadm-go", doctorPackage} }

// doctorPackage is the package of ipvsadm-doctor, which is installed alone on real servers.
const doctorPackage = "ipvsadm-doctor"

// programs returns the programs that a package must have: all of the project are in one.
func programs(t *testing.T, pkg string) (names []string) {
	t.Helper()
	all, err := os.ReadDir("../../cmd")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Name() != "internal" && (p.Name() == "ipvsadm-doctor") == (pkg == doctorPackage) {
			names = append(names, p.Name())
		}
	}
	return names
}

// requiredPaths returns the paths that a package must have: the programs with their
// manuals and completions, and in the main one the schemas, the Ansible module, the
// unit, and what it runs.
func requiredPaths(t *testing.T, pkg string) (paths []string) {
	t.Helper()
	for _, p := range programs(t, pkg) {
		paths = append(paths, "/usr/sbin/"+p, "/usr/share/man/man8/"+p+".8.gz", "/usr/share/bash-completion/completions/"+p)
	}
	if pkg == doctorPackage {
		return append(paths, "/usr/share/ipvsadm-go/ipvsadm-doctor.json")
	}

	paths = append(paths, "/usr/lib/systemd/system/ipvsadm.service", "/usr/share/ipvsadm-go/ipvsadm.json", "/usr/share/ipvsadm-go/ipvsadm-rules.json",
		"/usr/share/ansible/plugins/modules/ipvsadm_rules.py")
	unit := string(render(t, debianPaths())["service/ipvsadm.service"])
	for _, match := range regexp.MustCompile(`(?m)^Exec\w+=(\S+)`).FindAllStringSubmatch(unit, -1) {
		paths = append(paths, match[1])
	}
	return paths
}

// TestPackages checks that the packages have what they must have, and no file of rules:
// the rules are the operator's, and a file of ours would replace them.
func TestPackages(t *testing.T) {
	for packager, settings := range map[string]string{"deb": "/etc/default/ipvsadm-go", "rpm": "/etc/sysconfig/ipvsadm-go"} {
		for _, pkg := range packageNames() {
			t.Run(pkg+" "+packager, func(t *testing.T) {
				got, want := packagedPaths(t, pkg, packager), requiredPaths(t, pkg)
				if pkg != doctorPackage {
					want = append(want, settings)
				}
				for _, file := range want {
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
}

// TestPackagesInstallTogether checks that no file is in two packages.
func TestPackagesInstallTogether(t *testing.T) {
	for _, packager := range []string{"deb", "rpm"} {
		owner := map[string]string{}
		for _, pkg := range packageNames() {
			for _, file := range packagedPaths(t, pkg, packager) {
				if other := owner[file]; other != "" {
					t.Errorf("%s: %s is in %s and %s", packager, file, other, pkg)
				}
				owner[file] = pkg
			}
		}
	}
}

// TestPackagedSources checks that files come from the path in the tree of make install
// that they are installed to.
func TestPackagedSources(t *testing.T) {
	for _, pkg := range packageNames() {
		for _, file := range packagedFiles(t, pkg) {
			t.Run(pkg+" "+path.Base(file[2]), func(t *testing.T) {
				src, dst, rest := file[1], file[2], file[3]
				if !strings.HasPrefix(src, "..") && !strings.Contains(rest, "symlink") && "/"+src != dst {
					t.Errorf("%s comes from %s", dst, src)
				}
			})
		}
	}
}
