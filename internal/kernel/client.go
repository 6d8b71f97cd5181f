// Package kernel is the only door to Linux: it speaks the generic netlink
// protocol of IPVS, reads the two files of IPVS in the proc file system, and has
// the module loaded when it is absent. It gives and takes the types of package
// ipvs; what byte order and layout the kernel wants is known here alone.
//
// A Client answers for one network namespace, that of Options.NetNS or of the
// thread which opened it, and is not made for use by several goroutines at a time
// (but for Prepare).
package kernel

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/mdlayher/netlink"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// Client is a connection to IPVS in the kernel: one socket, one question at a
// time. Make one with Open.
type Client struct {
	ch     channel
	family uint16        // the type of all messages to and from IPVS
	seq    atomic.Uint32 // of the last message

	in       inbox
	out      encoder   // the request to send, kept for its memory
	encoders sync.Pool // of *encoder, for batches
	known    words     // names of schedulers and engines
	info     *ipvs.Info
	reserved bool
	ns       *netNS
	proc     string // the folder with ip_vs and ip_vs_conn
}

// procNet is what the kernel shows of the network namespace of the thread that
// opens it. (/proc/net is that of the process's first thread.)
const procNet = "/proc/thread-self/net"

func newClient(ch channel, family uint16) *Client {
	return &Client{ch: ch, family: family, proc: procNet}
}

// openProc opens a file of the proc file system in the Client's namespace, to
// which it belongs from then on.
func (c *Client) openProc(name string) (f *os.File, err error) {
	err = c.ns.do(func() error {
		f, err = os.Open(c.proc + "/" + name)
		return err
	})
	return f, err
}

// Close ends the connection. The Client is of no use afterwards.
func (c *Client) Close() error { return errors.Join(c.ch.close(), c.ns.close()) }

// Info asks for the version of IPVS and the size of its connection table. It is
// the first request of the reference program whatever the command, and so the
// one that finds out about privilege: without CAP_NET_ADMIN it is *ipvs.Error
// with ReadInfo and EPERM. The answer is kept; asking again costs nothing.
func (c *Client) Info() (ipvs.Info, error) {
	if c.info != nil {
		return *c.info, nil
	}
	info, err := ask(c, ipvs.ReadInfo, cmdGetInfo, nil, decodeInfo)
	if err != nil {
		return ipvs.Info{}, err
	}
	c.info = &info
	return info, nil
}

// Timeouts asks for the timeouts of connections. An error of the kernel is
// *ipvs.Error with ReadTimeouts.
func (c *Client) Timeouts() (ipvs.Timeouts, error) {
	return ask(c, ipvs.ReadTimeouts, cmdGetConfig, nil, decodeTimeouts)
}

// Daemons lists the running sync daemons: none, one, or a master and a backup,
// in this order. An error of the kernel is *ipvs.Error with ReadDaemons.
func (c *Client) Daemons() ([]ipvs.Daemon, error) {
	var daemons []ipvs.Daemon
	err := c.dump(ipvs.ReadDaemons, cmdGetDaemon, nil, func() { daemons = nil }, func(b []byte) error {
		d, err := decodeDaemon(b)
		daemons = append(daemons, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return daemons, nil
}

// ask sends one request and decodes the one message that answers it. It does not
// ask for an acknowledgement as well, as the reference program does: that would
// be a second datagram to receive.
func ask[T any](c *Client, op ipvs.Op, cmd command, body func(*encoder), decode func([]byte) (T, error)) (answer T, err error) {
	seq, err := c.request(0, cmd, body)
	if err != nil {
		return answer, refusal(op, err)
	}
	m, err := c.reply(seq)
	if err != nil {
		return answer, refusal(op, err)
	}
	b, err := m.payload()
	if err == nil {
		answer, err = decode(b)
	}
	return answer, refusal(op, err)
}

// reserveSeqs gives the first of n sequence numbers that no other message has.
func (c *Client) reserveSeqs(n uint32) (first uint32) { return c.seq.Add(n) - n + 1 }

// request sends one request and gives its sequence number. Answers to earlier ones
// are forgotten.
func (c *Client) request(flags netlink.HeaderFlags, cmd command, body func(*encoder)) (seq uint32, err error) {
	seq = c.reserveSeqs(1)
	c.out.b = c.out.b[:0]
	if err := c.appendRequest(&c.out, seq, flags, cmd, body); err != nil {
		return seq, err
	}
	c.in.forget()
	return seq, c.ch.sendRead(c.out.b)
}

// reply waits for the next message that answers the request of this number. An error
// message is returned as its errno; a bare acknowledgement, where an answer was
// asked for, is malformed.
func (c *Client) reply(seq uint32) (message, error) {
	for range maxStrays {
		m, err := c.in.next(c.ch, true)
		switch {
		case err != nil:
			return message{}, err
		case m.Sequence != seq:
			continue // late for a request before
		case m.Type != netlink.Error:
			return m, nil
		}
		if err := m.status(); err != nil {
			return message{}, err
		}
		break
	}
	return message{}, errMalformed
}

// refusal makes the error of a request that reads: *ipvs.Error where there is an
// error number, which the kernel's refusals and all errors of the socket have. No such
// request has ENOENT of IPVS: netlink itself says that there is no such family
// (genl_rcv_msg of net/netlink/genetlink.c), and the module has gone. That is
// ENOPROTOOPT here, as in Open.
func refusal(op ipvs.Op, err error) error {
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

// errnoOf is the error number that err wraps; EIO when there is none.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}
