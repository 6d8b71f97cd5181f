//go:build packages

package dist_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/lab"
)

// installRPM installs rpm, which reads what is in a package.
func installRPM(t *testing.T) {
	t.Helper()
	if err := lab.Install(t.Context(), lab.Tool{Program: "rpm", Package: "rpm"}, lab.Tool{Program: "cpio", Package: "cpio"}); err != nil {
		t.Fatal(err)
	}
}

// shell returns the standard output of a shell script with arguments.
func shell(t *testing.T, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-euc", script, "sh"}, args...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), "LC_ALL=C"), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return string(out)
}

// packageFile returns the only file that a pattern matches.
func packageFile(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s matches %q, %v", pattern, files, err)
	}
	return files[0]
}

// listing prints the files of a package, sorted by their path, with mode, owner and the
// target of a link. The directories of a .deb are left out: nfpm adds all that lead to a
// file.
var listing = map[string]string{
	"deb": `dpkg -c "$1" | sed -n '/^[^d]/s/^\([^ ]*\) \([^ ]*\) .* [0-9:]\{5\} \./\1 \2 /p' | sort -k 3`,
	"rpm": `rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES} -> %{FILELINKTOS}\n]' "$1" | sed 's/ -> $//' | sort -k 3`,
}

// TestLongContents compares the files of the packages as they are built with lists under
// testdata/contents, and checks that all programs are there with manuals and completions.
func TestLongContents(t *testing.T) {
	installRPM(t)
	dir := t.TempDir()
	runMake(t, "deb", "rpm", "PACKAGES="+dir)
	for packager, script := range listing {
		for _, pkg := range packageNames() {
			t.Run(pkg+"."+packager, func(t *testing.T) {
				got := shell(t, script, packageFile(t, dir, pkg+"?[0-9]*."+packager))
				want, err := os.ReadFile(filepath.Join("testdata/contents", pkg+"."+packager))
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("files (-want +got):\n%s", diff)
				}
				for _, file := range slices.Concat(requiredPaths(t, pkg), sharedPaths(t, pkg, packager)) {
					if !strings.Contains(got, " "+file+"\n") && !strings.Contains(got, " "+file+" -> ") {
						t.Errorf("no %s", file)
					}
				}
			})
		}
	}
}

// sharedPaths returns the completions that a package has for each of its programs, besides
// those of requiredPaths. A zsh completion can be for several programs.
func sharedPaths(t *testing.T, pkg, packager string) (paths []string) {
	t.Helper()
	for _, p := range programs(t, pkg) {
		paths = append(paths, "/usr/share/fish/vendor_completions.d/"+p+".fish")
	}
	zsh := map[string]string{"deb": "vendor-completions", "rpm": "site-functions"}[packager]
	return append(paths, "/usr/share/zsh/"+zsh+"/_"+programs(t, pkg)[0])
}

// TestZshPrograms checks that the completions for zsh are for all programs.
func TestZshPrograms(t *testing.T) {
	files := render(t, debianPaths())
	for _, pkg := range packageNames() {
		first, _, _ := strings.Cut(string(files["completion/"+programs(t, pkg)[0]+".zsh"]), "\n")
		if want := "#compdef " + strings.Join(programs(t, pkg), " "); !sameWords(first, want) {
			t.Errorf("%s: %q, want %q", pkg, first, want)
		}
	}
}

// sameWords reports whether two lines have the same words in any order.
func sameWords(a, b string) bool {
	words := strings.Fields(a)
	others := strings.Fields(b)
	slices.Sort(words)
	slices.Sort(others)
	return slices.Equal(words, others)
}

// TestLongArchitectures checks the packages for other processors: their architecture as
// dpkg and rpm read it, and that the programs in them are for that processor.
func TestLongArchitectures(t *testing.T) {
	installRPM(t)
	tests := []struct {
		arch, deb, rpm string
		machine        elf.Machine
		class          elf.Class
		data           elf.Data
	}{
		{"arm64", "arm64", "aarch64", elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB},
		{"armhf", "armhf", "armv7hl", elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB},
		{"s390x", "s390x", "s390x", elf.EM_S390, elf.ELFCLASS64, elf.ELFDATA2MSB},
		{"riscv64", "riscv64", "riscv64", elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB},
	}
	for _, tt := range tests {
		t.Run(tt.arch, func(t *testing.T) {
			dir := t.TempDir()
			runMake(t, "deb", "rpm", "ARCH="+tt.arch, "PACKAGES="+dir)
			deb, rpm := packageFile(t, dir, "ipvsadm-go_*.deb"), packageFile(t, dir, "ipvsadm-go-*.rpm")
			if got := shell(t, `dpkg-deb -f "$1" Architecture`, deb); got != tt.deb+"\n" {
				t.Errorf("the deb is for %q", got)
			}
			if got := shell(t, `rpm -qp --qf '%{ARCH}\n' "$1"`, rpm); got != tt.rpm+"\n" {
				t.Errorf("the rpm is for %q", got)
			}

			for _, script := range []string{
				`dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/sbin/ipvsadm > "$3"`,
				`rpm2cpio "$2" | cpio -i --quiet --to-stdout '*usr/sbin/ipvsadm' > "$3"`,
			} {
				program := filepath.Join(dir, "ipvsadm")
				shell(t, script, deb, rpm, program)
				f, err := elf.Open(program)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if f.Machine != tt.machine || f.Class != tt.class || f.Data != tt.data {
					t.Errorf("%s: %v, %v, %v", script, f.Machine, f.Class, f.Data)
				}
			}
		})
	}
}
