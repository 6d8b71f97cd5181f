package cli

import (
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// maxTableAge is how long ago a table may have been read that rules are compared with. A
// plan made from an older one could undo what others have changed meanwhile.
const maxTableAge = time.Second

// presentReader reads the state of the kernel to compare rules with it. It reads the table
// after the rules, which can come slowly through a pipe, or beside them if they are in a
// file.
type presentReader struct {
	session *session
	openErr error // of the kernel, which could not be opened before the rules were read

	done  chan struct{} // nil if the table is not read beside the rules; closed when it was
	table *ipvs.State
	err   error
	read  time.Time // when that was
}

// newPresentReader returns a presentReader for the rules on standard input, which begins to
// read the table if they are in a file.
func newPresentReader(s *session) *presentReader {
	p := &presentReader{session: s}
	if !isRegularFile(s.env.Stdin) {
		return p
	}
	if _, p.openErr = s.open(); p.openErr != nil {
		return p
	}

	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		p.table, p.err = readTable(s.kernel)
		p.read = time.Now()
	}()
	return p
}

// wait waits until nothing is read beside the rules any more. The kernel must not be used
// before.
func (p *presentReader) wait() {
	if p.done != nil {
		<-p.done
	}
}

// state returns the state of the kernel, as far as the wanted one, which the rules
// describe, says something of it.
func (p *presentReader) state(wanted *ipvs.State) (*ipvs.State, error) {
	if p.openErr != nil {
		return nil, p.openErr
	}
	p.wait()
	kernel, err := p.session.open()
	if err != nil {
		return nil, err
	}

	state, err := p.table, p.err
	if time.Since(p.read) > maxTableAge { // it was not read, or names took long to look up
		state, err = readTable(kernel)
	}
	if err != nil {
		return nil, newReadError(err)
	}

	if wanted.Timeouts != nil {
		t, err := kernel.Timeouts()
		if err != nil {
			return nil, newReadError(err)
		}
		state.Timeouts = &t
	}
	if wanted.Daemons != nil {
		if state.Daemons, err = kernel.Daemons(); err != nil {
			return nil, newReadError(err)
		}
	}
	return state, nil
}

// readPresent reads the state of the kernel, as far as the wanted one says something of it.
func readPresent(s *session, wanted *ipvs.State) (*ipvs.State, error) {
	return (&presentReader{session: s}).state(wanted)
}

// readTable reads the table of a kernel.
func readTable(k Kernel) (*ipvs.State, error) {
	table, err := k.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	if err != nil {
		return nil, err
	}
	return ipvs.StateOf(table.Entries), nil
}
