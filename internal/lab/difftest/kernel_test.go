//go:build kernel

package difftest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scriptFiles are the scripts of the project.
const scriptFiles = "../../../testdata/script/*.txt"

// ours returns the project's programs: from the directory that IPVSADM_BIN names, else
// from the project's bin, where `make build` puts them.
func ours(t *testing.T) Programs {
	t.Helper()
	dir := os.Getenv("IPVSADM_BIN")
	if dir == "" {
		dir = "../../../bin"
	}
	p, err := In("project", copyForUsers(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// copyForUsers copies the programs to a directory where ordinary users can run them.
func copyForUsers(t *testing.T, dir string) string {
	t.Helper()
	public, err := os.MkdirTemp("", "programs.")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(public) })
	if err := os.Chmod(public, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		program, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(public, name), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return public
}

// needIPVS fails the test if the kernel has no IPVS. It does not skip the test: the
// build tag asked for it.
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

// TestKernelScripts checks that every script does the same with the reference and with
// ours.
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

	scripts, commands := 0, 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			commands += compareScript(t, file, reference, programs)
			scripts++
		})
	}
	fmt.Printf("%d scripts, %d commands compared with ipvsadm %s on %s\n", scripts, commands, version, KernelName())
}

// compareScript compares one script and returns the number of its commands.
func compareScript(t *testing.T, file string, reference, programs Programs) int {
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

// TestKernelSaveToRestore checks that ipvsadm-save | ipvsadm-restore keeps the table:
// it must not be cleared before it has been read. The table has every kind of service
// with servers of every method. (The reference clears first, and only wins the race
// because it is slow, so this cannot be compared.)
func TestKernelSaveToRestore(t *testing.T) {
	needIPVS(t)
	ns, err := NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	programs := ours(t)
	run := func(line string) string {
		t.Helper()
		command, err := programs.Line(line)
		if err != nil {
			t.Fatal(err)
		}
		result, err := ns.Run(t.Context(), command)
		if err != nil || result.Status != 0 || result.Stderr != "" {
			t.Fatalf("%s: status %d, %s, %v", line, result.Status, result.Stderr, err)
		}
		return result.Stdout
	}

	for _, line := range everyKind() {
		run(line)
	}
	rules, listing := run("ipvsadm -Sn"), run("ipvsadm -Ln --tun-info")
	run("ipvsadm-save -n | ipvsadm-restore")
	if after := run("ipvsadm -Sn"); after != rules {
		t.Errorf("the rules are not as before (- wanted, + ours):\n%s", diff(rules, after))
	}
	if after := run("ipvsadm -Ln --tun-info"); after != listing {
		t.Errorf("the listing is not as before (- wanted, + ours):\n%s", diff(listing, after))
	}
}

// everyKind returns commands that add every kind of service, with servers of every
// forwarding method.
func everyKind() []string {
	var lines []string
	for _, kind := range []string{"-t %s:80", "-u %s:53", "--sctp-service %s:3868", "-f 1"} {
		for _, family := range []struct{ virtual, real, flag string }{
			{"10.0.0.1", "192.168.1.%d:0", ""}, {"[2001:db8::1]", "[2001:db8:1::%d]:0", " -6"},
		} {
			service := kind + family.flag
			if strings.Contains(kind, "%s") {
				service = fmt.Sprintf(kind, family.virtual)
			}
			lines = append(lines, "ipvsadm -A "+service)
			for i, method := range []string{"-m", "-g -w 2", "-i -w 0", "-i --tun-type gue --tun-port 6080"} {
				server := fmt.Sprintf(family.real, i+1)
				lines = append(lines, fmt.Sprintf("ipvsadm -a %s -r %s %s", service, server, method))
			}
		}
	}
	return lines
}
