package difftest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParseScript checks every kind of line.
func TestParseScript(t *testing.T) {
	const text = `# A remark.
ipvsadm -C

sh ip link add d0 type dummy
  as nobody ipvsadm -Ln
end modprobe ip_vs
differs 4.1.6 status=1 stderr=faults table=empty  # a remark
ipvsadm-restore < rules
exec -a lvs ipvsadm --frob
-- rules --
-A
-- faults --
line 1
-- empty --
`
	status, faults, empty := 1, "line 1\n", ""
	want := &Script{
		Name: "s.txt",
		Steps: []Step{
			{Number: 2, Line: "ipvsadm -C"},
			{Number: 4, Line: "ip link add d0 type dummy", Setup: true},
			{Number: 5, Line: "ipvsadm -Ln", Listing: true, User: "nobody"},
			{Number: 8, Line: "ipvsadm-restore < rules", Intended: &Intended{Point: "4.1.6", Status: &status, Stderr: &faults, Table: &empty}},
			{Number: 9, Line: "exec -a lvs ipvsadm --frob"},
		},
		Ends:  []Step{{Number: 6, Line: "modprobe ip_vs", Setup: true}},
		Files: map[string]string{"rules": "-A\n", "faults": "line 1\n", "empty": ""},
	}
	got := mustParse(t, text)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := got.Compared(); n != 4 {
		t.Errorf("Compared: %d, want 4", n)
	}
}

// TestParseScriptErrors checks the errors of invalid scripts.
func TestParseScriptErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "s.txt: no command",
		"# only\n":                               "s.txt: no command",
		"ip link":                                "s.txt:1: neither a command of ipvsadm nor setup (sh …): ip link",
		"ipvsadmin":                              "s.txt:1: neither a command of ipvsadm nor setup (sh …): ipvsadmin",
		"differs 4.1 status=1":                   "s.txt: no command after the last line with differs",
		"differs 4.1\nipvsadm":                   "s.txt:1: differs needs the point of the specification and what differs",
		"differs 4 stdout=x":                     `s.txt:1: stdout=x: the script has no file "x"`,
		"differs 4 out=x\n-- x --":               "s.txt:1: out=x: not one of status, stdout, stderr, table",
		"differs 4 status=1\ndiffers 4 status=1": "s.txt:2: two lines with differs for one command",
		"differs 4 status=1\nsh true":            "s.txt:2: setup after a line with differs",
		"ipvsadm -C\n-- b --\n-- a --":           "s.txt: files that no line names: a b",
	} {
		t.Run(text, func(t *testing.T) {
			if _, err := ParseScript("s.txt", []byte(text)); err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// TestLine checks which lines are run by a shell.
func TestLine(t *testing.T) {
	reference := Programs{Name: "ours", dir: t.TempDir()}
	for line, shell := range map[string]bool{
		"true":                           true,
		"ipvsadm-save -n | cat":          true,
		"LC_ALL=C ipvsadm -Ln":           true,
		"ipvsadm -A -t [2001:db8::1]:80": false,
	} {
		t.Run(line, func(t *testing.T) {
			c, err := reference.Line(line)
			switch {
			case shell && (err != nil || c.Path != "/bin/bash"):
				t.Errorf("run by %s, %v, not by a shell", c.Path, err)
			case !shell && err == nil:
				t.Errorf("run by %s, not looked up in the set", c.Path)
			}
		})
	}
}

// TestListing checks which lines only list.
func TestListing(t *testing.T) {
	for line, want := range map[string]bool{
		"ipvsadm":                       true,
		"ipvsadm -L -n":                 true,
		"ipvsadm -Sn":                   true,
		"ipvsadm --list -t 10.0.0.1:1":  true,
		"LC_ALL=C ipvsadm -l":           true,
		"ipvsadm-save":                  true,
		"ipvsadm-save -n > f":           false,
		"ipvsadm -Sn | ipvsadm -R":      false,
		"ipvsadm -C":                    false,
		"ipvsadm -R < f":                false,
		"ipvsadm --set 1 2 3":           false,
		"ipvsadm --start-daemon backup": false,
	} {
		t.Run(line, func(t *testing.T) {
			if got := onlyLists.MatchString(line); got != want {
				t.Errorf("%t, want %t", got, want)
			}
		})
	}
}
