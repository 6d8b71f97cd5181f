package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// scriptedKernel is a Kernel that plays a part: it notes the changes it is given and
// answers what the test says. It keeps no table.
type scriptedKernel struct {
	infoErr  error
	table    ipvs.Table
	tableErr error
	rejectAt map[int]syscall.Errno // by number of the change, from 0
	conns    []ipvs.Connection

	batches []int    // the lengths of the batches
	changes []string // all changes, as rules
	opened  int
	closed  int
}

func (k *scriptedKernel) Info() (ipvs.Info, error) {
	return ipvs.Info{Version: 0x010201, ConnTableSize: 4096}, k.infoErr
}
func (k *scriptedKernel) Table(ipvs.Query) (ipvs.Table, error) { return k.table, k.tableErr }
func (k *scriptedKernel) Timeouts() (ipvs.Timeouts, error) {
	return ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300}, nil
}
func (k *scriptedKernel) Daemons() ([]ipvs.Daemon, error) { return nil, syscall.EBUSY }
func (k *scriptedKernel) Close() error                    { k.closed++; return nil }

func (k *scriptedKernel) Connections() (iter.Seq2[*ipvs.Connection, error], error) {
	return func(yield func(*ipvs.Connection, error) bool) {
		for i := range k.conns {
			if !yield(&k.conns[i], nil) {
				return
			}
		}
	}, nil
}

func (k *scriptedKernel) Apply(changes []ipvs.Change) []error {
	k.batches = append(k.batches, len(changes))
	var errs []error
	for i, c := range changes {
		if errno, ok := k.rejectAt[len(k.changes)]; ok {
			if errs == nil {
				errs = make([]error, len(changes))
			}
			errs[i] = &ipvs.Error{Op: c.Op, Errno: errno}
		}
		k.changes = append(k.changes, strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, c)), "\n"))
	}
	return errs
}

func (k *scriptedKernel) Prepare(changes []ipvs.Change) func() []error {
	return func() []error { return k.Apply(changes) }
}

// noNames knows no name.
type noNames struct{}

func (noNames) LookupHost(string, ipvs.Family) (netip.Addr, error) {
	return netip.Addr{}, errors.New("no such host")
}
func (noNames) LookupPort(ipvs.Protocol, string) (uint16, bool) { return 0, false }
func (noNames) Host(netip.Addr) (string, bool)                  { return "", false }
func (noNames) Port(ipvs.Protocol, uint16) (string, bool)       { return "", false }
func (noNames) Prefetch([]netip.Addr)                           {}

// noSignals is Env.Signals of a test in which no signal comes.
func noSignals() (<-chan os.Signal, func()) { return nil, func() {} }

// result is what a program did.
type result struct {
	Status         int
	Stdout, Stderr string
}

// run runs a program with a kernel that plays a part; nil is none to be had.
func run(program func([]string, Env) int, k *scriptedKernel, stdin io.Reader, line string) result {
	var out, errs bytes.Buffer
	status := program(strings.Fields(line), Env{
		Stdin: stdin, Stdout: &out, Stderr: &errs, Names: noNames{},
		Terminal: func() bool { return false }, Signals: noSignals,
		OpenKernel: func(string) (Kernel, error) {
			if k == nil {
				return nil, fmt.Errorf("look up the family: %w", syscall.ENOPROTOOPT)
			}
			k.opened++
			return k, nil
		},
	})
	return result{status, out.String(), errs.String()}
}

