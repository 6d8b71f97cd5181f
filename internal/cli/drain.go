package cli

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

const (
	// statusUndrained is that of --drain when the time was over first.
	statusUndrained = 3
	// drainInterval is how often the connections of a server are counted. It
	// is short for a person who waits, and long for the kernel.
	drainInterval = 250 * time.Millisecond
)

// drain removes a server when its connections have ended, or when the time is over.
// Its weight is 0 meanwhile, so no new ones come. Interrupted, it gives the server
// its weight back.
func (s *session) drain(c ipvs.Change, limit time.Duration) error {
	server, err := s.lookUpServer(c)
	if err != nil {
		return err
	}
	signals, stop := s.env.Signals()
	defer stop()
	if err := s.setWeight(c, server, 0); err != nil {
		return err
	}
	left, err := s.awaitIdle(c, limit, signals)
	if err != nil {
		return s.abandonDrain(c, server, err)
	}
	if err := s.change(c); err != nil {
		return err
	}
	if left > 0 {
		return &failure{fmt.Sprintf("%v was removed with %d connections left", server.Addr, left), statusUndrained}
	}
	return nil
}

// lookUpServer reads the server of a change from the kernel.
func (s *session) lookUpServer(c ipvs.Change) (ipvs.Destination, error) {
	e, err := s.lookUp(c, ipvs.WithoutStats)
	if err != nil {
		return ipvs.Destination{}, err
	}
	server, ok := findServer(e, c.Destination.Addr)
	if !ok {
		return ipvs.Destination{}, refused(&ipvs.Error{Op: c.Op, Errno: syscall.ENOENT})
	}
	return server, nil
}

// setWeight edits the weight of a server and nothing else.
func (s *session) setWeight(c ipvs.Change, server ipvs.Destination, weight int32) error {
	server.Weight = weight
	server.Forward = requestedForward(server.Forward)
	return s.change(ipvs.Change{Op: ipvs.EditDestination, Service: c.Service, Destination: server})
}

// interrupted is the signal that ended a wait.
type interrupted struct{ signal os.Signal }

func (e *interrupted) Error() string { return "interrupted by signal: " + e.signal.String() }

// status is that which a shell gives to a program that the signal ended.
func (e *interrupted) status() int {
	if n, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return statusRefused
}

// awaitIdle waits until a server has no active and no persistent connections, and
// gives the number of those left when the time was over.
func (s *session) awaitIdle(c ipvs.Change, limit time.Duration, signals <-chan os.Signal) (uint32, error) {
	end := time.Now().Add(limit)
	defer s.progress("")
	for {
		server, err := s.lookUpServer(c)
		if err != nil {
			return 0, err
		}
		left := server.ActiveConnections + server.PersistentConnections
		wait := time.Until(end)
		if left == 0 || wait <= 0 {
			return left, nil
		}
		s.progress(fmt.Sprintf("%v: %d active, %d persistent connections, %d s left", server.Addr,
			server.ActiveConnections, server.PersistentConnections, int(wait.Seconds()+0.5)))
		select {
		case signal := <-signals:
			return 0, &interrupted{signal}
		case <-time.After(min(wait, drainInterval)):
		}
	}
}

// progress shows a line in the place of the one before, on a terminal.
func (s *session) progress(line string) {
	if s.env.Terminal() {
		// Nobody misses a line of progress.
		_, _ = fmt.Fprintf(s.env.Stderr, "\r%s\x1b[K", line)
	}
}

// abandonDrain gives a server its weight back when the wait for it failed.
func (s *session) abandonDrain(c ipvs.Change, server ipvs.Destination, why error) error {
	signal, ok := why.(*interrupted)
	if !ok {
		return why
	}
	if err := s.setWeight(c, server, server.Weight); err != nil {
		return err
	}
	return &failure{fmt.Sprintf("Interrupted: the weight of %v is %d again", server.Addr, server.Weight), signal.status()}
}
