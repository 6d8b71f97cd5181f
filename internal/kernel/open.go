package kernel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// Options say how to reach the kernel. The zero value is the caller's own
// network namespace, and no output of modprobe.
type Options struct {
	// NetNS is the network namespace to work in: a name as in ip-netns(8), the ID of
	// a process, or, if there is a slash in it, a path. Digits that are a name and the
	// ID of a process in another namespace are an error. Empty is the namespace of the
	// calling thread.
	NetNS string
	// ModprobeOutput receives what modprobe says when it cannot load the
	// module. Nil drops it. An *os.File is handed over as it is.
	ModprobeOutput io.Writer
}

// Open connects to the IPVS of the running kernel. It makes one request, for the
// number of the generic netlink family, which needs no privilege; every other
// request, Info the first of them, is refused with EPERM without CAP_NET_ADMIN.
//
// When the kernel has no such family, the module is loaded by one run of
// /sbin/modprobe, and the family looked up once more. If it is still not there,
// the error wraps the errno that the reference program prints: EPERM for a
// caller without privilege, else ENOPROTOOPT. All errors of Open wrap an errno, but
// for ErrNotNetNS; a namespace that cannot be had is *NetNSError.
func Open(opts Options) (*Client, error) {
	ns, err := openNetNS(opts.NetNS)
	if err != nil {
		return nil, err
	}
	s, id, err := connect(ns, opts)
	if err != nil {
		_ = ns.close()
		return nil, err
	}
	c := newClient(s, id)
	c.ns = ns
	return c, nil
}

// connect opens a socket in the namespace, and finds the family.
func connect(ns *netNS, opts Options) (s *socket, family uint16, err error) {
	err = ns.do(func() error {
		s, err = dial()
		return err
	})
	var nsErr *NetNSError
	if errors.As(err, &nsErr) {
		return nil, 0, err
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open a netlink socket: %w", err)
	}
	family, err = lookUpFamily(s.familyID, func() error { return modprobe(opts.ModprobeOutput) })
	if err != nil {
		_ = s.close()
		return nil, 0, err
	}
	return s, family, nil
}

// errNoFamily is the kernel's answer when it has no family of that name.
var errNoFamily = fs.ErrNotExist

// familyID asks the kernel for the number of the family.
func (s *socket) familyID() (uint16, error) {
	f, err := s.conn.GetFamily(familyName)
	return f.ID, err
}

// lookUpFamily finds the family by ask, loading the module once in between when
// it is absent.
func lookUpFamily(ask func() (uint16, error), load func() error) (uint16, error) {
	id, err := ask()
	if err == nil {
		return id, nil
	}
	if errors.Is(err, errNoFamily) {
		if load() == nil {
			id, err = ask()
		}
		if errors.Is(err, errNoFamily) {
			err = absenceError()
		}
	}
	if err != nil {
		return 0, fmt.Errorf("look up the netlink family %s: %w", familyName, err)
	}
	return id, nil
}

// absenceError is why IPVS is not there, as the reference program has it: it
// falls back on a socket option of older kernels, by a raw socket, which an
// ordinary user may not open, and on which the option is then unknown.
func absenceError() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return syscall.ENOPROTOOPT
}

// modprobePath is the one program that this package ever starts.
const modprobePath = "/sbin/modprobe"

// modprobe loads the module.
func modprobe(output io.Writer) error {
	if err := modprobeCommand(output).Run(); err != nil {
		return fmt.Errorf("load the module ip_vs: %w", err)
	}
	return nil
}

// modprobeCommand gets the environment that the kernel gives to the modprobe it
// starts by itself (kernel/module/kmod.c), nothing of the caller's: it may run as
// root for a user who is not.
func modprobeCommand(output io.Writer) *exec.Cmd {
	return &exec.Cmd{
		Path:   modprobePath,
		Args:   []string{modprobePath, "--", "ip_vs"},
		Env:    []string{"HOME=/", "TERM=linux", "PATH=/sbin:/usr/sbin:/bin:/usr/bin"},
		Dir:    "/",
		Stdout: output,
		Stderr: output,
	}
}
