package format

import (
	"strconv"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// AppendChange appends the command that makes a change. For an operation that only
// reads there is none, and nothing is appended.
func (r Rules) AppendChange(b []byte, c ipvs.Change) []byte {
	switch c.Op {
	case ipvs.AddService:
		return r.AppendService(b, &c.Service)
	case ipvs.EditService:
		return r.appendService(append(b, "-E"...), &c.Service)
	case ipvs.DeleteService:
		b = r.appendID(append(b, "-D"...), c.Service.ID)
	case ipvs.AddDestination:
		return r.AppendDestination(b, c.Service.ID, &c.Destination)
	case ipvs.EditDestination:
		return r.appendDestination(append(b, "-e"...), c.Service.ID, &c.Destination)
	case ipvs.DeleteDestination:
		b = r.appendServer(append(b, "-d"...), c.Service.ID, &c.Destination)
	case ipvs.Flush:
		b = append(b, "-C"...)
	case ipvs.Zero:
		b = r.appendZero(b, c.Service.ID)
	case ipvs.SetTimeouts:
		b = appendSet(b, c.Timeouts)
	case ipvs.StartDaemon:
		b = appendStart(b, c.Daemon)
	case ipvs.StopDaemon:
		b = appendStop(b, c.Daemon)
	default:
		return b
	}
	return append(b, '\n')
}

// appendZero appends the command that zeroes the counters of a service, or all.
func (r Rules) appendZero(b []byte, id ipvs.ServiceID) []byte {
	b = append(b, "-Z"...)
	if id == (ipvs.ServiceID{}) {
		return b
	}
	return r.appendID(b, id)
}

// appendSet appends the command that sets the timeouts.
func appendSet(b []byte, t ipvs.Timeouts) []byte {
	b = append(b, "--set "...)
	return appendTimeouts(b, t)
}

// appendStart appends the command that starts a sync daemon. What is zero is left to
// the kernel.
func appendStart(b []byte, d ipvs.Daemon) []byte {
	b = append(b, "--start-daemon "...)
	b = append(b, d.State.String()...)
	b = append(b, " --mcast-interface"...)
	b = append(b, nameSeparator(d.Interface))
	b = appendText(b, d.Interface)
	b = appendOption(b, " --syncid ", uint64(d.SyncID))
	if d.Group.IsValid() {
		b = append(b, " --mcast-group "...)
		b = appendAddr(b, d.Group)
	}
	if d.Port != 0 {
		b = appendOption(b, " --mcast-port ", uint64(d.Port))
	}
	if d.TTL != 0 {
		b = appendOption(b, " --mcast-ttl ", uint64(d.TTL))
	}
	if d.MaxLen != 0 {
		b = appendOption(b, " --sync-maxlen ", uint64(d.MaxLen))
	}
	return b
}

// nameSeparator returns what stands between an option and the name that is its value:
// a blank, or an equals sign where a rule stream would read the name as the beginning
// of a comment, or leave it out.
func nameSeparator(name string) byte {
	if strings.HasPrefix(name, "#") || name == "ipvsadm" {
		return '='
	}
	return ' '
}

// appendStop appends the command that stops a sync daemon.
func appendStop(b []byte, d ipvs.Daemon) []byte {
	b = append(b, "--stop-daemon "...)
	b = append(b, d.State.String()...)
	if d.SyncID != 0 {
		b = appendOption(b, " --syncid ", uint64(d.SyncID))
	}
	return b
}

// appendOption appends an option and its number.
func appendOption(b []byte, option string, n uint64) []byte {
	return strconv.AppendUint(append(b, option...), n, 10)
}
