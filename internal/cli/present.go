package cli

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// lookUp reads the service of a change, with its servers, from the kernel. An error
// is the one that the change itself would get.
func (s *session) lookUp(c ipvs.Change) (ipvs.Entry, error) {
	kernel, err := s.open()
	if err != nil {
		return ipvs.Entry{}, err
	}

	e, err := readEntry(kernel, c.Service.ID, ipvs.WithoutStats)
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = &ipvs.Error{Op: c.Op, Errno: errno}
	}
	return e, newChangeError(err)
}

// readEntry reads a service with its servers. The error for a service that is not
// there wraps ESRCH.
func readEntry(k Kernel, id ipvs.ServiceID, detail ipvs.Detail) (ipvs.Entry, error) {
	table, err := k.Table(ipvs.Query{Service: &id, Detail: detail})
	switch {
	case err != nil:
		return ipvs.Entry{}, err
	case len(table.Entries) == 0:
		return ipvs.Entry{}, &ipvs.Error{Op: ipvs.ReadService, Errno: syscall.ESRCH}
	}
	return table.Entries[0], nil
}

// lookUpIn returns a function like lookUp that reads a state instead of the kernel.
func lookUpIn(state *ipvs.State) func(ipvs.Change) (ipvs.Entry, error) {
	return func(c ipvs.Change) (ipvs.Entry, error) {
		e, ok := state.Entry(c.Service.ID)
		if !ok {
			return ipvs.Entry{}, newChangeError(&ipvs.Error{Op: c.Op, Errno: syscall.ESRCH})
		}
		return e, nil
	}
}

// serverIndex returns the index of the server of a service that has an address and
// port, or -1.
func serverIndex(e ipvs.Entry, addr netip.AddrPort) int {
	return slices.IndexFunc(e.Destinations, func(d ipvs.Destination) bool { return d.Addr == addr })
}

// fillKept makes a command ready to be done. If it has --keep, what its line does not
// name is filled in from the service that lookUp returns.
func fillKept(p *command.Parser, cmd *command.Command, lookUp func(ipvs.Change) (ipvs.Entry, error)) error {
	if !cmd.Keep {
		return nil
	}

	e, err := lookUp(cmd.Change)
	if err != nil {
		return err
	}

	var filled command.Command
	if cmd.Change.Op == ipvs.EditService {
		filled, err = p.ParseOver(*cmd, e.Service, ipvs.Destination{})
	} else {
		filled, err = fillKeptServer(p, *cmd, e)
	}
	if err != nil {
		return err
	}

	*cmd = filled
	return nil
}

// fillKeptServer fills in what a line with --keep does not name from a server of the
// service e. That is the server with the address and port of the line. But if the
// line, filled in, asks for a server that is not masqueraded, it may be the one at
// the port of the service: that port replaces the line's, as it does without --keep.
//
// The command edits the server that it was filled in from, never another one.
func fillKeptServer(p *command.Parser, cmd command.Command, e ipvs.Entry) (command.Command, error) {
	named := cmd.Change.Destination.Addr
	atService := netip.AddrPortFrom(named.Addr(), e.Service.ID.Addr.Port())

	for _, addr := range []netip.AddrPort{named, atService} {
		i := serverIndex(e, addr)
		if i < 0 {
			continue
		}
		present := e.Destinations[i]
		filled, err := p.ParseOver(cmd, e.Service, present)
		if err != nil {
			return command.Command{}, err
		}

		d := &filled.Change.Destination
		if addr == named && d.Forward == requestedForward(present.Forward) {
			// Other programs add servers that are not masqueraded at any port.
			d.Addr = named
		}
		if d.Addr == present.Addr {
			return filled, nil
		}
	}
	return command.Command{}, newChangeError(&ipvs.Error{Op: cmd.Change.Op, Errno: syscall.ENOENT})
}

// requestedForward returns the forwarding method that a change has to name to leave
// a present one as it is. The kernel replaces the method of a server whose address is
// its own by Local, which no change may ask for.
func requestedForward(f ipvs.Forward) ipvs.Forward {
	if f == ipvs.Local {
		return ipvs.Route
	}
	return f
}
