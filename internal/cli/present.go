package cli

import (
	"errors"
	"net/netip"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// lookUp finds what a command is about in the kernel: the service, and the server
// unless the command is about a service alone. The error is the one that the
// command itself would get.
func (s *session) lookUp(c ipvs.Change) (ipvs.Service, ipvs.Destination, error) {
	kernel, err := s.open()
	if err != nil {
		return ipvs.Service{}, ipvs.Destination{}, err
	}
	id := c.Service.ID
	table, err := kernel.Table(ipvs.Query{Service: &id, Detail: ipvs.WithoutStats})
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
		return ipvs.Service{}, ipvs.Destination{}, refused(&ipvs.Error{Op: c.Op, Errno: errno})
	case err != nil:
		return ipvs.Service{}, ipvs.Destination{}, refused(err)
	case len(table.Entries) == 0:
		return ipvs.Service{}, ipvs.Destination{}, refused(&ipvs.Error{Op: c.Op, Errno: syscall.ESRCH})
	}
	return pick(table.Entries[0], c)
}

// pick takes what a command is about from its service.
func pick(e ipvs.Entry, c ipvs.Change) (ipvs.Service, ipvs.Destination, error) {
	if c.Op == ipvs.EditService {
		return e.Service, ipvs.Destination{}, nil
	}
	d, ok := findServer(e, c.Destination.Addr)
	if !ok {
		return ipvs.Service{}, ipvs.Destination{}, refused(&ipvs.Error{Op: c.Op, Errno: syscall.ENOENT})
	}
	return e.Service, d, nil
}

// findServer finds a server by its address; if none has that port, by the port of
// the service, which is where a server that is not masqueraded is whatever port the
// line gives it.
func findServer(e ipvs.Entry, addr netip.AddrPort) (ipvs.Destination, bool) {
	for _, port := range []uint16{addr.Port(), e.Service.ID.Addr.Port()} {
		for _, d := range e.Destinations {
			if d.Addr == netip.AddrPortFrom(addr.Addr(), port) {
				return d, true
			}
		}
	}
	return ipvs.Destination{}, false
}

// completed is a command that is ready to be done: with --keep, what the line does
// not name is filled in with what lookUp finds.
func (s *session) completed(cmd command.Command, lookUp func(ipvs.Change) (ipvs.Service, ipvs.Destination, error)) (command.Command, error) {
	if !cmd.Keep {
		return cmd, nil
	}
	service, server, err := lookUp(cmd.Change)
	if err != nil {
		return command.Command{}, err
	}
	return s.parser.ParseOver(cmd, service, server)
}

// lookUpIn finds what a command is about in a state.
func lookUpIn(state *ipvs.State) func(ipvs.Change) (ipvs.Service, ipvs.Destination, error) {
	return func(c ipvs.Change) (ipvs.Service, ipvs.Destination, error) {
		e, ok := state.Entry(c.Service.ID)
		if !ok {
			return ipvs.Service{}, ipvs.Destination{}, refused(&ipvs.Error{Op: c.Op, Errno: syscall.ESRCH})
		}
		return pick(e, c)
	}
}
