package dist_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

// debianPaths returns the paths of a Debian package.
func debianPaths() dist.Paths {
	return dist.Paths{Sbin: "/usr/sbin", Lib: "/usr/lib/ipvsadm-go", Share: "/usr/share/ipvsadm-go", Rules: "/etc/ipvsadm.rules", Settings: "/etc/default/ipvsadm-go"}
}

// render renders all files.
func render(t *testing.T, p dist.Paths) map[string][]byte {
	t.Helper()
	files, err := dist.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestWrite writes the files and reads them back.
func TestWrite(t *testing.T) {
	dir, files := filepath.Join(t.TempDir(), "new"), render(t, debianPaths())
	if err := dist.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		t.Run(name, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWriteErrors checks that a file which cannot be written is named.
func TestWriteErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		file:                            "write a/b: mkdir " + file + ": not a directory",
		filepath.Dir(file):              "",
		filepath.Dir(file) + "/missing": "",
	} {
		t.Run(dir, func(t *testing.T) {
			got := ""
			if err := dist.Write(dir, map[string][]byte{"a/b": nil}); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("got error %q, want %q", got, want)
			}
		})
	}
}

// TestManual checks that the manuals have an item for every option.
func TestManual(t *testing.T) {
	files := render(t, debianPaths())
	all := dist.Options(command.Options())
	for page, options := range map[string]dist.Options{
		"manual/ipvsadm.8":         all,
		"manual/ipvsadm-save.8":    all.With("save").WithGroup(),
		"manual/ipvsadm-restore.8": all.With("restore").WithGroup(),
		"manual/ipvsadm-top.8":     all.Top(),
	} {
		for _, o := range options {
			t.Run(page+" --"+o.Long, func(t *testing.T) {
				item := regexp.MustCompile(`(?m)^\.It (?:.* )?Fl \\-` + regexp.QuoteMeta(strings.ReplaceAll(o.Long, "-", `\-`)) + `( |$)`)
				if n := len(item.FindAll(files[page], -1)); n != 1 {
					t.Errorf("%d items, want one", n)
				}
			})
		}
	}
}

// TestCompletions checks that the completions have every option.
func TestCompletions(t *testing.T) {
	files := render(t, debianPaths())
	for file, pattern := range map[string]string{
		"completion/ipvsadm.bash": `\[--%s\]`,
		"completion/ipvsadm.zsh":  `[' {,]--%s[=}'\[]`,
		"completion/ipvsadm.fish": `-l %s `,
	} {
		for _, o := range command.Options() {
			t.Run(file+" --"+o.Long, func(t *testing.T) {
				if !regexp.MustCompile(strings.ReplaceAll(pattern, "%s", regexp.QuoteMeta(o.Long))).Match(files[file]) {
					t.Error("missing")
				}
			})
		}
	}
}

// TestPaths checks that the files have no paths besides the configured ones.
func TestPaths(t *testing.T) {
	for name, text := range render(t, dist.Paths{Sbin: "/opt/sbin", Lib: "/opt/lib", Share: "/opt/share", Rules: "/opt/rules", Settings: "/opt/settings"}) {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/etc/", "/usr/"} {
				if strings.Contains(string(text), path) {
					t.Errorf("has a path in %s", path)
				}
			}
		})
	}
}