func checkEqual(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestNoKernel: faults of the line, -h and -v need no kernel; the rest says that
// there is none.
func TestNoKernel(t *testing.T) {
	const absent = "Can't initialize ipvs: Protocol not available\n" +
		"Are you sure that IP Virtual Server is built in the kernel or as module?\n"
	for line, want := range map[string]result{
		"":                            {2, "", absent},
		"ipvsadm":                     {2, "", absent},
		"ipvsadm -Ln":                 {2, "", absent},
		"ipvsadm -Lnc":                {2, "", absent},
		"ipvsadm -L --timeout":        {2, "", absent},
		"ipvsadm -L --daemon":         {2, "", absent},
		"ipvsadm -Sn":                 {2, "", absent},
		"ipvsadm -C":                  {2, "", absent},
		"ipvsadm -R":                  {2, "", absent},
		"/sbin/lvs -q":                {255, "", "Try `/sbin/lvs -h' or '/sbin/lvs --help' for more information.\n"},
		"ipvsadm -A -t 10.0.0.1":      {2, "", "Zero port specified for non-persistent service\n"},
		"ipvsadm -A -6":               {2, "", "-6 used before -f\n\n"},
		"ipvsadm -A -t 10.0.0.1:80 -": {2, "", "unexpected argument -\n"},
	} {
		checkEqual(t, line, want, run(Run, nil, strings.NewReader(""), line))
	}
	if r := run(Run, nil, nil, "ipvsadm -h"); r.Status != 0 || r.Stderr != "" || !strings.HasPrefix(r.Stdout, "ipvsadm v1.31 ") {
		t.Errorf("-h: %+v", r)
	}
	checkEqual(t, "a rule", result{2, "", absent}, run(Run, nil, strings.NewReader("-A -t 10.0.0.1:80\n-q\n"), "ipvsadm -R"))
}

// TestPrivilege: the kernel is there, but not for this user.
func TestPrivilege(t *testing.T) {
	k := &scriptedKernel{infoErr: &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}}
	want := result{2, "", "Can't initialize ipvs: Permission denied (you must be root)\n" +
		"Are you sure that IP Virtual Server is built in the kernel or as module?\n"}
	checkEqual(t, "-A", want, run(Run, k, nil, "ipvsadm -A -t 10.0.0.1:80"))
	checkEqual(t, "times opened and closed", [2]int{1, 1}, [2]int{k.opened, k.closed})
}

// TestOpenAgain: a kernel whose version could not be read is closed and not kept, so
// that the next command opens another one.
func TestOpenAgain(t *testing.T) {
	k := &scriptedKernel{infoErr: &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}}
	s := newSession("ipvsadm", Env{
		Names:      noNames{},
		OpenKernel: func(string) (Kernel, error) { k.opened++; return k, nil },
	})
	if _, err := s.open(); !errors.Is(err, syscall.EPERM) {
		t.Errorf("error %v, want EPERM", err)
	}
	checkEqual(t, "times opened and closed", [2]int{1, 1}, [2]int{k.opened, k.closed})

	k.infoErr = nil
	kernel, err := s.open()
	if err != nil || kernel == nil {
		t.Errorf("opened again: %v, %v", kernel, err)
	}
	checkEqual(t, "times opened and closed", [2]int{2, 1}, [2]int{k.opened, k.closed})
}

