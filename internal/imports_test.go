// Package internal_test holds the rules of who may know whom.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ipvsadm-go/ipvsadm/"

// known is which packages of the project a package may import; those of package
// lab and its tools are free to import any.
var known = map[string][]string{
	"internal/ipvs":          {},
	"internal/kernel":        {"internal/ipvs"},
	"internal/names":         {"internal/ipvs"},
	"internal/format":        {"internal/ipvs"},
	"internal/command":       {"internal/ipvs"},
	"internal/ruleset":       {"internal/ipvs", "internal/command"},
	"internal/cli":           {"internal/ipvs", "internal/command", "internal/ruleset", "internal/format"},
	"internal/dist":          {"internal/command"},
	"internal/dist/generate": {"internal/dist", "internal/command"},
	"cmd/internal/wiring":    {"internal/cli", "internal/kernel", "internal/names"},
	"cmd/ipvsadm":            {"internal/cli", "cmd/internal/wiring"},
	"cmd/ipvsadm-save":       {"internal/cli", "cmd/internal/wiring"},
	"cmd/ipvsadm-restore":    {"internal/cli", "cmd/internal/wiring"},
}

// homes is the one package, or file, that a foreign package is at home in.
var homes = map[string]string{
	"github.com/mdlayher/": "internal/kernel/",
	"github.com/spf13/":    "internal/command/scan.go",
	"os/exec":              "internal/kernel/open.go",
	"net":                  "internal/names/",
}

// TestImports: the only door to Linux is package kernel, the language is pure, and
// everything meets in cmd. Tests may import what they like.
func TestImports(t *testing.T) {
	files := 0
	for _, top := range []string{"../internal", "../cmd"} {
		err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../internal/lab/") {
				return err
			}
			files++
			judgeFile(t, strings.TrimPrefix(filepath.ToSlash(file), "../"), file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 20 {
		t.Errorf("only %d files judged", files)
	}
}

// judgeFile judges the imports of one file.
func judgeFile(t *testing.T, name, file string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		own, isOwn := strings.CutPrefix(imported, module)
		if isOwn && !slices.Contains(known[path.Dir(name)], own) {
			t.Errorf("%s must not import %s", name, own)
		}
		for foreign, home := range homes {
			if (imported == foreign || strings.HasSuffix(foreign, "/") && strings.HasPrefix(imported, foreign)) && !strings.HasPrefix(name, home) {
				t.Errorf("%s must not import %s: its home is %s", name, imported, home)
			}
		}
	}
}
