package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestRestoreWhole checks that ipvsadm-restore clears the table before it applies the
// rules, and that it changes nothing and reports every line with a fault if there is
// one. Package ruleset has tests of what a fault is.
func TestRestoreWhole(t *testing.T) {
	for _, test := range []struct {
		name, stream string
		want         result
		changes      []string
	}{
		{"valid", "-A -t 10.0.0.1:80\n", result{}, []string{"-C", "-A -t 10.0.0.1:80 -s wlc"}},
		{"empty", "", result{}, []string{"-C"}},
		{
			"two faults", "-A -f 1\n-A -f 0\n-A -f 2\n-q\n",
			result{2, "", "line 2: invalid fwmark value `0' specified\nline 4: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, nil,
		},
		{
			"two faults, the first with another status", "-A -f 1\n-q\n-A -f 0\n",
			result{255, "", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\nline 3: invalid fwmark value `0' specified\n"}, nil,
		},
		{
			"a line that is too long", "-A -f 1\n" + strings.Repeat("x", 1<<20+1) + "\n-A -f 2\n",
			result{2, "", "line 2: longer than 1048576 bytes\n"}, nil,
		},
		{
			"garbage", "-A -f 1\n\x00\x01\xfe\xff -\x80\n",
			result{255, "", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, nil,
		},
		{
			"an option of the invocation", "-A -f 1\n-S -n --output " + t.TempDir() + "/x\n",
			result{2, "", "line 2: --output belongs to the invocation, not to a rule stream\n"}, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &scriptedKernel{}
			checkEqual(t, "result", test.want, run(k, test.stream, "ipvsadm-restore"))
			checkEqual(t, "changes", test.changes, k.changes)
			if test.changes == nil && k.opened > 0 {
				t.Error("the kernel was opened")
			}
		})
	}
}

// TestRestoreRejected checks that what the kernel rejects is reported. The other rules
// are applied, unless the table could not be cleared.
func TestRestoreRejected(t *testing.T) {
	t.Run("a rule", func(t *testing.T) {
		k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: syscall.ENOENT}}
		want := result{255, "", "line 1: Scheduler or persistence engine not found\n"}
		checkEqual(t, "result", want, run(k, "-A -f 1 -s x\n-A -f 2\n", "ipvsadm-restore"))
		checkEqual(t, "changes", []string{"-C", "-A -f 1 -s x", "-A -f 2 -s wlc"}, k.changes)
	})

	t.Run("a part of a document", func(t *testing.T) {
		k := &scriptedKernel{rejectAt: map[int]syscall.Errno{2: syscall.EEXIST}}
		want := result{255, "", "services[0].destinations[0]: Destination already exists\n"}
		checkEqual(t, "result", want, run(k, document, "ipvsadm-restore --json"))
		checkEqual(t, "changes", append([]string{"-C"}, documentChanges...), k.changes)
	})

	for _, test := range middleErrors {
		t.Run("the clearing: "+test.text, func(t *testing.T) {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{0: test.errno}}
			checkEqual(t, "result", result{255, "", test.text + "\n"}, run(k, "-A -f 1\n", "ipvsadm-restore"))
			checkEqual(t, "changes", []string{"-C"}, k.changes)
		})
	}
}

// TestRestoreUsage checks that an unknown option changes nothing.
func TestRestoreUsage(t *testing.T) {
	k := &scriptedKernel{}
	checkEqual(t, "result", result{statusBadUsage, "", restoreUsage + "\n"}, run(k, "", "ipvsadm-restore --frob"))
	checkEqual(t, "changes", []string(nil), k.changes)
}

// TestRestoreReadError checks that input which cannot be read changes nothing.
func TestRestoreReadError(t *testing.T) {
	directory, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer directory.Close()

	k := &scriptedKernel{}
	got := runEnv(Env{Stdin: directory, OpenKernel: openKernel(k)}, "ipvsadm-restore")
	checkEqual(t, "result", result{1, "", "Can't read: Is a directory\n"}, got)
	checkEqual(t, "changes", []string(nil), k.changes)
}

// document is a JSON document with something of everything. Package ruleset has tests of
// all members.
const document = `{
  "services": [
    {"protocol": "tcp", "address": "10.0.0.1", "port": 80, "scheduler": "rr", "persistent": {"timeout": 90},
     "destinations": [
       {"address": "10.1.0.2", "port": 8080, "forward": "masq", "weight": 0, "upper_threshold": 9},
       {"address": "2001:db8::9", "forward": "tunnel", "tunnel": {"type": "gue", "port": 5555, "flags": "remcsum"}}]},
    {"fwmark": 4294967295, "family": "ipv6"}
  ],
  "timeouts": {"udp": 3, "tcp": 1},
  "daemons": [{"state": "backup", "interface": "lo"}]
}`

// documentChanges are the changes that document describes: those of the table first.
var documentChanges = []string{
	"-A -t 10.0.0.1:80 -s rr -p 90",
	"-a -t 10.0.0.1:80 -r 10.1.0.2:8080 -m -w 0 -x 9",
	"-a -t 10.0.0.1:80 -r [2001:db8::9]:80 -i -w 1 --tun-type gue --tun-port 5555 --tun-remcsum",
	"-A -f 4294967295 -6 -s wlc",
	"--set 1 0 3",
	"--start-daemon backup --mcast-interface lo --syncid 0",
}

// documentTable is the number of documentChanges that concern the table.
const documentTable = 4

// TestRestoreDocument checks which programs clear the table before they apply a
// document, and which do nothing.
func TestRestoreDocument(t *testing.T) {
	for _, test := range []struct {
		line    string
		changes []string
	}{
		{"ipvsadm-restore --json", append([]string{"-C"}, documentChanges...)},
		{"ipvsadm-restore -n --json", append([]string{"-C"}, documentChanges...)},
		{"ipvsadm -R --json", documentChanges},
		{"ipvsadm -R --json --check", nil},
	} {
		t.Run(test.line, func(t *testing.T) {
			k := &scriptedKernel{}
			checkEqual(t, "result", result{}, run(k, document, test.line))
			checkEqual(t, "changes", test.changes, k.changes)
		})
	}
}

// TestBadDocument checks that the faults of a document are reported in their order, with
// the status of the first, and that no kernel is opened. Package ruleset has tests of
// what a fault is.
func TestBadDocument(t *testing.T) {
	for _, test := range []struct {
		name, document string
		want           result
	}{
		{"empty", "", result{2, "", "line 1, column 1: the document ends too soon\n"}},
		{"rules", "-A -t 10.0.0.1:80\n", result{2, "", "line 1, column 1: invalid character 'A' in numeric literal\n"}},
		{"two documents", "{\"services\":[]}\n{}", result{2, "", "line 2, column 1: there is more after the document\n"}},
		{"no services", "{}", result{2, "", "document: services is missing\n"}},
		{
			"bad member", `{"services":[{"fwmark":1,"destinations":[{"address":"10.1.0.1","weight":-1}]}]}`,
			result{2, "", "services[0].destinations[0].weight: not a whole number from 0 to 2147483647\n"},
		},
		{
			"a usage error", `{"services":[{"protocol":"tcp","address":"1.1.1.1"}]}`,
			result{2, "", "services[0]: Zero port specified for non-persistent service\n"},
		},
		{
			"a service twice", `{"services":[{"fwmark":1},{"fwmark":1}]}`,
			result{255, "", "services[1]: Service already exists\n"},
		},
		{
			"a server twice", `{"services":[{"fwmark":1,"destinations":[{"address":"10.1.0.1"},{"address":"10.1.0.1"}]}]}`,
			result{255, "", "services[0].destinations[1]: Destination already exists\n"},
		},
		{
			"a daemon twice", `{"services":[],"daemons":[{"state":"master"},{"state":"master"}]}`,
			result{255, "", "daemons[1]: Daemon has already run\n"},
		},
		{
			"several faults", `{"services":[{"fwmark":"x"},{"port":-1},{"fwmark":3,"a":0}],"b":0}{}`,
			result{2, "", "services[0].fwmark: not a whole number from 1 to 4294967295\nservices[1].port: not a whole number from 0 to 65535\n" +
				"services[2]: unknown key \"a\"\ndocument: unknown key \"b\"\nline 1, column 67: there is more after the document\n"},
		},
		{
			"several faults, the first with another status", `{"services":[{"fwmark":1},{"fwmark":1},{"fwmark":0}]}`,
			result{255, "", "services[1]: Service already exists\nservices[2].fwmark: not a whole number from 1 to 4294967295\n"},
		},
	} {
		for _, line := range []string{"ipvsadm-restore --json", "ipvsadm-restore --json --check", "ipvsadm-restore --json --diff"} {
			t.Run(test.name+" "+line, func(t *testing.T) {
				k := &scriptedKernel{}
				checkEqual(t, "result", test.want, run(k, test.document, line))
				checkEqual(t, "times opened", 0, k.opened)
			})
		}
	}
}

// TestRestorePrinted checks that what is printed as JSON can be restored, with counters
// or without.
func TestRestorePrinted(t *testing.T) {
	present := &scriptedKernel{}
	present.table.Entries = mustReadState(t, document, true).Entries()
	for _, line := range []string{"ipvsadm -L --json", "ipvsadm -Ln --stats --json", "ipvsadm -S --json", "ipvsadm-save --json"} {
		t.Run(line, func(t *testing.T) {
			printed := run(present, "", line)
			if printed.Status != 0 || !json.Valid([]byte(printed.Stdout)) || printed.Stderr != "" {
				t.Fatalf("%+v", printed)
			}
			k := &scriptedKernel{}
			checkEqual(t, "result", result{}, run(k, printed.Stdout, "ipvsadm -R --json"))
			slices.Sort(k.changes) // a listing is sorted, the document is not
			checkEqual(t, "changes", slices.Sorted(slices.Values(documentChanges[:documentTable])), k.changes)
		})
	}
}

// FuzzStream restores any bytes as a rule stream.
func FuzzStream(f *testing.F) {
	for _, s := range []string{
		"-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r [::1]:9 -i\n", "# x\n\r\n-C\n--set 1 2 3", "-L\n-S --all\n-v\n-A -f 1\n",
		"-A -f 1 --netns x\n", "-R\n", "-E -f 1 --keep -w 3\n-d -f 1 -r 1.1.1.1 --drain 0\n", "\x00\n\xff -A\x00 -f 1", "-Z -6\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		checked := checkRestore(t, stream, "ipvsadm-restore")
		for line := range strings.Lines(checked.Stderr) {
			if !strings.HasPrefix(line, "line ") && line != "\n" {
				t.Errorf("no line in the report: %q", checked.Stderr)
			}
		}
	})
}

// FuzzDocument restores anything as a JSON document.
func FuzzDocument(f *testing.F) {
	files, err := filepath.Glob("../../testdata/format/json/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(document)
	f.Fuzz(func(t *testing.T, document string) {
		checked := checkRestore(t, document, "ipvsadm-restore --json")
		if checked.Status == 0 && !json.Valid([]byte(document)) {
			t.Error("accepted, but is not JSON")
		}
	})
}

// checkRestore restores input with and without --check. What --check rejects changes
// nothing, and is reported alike; all other input is applied to a table that is cleared.
// It returns the result of --check.
func checkRestore(t *testing.T, input, line string) result {
	t.Helper()
	checked := run(nil, input, line+" --check")
	k := &scriptedKernel{}
	restored := run(k, input, line)
	if checked.Stdout != "" || (checked.Status == 0) != (checked.Stderr == "") {
		t.Fatalf("--check: %+v", checked)
	}

	switch {
	case checked.Status != 0 && (k.opened != 0 || restored != checked):
		t.Fatalf("restored although --check rejects it: %+v, %+v", checked, restored)
	case checked.Status == 0 && (len(k.changes) == 0 || k.changes[0] != "-C"):
		t.Fatalf("not cleared: %q", k.changes)
	}
	return checked
}
