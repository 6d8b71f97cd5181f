package cli

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// statusRow matches a row of the table of statuses in the manual.
var statusRow = regexp.MustCompile(`(?m)^\.It (\d\S*) Ta (.+) Ta (.+)$`)

// noNamespace is the error of a network namespace that does not exist.
type noNamespace struct{}

func (noNamespace) Error() string { return "no such namespace" }
func (noNamespace) NetNS() string { return "a" }

// drainRules are the table before a run.
const drainRules = "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1 -m\n"

// statusRun is a run of a program that ends as a row of the table has it.
type statusRun struct {
	line, stdin string
	env         func(*Env, *stateKernel)
}

// with returns the run with a function that sets what is to fail.
func (r statusRun) with(env func(*Env, *stateKernel)) statusRun { r.env = env; return r }

// restores returns runs of the same options of ipvsadm -R and of ipvsadm-restore.
func restores(options, stdin string) []statusRun {
	return []statusRun{{line: "ipvsadm -R" + options, stdin: stdin}, {line: "ipvsadm-restore" + options, stdin: stdin}}
}

// withEach returns runs with a function that sets what is to fail.
func withEach(runs []statusRun, env func(*Env, *stateKernel)) []statusRun {
	for i := range runs {
		runs[i] = runs[i].with(env)
	}
	return runs
}

// What is to fail.
var (
	unreadable  = func(env *Env, k *stateKernel) { env.OpenKernel = openKernel(&scriptedKernel{tableErr: syscall.EIO}) }
	diskFull    = func(env *Env, k *stateKernel) { env.Stdout = &failingWriter{err: syscall.ENOSPC} }
	readerLeft  = func(env *Env, k *stateKernel) { env.Stdout = &failingWriter{err: syscall.EPIPE} }
	inputLost   = func(env *Env, k *stateKernel) { env.Stdin = iotest.ErrReader(syscall.EIO) }
	withoutIPVS = func(env *Env, k *stateKernel) { env.OpenKernel = openKernel(nil) }
	noNetNS     = func(env *Env, k *stateKernel) {
		env.OpenKernel = func(string) (Kernel, error) { return nil, noNamespace{} }
	}
	rejected    = func(env *Env, k *stateKernel) { k.reject = map[string]syscall.Errno{"-A -f 2 -s wlc": syscall.ENOENT} }
	interrupted = func(env *Env, k *stateKernel) {
		signals := make(chan os.Signal, 1)
		signals <- syscall.SIGTERM
		env.Signals = func() (<-chan os.Signal, func()) { return signals, func() {} }
	}
)

