package kernel

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// Options are how to reach the kernel. The zero value is the caller's own network
// namespace, and no output of modprobe.
type Options struct {
	// NetNS is the network namespace to work in: a name as in ip-netns(8), the ID of
	// a process, or, if there is a slash in it, a path. Digits that are a name and the
	// ID of a process in another namespace are an error. Empty is the namespace of the
	// calling thread.
	NetNS string
	// ModprobeOutput is where modprobe writes why it cannot load the module. Nil drops
	// that. The process gets an *os.File as it is.
	ModprobeOutput io.Writer
	// NoModprobe leaves an absent module absent.
	NoModprobe bool
	// Reread, if it is not nil, is called whenever a table is read again because it
	// changed while it was read. Tests count that.
	Reread func()
}

// Open connects to the IPVS of the running kernel. It makes one request, for the number
// of the generic netlink family, which needs no privilege; without CAP_NET_ADMIN all
// others, Info the first of them, are rejected with EPERM.
//
// When the kernel has no such family, Open loads the module by one run of /sbin/modprobe,
// and asks again. If the family is still absent, the error wraps the errno that the
// reference program prints: EPERM for a caller without privilege, else ENOPROTOOPT. All
// errors of Open wrap an errno, except netns.ErrNotNetNS and netns.ErrAmbiguous; if the namespace
// cannot be used, the error is *netns.Error.
func Open(opts Options) (*Client, error) {
	ns, err := netns.Open(opts.NetNS)
	if err != nil {
		return nil, err
	}

	open := func() (*genl.Conn, error) { return openConn(ns) }
	conn, family, err := connect(open, opts)
	if err != nil {
		_ = ns.Close()
		return nil, err
	}

	c := newClient(conn, family)
	c.ns, c.openConn = ns, open
	if opts.Reread != nil {
		c.onReread = opts.Reread
	}
	return c, nil
}

// openConn opens a connection in the namespace.
func openConn(ns *netns.Namespace) (*genl.Conn, error) {
	var s *genl.Socket
	err := ns.Do(func() (err error) {
		s, err = genl.OpenSocket()
		return err
	})
	var nsErr *netns.Error
	if errors.As(err, &nsErr) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("open a netlink socket: %w", err)
	}
	return genl.New(s), nil
}

// connect opens a connection, and looks the family up.
func connect(open func() (*genl.Conn, error), opts Options) (*genl.Conn, uint16, error) {
	conn, err := open()
	if err != nil {
		return nil, 0, err
	}

	family, err := lookUpFamily(
		func() (uint16, error) { return conn.LookUp(familyName) },
		func() error {
			if opts.NoModprobe {
				return errNoModprobe
			}
			return modprobe(opts.ModprobeOutput)
		},
	)
	if err != nil {
		_ = conn.Close()
		return nil, 0, err
	}
	return conn, family, nil
}

// errNoModprobe is the error of loading the module where that is not wanted.
var errNoModprobe = errors.New("not to be loaded")

// lookUpFamily looks the family up by ask. If it is absent, it loads the module once and
// asks again.
func lookUpFamily(ask func() (uint16, error), load func() error) (uint16, error) {
	id, err := ask()
	if err == nil {
		return id, nil
	}

	if errors.Is(err, fs.ErrNotExist) {
		if load() == nil {
			id, err = ask()
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = newAbsenceError()
		}
	}
	if err != nil {
		return 0, fmt.Errorf("look up the netlink family %s: %w", familyName, err)
	}
	return id, nil
}

// newAbsenceError returns the error of the reference program where IPVS is absent: it
// falls back on a socket option of older kernels, by a raw socket, which an ordinary user
// may not open, and on which the option is then unknown.
func newAbsenceError() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	_ = unix.Close(fd)
	return syscall.ENOPROTOOPT
}

// modprobePath is the only program that this package starts.
const modprobePath = "/sbin/modprobe"

// modprobe loads the module.
func modprobe(output io.Writer) error {
	if err := modprobeCommand(output).Run(); err != nil {
		return fmt.Errorf("load the module ip_vs: %w", err)
	}
	return nil
}

// modprobeCommand returns the command, with the environment that the kernel gives to the
// modprobe which it starts by itself (kernel/module/kmod.c). It has nothing of the
// caller's environment: it may run as root for a user who is not.
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
