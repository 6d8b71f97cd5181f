package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// noIPVS is the report of a kernel without IPVS.
const noIPVS = "Can't initialize ipvs: Protocol not available\n" +
	"Are you sure that IP Virtual Server is built in the kernel or as module?\n"

// TestNoKernel checks that usage errors, -h and -v need no kernel, and that all other
// commands report that there is none.
func TestNoKernel(t *testing.T) {
	for _, test := range []struct {
		name, line, stdin string
		want              result
	}{
		{"no arguments", "", "", result{2, "", noIPVS}},
		{"no command", "ipvsadm", "", result{2, "", noIPVS}},
		{"list", "ipvsadm -Ln", "", result{2, "", noIPVS}},
		{"list connections", "ipvsadm -Lnc", "", result{2, "", noIPVS}},
		{"list timeouts", "ipvsadm -L --timeout", "", result{2, "", noIPVS}},
		{"list daemons", "ipvsadm -L --daemon", "", result{2, "", noIPVS}},
		{"save", "ipvsadm -Sn", "", result{2, "", noIPVS}},
		{"clear", "ipvsadm -C", "", result{2, "", noIPVS}},
		{"empty stream", "ipvsadm -R", "", result{2, "", noIPVS}},
		{"stream", "ipvsadm -R", "-A -t 10.0.0.1:80\n-q\n", result{2, "", noIPVS}},
		{"unknown option", "/sbin/lvs -q", "", result{255, "", "Try `/sbin/lvs -h' or '/sbin/lvs --help' for more information.\n"}},
		{"bad value", "ipvsadm -A -t 10.0.0.1", "", result{2, "", "Zero port specified for non-persistent service\n"}},
		{"options in the wrong order", "ipvsadm -A -6", "", result{2, "", "-6 used before -f\n\n"}},
		{"unexpected argument", "ipvsadm -A -t 10.0.0.1:80 -", "", result{2, "", "unexpected argument -\n"}},
	} {
		t.Run(test.name, func(t *testing.T) { checkEqual(t, "result", test.want, run(nil, test.stdin, test.line)) })
	}

	t.Run("help", func(t *testing.T) {
		if r := run(nil, "", "ipvsadm -h"); r.Status != 0 || r.Stderr != "" || !strings.HasPrefix(r.Stdout, "ipvsadm v1.31 ") {
			t.Errorf("%+v", r)
		}
	})
}

// TestNoPrivilege checks what is reported where the user may not use IPVS.
func TestNoPrivilege(t *testing.T) {
	k := &scriptedKernel{infoErr: &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}}
	want := result{2, "", "Can't initialize ipvs: Permission denied (you must be root)\n" +
		"Are you sure that IP Virtual Server is built in the kernel or as module?\n"}
	checkEqual(t, "result", want, run(k, "", "ipvsadm -A -t 10.0.0.1:80"))
	checkEqual(t, "times opened and closed", [2]int{1, 1}, [2]int{k.opened, k.closed})
}