// statusRuns returns the runs of each row of the table, whose programs they are.
func statusRuns(t *testing.T) map[string][]statusRun {
	t.Helper()
	file := t.TempDir() + "/rules"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all := func(env func(*Env, *stateKernel), more ...statusRun) []statusRun {
		return withEach(append([]statusRun{{line: "ipvsadm -Ln"}, {line: "ipvsadm-save -n"}, {line: "ipvsadm-restore --sync"}}, more...), env)
	}
	prints := func(env func(*Env, *stateKernel)) []statusRun {
		return withEach([]statusRun{{line: "ipvsadm -Ln"}, {line: "ipvsadm-save -n"}}, env)
	}
	const drain = "ipvsadm -d -f 1 -r 10.0.0.1 --drain "
	return map[string][]statusRun{
		"0 all Success.": all(nil),
		"0 ipvsadm, restore --sync: the table is as the rules describe, with or without changes.": append(
			restores(" --sync", drainRules), restores(" --sync", "-A -f 5\n")...),
		"0 ipvsadm, restore --diff: there is no difference.":    restores(" --diff", drainRules),
		"0 ipvsadm --drain: the last connection ended in time.": {{line: drain + "5"}},

		"1 ipvsadm, restore --diff: there is a difference.": restores(" --diff", "-A -f 5\n"),
		"1 all The table could not be read.":                all(unreadable),
		"1 ipvsadm, save The output could not be written.":  prints(diskFull),
		"1 ipvsadm, restore The rules could not be read.":   withEach(restores("", ""), inputLost),

		"2 ipvsadm The line has an option that is missing, illegal or has a bad value.":        {{line: "ipvsadm -A"}, {line: "ipvsadm -A -f 0"}, {line: "ipvsadm -C -w 1"}},
		"2 save, restore A word is not an option.":                                             {{line: "ipvsadm-save x"}, {line: "ipvsadm-restore --frob"}},
		"2 ipvsadm, restore A rule has an option that is missing, illegal or has a bad value.": restores("", "-A -f 0\n"),
		"2 all IPVS is not available, or the caller may not use it.":                           all(withoutIPVS),
		"2 all There is no such network namespace.":                                            all(noNetNS),
		"2 ipvsadm, restore --diff: the table or the rules could not be read, or the output not be written.": slices.Concat(
			withEach(restores(" --diff", "-A -f 5\n"), unreadable), withEach(restores(" --diff", "-A -f 5\n"), inputLost),
			withEach(restores(" --diff", "-A -f 5\n"), diskFull), restores(" --diff --against /nonexistent", "")),
		"3 ipvsadm --drain: time ran out, and the server was deleted with connections left.": {
			{line: drain + "0", env: func(_ *Env, k *stateKernel) { k.active = 3 }},
		},

		"128+n all Signal n ended --drain, --output or --sync, and what it began was undone.": withEach([]statusRun{
			{line: drain + "9"}, {line: "ipvsadm-save -n --output " + file}, {line: "ipvsadm-restore --sync", stdin: "-A -f 5\n"},
		}, interrupted),
		"141 all The reader of the output has left.": append(prints(readerLeft),
			statusRun{line: "ipvsadm-restore --diff", stdin: "-A -f 5\n"}.with(readerLeft)),

		"255 ipvsadm A word is not an option, or there is no command.":                    {{line: "ipvsadm --frob"}, {line: "ipvsadm -n"}},
		"255 ipvsadm, restore A word in a rule is not an option.":                         restores("", "-A -f 1 --frob\n"),
		"255 ipvsadm, restore The kernel rejected a change.":                              withEach(restores("", "-A -f 2\n"), rejected),
		"255 restore --atomic: the kernel rejected a change, and the table was put back.": withEach(restores(" --atomic", "-A -f 2\n")[1:], rejected),
		"255 ipvsadm, restore --sync: the kernel rejected a change, and all changes were rolled back.": withEach(
			restores(" --sync", "-A -f 2\n"), rejected),
	}
}

// TestStatuses checks each row of the table of statuses in the manual, for each of its
// programs.
func TestStatuses(t *testing.T) {
	manual, err := os.ReadFile("../dist/manual/ipvsadm.8")
	if err != nil {
		t.Fatal(err)
	}

	runs := statusRuns(t)
	rows := statusRow.FindAllStringSubmatch(string(manual), -1)
	checkEqual(t, "number of rows", len(runs), len(rows))
	for _, row := range rows {
		row[3] = strings.ReplaceAll(row[3], `\-`, "-")
		name := strings.Join(row[1:], " ")
		t.Run(name, func(t *testing.T) {
			checkStatusRow(t, row[1], row[2], runs[name])
		})
	}
}

// checkStatusRow checks that runs of the programs of a row end with its status.
func checkStatusRow(t *testing.T, status, programs string, runs []statusRun) {
	t.Helper()
	var ran []string
	for _, r := range runs {
		program, _, _ := strings.Cut(r.line, " ")
		ran = append(ran, strings.TrimPrefix(program, "ipvsadm-"))
		want := map[string]int{
			"0": 0, "1": 1, "2": 2, "3": 3, "128+n": 128 + int(syscall.SIGTERM), "141": 141, "255": 255,
		}[status]
		checkEqual(t, r.line, want, r.status(t))
	}

	wanted := strings.Split(programs, ", ")
	if programs == "all" {
		wanted = []string{"ipvsadm", "save", "restore"}
	}
	slices.Sort(ran)
	slices.Sort(wanted)
	checkEqual(t, "programs", wanted, slices.Compact(ran))
}

// status returns the status of the run.
func (r statusRun) status(t *testing.T) int {
	t.Helper()
	k := newStateKernel(t, drainRules)
	env := Env{Stdin: strings.NewReader(r.stdin), Stdout: io.Discard, OpenKernel: openKernel(k)}
	if r.env != nil {
		r.env(&env, k)
	}
	return runEnv(env, r.line).Status
}
