// Package kernel is the client of IPVS in the Linux kernel: it sends changes and queries
// by generic netlink, reads the files of IPVS in the proc file system, and loads the
// module when it is absent. It takes and returns the types of package ipvs; the byte
// order and layout that the kernel wants are known here alone.
//
// A Client works in one network namespace, that of Options.NetNS or of the thread which
// opened it, and is not for use by several goroutines at once (except Prepare).
package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/netns"
)

// Client is a connection to IPVS in the kernel. Make one with Open.
type Client struct {
	requester
	// openConn opens another connection like that of the requester. Nil is none.
	openConn func() (*genl.Conn, error)
	// longLists is another connection, nil until it is needed.
	longLists *requester

	names     interner // of schedulers and persistence engines
	info      *ipvs.Info
	ns        *netns.Namespace
	proc      string // the folder with ip_vs, ip_vs_conn and ip_vs_status
	statusErr error  // why ip_vs_status cannot be read
	clock     *counterClock

	// The following are replaced by tests.
	counter  func() serviceCounter
	now      func() time.Time
	sleep    func(time.Duration)
	onReread func()
}

// procNet is the folder of the proc file system for the network namespace of the thread
// that opens it. (/proc/net is that of the process's first thread.)
const procNet = "/proc/thread-self/net"

func newClient(conn *genl.Conn, family uint16) *Client {
	c := &Client{requester: requester{conn, family}, proc: procNet, now: time.Now, sleep: time.Sleep, onReread: func() {}}
	c.counter = func() serviceCounter { return newKernelCounter(c) }
	return c
}

// openProc opens a file of the proc file system in the Client's namespace, to which it
// belongs from then on. The runtime is not asked to wait for such files, as os.Open does
// with four system calls: they have nothing to wait for.
func (c *Client) openProc(name string) (f *os.File, err error) {
	path := c.proc + "/" + name
	err = c.ns.Do(func() error {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		for errors.Is(err, unix.EINTR) {
			fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			return &fs.PathError{Op: "open", Path: path, Err: err}
		}
		f = os.NewFile(uintptr(fd), path)
		return nil
	})
	return f, err
}

// Close closes all connections.
func (c *Client) Close() error {
	if c.clock != nil {
		c.clock.close()
	}
	var err error
	if c.longLists != nil {
		err = c.longLists.conn.Close()
	}
	return errors.Join(err, c.conn.Close(), c.ns.Close())
}

// Info reads the version of IPVS and the size of its connection table. It is the first
// request of the reference program whatever the command, and so the one that meets a
// lack of privilege: without CAP_NET_ADMIN the error is *ipvs.Error with ReadInfo and
// EPERM. The answer is cached until Refresh.
func (c *Client) Info() (ipvs.Info, error) {
	if c.info != nil {
		return *c.info, nil
	}

	info, err := get(c, ipvs.ReadInfo, cmdGetInfo, nil, decodeInfo)
	if err != nil {
		return ipvs.Info{}, err
	}
	c.info = &info
	return info, nil
}

// Refresh makes the next Info read the size of the connection table again.
func (c *Client) Refresh() { c.info = nil }

// Timeouts reads the timeouts of connections. An error of the kernel is *ipvs.Error with
// ReadTimeouts.
func (c *Client) Timeouts() (ipvs.Timeouts, error) {
	return get(c, ipvs.ReadTimeouts, cmdGetConfig, nil, decodeTimeouts)
}

// Daemons lists the running sync daemons: none, one, or a master and a backup, in this
// order. An error of the kernel is *ipvs.Error with ReadDaemons.
func (c *Client) Daemons() ([]ipvs.Daemon, error) {
	var daemons []ipvs.Daemon
	reset := func() { daemons = nil }
	_, err := c.dump(ipvs.ReadDaemons, cmdGetDaemon, nil, reset, func(b []byte) error {
		d, err := decodeDaemon(b)
		daemons = append(daemons, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return daemons, nil
}

// get sends a request that is answered by one message, and decodes the answer.
func get[T any](c *Client, op ipvs.Op, cmd command, body func(*genl.Encoder), decode func([]byte) (T, error)) (answer T, err error) {
	b, err := c.conn.Get(c.request(cmd, body))
	if err == nil {
		answer, err = decode(b)
	}
	return answer, newReadError(op, err)
}

// newReadError returns the error of a request that reads, nil for nil: *ipvs.Error if
// there is an errno, as in all rejections by the kernel and all errors of the socket. For
// such a request, IPVS itself has no ENOENT: netlink has it when there is no such family
// (genl_rcv_msg of net/netlink/genetlink.c), because the module has gone. That is
// ENOPROTOOPT here, as in Open.
func newReadError(op ipvs.Op, err error) error {
	if err == nil {
		return nil
	}

	var errno syscall.Errno
	if errors.As(err, &errno) {
		if errno == syscall.ENOENT {
			errno = syscall.ENOPROTOOPT
		}
		return &ipvs.Error{Op: op, Errno: errno}
	}
	return fmt.Errorf("%v: %w", op, err)
}

// errnoOf returns the errno that err wraps, EIO if there is none.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}
