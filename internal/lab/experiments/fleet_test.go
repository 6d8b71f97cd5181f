//go:build kernel

package experiments

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The Ansible module, and the example of a playbook.
const (
	ansibleModules = "../../dist/ansible"
	ansibleExample = ansibleModules + "/example/"
)

// fleetRules are the rules of the directors of a fleet.
const fleetRules = "-A -t 10.0.0.1:80 -s wrr\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 1\n-A -f 7 -6 -s rr\n-a -f 7 -6 -r [2001:db8::9]:0 -g -w 1\n"

// fleet is hosts that Ansible manages, each a network namespace.
type fleet struct {
	*cluster
	dir string // of the inventory, and of what the hosts write
}

// hostResult is what the module returns on a host.
type hostResult struct {
	Changed  bool
	RC       int    // not 0 if the module failed
	Msg      string // why
	Commands []string
	Saved    bool

	Unreachable bool
}

// newFleet makes the inventory of hosts of a cluster. Their Python runs in their namespaces.
func newFleet(t *testing.T, c *cluster, hosts []string) fleet {
	t.Helper()
	f := fleet{c, t.TempDir()}
	if err := os.MkdirAll(filepath.Join(f.dir, "home", "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}

	inventory := map[string]any{}
	for _, host := range hosts {
		python := f.write(host+"-python", "#!/bin/sh\nexec ip netns exec "+host+" /usr/bin/python3 \"$@\"\n")
		inventory[host] = map[string]string{"ansible_connection": "local", "ansible_python_interpreter": python}
	}
	text, err := json.Marshal(map[string]any{"all": map[string]any{"hosts": inventory}})
	if err != nil {
		t.Fatal(err)
	}
	f.write("hosts.json", string(text))
	return f
}

// write writes a file of the fleet, and returns its path.
func (f fleet) write(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		f.t.Fatal(err)
	}
	return path
}

// ansible returns a line that runs a program of Ansible with some words. What it writes goes
// to the directory of the fleet.
func (f fleet) ansible(words string) string {
	f.t.Helper()
	modules, err := filepath.Abs(ansibleModules)
	if err != nil {
		f.t.Fatal(err)
	}
	tmp := f.dir + "/home/tmp"
	return "cd " + f.dir + " && ANSIBLE_LIBRARY=" + modules + " ANSIBLE_HOME=" + f.dir + "/home ANSIBLE_LOCAL_TEMP=" + tmp +
		" ANSIBLE_REMOTE_TEMP=" + tmp + " ANSIBLE_PIPELINING=1 ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8 " + words
}

// apply runs the module on all hosts with arguments, and returns what each host reports and
// what Ansible prints.
func (f fleet) apply(arguments map[string]any, options string) (results map[string]hostResult, output string) {
	f.t.Helper()
	text, err := json.Marshal(arguments)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write("arguments.json", string(text))
	tree := filepath.Join(f.dir, "results")
	if err := os.RemoveAll(tree); err != nil {
		f.t.Fatal(err)
	}

	// The status is that of Ansible, which is not 0 if the module failed on a host.
	r := result(f.t, f.machine, f.ours, call{line: f.ansible("ansible -i hosts.json ") +
		"all -m ipvsadm_rules -a \"$(cat arguments.json)\" --tree " + tree + " " + options})
	files, err := filepath.Glob(tree + "/*")
	if err != nil || len(files) == 0 {
		f.t.Fatalf("no results: %v %+v", err, r)
	}

	results = map[string]hostResult{}
	for _, file := range files {
		var of hostResult
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &of)
		}
		if err != nil {
			f.t.Fatalf("%s: %v\n%s", file, err, text)
		}
		results[filepath.Base(file)] = of
	}
	return results, r.Stdout
}

