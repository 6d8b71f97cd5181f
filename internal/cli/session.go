package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// session is what the commands of one run share: the language, the kernel once a
// command has opened it, and where to write and to report.
type session struct {
	env    Env
	parser *command.Parser
	out    *output // standard output

	inStream bool // whether commands of a rule stream may follow

	netns  string // the network namespace to work in
	kernel Kernel // nil until open
	info   ipvs.Info
}

// newSession returns the session of a program that was called prog.
func newSession(prog string, env Env) *session {
	return &session{
		env:    env,
		parser: command.NewParser(prog, env.Names),
		out:    newOutput(env.Stdout),
	}
}

// catchSignals catches the signals that ask the program to end, until release is called.
// Where no command follows, they stay caught: one that arrives between the end of the
// command and that of the program would make the status that of a program that did not
// do its work.
func (s *session) catchSignals() (signals <-chan os.Signal, release func()) {
	signals, stop := s.env.Signals()
	if s.inStream {
		return signals, stop
	}
	return signals, func() {}
}

// open returns the kernel, which the first call opens. A caller without privilege
// learns that here: to open needs none, to read the version does.
func (s *session) open() (Kernel, error) {
	if s.kernel != nil {
		return s.kernel, nil
	}

	kernel, err := s.env.OpenKernel(s.netns)
	var noNetNS interface {
		error
		NetNS() string
	}
	if errors.As(err, &noNetNS) {
		text := "Can't use the namespace: " + noNetNS.Error()
		return nil, &exitError{status: statusNoIPVS, err: withText(err, text)}
	}
	if err != nil {
		return nil, newOpenError(err)
	}

	info, err := kernel.Info()
	if err != nil {
		// It has done nothing yet: closing it cannot lose anything.
		_ = kernel.Close()
		return nil, newOpenError(err)
	}

	s.kernel, s.info = kernel, info
	s.warnOfOldKernel()
	return kernel, nil
}

// oldestVersion is the first version of IPVS that has all that the programs use.
const oldestVersion ipvs.Version = 0x010104

// warnOfOldKernel warns of a kernel that may not understand the requests.
func (s *session) warnOfOldKernel() {
	if v := s.info.Version; v < oldestVersion {
		s.report(fmt.Sprintf("Warning: the kernel has IPVS version %d.%d.%d, which is older than 1.1.4: some commands may fail",
			v.Major(), v.Minor(), v.Patch()))
	}
}

// change makes one change.
func (s *session) change(c ipvs.Change) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	return newChangeError(errors.Join(kernel.Apply([]ipvs.Change{c})...))
}

// report writes a line to standard error, after all that goes before it on
// standard output.
func (s *session) report(text string) {
	// A failed write of the listing is reported when the run ends.
	_ = s.out.Flush()
	// There is nobody left to report this to when it fails.
	_, _ = io.WriteString(s.env.Stderr, text+"\n")
}

// end finishes the run: it writes what is left, reports what went wrong, and
// returns the status.
func (s *session) end(err error) int {
	isLost := s.out.hasFailed(err) // reported below
	if err != nil && !isLost && !isReported(err) {
		s.report(err.Error())
	}

	writeErr := s.out.Flush()
	if writeErr != nil && !s.out.readerLeft() {
		s.report(writeErr.Error())
	}
	if s.kernel != nil {
		// Everything has been answered by now; closing has no news.
		_ = s.kernel.Close()
	}

	switch {
	case err != nil && !isLost:
		return statusOf(err)
	case s.out.readerLeft():
		return StatusReaderLeft
	case isLost:
		return statusOf(err)
	}
	return statusOf(writeErr)
}

// systemText returns the text of a failed read or write.
func systemText(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errnoText(errno)
	}
	return capitalize(err.Error())
}
