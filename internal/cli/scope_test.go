package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mixedRules are a table with a service of another program and weights of a health
// checker, besides a service that partRules describe otherwise.
const (
	mixedRules = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -m -w 0\n-a -f 1 -r 10.0.0.2 -m -w 7\n-A -t [2001:db8::1]:80 -s rr\n"
	partRules  = "-A -f 1 -s wrr\n-a -f 1 -r 10.0.0.1 -m -w 5 -x 9\n-a -f 1 -r 10.0.0.3 -m -w 3\n"
)

// TestScopes checks what --partial and --keep-weights leave alone, and that --sync
// --changes prints what --diff does.
func TestScopes(t *testing.T) {
	const (
		add, editService = "-a -f 1 -r 10.0.0.3:0 -m -w 3", "-E -f 1 -s wrr"
		edit, keep       = "-e -f 1 -r 10.0.0.1:0 -m -w 5 -x 9", "-e -f 1 -r 10.0.0.1:0 -m -w 0 -x 9"
		remove, other    = "-d -f 1 -r 10.0.0.2:0", "-D -t [2001:db8::1]:80"
	)
	for options, want := range map[string][]string{
		"":                          {add, editService, edit, remove, other},
		" --partial":                {add, editService, edit, remove},
		" --keep-weights":           {add, editService, keep, remove, other},
		" --partial --keep-weights": {add, editService, keep, remove},
	} {
		t.Run("options"+options, func(t *testing.T) {
			text := strings.Join(want, "\n") + "\n"
			k := newStateKernel(t, mixedRules)
			checkEqual(t, "difference", result{1, text, ""}, run(k, partRules, "ipvsadm-restore --diff"+options))
			checkEqual(t, "changes of --diff", 0, len(k.changes))
			checkEqual(t, "sync", result{0, text, ""}, run(k, partRules, "ipvsadm -R --sync --changes"+options))
			checkEqual(t, "changes", want, k.changes)
			checkEqual(t, "second sync", result{}, run(k, partRules, "ipvsadm-restore --sync --changes"+options))
			checkEqual(t, "second difference", result{}, run(k, partRules, "ipvsadm-restore --diff"+options))
		})
	}
}

// TestScopeRollback checks that a partial sync is taken back without the services that
// the rules do not name, even if an answer was lost and the table is read again.
func TestScopeRollback(t *testing.T) {
	const edit, remove = "-E -f 1 -s wrr", "-d -f 1 -r 10.0.0.2:0"
	k := newStateKernel(t, mixedRules)
	k.lose = map[string]bool{edit: true}
	k.reject = map[string]syscall.Errno{"-e -f 1 -r 10.0.0.1:0 -m -w 5 -x 9": syscall.EBUSY}
	got := run(k, partRules, "ipvsadm-restore --sync --partial --changes")
	checkEqual(t, "result", result{255, "", edit + ": No buffer space available\n" +
		"-e -f 1 -r 10.0.0.1:0 -m -w 5 -x 9: Device or resource busy\nrolled back; no changes were kept\n"}, got)
	for _, c := range k.changes {
		if c == remove || !strings.Contains(c, "-f 1 ") {
			t.Errorf("change %s", c)
		}
	}
	checkEqual(t, "difference", result{}, run(k, mixedRules, "ipvsadm-restore --diff"))
}

// TestSyncChangesJSON checks the document of --sync --changes --json, whose commands are
// those that were applied: not a removal that another program made.
func TestSyncChangesJSON(t *testing.T) {
	const (
		document = `{"services": [{"fwmark": 1, "scheduler": "rr", "destinations": []}]}`
		line     = "ipvsadm-restore --json --sync --changes"
	)
	k := newStateKernel(t, "-A -f 2 -s rr\n-A -f 3 -s rr\n")
	k.reject = map[string]syscall.Errno{"-D -f 2": syscall.ESRCH}
	checkEqual(t, "changed", result{0, `{"changed":true,"commands":["-A -f 1 -s rr","-D -f 3"]}` + "\n", ""}, run(k, document, line))

	k = newStateKernel(t, "-A -f 1 -s rr\n")
	checkEqual(t, "nothing to do", result{0, `{"changed":false,"commands":[]}` + "\n", ""}, run(k, document, line))

	k = newStateKernel(t, "")
	k.reject = map[string]syscall.Errno{"-A -f 1 -s rr": syscall.EBUSY}
	checkEqual(t, "rejected", result{255, "", "-A -f 1 -s rr: Device or resource busy\nno changes were made\n"}, run(k, document, line))
}

