package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// session is one run of a program.
type session struct {
	env    Env
	parser *command.Parser

	netns  string // the network namespace to work in
	kernel Kernel // nil until a command needs it
	info   ipvs.Info

	document bool // standard input is a JSON document, not a rule stream

	out    []byte // what is still to be written to standard output
	outErr error  // why standard output takes no more
}

// newSession makes the session of a program that was called prog.
func newSession(prog string, env Env) *session {
	return &session{
		env: env, parser: command.NewParser(prog, env.Names),
		out: make([]byte, 0, flushSize+flushSize/16), // and the line that goes beyond
	}
}

// open gives the kernel, opened at the first call. Whoever may not use IPVS
// learns it here: opening itself needs no privilege, reading the version does.
func (s *session) open() (Kernel, error) {
	if s.kernel != nil {
		return s.kernel, nil
	}
	kernel, err := s.env.OpenKernel(s.netns)
	var noNetNS interface {
		error
		NetNS() string
	}
	switch {
	case errors.As(err, &noNetNS):
		return nil, &failure{"Can't use the namespace: " + noNetNS.Error(), statusNoIPVS}
	case err != nil:
		return nil, noIPVS(err)
	}
	s.kernel = kernel
	if s.info, err = kernel.Info(); err != nil {
		return nil, noIPVS(err)
	}
	s.warnOfOldKernel()
	return kernel, nil
}

// oldestVersion is the first version of IPVS that has all that the programs use.
const oldestVersion ipvs.Version = 0x010104

// warnOfOldKernel warns of a kernel that may not understand the requests.
func (s *session) warnOfOldKernel() {
	if v := s.info.Version; v < oldestVersion {
		s.tell(fmt.Sprintf("Warning: the kernel has IPVS version %d.%d.%d, which is older than 1.1.4: some commands may fail",
			v.Major(), v.Minor(), v.Patch()))
	}
}

// flushSize is how much output is gathered before it is written.
const flushSize = 64 << 10

// wrote takes back s.out with more appended to it, and writes it out when there
// is much of it.
func (s *session) wrote(b []byte) error {
	s.out = b
	if len(s.out) < flushSize {
		return nil
	}
	return s.flush()
}

// print writes a text.
func (s *session) print(b []byte) error { return s.wrote(append(s.out, b...)) }

// flush writes what has been gathered. Its error is an outputLost.
func (s *session) flush() error {
	if s.outErr == nil && len(s.out) > 0 {
		_, s.outErr = s.env.Stdout.Write(s.out)
	}
	s.out = s.out[:0]
	if s.outErr != nil {
		return outputLost{s.outErr}
	}
	return nil
}

// outputLost is that standard output takes no more. Whatever is going on ends, and
// the end of the run tells it.
type outputLost struct{ err error }

func (e outputLost) Error() string { return "Can't write: " + systemText(e.err) }

// readerLeft says that the reader has what it wanted (| head), which is no failure.
func (e outputLost) readerLeft() bool {
	return errors.Is(e.err, syscall.EPIPE) || errors.Is(e.err, io.ErrClosedPipe)
}

// isOutputLost says whether that is why something ended.
func isOutputLost(err error) bool {
	var lost outputLost
	return errors.As(err, &lost)
}

// systemText is the text of a failed read or write.
func systemText(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errnoText(errno)
	}
	return capitalised(err.Error())
}

// tell writes a line to standard error, after all that goes before it on standard
// output.
func (s *session) tell(text string) {
	// A failed write of the listing is told when the listing ends.
	_ = s.flush()
	// There is nobody left to tell when this fails.
	_, _ = io.WriteString(s.env.Stderr, text+"\n")
}

// end finishes the run: it writes what is left, tells what went wrong, and gives
// the status.
func (s *session) end(err error) int {
	if isOutputLost(err) {
		err = nil // flush has it
	}
	var t *told
	if err != nil && !errors.As(err, &t) {
		s.tell(err.Error())
	}
	var lost outputLost
	if errors.As(s.flush(), &lost) {
		if !lost.readerLeft() {
			s.tell(lost.Error())
		}
		if err == nil {
			err = lost
		}
	}
	if s.kernel != nil {
		// Everything has been answered by now; closing has no news.
		_ = s.kernel.Close()
	}
	return statusOf(err)
}
