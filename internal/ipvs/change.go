package ipvs

import (
	"fmt"
	"syscall"
)

// Op is an operation on the kernel. Each Change has one, and each Error names
// the one that failed.
type Op int

// The operations. The first group changes the table and can stand in a Change;
// the second reads.
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

// opNames has the plain words for each Op.
var opNames = [...]string{
	AddService: "add service", EditService: "edit service", DeleteService: "delete service",
	AddDestination: "add server", EditDestination: "edit server", DeleteDestination: "delete server",
	Flush: "flush", Zero: "zero", SetTimeouts: "set timeouts",
	StartDaemon: "start sync daemon", StopDaemon: "stop sync daemon",
	ReadInfo: "read version", ReadService: "read service", ReadServices: "list services",
	ReadDestinations: "list servers", ReadTimeouts: "read timeouts", ReadDaemons: "list sync daemons",
}

// String is the operation in plain words.
func (op Op) String() string {
	if op > 0 && int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("operation %d", int(op))
}

// Change is one change of the kernel's IPVS state. Op says which of the other
// fields count.
type Change struct {
	Op Op
	// Service is the whole service for AddService and EditService; its ID is
	// enough for DeleteService and the three changes of a destination. Zero
	// zeroes the counters of the service with this ID, or all counters if ID
	// is the zero ServiceID.
	Service Service
	// Destination is for the three changes of a destination; its Addr is
	// enough to delete it.
	Destination Destination
	// Timeouts is for SetTimeouts.
	Timeouts Timeouts
	// Daemon is for StartDaemon and StopDaemon.
	Daemon Daemon
}

// Error is the kernel's refusal of an operation.
type Error struct {
	Op    Op
	Errno syscall.Errno
}

// Error names the operation and the system's text for the number.
func (e *Error) Error() string { return e.Op.String() + ": " + e.Errno.Error() }

// Unwrap makes errors.Is work with the numbers of package syscall.
func (e *Error) Unwrap() error { return e.Errno }
