package kernel

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// channel carries whole datagrams to the kernel and back. It is the seam at
// which tests play a kernel.
type channel interface {
	// sendChanges sends a datagram of changes to the kernel. When it returns, the
	// kernel has handled all of it, and the answers are queued; an error means that
	// the kernel has seen none of it.
	sendChanges(datagram []byte) error
	// sendRead sends a request that only reads, in the same way. It can do so
	// faster, because the kernel handles it in no time.
	sendRead(datagram []byte) error
	// receive puts the next queued datagram into b and gives its length, which
	// is greater than that of b when it did not fit. With nothing queued it
	// fails with EAGAIN, or if asked to wait, after a while with ETIMEDOUT.
	// ENOBUFS says that answers were lost for want of room in the queue: those
	// which are still there can be received, none of a later one.
	receive(b []byte, wait bool) (int, error)
	// reserve makes room for the answers to a full batch of changes.
	reserve() error
	close() error
}

// receiveTimeout is how long receive waits. The kernel queues the answers before the
// send returns, so receive finds them there; the limit keeps a fault from becoming a
// hang.
const receiveTimeout = 10 * time.Second

// socket is the channel to the real kernel: a socket that package netlink made.
// It receives without that package, which peeks before each receive, reads on to
// the end of a dump, and drops the sequence number of an error.
type socket struct {
	conn *genetlink.Conn
	raw  syscall.RawConn
}

// dial opens a generic netlink socket. Package netlink panics when the variable
// NLDEBUG of the environment is not to its taste; here that is an error with
// EINVAL.
func dial() (s *socket, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v: %w", p, syscall.EINVAL)
		}
	}()
	// A fixed buffer for the one exchange by which the family is looked up saves
	// the peek there, too.
	conn, err := genetlink.Dial(&netlink.Config{MessageBufferSize: receiveSize()})
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &socket{conn: conn, raw: raw}, nil
}

func (s *socket) sendChanges(datagram []byte) error { return s.send(datagram, sendChanges) }

func (s *socket) sendRead(datagram []byte) error { return s.send(datagram, sendRead) }

// send sends a datagram by one of the two system calls.
func (s *socket) send(datagram []byte, call func(uintptr, []byte) error) error {
	var err error
	werr := s.raw.Write(func(fd uintptr) bool {
		err = ignoringEINTR(func() error { return call(fd, datagram) })
		return !errors.Is(err, unix.EAGAIN)
	})

	return errors.Join(werr, err)
}

func (s *socket) receive(b []byte, wait bool) (int, error) {
	n, err := s.receiveNow(b)
	if !wait || !errors.Is(err, unix.EAGAIN) {
		return n, err
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(receiveTimeout)); err != nil {
		return 0, err
	}
	rerr := s.raw.Read(func(fd uintptr) bool {
		n, err = receiveFrom(fd, b)
		return !errors.Is(err, unix.EAGAIN)
	})
	if errors.Is(rerr, os.ErrDeadlineExceeded) {
		return 0, unix.ETIMEDOUT
	}
	return n, errors.Join(rerr, err)
}

// receiveNow receives what is queued, and does not wait.
func (s *socket) receiveNow(b []byte) (n int, err error) {
	rerr := s.raw.Control(func(fd uintptr) { n, err = receiveFrom(fd, b) })
	if rerr != nil {
		return 0, rerr
	}
	return n, err
}

// receiveFrom is one system call for one datagram of the kernel. What another
// process sent (its address has a port other than 0) counts as nothing.
func receiveFrom(fd uintptr, b []byte) (n int, err error) {
	for {
		var port uint32
		err = ignoringEINTR(func() error {
			n, port, err = recvfrom(fd, b)
			return err
		})
		if err != nil {
			return 0, err
		}
		if port == 0 {
			return n, nil
		}
	}
}

// ignoringEINTR calls fn until no signal interrupts it.
func ignoringEINTR(fn func() error) error {
	for {
		if err := fn(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// bufferSize is asked for both directions of a socket that carries batches: the
// kernel counts up to a kilobyte for an answer of 36 bytes, and doubles what it
// is asked for.
const bufferSize = 1 << 20

func (s *socket) reserve() error {
	// Errors then quote the header of the request in the place of all of it.
	if err := s.conn.SetOption(netlink.CapAcknowledge, true); err != nil {
		return fmt.Errorf("shorten acknowledgements: %w", err)
	}
	if err := s.conn.SetReadBuffer(bufferSize); err != nil {
		return fmt.Errorf("enlarge the receive buffer: %w", err)
	}
	return nil
}

func (s *socket) close() error { return s.conn.Close() }
