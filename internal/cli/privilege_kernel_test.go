//go:build kernel

package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
)

// TestKernelCapability: the one privilege that is needed is CAP_NET_ADMIN of the
// first user namespace. With it alone an ordinary user can do everything; as root of
// a namespace of their own, nothing. Both as with the reference.
func TestKernelCapability(t *testing.T) {
	ours := programs(t)
	const capable = "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin -- "
	const contained = "unshare --user --map-root-user --net -- "
	const contained2 = "unshare --user --map-root-user -- "
	theirs, here := newWorld(t), newWorld(t)
	for _, w := range []world{theirs, here} {
		w.must(t, cli.Run, "-A -f 7\n", "ipvsadm -R")
	}
	for _, line := range []string{
		capable + "ipvsadm -A -t 10.0.0.1:80 -s rr -p",
		capable + "ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2 -m",
		capable + "ipvsadm -Ln",
		capable + "ipvsadm -Ln --stats",
		capable + "ipvsadm -Lnc",
		capable + "ipvsadm -Z",
		capable + "ipvsadm --set 5 6 7",
		capable + "ipvsadm -L --timeout",
		capable + "ipvsadm -Sn",
		capable + "ipvsadm -D -f 7",
		contained + "ipvsadm -Ln",
		contained + "ipvsadm -C",
		contained2 + "ipvsadm -Ln",
		contained2 + "ipvsadm -C",
		contained2 + "ipvsadm -Lnc",
		capable + "ipvsadm -Ln",
		capable + "ipvsadm -C",
	} {
		want, got := theirs.line(t, reference(t), line), here.line(t, ours, line)
		if got != want {
			t.Errorf("%s:\nreference %+v\nours      %+v", line, want, got)
		}
		if allowed := strings.HasPrefix(line, capable); allowed != (got.Status == 0) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if d := diff(theirs.state(t), here.state(t)); d != "" {
		t.Errorf("the tables (-reference +ours):\n%s", d)
	}
}

// traced finds the system calls by which a file or a program is opened, and those
// that change folders.
var traced = regexp.MustCompile(`^\d+ +(\w+)\((?:AT_FDCWD, )?"([^"]*)"(?:, (?:AT_FDCWD, )?"([^"]*)")?(?:, ([A-Z_|]+))?`)

// noCall matches the lines of a trace that are not the beginning of a system call: the
// end of one, that of a process, and a thread that was gone before strace knew its
// call, as it comes on Linux 5.10.
var noCall = regexp.MustCompile(`^\d+ +(<\.\.\. \w+ resumed>|\+\+\+ |\?\?\?\( <detached \.\.\.>$)`)

// TestKernelOpensNothingForWriting watches a run of every command: no file is opened
// for writing, and no program started; but for the file of --output and the one
// beside it.
func TestKernelOpensNothingForWriting(t *testing.T) {
	w, ours := newWorld(t), programs(t)
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	w.setUp(t, "ip netns add traced; mkdir -p /run/saved")
	path, err := ours.Path("ipvsadm")
	if err != nil {
		t.Fatal(err)
	}
	wrote, calls := 0, 0
	for _, line := range []string{
		"-A -t 10.0.0.1:80 -s rr", "-a -t 10.0.0.1:80 -r 10.0.0.2 -m", "-E -t 10.0.0.1:http -s wlc --keep", "-e -t 10.0.0.1:80 -r 10.0.0.2 -m -w 2",
		"-L", "-L --stats", "-Lc", "-Lnc --json", "-Ln --json", "-L --daemon", "-Z", "--set 1 2 3", "--start-daemon backup --mcast-interface lo", "--stop-daemon backup",
		"-S --all", "-R --sync < /dev/null", "-d -t 10.0.0.1:80 -r 10.0.0.2 --drain 0", "-D -t 10.0.0.1:80", "-C", "-h", "--netns traced -Ln",
		"-S --all --output /run/saved/rules",
	} {
		w.line(t, ours, "strace -f -qq -e signal=none -e trace=open,openat,openat2,creat,execve,execveat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,truncate,mount,chmod,fchmodat,chown,fchownat -o "+trace+" "+path+" "+line)
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		for call := range strings.Lines(string(text)) {
			m := traced.FindStringSubmatch(call)
			if m == nil {
				if !noCall.MatchString(call) {
					t.Errorf("%s: %s", line, call)
				}
				continue
			}
			calls++
			name, file, to, flags := m[1], m[2], m[3], m[4]
			switch {
			case strings.HasPrefix(name, "open") && !strings.Contains(flags, "O_WRONLY") && !strings.Contains(flags, "O_RDWR") && !strings.Contains(flags, "O_CREAT"):
			case name == "execve" && file == path:
			case strings.HasSuffix(line, "--output /run/saved/rules") && filepath.Dir(file) == "/run/saved" && (to == "" || filepath.Dir(to) == "/run/saved"):
				wrote++
			default:
				t.Errorf("%s: %s", line, call)
			}
		}
	}
	t.Logf("%d system calls, %d for the file of --output", calls, wrote)
	if wrote == 0 {
		t.Error("--output was not seen")
	}
}
