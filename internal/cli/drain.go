package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// drainInterval is the time between two reads of a server that is drained. It is short
// for a person who waits, and long for the kernel.
const drainInterval = 250 * time.Millisecond

// drain does a removal of a server with --drain: see drainer.
func (s *session) drain(c ipvs.Change, limit time.Duration) error {
	kernel, err := s.open()
	if err != nil {
		return err
	}
	signals, stop := s.catchSignals()
	defer stop()

	d := drainer{kernel: kernel, removal: c, interval: drainInterval, signals: signals, progress: s.progress}
	return d.run(limit)
}

// progress replaces the line that it wrote before, if standard error is a terminal.
func (s *session) progress(line string) {
	if s.env.Terminal() {
		// A line of progress that cannot be written is no loss.
		_, _ = fmt.Fprintf(s.env.Stderr, "\r%s\x1b[K", line)
	}
}

// drainer removes a server when its connections have ended or the time is over. It
// sets the weight of the server to 0 meanwhile, so that no new connections begin.
//
// The server is removed only if it still has weight 0 then: another program that gave
// it a weight wants it back at work. A drain that is interrupted or fails sets the
// weight that the server had before, unless another program changed the weight or
// replaced the server. It changes nothing else.
type drainer struct {
	kernel   Kernel
	removal  ipvs.Change
	interval time.Duration
	signals  <-chan os.Signal
	progress func(line string)

	weight int32    // of the server before the drain
	zeroed bool     // its weight was set to 0
	last   sighting // of the server
}

// run drains and removes the server.
func (d *drainer) run(limit time.Duration) error {
	first, err := d.read()
	if err != nil {
		return newChangeError(err)
	}

	d.last, d.weight = first, first.server().Weight

	if err := d.setWeight(first.server(), 0); err != nil {
		return d.abandon(err)
	}

	d.zeroed = true
	left, err := d.awaitIdle(time.Now().Add(limit))
	if err != nil {
		return d.abandon(err)
	}

	if err := d.apply(d.removal); err != nil {
		return d.abandon(err)
	}
	if left > 0 {
		return &exitError{status: statusConnectionsLeft, err: fmt.Errorf("%v was removed with %d connections left", d.addr(), left)}
	}
	return nil
}

// addr returns the address of the server.
func (d *drainer) addr() netip.AddrPort { return d.removal.Destination.Addr }

// awaitIdle waits until the server has no active and no persistent connections, and
// returns the number of those left at the deadline. A signal ends the wait as late as
// after the last read.
func (d *drainer) awaitIdle(deadline time.Time) (left uint32, err error) {
	defer d.progress("")
	for {
		server, err := d.reread()
		if err != nil {
			return 0, err
		}
		left = server.ActiveConnections + server.PersistentConnections
		wait := time.Until(deadline)
		if left == 0 || wait <= 0 {
			return left, d.pause(0)
		}

		d.progress(fmt.Sprintf("%v: %d active, %d persistent connections, %d s left", d.addr(),
			server.ActiveConnections, server.PersistentConnections, int(wait.Seconds()+0.5)))
		if err := d.pause(min(wait, d.interval)); err != nil {
			return 0, err
		}
	}
}

// pause waits for a time. A signal that has come, or comes meanwhile, ends it with an
// interruptedError.
func (d *drainer) pause(t time.Duration) error {
	select {
	case s := <-d.signals:
		return newInterruptedError(s)
	default:
	}

	if t == 0 {
		return nil
	}

	select {
	case s := <-d.signals:
		return newInterruptedError(s)
	case <-time.After(t):
		return nil
	}
}

// abandon ends a drain that was interrupted, or failed, for a reason. It restores the
// weight of the server, and reports what became of it.
func (d *drainer) abandon(reason error) error {
	var other *otherProgramError
	if errors.As(reason, &other) {
		return &exitError{status: statusChangeError, err: other}
	}

	var interrupted *interruptedError
	if errors.As(reason, &interrupted) {
		interrupted.outcome = d.restoreWeight()
		return reason
	}

	text := kernelText(reason)
	if state := d.restoreWeight(); state != "" {
		text += ": " + state
	}
	return &exitError{status: statusChangeError, err: withText(reason, text)}
}

