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

// paths are those of a Debian package.
func paths() dist.Paths {
	return dist.Paths{Sbin: "/usr/sbin", Lib: "/usr/lib/ipvsadm-go", Rules: "/etc/ipvsadm.rules", Settings: "/etc/default/ipvsadm"}
}

// render makes all files.
func render(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := dist.Render(dist.Table(), paths(), command.ProjectVersion)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestWrite writes the files and reads them back.
func TestWrite(t *testing.T) {
	dir, files := t.TempDir(), render(t)
	if err := dist.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Error(name, diff)
		}
	}
}

// TestManual looks every option up in the manuals, written as their source has it.
func TestManual(t *testing.T) {
	files := render(t)
	l := dist.Table()
	for page, options := range map[string]dist.Language{
		"manual/ipvsadm.8":         l,
		"manual/ipvsadm-save.8":    grouped(l.With("save")),
		"manual/ipvsadm-restore.8": grouped(l.With("restore")),
	} {
		for _, o := range options {
			item := regexp.MustCompile(`(?m)^\.It (?:.* )?Fl \\-` + regexp.QuoteMeta(strings.ReplaceAll(o.Long, "-", `\-`)) + `( |$)`)
			if n := len(item.FindAll(files[page], -1)); n != 1 {
				t.Errorf("%s: --%s stands there %d times", page, o.Long, n)
			}
		}
	}
}

// grouped leaves out -6 and --sort, which mean nothing but beside others.
func grouped(l dist.Language) (some dist.Language) {
	for _, o := range l {
		if o.Group != "" {
			some = append(some, o)
		}
	}
	return some
}

// TestCompletions looks every option up in the completions.
func TestCompletions(t *testing.T) {
	files := render(t)
	for file, pattern := range map[string]string{
		"completion/ipvsadm.bash": `\[--%s\]`,
		"completion/ipvsadm.zsh":  `[' {,]--%s[=}'\[]`,
		"completion/ipvsadm.fish": `-l %s `,
	} {
		for _, o := range dist.Table() {
			if !regexp.MustCompile(strings.ReplaceAll(pattern, "%s", regexp.QuoteMeta(o.Long))).Match(files[file]) {
				t.Errorf("%s has no --%s", file, o.Long)
			}
		}
	}
}

// TestPaths moves everything, and looks for what stayed behind.
func TestPaths(t *testing.T) {
	moved := dist.Paths{Sbin: "/opt/sbin", Lib: "/opt/lib", Rules: "/opt/rules", Settings: "/opt/settings"}
	files, err := dist.Render(dist.Table(), moved, "1")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		for _, path := range []string{"/etc/", "/usr/"} {
			if strings.Contains(string(text), path) {
				t.Errorf("%s speaks of %s", name, path)
			}
		}
	}
}