// TestRefusals has a text for every operation and number of the reference.
func TestRefusals(t *testing.T) {
	for line, answers := range map[string]map[syscall.Errno]string{
		"-A -t 10.0.0.1:80": {
			syscall.EEXIST: "Service already exists", syscall.ENOENT: "Scheduler or persistence engine not found",
			syscall.EPERM:  "Permission denied (you must be root)",
			syscall.EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
			syscall.ENOMEM: "Memory allocation problem", syscall.ENOPROTOOPT: "Protocol not available",
			syscall.EOPNOTSUPP:   "Operation not supported with IPv6",
			syscall.EAFNOSUPPORT: "Operation not supported with specified address family",
			syscall.EMSGSIZE:     "Module is wrong version", syscall.ERANGE: "Numerical result out of range",
			syscall.Errno(4000): "Unknown error 4000", syscall.ESRCH: "No such process",
		},
		"-E -t 10.0.0.1:80":             {syscall.ESRCH: "No such service", syscall.ENOENT: "Scheduler or persistence engine not found"},
		"-D -t 10.0.0.1:80":             {syscall.ESRCH: "No such service"},
		"-Z -t 10.0.0.1:80":             {syscall.ESRCH: "No such service"},
		"-a -t 10.0.0.1:80 -r 10.0.0.2": {syscall.ESRCH: "Service not defined", syscall.EEXIST: "Destination already exists"},
		"-e -t 10.0.0.1:80 -r 10.0.0.2": {syscall.ESRCH: "Service not defined", syscall.ENOENT: "No such destination"},
		"-d -t 10.0.0.1:80 -r 10.0.0.2": {syscall.ESRCH: "Service not defined", syscall.ENOENT: "No such destination"},
		"--start-daemon master":         {syscall.EEXIST: "Daemon has already run", syscall.ENODEV: "No such device"},
		"--stop-daemon backup":          {syscall.ESRCH: "No daemon is running"},
		"-C":                            {syscall.EBUSY: "Device or resource busy"},
	} {
		for errno, text := range answers {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{0: errno}}
			checkEqual(t, line, result{255, "", text + "\n"}, run(Run, k, nil, "ipvsadm "+line))
		}
	}
	k := &scriptedKernel{tableErr: &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}}
	checkEqual(t, "listing", result{1, "", "No such service\n"}, run(Run, k, nil, "ipvsadm -L -t 10.0.0.1:80"))
	checkEqual(t, "daemons", result{1, "", "Device or resource busy\n"}, run(Run, &scriptedKernel{}, nil, "ipvsadm -L --daemon"))
}

// TestStream: every refused line is told with its number, and the lines after it
// apply; a line at fault ends the stream.
func TestStream(t *testing.T) {
	stream := "# rules\n-A -t 10.0.0.1:80\n\nipvsadm -A -t 10.0.0.2:80 -s rr # why\n-D -t 10.0.0.3:80\n-L --timeout\n-C\n"
	added := []string{"-A -t 10.0.0.1:80 -s wlc", "-A -t 10.0.0.2:80 -s rr", "-D -t 10.0.0.3:80", "-C"}
	for name, test := range map[string]struct {
		stream   string
		rejectAt map[int]syscall.Errno
		want     result
		changes  []string
	}{
		"all well": {stream, nil, result{0, "Timeout (tcp tcpfin udp): 900 120 300\n", ""}, added},
		"two refused": {
			stream, map[int]syscall.Errno{0: syscall.EEXIST, 2: syscall.ESRCH},
			result{255, "Timeout (tcp tcpfin udp): 900 120 300\n", "line 2: Service already exists\nline 5: No such service\n"}, added,
		},
		"a fault ends it": {
			"-A -t 10.0.0.1:80\n-A -t x\n-C\n", nil,
			result{2, "", "line 2: illegal virtual server address[:port] specified\n"}, added[:1],
		},
		"the first status counts": {
			"-A -t 10.0.0.1:80\n-Aq\n-C\n", map[int]syscall.Errno{0: syscall.EEXIST},
			result{255, "", "line 1: Service already exists\nline 2: -Aq: unknown option\n"}, added[:1],
		},
		"no stream in a stream": {
			"-A -t 10.0.0.1:80\n-R\n-C\n", nil,
			result{255, "", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, added[:1],
		},
		"a listing that fails ends it": {
			"-A -t 10.0.0.1:80\n-L --daemon\n-C\n", nil,
			result{1, "", "line 2: Device or resource busy\n"}, added[:1],
		},
		"a version ends it": {"-v\n-C\n", nil, result{0, "ipvsadm v1.31 (ipvsadm-go 0.1.0, compiled with Go and IPVS v1.2.1)\n", ""}, nil},
		"output ends it": {"-A -t 10.0.0.1:80\n-S -n --output " + t.TempDir() + "/x\n-C\n", nil,
			result{2, "", "line 2: --output belongs to the invocation, not to a rule stream\n"}, added[:1]},
		"no newline at the end": {"-A -t 10.0.0.1:80", nil, result{}, added[:1]},
	} {
		k := &scriptedKernel{rejectAt: test.rejectAt}
		checkEqual(t, name, test.want, run(Run, k, strings.NewReader(test.stream), "ipvsadm -R"))
		checkEqual(t, name+": changes", test.changes, k.changes)
	}
}

// TestStreamIsGathered: rules that are at hand travel together, and none waits for
// more input.
func TestStreamIsGathered(t *testing.T) {
	k := &scriptedKernel{}
	var many strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&many, "-A -f %d\n", i+1)
	}
	checkEqual(t, "a file", result{}, run(Run, k, strings.NewReader(many.String()), "ipvsadm -R"))
	checkEqual(t, "changes", 3000, len(k.changes))
	if len(k.batches) > 12 {
		t.Errorf("%d batches for 3000 rules: %v", len(k.batches), k.batches)
	}

	k = &scriptedKernel{}
	in, out := io.Pipe()
	done := make(chan result)
	go func() { done <- run(Run, k, in, "ipvsadm -R") }()
	for i := range 3 {
		fmt.Fprintf(out, "-A -f %d\n", i+1)
		// The program comes back to read only when it has nothing left to do.
		fmt.Fprint(out, "\n")
		checkEqual(t, "a pipe", i+1, len(k.changes))
	}
	out.Close()
	checkEqual(t, "a pipe", result{}, <-done)
}

