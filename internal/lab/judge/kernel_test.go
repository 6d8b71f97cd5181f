//go:build kernel

package judge

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// scriptFiles are the scripts of the project.
const scriptFiles = "../../../testdata/script/*.txt"

// ours is the set of the project's programs: in the directory that IPVSADM_BIN
// names, else in the project's bin, where `make build` puts them.
func ours(t *testing.T) Programs {
	t.Helper()
	dir := os.Getenv("IPVSADM_BIN")
	if dir == "" {
		dir = "../../../bin"
	}
	p, err := In("project", dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// needIPVS fails the test if the kernel has no IPVS: these tests were asked for.
func needIPVS(t *testing.T) {
	t.Helper()
	ns, err := NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	table, err := ns.Table()
	if err != nil {
		t.Fatal(err)
	}
	if table == NoTable {
		t.Fatal("the kernel has no IPVS; run this in a guest: go test -tags kernel -exec …/bin/guest")
	}
}

// TestKernelScripts plays every script with the reference and with ours.
func TestKernelScripts(t *testing.T) {
	needIPVS(t)
	reference, err := Reference()
	if err != nil {
		t.Fatal(err)
	}
	version, err := reference.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	programs := ours(t)
	files, err := filepath.Glob(scriptFiles)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %s: %v", scriptFiles, err)
	}
	commands := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { commands += judgeScript(t, file, reference, programs) })
	}
	fmt.Printf("%d scripts, %d commands compared with ipvsadm %s on %s\n", len(files), commands, version, KernelName())
}

// judgeScript compares one script and gives the number of its commands.
func judgeScript(t *testing.T, file string, reference, programs Programs) int {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script, err := ParseScript(filepath.Base(file), text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := script.Play(t.Context(), reference, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := script.Play(t.Context(), programs, &reference)
	if err != nil {
		t.Fatal(err)
	}
	if all := script.Compare(want, got); len(all) > 0 {
		t.Errorf("%d differences\n%s", len(all), Report(all))
	}
	return script.Compared()
}