// TestOpenAgain checks that a kernel whose version could not be read is closed and not
// kept, so that the next command opens another one.
func TestOpenAgain(t *testing.T) {
	k := &scriptedKernel{infoErr: &ipvs.Error{Op: ipvs.ReadInfo, Errno: syscall.EPERM}}
	s := newSession("ipvsadm", Env{Names: noNames{}, OpenKernel: openKernel(k)})
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

// TestRejectedChange checks the texts for the errors of each operation.
func TestRejectedChange(t *testing.T) {
	const add, edit, remove, zero = "-A -t 10.0.0.1:80", "-E -t 10.0.0.1:80", "-D -t 10.0.0.1:80", "-Z -t 10.0.0.1:80"
	const addServer, editServer, removeServer = "-a -t 10.0.0.1:80 -r 10.0.0.2", "-e -t 10.0.0.1:80 -r 10.0.0.2", "-d -t 10.0.0.1:80 -r 10.0.0.2"
	for _, test := range []struct {
		line  string
		errno syscall.Errno
		text  string
	}{
		{add, syscall.EEXIST, "Service already exists"},
		{add, syscall.ENOENT, "Scheduler or persistence engine not found"},
		{add, syscall.EPERM, "Permission denied (you must be root)"},
		{add, syscall.EINVAL, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
		{add, syscall.ENOMEM, "Memory allocation problem"},
		{add, syscall.ENOPROTOOPT, "Protocol not available"},
		{add, syscall.EOPNOTSUPP, "Operation not supported with IPv6"},
		{add, syscall.EAFNOSUPPORT, "Operation not supported with specified address family"},
		{add, syscall.EMSGSIZE, "Module is wrong version"},
		{add, syscall.ERANGE, "Numerical result out of range"},
		{add, syscall.Errno(4000), "Unknown error 4000"},
		{add, syscall.ESRCH, "No such process"},
		{edit, syscall.ESRCH, "No such service"},
		{edit, syscall.ENOENT, "Scheduler or persistence engine not found"},
		{remove, syscall.ESRCH, "No such service"},
		{zero, syscall.ESRCH, "No such service"},
		{addServer, syscall.ESRCH, "Service not defined"},
		{addServer, syscall.EEXIST, "Destination already exists"},
		{editServer, syscall.ESRCH, "Service not defined"},
		{editServer, syscall.ENOENT, "No such destination"},
		{removeServer, syscall.ESRCH, "Service not defined"},
		{removeServer, syscall.ENOENT, "No such destination"},
		{"--start-daemon master", syscall.EEXIST, "Daemon has already run"},
		{"--start-daemon master", syscall.ENODEV, "No such device"},
		{"--stop-daemon backup", syscall.ESRCH, "No daemon is running"},
		{"-C", syscall.EBUSY, "Device or resource busy"},
	} {
		t.Run(fmt.Sprintf("%s: error %d", test.line, test.errno), func(t *testing.T) {
			k := &scriptedKernel{rejectAt: map[int]syscall.Errno{0: test.errno}}
			checkEqual(t, "result", result{255, "", test.text + "\n"}, run(k, "", "ipvsadm "+test.line))
		})
	}
}

// TestReadError checks the texts for what cannot be read of the kernel. The output is
// what was read before.
func TestReadError(t *testing.T) {
	open := func(errno error) *scriptedKernel {
		return &scriptedKernel{connectionsErr: &fs.PathError{Op: "open", Path: "/proc/thread-self/net/ip_vs_conn", Err: errno}}
	}
	service := &scriptedKernel{tableErr: &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}}
	timeouts := &scriptedKernel{timeoutsErr: syscall.EBADMSG}
	daemons := &scriptedKernel{daemonsErr: syscall.EBUSY}
	daemons.table.Entries = []ipvs.Entry{{Service: ipvs.Service{ID: ipvs.MarkService(5, ipvs.IPv4), Scheduler: "rr"}}}
	broken := &scriptedKernel{connectionErr: fmt.Errorf("read f: %w", &fs.PathError{Op: "read", Path: "f", Err: syscall.EIO})}
	const titles = "IPVS connection entries\npro expire state       source             virtual            destination\n"
	for _, test := range []struct {
		name   string
		kernel *scriptedKernel
		line   string
		want   result
	}{
		{"no service", service, "ipvsadm -L -t 10.0.0.1:80", result{1, "", "No such service\n"}},
		{"daemons", daemons, "ipvsadm -L --daemon", result{1, "", "Device or resource busy\n"}},
		{"daemons, to save them", daemons, "ipvsadm -S --all", result{1, "", "Device or resource busy\n"}},
		{"daemons, to save them as JSON", daemons, "ipvsadm -S --all --json", result{1, "", "Device or resource busy\n"}},
		{"timeouts", timeouts, "ipvsadm -L --timeout", result{1, "", "Bad message\n"}},
		{"timeouts, to save them", timeouts, "ipvsadm-save --all", result{1, "", "Bad message\n"}},
		{"no connections", open(syscall.ENOENT), "ipvsadm -Lnc", result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"no connections, with names", open(syscall.ENOENT), "ipvsadm -Lc", result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"no connections, as JSON", open(syscall.ENOENT), "ipvsadm -Lnc --json", result{1, "", "cannot open file /proc/net/ip_vs_conn\n"}},
		{"connections", open(syscall.EMFILE), "ipvsadm -Lnc", result{1, "", "cannot open file /proc/net/ip_vs_conn: Too many open files\n"}},
		{"a connection", broken, "ipvsadm -Lnc", result{1, titles, "Input/output error\n"}},
		{"a connection, as JSON", broken, "ipvsadm -Lnc --json", result{1, "{\"connections\":[]}\n", "Input/output error\n"}},
	} {
		t.Run(test.name, func(t *testing.T) { checkEqual(t, "result", test.want, run(test.kernel, "", test.line)) })
	}
}

// TestWriteError checks that output which cannot be written is reported, unless its
// reader left.
func TestWriteError(t *testing.T) {
	for _, test := range []struct {
		err  error
		want result
	}{
		{syscall.ENOSPC, result{1, "", "Can't write: No space left on device\n"}},
		{syscall.EBADF, result{1, "", "Can't write: Bad file descriptor\n"}},
		{syscall.EPIPE, result{StatusReaderLeft, "", ""}},
	} {
		for _, line := range []string{"ipvsadm -Ln", "ipvsadm -Lnc", "ipvsadm -Lc", "ipvsadm -h"} {
			t.Run(test.err.Error()+" "+line, func(t *testing.T) {
				k := &scriptedKernel{connections: make([]ipvs.Connection, 3000)}
				env := Env{Stdout: &failingWriter{accept: 20, err: test.err}, OpenKernel: openKernel(k)}
				checkEqual(t, "result", test.want, runEnv(env, line))
			})
		}
	}
}

// TestSaveOptions checks which words ipvsadm-save accepts.
func TestSaveOptions(t *testing.T) {
	k := &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{{Service: ipvs.Service{ID: ipvs.MarkService(5, ipvs.IPv4), Scheduler: "rr"}}}}}
	const rules = "-A -f 5 -s rr\n"
	for line, want := range map[string]result{
		"ipvsadm-save":     {0, rules, ""},
		"ipvsadm-save -n":  {0, rules, ""},
		"ipvsadm-save foo": {statusBadUsage, "", saveUsage + "\n"},
		"ipvsadm-save -x":  {statusBadUsage, "", saveUsage + "\n"},
		"ipvsadm-save -nn": {statusBadUsage, "", saveUsage + "\n"},
	} {
		t.Run(line, func(t *testing.T) { checkEqual(t, "result", want, run(k, "", line)) })
	}
}