// restoreWeight sets the weight that the server had before the drain, if the drain set
// another one and the server still has that. It returns what there is to say of the
// server, if anything.
func (d *drainer) restoreWeight() string {
	now, err := d.reread()
	restore := err == nil && now.Weight == 0 && d.weight != 0
	if restore {
		err = d.setWeight(now, d.weight)
	}

	var other *otherProgramError
	switch {
	case errors.As(err, &other):
		return other.did
	case err != nil:
		return fmt.Sprintf("cannot set the weight of %v to %d again: %s", d.addr(), d.weight, kernelText(err))
	case restore:
		return fmt.Sprintf("the weight of %v is %d again", d.addr(), d.weight)
	case d.zeroed:
		return fmt.Sprintf("%v was not removed", d.addr())
	}
	return ""
}

// setWeight edits the weight of the server and nothing else.
func (d *drainer) setWeight(server ipvs.Destination, weight int32) error {
	if server.Weight == weight {
		return nil
	}
	server.Weight = weight
	server.Forward = requestedForward(server.Forward)
	return d.apply(ipvs.Change{Op: ipvs.EditDestination, Service: d.removal.Service, Destination: server})
}

// apply makes one change.
func (d *drainer) apply(c ipvs.Change) error {
	return errors.Join(d.kernel.Apply([]ipvs.Change{c})...)
}

// read reads the server. The error is the one that its removal would get.
func (d *drainer) read() (sighting, error) {
	e, err := readEntry(d.kernel, d.removal.Service.ID, ipvs.WithStats)
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return sighting{}, &ipvs.Error{Op: d.removal.Op, Errno: errno}
	case err != nil:
		return sighting{}, err
	}

	i := serverIndex(e, d.addr())
	if i < 0 {
		return sighting{}, &ipvs.Error{Op: d.removal.Op, Errno: syscall.ENOENT}
	}
	return sighting{e, i}, nil
}

// reread reads the server again. The error is an otherProgramError if it is not the
// server that is drained, or has a weight that the drain did not set.
func (d *drainer) reread() (ipvs.Destination, error) {
	now, err := d.read()
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.ENOENT) {
		return ipvs.Destination{}, &otherProgramError{fmt.Sprintf("another program removed %v", d.addr()), true}
	}
	if err != nil {
		return ipvs.Destination{}, err
	}

	server := now.server()
	switch {
	case now.isReplacementOf(d.last):
		return server, &otherProgramError{fmt.Sprintf("another program removed %v and added it again", d.addr()), false}
	case d.zeroed && server.Weight != 0:
		return server, &otherProgramError{fmt.Sprintf("another program set the weight of %v to %d", d.addr(), server.Weight), false}
	}

	d.last = now
	return server, nil
}

// otherProgramError is returned when another program did something to the server that
// is drained.
type otherProgramError struct {
	did     string
	removed bool
}

func (e *otherProgramError) Error() string {
	if e.removed {
		return e.did
	}
	return "not removed: " + e.did
}

// interruptedError is returned when a signal ended a command. It also ends the rule
// stream that the command is in.
type interruptedError struct {
	outcome string // what became of the command
}

// newInterruptedError returns the error of a command that a signal ended. Its status is
// the one that a shell reports for a program which the signal ended.
func newInterruptedError(s os.Signal) error {
	return &exitError{status: signalStatus(s), err: &interruptedError{}}
}

func (e *interruptedError) Error() string { return "interrupted: " + e.outcome }

// sighting is a service as it was read, and the index of a server in it.
type sighting struct {
	entry ipvs.Entry
	index int
}

// server returns the server.
func (s sighting) server() ipvs.Destination { return s.entry.Destinations[s.index] }

// isReplacementOf reports whether the server was removed and added again since it was
// last read. There are two signs of that; without one of them it cannot be known.
//
//   - A server that was before it in the kernel's order is after it now. The kernel
//     adds a server at the head of the list (__ip_vs_update_dest).
//   - Its counters have started again, but those of the service have not, as they do
//     when they are zeroed.
func (s sighting) isReplacementOf(last sighting) bool {
	preceded := make(map[netip.AddrPort]bool, last.index)
	for _, d := range last.entry.Destinations[:last.index] {
		preceded[d.Addr] = true
	}

	for _, d := range s.entry.Destinations[s.index+1:] {
		if preceded[d.Addr] {
			return true
		}
	}

	return countersRestarted(last.server().Stats, s.server().Stats) &&
		!countersRestarted(last.entry.Service.Stats, s.entry.Service.Stats)
}

// countersRestarted reports whether the number of connections is lower than before.
func countersRestarted(last, now *ipvs.Stats) bool {
	return last != nil && now != nil && now.Connections < last.Connections
}
