//go:build kernel

package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKernelCapability checks that the one privilege which is needed is CAP_NET_ADMIN of
// the first user namespace. With nothing else a user can run every command; as root of
// another user namespace, none. Each command is compared with the reference.
func TestKernelCapability(t *testing.T) {
	const rules = "-A -f 7\n-A -t 10.0.0.1:80 -s rr -p\n"
	reference, project := referencePrograms(t), ourPrograms(t)
	for _, test := range []struct {
		name      string
		prefix    string // of shell lines
		isAllowed bool
		lines     []string
	}{
		{
			name:      "capability alone",
			prefix:    "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin -- ",
			isAllowed: true,
			lines: []string{
				"ipvsadm -A -t 10.0.0.2:80 -s rr -p", "ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2 -m", "ipvsadm -Ln", "ipvsadm -Ln --stats", "ipvsadm -Lnc",
				"ipvsadm -Z", "ipvsadm --set 5 6 7", "ipvsadm -L --timeout", "ipvsadm -Sn", "ipvsadm -D -f 7", "ipvsadm -C",
			},
		},
		{
			name:   "root of a user namespace",
			prefix: "unshare --user --map-root-user -- ",
			lines:  []string{"ipvsadm -Ln", "ipvsadm -C", "ipvsadm -Lnc"},
		},
		{
			name:   "root of a user and a network namespace",
			prefix: "unshare --user --map-root-user --net -- ",
			lines:  []string{"ipvsadm -Ln", "ipvsadm -C"},
		},
	} {
		for _, line := range test.lines {
			t.Run(test.name+" "+line, func(t *testing.T) {
				theirs, ours := newNamespace(t), newNamespace(t)
				theirs.mustRun(t, rules, "ipvsadm -R")
				ours.mustRun(t, rules, "ipvsadm -R")

				want := theirs.shell(t, reference, test.prefix+line)
				got := ours.shell(t, project, test.prefix+line)
				checkResult(t, got, want)
				if test.isAllowed != (got.Status == 0) {
					t.Errorf("status %d", got.Status)
				}
				ours.checkState(t, theirs.readState(t))
			})
		}
	}
}

var (
	// tracedCall matches the system calls by which a file or a program is opened, and
	// those that change directories.
	tracedCall = regexp.MustCompile(`^\d+ +(\w+)\((?:AT_FDCWD, )?"([^"]*)"(?:, (?:AT_FDCWD, )?"([^"]*)")?(?:, ([A-Z_|]+))?`)

	// otherTraceLine matches the lines of a trace that are not the beginning of a system
	// call: the end of one, that of a process, and on Linux 5.10 a thread that ended
	// before strace knew its call.
	otherTraceLine = regexp.MustCompile(`^\d+ +(<\.\.\. \w+ resumed>|\+\+\+ |\?\?\?\( <detached \.\.\.>\n$)`)
)

// traceLine is the beginning of a shell line that traces the system calls which
// tracedCall matches.
const traceLine = "strace -f -qq -e signal=none -e trace=open,openat,openat2,creat,execve,execveat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,truncate,mount,chmod,fchmodat,chown,fchownat -o "

// TestKernelOpensNothingForWriting traces every command: it opens no file for writing
// and starts no program, except for the file of --output and the one beside it.
func TestKernelOpensNothingForWriting(t *testing.T) {
	ours := ourPrograms(t)
	path, err := ours.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ line, output string }{
		{line: "-A -t 10.0.0.3:80 -s rr"},
		{line: "-a -t 10.0.0.1:80 -r 10.0.0.3 -m"},
		{line: "-E -t 10.0.0.1:http -s wlc --keep"},
		{line: "-e -t 10.0.0.1:80 -r 10.0.0.2 -m -w 2"},
		{line: "-L"},
		{line: "-L --stats"},
		{line: "-Lc"},
		{line: "-Lnc --json"},
		{line: "-Ln --json"},
		{line: "-L --daemon"},
		{line: "-Z"},
		{line: "--set 1 2 3"},
		{line: "--start-daemon backup --mcast-interface lo"},
		{line: "--stop-daemon master"},
		{line: "-S --all"},
		{line: "-R --sync < /dev/null"},
		{line: "-d -t 10.0.0.1:80 -r 10.0.0.2 --drain 0"},
		{line: "-D -t 10.0.0.1:80"},
		{line: "-C"},
		{line: "-h"},
		{line: "--netns traced -Ln"},
		{line: "-S --all --output /run/saved/rules", output: "/run/saved"},
	} {
		t.Run(test.line, func(t *testing.T) {
			ns := newNamespace(t)
			ns.mustShell(t, "ip netns add traced; mkdir -p /run/saved")
			ns.mustRun(t, "-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n--start-daemon master --mcast-interface lo\n", "ipvsadm -R")
			trace := filepath.Join(t.TempDir(), "trace")
			if r := ns.shell(t, ours, traceLine+trace+" "+path+" "+test.line); r.Status != 0 {
				t.Errorf("%+v", r)
			}
			checkTrace(t, trace, path, test.output)
		})
	}
}

// checkTrace checks the system calls of a program. It has to write to the directory of
// output, if any, and nowhere else.
func checkTrace(t *testing.T, trace, program, output string) {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	calls, writes := 0, 0
	for line := range strings.Lines(string(text)) {
		m := tracedCall.FindStringSubmatch(line)
		if m == nil {
			if !otherTraceLine.MatchString(line) {
				t.Error(line)
			}
			continue
		}
		calls++
		name, file, to, flags := m[1], m[2], m[3], m[4]
		switch {
		case strings.HasPrefix(name, "open") && !strings.Contains(flags, "O_WRONLY") && !strings.Contains(flags, "O_RDWR") && !strings.Contains(flags, "O_CREAT"):
		case name == "execve" && file == program:
		case output != "" && filepath.Dir(file) == output && (to == "" || filepath.Dir(to) == output):
			writes++
		default:
			t.Error(line)
		}
	}
	t.Logf("%d system calls, %d for the file of --output", calls, writes)
	if (writes > 0) != (output != "") || calls == 0 {
		t.Errorf("%d calls for the file of --output", writes)
	}
}
