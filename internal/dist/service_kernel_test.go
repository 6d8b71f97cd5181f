//go:build kernel

package dist_test

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/dist"
	"github.com/ipvsadm-go/ipvsadm/internal/lab/difftest"
)

// director is a network namespace with the files of the service.
type director struct {
	*difftest.Namespace
	unit     string
	rules    string // the file with the rules
	settings []string
}

// newDirector returns a director with an empty table.
func newDirector(t *testing.T) *director {
	t.Helper()
	bin, err := filepath.Abs(cmp.Or(os.Getenv("IPVSADM_BIN"), "../../bin"))
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	rules := filepath.Join(dir, "rules")
	files := render(t, dist.Paths{Sbin: bin, Lib: filepath.Join(dir, "service"), Rules: rules})
	if err := dist.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "service/rules"), 0o755); err != nil {
		t.Fatal(err)
	}

	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	return &director{Namespace: ns, unit: string(files["service/ipvsadm.service"]), rules: rules}
}

// shell runs a shell command in the namespace.
func (d *director) shell(t *testing.T, line string) difftest.Result {
	t.Helper()
	r, err := d.Run(t.Context(), difftest.Command{
		Path: "/bin/sh",
		Args: []string{"sh", "-c", line},
		Env:  append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, d.settings...),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs the commands of a step of the unit, such as Start, up to the first that fails.
// This is how systemd runs them.
func (d *director) run(t *testing.T, step string) difftest.Result {
	t.Helper()
	commands := regexp.MustCompile(`(?m)^Exec`+step+`=(.*)$`).FindAllStringSubmatch(d.unit, -1)
	if len(commands) == 0 {
		t.Fatalf("the unit has no %s", step)
	}
	var r difftest.Result
	for _, c := range commands {
		if r = d.shell(t, c[1]); r.Status != 0 {
			break
		}
	}
	return r
}

// mustRun runs a step that must succeed without output.
func (d *director) mustRun(t *testing.T, step string) {
	t.Helper()
	if diff := gocmp.Diff(difftest.Result{}, d.run(t, step)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", step, diff)
	}
}

// writeRules writes the file with the rules.
func (d *director) writeRules(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(d.rules, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkRules checks the file with the rules.
func (d *director) checkRules(t *testing.T, want string) {
	t.Helper()
	got, err := os.ReadFile(d.rules)
	if err != nil {
		t.Error(err)
	}
	if diff := gocmp.Diff(want, string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

// checkTable checks the table, as the reference program saves it.
func (d *director) checkTable(t *testing.T, want string) {
	t.Helper()
	if diff := gocmp.Diff(difftest.Result{Stdout: want}, d.shell(t, "ipvsadm -Sn")); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

const (
	oneServer  = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.9.0.1:80 -m -w 1\n"
	twoServers = oneServer + "-a -t 10.0.0.1:80 -r 10.9.0.2:80 -m -w 2\n"
)

// TestKernelServiceWithoutRules starts a director without a file of rules, and saves the
// rules that were added since.
func TestKernelServiceWithoutRules(t *testing.T) {
	d := newDirector(t)
	d.mustRun(t, "Start")
	d.checkTable(t, "")
	d.mustRun(t, "Reload")
	d.shell(t, "ipvsadm -A -t 10.0.0.1:80; ipvsadm -a -t 10.0.0.1:80 -r 10.9.0.1 -m")
	d.mustRun(t, "Reload")
	d.checkTable(t, oneServer)

	d.mustRun(t, "Stop")
	d.checkTable(t, "")
	d.checkRules(t, oneServer)

	d.mustRun(t, "Start")
	d.checkTable(t, oneServer)
}

// TestKernelServiceReload edits the rules and loads them into a table in use.
func TestKernelServiceReload(t *testing.T) {
	d := newDirector(t)
	d.writeRules(t, "# by hand\n"+oneServer)
	d.mustRun(t, "Start")
	d.checkTable(t, oneServer)

	d.writeRules(t, twoServers)
	d.mustRun(t, "Reload")
	d.checkTable(t, twoServers)
	d.mustRun(t, "Start")
	d.checkTable(t, twoServers)
}

// TestKernelServiceBadRules checks that rules with an error do not change the table,
// whether the program finds the error or the kernel.
func TestKernelServiceBadRules(t *testing.T) {
	for name, test := range map[string]struct {
		rules string
		want  difftest.Result
	}{
		"bad address": {"-C\n-A -t nonsense\n", difftest.Result{Status: 2,
			Stderr: "line 2: illegal virtual server address[:port] specified\n"}},
		"unknown scheduler": {"-A -t 10.0.0.2:80 -s nonsense\n", difftest.Result{Status: 255,
			Stderr: "-A -t 10.0.0.2:80 -s nonsense: Scheduler or persistence engine not found\nno changes were made\n"}},
		"shell variables of another distribution": {"AUTO=true\n", difftest.Result{Status: 255,
			Stderr: "line 1: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDirector(t)
			d.writeRules(t, oneServer)
			d.mustRun(t, "Start")
			d.writeRules(t, test.rules)
			for _, step := range []string{"Reload", "Start"} {
				if diff := gocmp.Diff(test.want, d.run(t, step)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", step, diff)
				}
				d.checkTable(t, oneServer)
			}
		})
	}
}

// TestKernelServiceStop checks what the settings do. A table that cannot be saved is not
// cleared.
func TestKernelServiceStop(t *testing.T) {
	for setting, want := range map[string]struct{ rules, table string }{
		"SAVE_ON_STOP=yes":      {twoServers, ""},
		"SAVE_ON_STOP=no":       {oneServer, ""},
		"SAVE_OPTIONS=-n --all": {twoServers + "--set 900 120 300\n", ""},
		"SAVE_OPTIONS=--frob":   {oneServer, twoServers},
	} {
		t.Run(setting, func(t *testing.T) {
			d := newDirector(t)
			d.settings = []string{setting}
			d.writeRules(t, oneServer)
			d.mustRun(t, "Start")
			d.shell(t, "ipvsadm -a -t 10.0.0.1:80 -r 10.9.0.2 -m -w 2")

			r := d.run(t, "Stop")
			if isKept := want.table != ""; (r.Status != 0) != isKept {
				t.Errorf("stop: %+v", r)
			}
			d.checkTable(t, want.table)
			d.checkRules(t, want.rules)
		})
	}
}
