package ipvs

import (
	"fmt"
	"syscall"
)

// Op is an operation of the kernel. Each Change has one, and each Error has the one
// that failed.
type Op int

// The operations. The first group changes the table and can stand in a Change;
// the second reads it.
const (
	AddService Op = iota + 1
	EditService
	DeleteService
	AddDestination
	EditDestination
	DeleteDestination
	Flush
	Zero
	SetTimeouts
	StartDaemon
	StopDaemon

	ReadInfo
	ReadService
	ReadServices
	ReadDestinations
	ReadTimeouts
	ReadDaemons
)

// opNames are the names of the operations in messages.
var opNames = [...]string{
	AddService: "add service", EditService: "edit service", DeleteService: "delete service",
	AddDestination: "add server", EditDestination: "edit server", DeleteDestination: "delete server",
	Flush: "flush", Zero: "zero", SetTimeouts: "set timeouts",
	StartDaemon: "start sync daemon", StopDaemon: "stop sync daemon",
	ReadInfo: "read version", ReadService: "read service", ReadServices: "list services",
	ReadDestinations: "list servers", ReadTimeouts: "read timeouts", ReadDaemons: "list sync daemons",
}

// String returns the name of the operation.
func (op Op) String() string {
	if op > 0 && int(op) < len(opNames) {
		return opNames[op]
	}

	return fmt.Sprintf("operation %d", int(op))
}

// Change is one change of the kernel's IPVS state. Which of the other fields have a
// meaning depends on Op.
type Change struct {
	Op Op
	// Service is the whole service for AddService and EditService. DeleteService
	// and the three changes of a destination need its ID alone. Zero zeroes the
	// counters of the service with this ID, or all counters if the ID is zero.
	Service Service
	// Destination is for the three changes of a destination. DeleteDestination
	// needs its Addr alone.
	Destination Destination
	// Timeouts are for SetTimeouts.
	Timeouts Timeouts
	// Daemon is for StartDaemon and StopDaemon.
	Daemon Daemon
}

// Error is returned for an operation that the kernel rejected.
type Error struct {
	Op    Op
	Errno syscall.Errno
}

// Error returns the operation and the system's text for the number.
func (e *Error) Error() string { return e.Op.String() + ": " + e.Errno.Error() }

// Unwrap returns Errno, so that errors.Is finds the numbers of package syscall.
func (e *Error) Unwrap() error { return e.Errno }
