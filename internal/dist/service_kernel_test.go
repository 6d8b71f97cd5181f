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

// director is a network namespace with the service's files.
type director struct {
	*difftest.Namespace
	unit     string
	rules    string // the file of the rules
	settings []string
}

// newDirector installs the service for a namespace of its own.
func newDirector(t *testing.T) *director {
	t.Helper()
	bin, err := filepath.Abs(cmp.Or(os.Getenv("IPVSADM_BIN"), "../../bin"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules")
	files, err := dist.Render(dist.Paths{Sbin: bin, Lib: filepath.Join(dir, "service"), Rules: rules})
	if err == nil {
		err = dist.Write(dir, files)
	}
	if err == nil {
		err = os.Chmod(filepath.Join(dir, "service/rules"), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	ns, err := difftest.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	return &director{Namespace: ns, unit: string(files["service/ipvsadm.service"]), rules: rules}
}

// sh runs a line in the namespace.
func (d *director) sh(t *testing.T, line string) difftest.Result {
	t.Helper()
	r, err := d.Run(t.Context(), difftest.Command{Path: "/bin/sh", Args: []string{"sh", "-c", line},
		Env: append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, d.settings...)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// do runs a step of the unit as systemd does: its commands in order, up to the first
// that fails.
func (d *director) do(t *testing.T, step string) difftest.Result {
	t.Helper()
	commands := regexp.MustCompile(`(?m)^Exec`+step+`=(.*)$`).FindAllStringSubmatch(d.unit, -1)
	if len(commands) == 0 {
		t.Fatalf("the unit has no %s", step)
	}
	var r difftest.Result
	for _, c := range commands {
		if r = d.sh(t, c[1]); r.Status != 0 {
			break
		}
	}
	return r
}

// must does a step that has to succeed without a word.
func (d *director) must(t *testing.T, step string) {
	t.Helper()
	if diff := gocmp.Diff(difftest.Result{}, d.do(t, step)); diff != "" {
		t.Errorf("%s: %s", step, diff)
	}
}

// write makes the file of the rules.
func (d *director) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(d.rules, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// saved is the file of the rules; empty if there is none.
func (d *director) saved() string {
	text, _ := os.ReadFile(d.rules)
	return string(text)
}

// want holds the table to the rules that the reference program saves of it.
func (d *director) want(t *testing.T, rules string) {
	t.Helper()
	if diff := gocmp.Diff(difftest.Result{Stdout: rules}, d.sh(t, "ipvsadm -Sn")); diff != "" {
		t.Error(diff)
	}
}

const (
	oneService = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.9.0.1:80 -m -w 1\n"
	twoServers = oneService + "-a -t 10.0.0.1:80 -r 10.9.0.2:80 -m -w 2\n"
)

// TestServiceWithoutRules starts a director that has none yet, and saves what was
// made since.
func TestServiceWithoutRules(t *testing.T) {
	d := newDirector(t)
	d.must(t, "Start")
	d.want(t, "")
	d.must(t, "Reload")
	d.sh(t, "ipvsadm -A -t 10.0.0.1:80; ipvsadm -a -t 10.0.0.1:80 -r 10.9.0.1 -m")
	d.must(t, "Reload")
	d.want(t, oneService)
	d.must(t, "Stop")
	d.want(t, "")
	if diff := gocmp.Diff(oneService, d.saved()); diff != "" {
		t.Error(diff)
	}
	d.must(t, "Start")
	d.want(t, oneService)
}

// TestServiceReloads edits the rules. What stays keeps its place in the table: the
// weight that was set by hand is put right, and nothing is cleared on the way.
func TestServiceReloads(t *testing.T) {
	d := newDirector(t)
	d.write(t, "# by hand\n"+oneService)
	d.must(t, "Start")
	d.want(t, oneService)
	d.write(t, twoServers)
	d.must(t, "Reload")
	d.want(t, twoServers)
	d.must(t, "Start") // again, on a table that is there
	d.want(t, twoServers)
}

// TestServiceRefusesBadRules: the table stays, whoever finds the fault.
func TestServiceRefusesBadRules(t *testing.T) {
	for text, want := range map[string]difftest.Result{
		"-C\n-A -t nonsense\n": {Status: 2,
			Stderr: "line 2: illegal virtual server address[:port] specified\n"},
		"-A -t 10.0.0.2:80 -s nonsense\n": {Status: 255,
			Stderr: "-A -t 10.0.0.2:80 -s nonsense: Scheduler or persistence engine not found\nNothing was changed: what had been done was undone.\n"},
		"AUTO=true\n": {Status: 255, // the shell variables of another distribution
			Stderr: "line 1: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"},
	} {
		d := newDirector(t)
		d.write(t, oneService)
		d.must(t, "Start")
		d.write(t, text)
		for _, step := range []string{"Reload", "Start"} {
			if diff := gocmp.Diff(want, d.do(t, step)); diff != "" {
				t.Errorf("%s of %q: %s", step, text, diff)
			}
			d.want(t, oneService)
		}
	}
}

// TestServiceStops as the settings say. What cannot be saved is not cleared.
func TestServiceStops(t *testing.T) {
	for _, c := range []struct{ setting, saved, left string }{
		{"SAVE_ON_STOP=yes", twoServers, ""},
		{"SAVE_ON_STOP=no", oneService, ""},
		{"SAVE_OPTIONS=-n --all", twoServers + "--set 900 120 300\n", ""},
		{"SAVE_OPTIONS=--frob", oneService, twoServers},
	} {
		d := newDirector(t)
		d.settings = []string{c.setting}
		d.write(t, oneService)
		d.must(t, "Start")
		d.sh(t, "ipvsadm -a -t 10.0.0.1:80 -r 10.9.0.2 -m -w 2")
		if r := d.do(t, "Stop"); (r.Status != 0) != (c.left != "") {
			t.Errorf("%s: %+v", c.setting, r)
		}
		d.want(t, c.left)
		if diff := gocmp.Diff(c.saved, d.saved()); diff != "" {
			t.Errorf("%s: %s", c.setting, diff)
		}
	}
}