// TestAgainst checks that --against compares with a file and never opens the kernel, and
// that errors of both inputs have a status that is not that of a difference.
func TestAgainst(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	var (
		rules    = write("rules", "# of the other director\n-A -f 1 -s rr\n-A -f 2 -s rr\n")
		document = write("document", "\n {\"services\": [{\"fwmark\": 1, \"scheduler\": \"rr\"}]}\n")
		bad      = write("bad", "\n-A -f 1\n-A -f 0\n")
		badJSON  = write("bad.json", "{\"services\": 1}\n")
		empty    = write("empty", "")
		missing  = filepath.Join(dir, "missing")
	)
	for _, test := range []struct {
		name, file string
		want       result
	}{
		{"rules", rules, result{1, "-D -f 2\n", ""}},
		{"a document", document, result{}},
		{"an empty file", empty, result{1, "-A -f 1 -s rr\n", ""}},
		{"a file with a fault", bad, result{2, "", bad + ": line 3: invalid fwmark value `0' specified\n"}},
		{"a document with a fault", badJSON, result{2, "", badJSON + ": services: not a list\n"}},
		{"no file", missing, result{2, "", "cannot read " + missing + ": No such file or directory\n"}},
		{"a directory", dir, result{2, "", "cannot read " + dir + ": Is a directory\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &scriptedKernel{}
			checkEqual(t, "result", test.want, run(k, "-A -f 1 -s rr\n", "ipvsadm-restore --diff --against "+test.file))
			checkEqual(t, "times that the kernel was opened", 0, k.opened)
		})
	}
}

// TestAtomic checks that --atomic leaves the wanted table, or that of before whatever is
// rejected or lost, and what it reports.
func TestAtomic(t *testing.T) {
	const (
		rules      = "-A -f 2 -s rr\n-a -f 2 -r 10.9.0.9 -m\n-A -f 9 -s rr\n"
		rolledBack = "rolled back; no changes were kept, but counters and connections may have been lost\n"
		added      = "-A -f 9 -s rr"
	)
	for _, test := range []struct {
		name, line string
		kernel     func(*stateKernel)
		want       result
		isOld      bool
	}{
		{"accepted", "ipvsadm-restore --atomic", func(*stateKernel) {}, result{}, false},
		{
			"a rejected rule", "ipvsadm-restore --atomic",
			func(k *stateKernel) { k.reject = map[string]syscall.Errno{added: syscall.ENOENT} },
			result{255, "", "line 3: Scheduler or persistence engine not found\n" + rolledBack}, true,
		},
		{
			"the clearing", "ipvsadm-restore --atomic",
			func(k *stateKernel) { k.reject = map[string]syscall.Errno{"-C": syscall.EPERM} },
			result{255, "", "Permission denied (you must be root)\n" + rolledBack}, true,
		},
		{
			"a lost answer", "ipvsadm-restore --atomic",
			func(k *stateKernel) { k.lose = map[string]bool{added: true} },
			result{255, "", "line 3: No buffer space available\n" + rolledBack}, true,
		},
		{
			"a lost answer of the rollback", "ipvsadm-restore --atomic",
			func(k *stateKernel) {
				k.reject = map[string]syscall.Errno{added: syscall.ENOENT}
				k.lose = map[string]bool{"-A -f 1 -s rr": true}
			},
			result{255, "", "line 3: Scheduler or persistence engine not found\n" + rolledBack}, true,
		},
		{
			"a stream", "ipvsadm -R --atomic",
			func(k *stateKernel) {},
			result{255, "", "line 1: Service already exists\n" + rolledBack}, true,
		},
		{
			"a rollback that is rejected", "ipvsadm-restore --atomic",
			func(k *stateKernel) {
				k.reject = map[string]syscall.Errno{added: syscall.ENOENT, "-A -f 1 -s rr": syscall.EBUSY}
			},
			result{255, "", "line 3: Scheduler or persistence engine not found\nundo -A -f 1 -s rr: Device or resource busy\n" +
				"undo -a -f 1 -r 10.0.0.1:0 -m -w 1: Service not defined\nRollback failed: the table is only partly updated.\n"}, false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newStateKernel(t, presentRules)
			test.kernel(k)
			checkEqual(t, "result", test.want, run(k, rules, test.line))
			wanted := rules
			if test.isOld {
				wanted = presentRules
			}
			if test.want.Status == 0 || test.isOld {
				k.reject = nil
				checkEqual(t, "difference", result{}, run(k, wanted, "ipvsadm-restore --diff"))
			}
		})
	}
}

// TestDiffStatuses checks that no fault of --diff has the status of a difference.
func TestDiffStatuses(t *testing.T) {
	k := &scriptedKernel{tableErr: syscall.EIO}
	checkEqual(t, "a table that cannot be read", result{2, "", "Input/output error\n"}, run(k, "", "ipvsadm -R --diff"))
	checkEqual(t, "no IPVS", 2, run(nil, "", "ipvsadm -R --diff").Status)

	var stderr strings.Builder
	status := Restore([]string{"ipvsadm-restore", "--diff"}, Env{
		Stdin: strings.NewReader("-A -f 1\n"), Stdout: &failingWriter{err: syscall.ENOSPC}, Stderr: &stderr,
		Names: noNames{}, OpenKernel: openKernel(&scriptedKernel{}), Signals: noSignals,
	})
	checkEqual(t, "status of a full disk", 2, status)
	checkEqual(t, "its report", "Can't write: No space left on device\n", stderr.String())
}