// TestRestoreWhole: a stream with a line at fault changes nothing, and every such
// line is told.
func TestRestoreWhole(t *testing.T) {
	long := strings.Repeat("x", 1<<20+1)
	for name, test := range map[string]struct {
		stream  string
		want    result
		changes []string
	}{
		"good": {"-A -t 10.0.0.1:80\n", result{}, []string{"-C", "-A -t 10.0.0.1:80 -s wlc"}},
		"bad": {"-A -f 1\n-A -f 0\n-A -f 2\n-q\n",
			result{2, "", "line 2: invalid fwmark value `0' specified\nline 4: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, nil},
		"cut off":         {"-A -f 1\n-A -t 10.0", result{2, "", "line 2: Zero port specified for non-persistent service\n"}, nil},
		"long":            {"-A -f 1\n" + long + "\n-A -f 2\n", result{2, "", "line 2: longer than 1048576 bytes\n"}, nil},
		"long at the end": {"-A -f 1\n" + long, result{2, "", "line 2: longer than 1048576 bytes\n"}, nil},
		"garbage": {"-A -f 1\n\x00\x01\xfe\xff -\x80\n",
			result{255, "", "line 2: Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"}, nil},
		"empty": {"", result{}, []string{"-C"}},
		"output": {"-A -f 1\n-S -n --output " + t.TempDir() + "/x\n",
			result{2, "", "line 2: --output belongs to the invocation, not to a rule stream\n"}, nil},
	} {
		k := &scriptedKernel{}
		checkEqual(t, name, test.want, run(Restore, k, strings.NewReader(test.stream), "ipvsadm-restore"))
		checkEqual(t, name+": changes", test.changes, k.changes)
	}
	k := &scriptedKernel{rejectAt: map[int]syscall.Errno{1: syscall.ENOENT}}
	checkEqual(t, "refused", result{255, "", "line 1: Scheduler or persistence engine not found\n"},
		run(Restore, k, strings.NewReader("-A -f 1 -s x\n-A -f 2\n"), "ipvsadm-restore"))
	checkEqual(t, "refused: changes", []string{"-C", "-A -f 1 -s x", "-A -f 2 -s wlc"}, k.changes)
	k = &scriptedKernel{}
	checkEqual(t, "unknown option", result{1, "", restoreUsage + "\n"}, run(Restore, k, strings.NewReader(""), "ipvsadm-restore --frob"))
	checkEqual(t, "unknown option: changes", []string(nil), k.changes)
	checkEqual(t, "a folder", result{1, "", "Can't read: Is a directory\n"}, run(Restore, k, folder(t), "ipvsadm-restore"))
}

// folder is standard input that cannot be read.
func folder(t *testing.T) io.Reader {
	t.Helper()
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestSaveProgram: the options of ipvsadm-save.
func TestSaveProgram(t *testing.T) {
	k := &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{{Service: ipvs.Service{ID: ipvs.MarkService(5, ipvs.IPv4), Scheduler: "rr"}}}}}
	rules := "-A -f 5 -s rr\n"
	for line, want := range map[string]result{
		"ipvsadm-save":     {0, rules, ""},
		"ipvsadm-save -n":  {0, rules, ""},
		"ipvsadm-save foo": {1, "", saveUsage + "\n"},
		"ipvsadm-save -x":  {1, "", saveUsage + "\n"},
		"ipvsadm-save -nn": {1, "", saveUsage + "\n"},
	} {
		checkEqual(t, line, want, run(Save, k, nil, line))
	}
}

// failing is a standard output that takes a few bytes.
type failing struct {
	room int
	err  error
}

func (w *failing) Write(b []byte) (int, error) {
	n := min(len(b), w.room)
	w.room -= n
	if n < len(b) {
		return n, w.err
	}
	return n, nil
}

// TestLostOutput: a listing that cannot be written says so, unless its reader
// chose to leave.
func TestLostOutput(t *testing.T) {
	for err, want := range map[error]result{
		syscall.ENOSPC: {1, "", "Can't write: No space left on device\n"},
		syscall.EBADF:  {1, "", "Can't write: Bad file descriptor\n"},
		syscall.EPIPE:  {StatusReaderLeft, "", ""},
	} {
		var errs bytes.Buffer
		k := &scriptedKernel{conns: make([]ipvs.Connection, 3000)}
		env := Env{Stdout: &failing{100, err}, Stderr: &errs, Names: noNames{}, OpenKernel: func(string) (Kernel, error) { return k, nil }}
		for _, line := range []string{"ipvsadm -Ln", "ipvsadm -Lnc", "ipvsadm -Lc", "ipvsadm -h"} {
			errs.Reset()
			env.Stdout = &failing{20, err}
			status := Run(strings.Fields(line), env)
			checkEqual(t, line, want, result{status, "", errs.String()})
		}
	}
}

// FuzzStream feeds any bytes to ipvsadm-restore: what --check finds bad changes
// nothing, and names lines; what it finds good is applied after a clear.
func FuzzStream(f *testing.F) {
	for _, s := range []string{
		"-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r [::1]:9 -i\n", "# x\n\r\n-C\n--set 1 2 3", "-L\n-S --all\n-v\n-A -f 1\n",
		"-A -f 1 --netns x\n", "-R\n", "-E -f 1 --keep -w 3\n-d -f 1 -r 1.1.1.1 --drain 0\n", "\x00\n\xff -A\x00 -f 1", "-Z -6\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		checked := run(Restore, nil, bytes.NewReader(stream), "ipvsadm-restore --check")
		k := &scriptedKernel{}
		restored := run(Restore, k, bytes.NewReader(stream), "ipvsadm-restore")
		if checked.Stdout != "" || (checked.Status == 0) != (checked.Stderr == "") {
			t.Fatalf("--check: %+v", checked)
		}
		switch {
		case checked.Status != 0:
			if k.opened != 0 || restored != checked {
				t.Fatalf("restored although it is bad: %+v, %+v", checked, restored)
			}
			for line := range strings.Lines(checked.Stderr) {
				if !strings.HasPrefix(line, "line ") && line != "\n" {
					t.Fatalf("no line named: %q", checked.Stderr)
				}
			}
		case len(k.changes) == 0 || k.changes[0] != "-C":
			t.Fatalf("not cleared: %q", k.changes)
		}
	})
}