// changed returns the hosts that report a change, sorted.
func changed(results map[string]hostResult) (hosts []string) {
	for _, host := range slices.Sorted(maps.Keys(results)) {
		if results[host].Changed {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// checkApply applies arguments, and checks which hosts report a change, and that none failed.
func (f fleet) checkApply(what string, arguments map[string]any, options string, want ...string) {
	f.t.Helper()
	results, _ := f.apply(arguments, options)
	checkChanged(f.t, what, results, want...)
}

// checkChanged checks which hosts report a change, and that none failed.
func checkChanged(t *testing.T, what string, results map[string]hostResult, want ...string) {
	t.Helper()
	t.Logf("%s: changed: %q", what, changed(results))
	if got := changed(results); !slices.Equal(got, want) {
		t.Errorf("%s: %q report a change, want %q", what, got, want)
	}
	for host, r := range results {
		if r.RC != 0 || r.Unreachable {
			t.Errorf("%s: %s failed: %s", what, host, r.Msg)
		}
	}
}

// checkRules checks the rules of all hosts.
func (f fleet) checkRules(what string, hosts []string, want string) {
	f.t.Helper()
	for _, host := range hosts {
		if got := f.do(f.host(host), "ipvsadm-save -n"); got != want {
			f.t.Errorf("%s: rules of %s:\n%swant\n%s", what, host, got, want)
		}
	}
}

// TestLongFleet keeps eight directors equal by Ansible: the first run changes all of them,
// the second none; a check changes nothing; a bad rule fails with its line; a director that
// drifts is mended alone; and services and weights of other programs are left alone.
func TestLongFleet(t *testing.T) {
	var script strings.Builder
	var hosts []string
	for i := range 8 {
		hosts = append(hosts, fmt.Sprintf("d%d", i+1))
		fmt.Fprintf(&script, "ip netns add d%d\nip -n d%d link set lo up\n", i+1, i+1)
	}
	file := filepath.Join(t.TempDir(), "fleet.sh")
	if err := os.WriteFile(file, []byte(script.String()), 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, newCluster(t, file), hosts)
	rules := map[string]any{"rules": fleetRules}

	f.checkApply("check", rules, "--check --diff", hosts...)
	f.checkRules("check", hosts, "")

	first, output := f.apply(rules, "--diff")
	checkChanged(t, "first run", first, hosts...)
	f.checkRules("first run", hosts, fleetRules)
	if got := strings.Join(first["d1"].Commands, "\n") + "\n"; got != fleetRules {
		t.Errorf("the first run reports %s", got)
	}
	if n := strings.Count(output, fleetRules); n != len(hosts) {
		t.Errorf("%d differences are printed, want %d:\n%s", n, len(hosts), output)
	}
	f.checkApply("second run", rules, "")

	f.do(f.machine, f.ansible("ansible-doc -t module ipvsadm_rules > manual")) // without a warning
	f.testReference()
	f.testBadRule(hosts)
	f.testDrift(hosts)
	f.testOthers(hosts)
	f.testDocument(hosts[:2])
	f.testSave()
}

// testReference checks that the module refuses to work with ipvsadm 1.31, whose restore would
// clear the table.
func (f fleet) testReference() {
	f.t.Helper()
	results, _ := f.apply(map[string]any{"rules": "", "executable": "/usr/sbin/ipvsadm"}, "--limit d1")
	const want = "/usr/sbin/ipvsadm is not that of ipvsadm-go: ipvsadm v1.31 "
	if got := results["d1"]; !strings.HasPrefix(got.Msg, want) || got.Changed {
		f.t.Errorf("with ipvsadm 1.31: %+v", got)
	}
	f.checkRules("with ipvsadm 1.31", []string{"d1"}, fleetRules)
}

// testBadRule checks that a bad rule fails with its line, a rejected one with its text, and
// that neither changes anything.
func (f fleet) testBadRule(hosts []string) {
	f.t.Helper()
	const rejected = "-A -f 8 -s no-such"
	for rule, want := range map[string]hostResult{
		"-A -f 0": {RC: 2, Msg: "line 5: invalid fwmark value `0' specified"},
		rejected:  {RC: 255, Msg: rejected + ": Scheduler or persistence engine not found\nno changes were made"},
	} {
		results, _ := f.apply(map[string]any{"rules": fleetRules + rule}, "--limit d1,d2")
		for host, got := range results {
			if got.RC != want.RC || got.Msg != want.Msg || got.Changed {
				f.t.Errorf("%s: %s reports %+v, want %+v", rule, host, got, want)
			}
		}
	}
	f.checkRules("bad rules", hosts, fleetRules)
}

// testDrift checks that the one director that drifted is mended.
func (f fleet) testDrift(hosts []string) {
	f.t.Helper()
	f.do(f.host("d5"), "ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 9")
	rules := map[string]any{"rules": fleetRules}
	f.checkApply("check of a drift", rules, "--check --limit d4,d5", "d5")
	f.checkApply("drift", rules, "", "d5")
	f.checkRules("drift", hosts, fleetRules)
}

// testOthers checks that services and weights of other programs are left alone.
func (f fleet) testOthers(hosts []string) {
	f.t.Helper()
	f.do(f.host("d2"), "ipvsadm -A -f 99 -s rr")
	f.do(f.host("d3"), "ipvsadm -e -t 10.0.0.1:80 -r 10.1.0.1:80 -m -w 0")
	rules := map[string]any{"rules": fleetRules, "state": "present", "keep_weights": true}
	f.checkApply("others", rules, "--limit d2,d3")
	rules = map[string]any{"rules": strings.Split(strings.TrimSpace(fleetRules), "\n"), "partial": true}
	f.checkApply("lines, and other services", rules, "--limit d2,d3", "d3")
	f.checkApply("exact", map[string]any{"rules": fleetRules}, "--limit d2,d3", "d2")
	f.checkRules("exact", hosts, fleetRules)
}

// testDocument checks rules that are a dictionary.
func (f fleet) testDocument(hosts []string) {
	f.t.Helper()
	services := []any{map[string]any{"fwmark": 5, "scheduler": "rr", "destinations": []any{map[string]any{"address": "10.1.0.7", "forward": "masq"}}}}
	rules := map[string]any{"rules": map[string]any{"services": services}}
	f.checkApply("document", rules, "--limit d1,d2", hosts...)
	f.checkRules("document", hosts, "-A -f 5 -s rr\n-a -f 5 -r 10.1.0.7:0 -m -w 1\n")
	f.checkApply("the same document", rules, "--check --limit d1,d2")
}

// testSave checks that the table of one director is saved once, from its network namespace.
func (f fleet) testSave() {
	f.t.Helper()
	file := filepath.Join(f.dir, "rules")
	rules := map[string]any{"rules": fleetRules, "save": file, "netns": "d1"}
	check, _ := f.apply(rules, "--check --limit d2")
	if _, err := os.Stat(file); !check["d2"].Saved || err == nil {
		f.t.Errorf("check of a save: %+v", check)
	}
	f.checkApply("save", rules, "--limit d2", "d2")
	if text, err := os.ReadFile(file); err != nil || string(text) != fleetRules {
		f.t.Errorf("saved: %v\n%s", err, text)
	}
	f.checkApply("saved already", rules, "--limit d2")
}

// TestLongPlaybook sets up two directors and two real servers from nothing by the example,
// and asks them. A second run changes nothing.
func TestLongPlaybook(t *testing.T) {
	hosts := []string{"director1", "director2", "real21", "real22"}
	c := newCluster(t, "testdata/bare.sh")
	f := newFleet(t, c, hosts)
	for _, name := range []string{"site.yml", "inventory.yml"} {
		text, err := os.ReadFile(ansibleExample + name)
		if err != nil {
			t.Fatal(err)
		}
		f.write(name, string(text))
	}

	// There is no systemd in namespaces, and they share the file system.
	line := f.ansible("ansible-playbook -i inventory.yml -i hosts.json -e has_systemd=false " +
		"-e rules_file=" + f.dir + "/{{inventory_hostname}}.rules -e sysctl_file=" + f.dir + "/{{inventory_hostname}}.conf site.yml")
	t.Log(f.do(c.machine, line))
	const address = "172.20.0.200:80"
	c.serve("real21", address)
	c.serve("real22", address)
	wantTally(t, "a client", c.ask("client", address, 8), map[string]int{"real21": 6, "real22": 2})

	second := f.do(c.machine, line)
	for _, host := range hosts {
		i := strings.LastIndex(second, "\n"+host+" ")
		if i < 0 || !strings.Contains(strings.SplitN(second[i+1:], "\n", 2)[0], "changed=0 ") {
			t.Errorf("the second run changed %s:\n%s", host, second)
		}
	}
}
