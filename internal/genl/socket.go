package genl

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

// Channel carries whole datagrams to the kernel and back. It is the seam at which tests
// play a kernel.
type Channel interface {
	// Send sends a datagram to the kernel. When it returns, the kernel has handled all
	// of it, and the answers are queued; an error means that the kernel has seen
	// nothing of it.
	Send(datagram []byte) error
	// Receive reads the next queued datagram into b and returns its length, which is
	// greater than that of b when it did not fit. With nothing queued it fails with
	// EAGAIN, or, if wait is set, after a while with ETIMEDOUT. ENOBUFS means that
	// answers were lost because the queue was full: those that are still queued can be
	// received, none of the later ones.
	Receive(b []byte, wait bool) (n int, err error)
	// Reserve enlarges the queue for the answers to a full batch.
	Reserve() error
	Close() error
}

// receiveTimeout is how long Receive waits. The kernel queues the answers before Send
// returns, so Receive finds them there; the limit keeps a fault from becoming a hang.
const receiveTimeout = 10 * time.Second

// Socket is the Channel to the running kernel: a netlink socket.
type Socket struct {
	conn *socket.Conn
	raw  syscall.RawConn
}

// OpenSocket opens a socket for generic netlink in the network namespace of the calling
// thread. It is not bound: the kernel does that at the first Send.
//
// It is made without package netlink, whose connections print what they carry, and panic,
// on behalf of the environment variable NLDEBUG. Its receive would also peek before each
// datagram, read on to the end of a dump, and drop the sequence number of an error.
func OpenSocket() (*Socket, error) { return openSocket(unix.NETLINK_GENERIC) }

// OpenRouteSocket opens a socket for rtnetlink, as OpenSocket does for generic netlink.
func OpenRouteSocket() (*Socket, error) { return openSocket(unix.NETLINK_ROUTE) }

// openSocket opens a socket for a protocol of netlink.
func openSocket(protocol int) (*Socket, error) {
	conn, err := socket.Socket(unix.AF_NETLINK, unix.SOCK_RAW, protocol, "netlink", nil)
	if err != nil {
		return nil, err
	}

	raw, err := conn.SyscallConn()
	if err != nil {
		_ = conn.Close()
		return nil, err
	}

	return &Socket{conn: conn, raw: raw}, nil
}

// Send implements Channel.
func (s *Socket) Send(datagram []byte) error {
	var err error
	werr := s.raw.Write(func(fd uintptr) bool {
		err = ignoringEINTR(func() error { return rawSendto(fd, datagram) })
		return !errors.Is(err, unix.EAGAIN)
	})

	return errors.Join(werr, err)
}

// Receive implements Channel.
func (s *Socket) Receive(b []byte, wait bool) (int, error) {
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

// receiveNow receives a queued datagram, without waiting.
func (s *Socket) receiveNow(b []byte) (n int, err error) {
	rerr := s.raw.Control(func(fd uintptr) { n, err = receiveFrom(fd, b) })
	if rerr != nil {
		return 0, rerr
	}
	return n, err
}

// receiveFrom receives one datagram of the kernel. It drops those of other processes,
// whose addresses have a port other than 0.
func receiveFrom(fd uintptr, b []byte) (n int, err error) {
	for {
		var port uint32
		err = ignoringEINTR(func() error {
			n, port, err = rawRecvfrom(fd, b)
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

// bufferSize is the receive buffer of a socket that carries batches: the kernel counts
// up to a kilobyte for an answer of 36 bytes, and doubles the size that it is asked for.
const bufferSize = 1 << 20

// Reserve implements Channel.
func (s *Socket) Reserve() error {
	// Errors then quote the header of the request instead of all of it.
	if err := s.conn.SetsockoptInt(unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1); err != nil {
		return fmt.Errorf("shorten acknowledgements: %w", err)
	}
	if err := s.conn.SetReadBuffer(bufferSize); err != nil {
		return fmt.Errorf("enlarge the receive buffer: %w", err)
	}
	return nil
}

// Close implements Channel.
func (s *Socket) Close() error { return s.conn.Close() }
