// Package internal_test checks which package imports which.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ipvsadm-go/ipvsadm/"

// allowed lists the packages of the project that a package may import. Package lab and
// its tools may import any.
var allowed = map[string][]string{
	"internal/ipvs":          {},
	"internal/genl":          {},
	"internal/genl/genltest": {},
	"internal/netns":         {},
	"internal/kernel":        {"internal/ipvs", "internal/genl", "internal/netns"},
	"internal/names":         {"internal/ipvs"},
	"internal/format":        {"internal/ipvs"},
	"internal/command":       {"internal/ipvs"},
	"internal/ruleset":       {"internal/ipvs", "internal/command"},
	"internal/cli":           {"internal/ipvs", "internal/command", "internal/ruleset", "internal/format"},
	"internal/host":          {"internal/genl", "internal/netns"},
	"internal/doctor":        {"internal/ipvs", "internal/host"},
	"internal/top":           {"internal/ipvs", "internal/format"},
	"internal/doctorcli":     {"internal/ipvs", "internal/command", "internal/host", "internal/doctor"},
	"internal/dist":          {"internal/command", "internal/doctor", "internal/doctorcli"},
	"internal/dist/generate": {"internal/dist", "internal/command"},
	"cmd/internal/wiring":    {"internal/cli", "internal/kernel", "internal/names"},
	"cmd/ipvsadm-doctor":     {"cmd/internal/wiring", "internal/kernel", "internal/host", "internal/doctorcli"},
	"cmd/ipvsadm":            {"internal/cli", "cmd/internal/wiring"},
	"cmd/ipvsadm-top":        {"internal/cli", "internal/top", "cmd/internal/wiring"},
	"cmd/ipvsadm-save":       {"internal/cli", "cmd/internal/wiring"},
	"cmd/ipvsadm-restore":    {"internal/cli", "cmd/internal/wiring"},
}

// owners lists the packages, or files, that may import a foreign package.
var owners = map[string][]string{
	"github.com/mdlayher/": {"internal/genl/"},
	"github.com/spf13/":    {"internal/command/scan.go", "internal/doctorcli/flags.go"},
	"charm.land/":          {"internal/top/program.go"},
	"os/exec":              {"internal/kernel/open.go"},
	"regexp":               {"internal/dist/"}, // its tables cost half a millisecond of every start
	"net":                  {"internal/names/"},
	"unsafe":               systemCalls,
}

// systemCalls lists the files that may make system calls for which package unix has no
// function: those of a netlink socket, and the default action of a signal.
var systemCalls = []string{"internal/genl/syscall.go", "cmd/internal/wiring/signals.go"}

// systemCall matches the functions of packages syscall and unix that make any system call.
var systemCall = regexp.MustCompile(`^(Raw)?(V)?Syscall(6|9|NoError)?$`)

// TestImports checks all files but tests and package lab, which may import any package.
func TestImports(t *testing.T) {
	files := 0
	for _, top := range []string{"../internal", "../cmd"} {
		err := filepath.WalkDir(top, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "../internal/lab/") {
				return err
			}
			files++
			name := strings.TrimPrefix(filepath.ToSlash(file), "../")
			t.Run(name, func(t *testing.T) { checkFile(t, name, file) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 20 {
		t.Errorf("only %d files were checked", files)
	}
}

// checkFile checks the imports and the system calls of one file.
func checkFile(t *testing.T, name, file string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}

	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		checkImport(t, name, imported)
	}

	ast.Inspect(f, func(n ast.Node) bool {
		if call := systemCallIn(n); call != "" && !slices.Contains(systemCalls, name) {
			t.Errorf("%s must not call %s: only %v may", name, call, systemCalls)
		}
		return true
	})
}

// checkImport checks one import.
func checkImport(t *testing.T, name, imported string) {
	t.Helper()
	own, isOwn := strings.CutPrefix(imported, module)
	if isOwn && !slices.Contains(allowed[path.Dir(name)], own) {
		t.Errorf("%s must not import %s", name, own)
	}
	for foreign, files := range owners {
		matches := imported == foreign || strings.HasSuffix(foreign, "/") && strings.HasPrefix(imported, foreign)
		isOwner := func(owner string) bool { return strings.HasPrefix(name, owner) }
		if matches && !slices.ContainsFunc(files, isOwner) {
			t.Errorf("%s must not import %s: only %v may", name, imported, files)
		}
	}
}

// systemCallIn returns the name of the function if n is one of those that systemCall
// matches.
func systemCallIn(n ast.Node) string {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok || !systemCall.MatchString(selector.Sel.Name) {
		return ""
	}
	pkg, ok := selector.X.(*ast.Ident)
	if !ok || pkg.Name != "unix" && pkg.Name != "syscall" {
		return ""
	}
	return pkg.Name + "." + selector.Sel.Name
}
