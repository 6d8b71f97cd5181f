package doctor

import "strconv"

// Level is the severity of a finding. A greater one is more severe.
type Level int

// The levels.
const (
	// Note is worth knowing, and needs no action.
	Note Level = iota + 1
	// Warning works, but loses or delays packets under a condition that the evidence
	// names.
	Warning
	// Fault cannot work as it is configured.
	Fault
)

// levelNames has the name of each Level.
var levelNames = [...]string{Note: "NOTE", Warning: "WARNING", Fault: "FAULT"}

// String returns the name of the level, or its number if it has none.
func (l Level) String() string {
	if l < Note || l > Fault {
		return strconv.Itoa(int(l))
	}
	return levelNames[l]
}

// Finding is what one check found on one object.
type Finding struct {
	Level Level
	// Code is that of the check.
	Code string
	// Subject is the object: a service (TCP 172.20.0.200:80), a server of a service
	// (TCP 172.20.0.200:80 -> 192.168.30.17:80), an address, an interface, a sysctl or
	// a sync daemon.
	Subject string
	// Evidence is what was read, in one line.
	Evidence string
	// Advice is what to do about it, in one line.
	Advice string
}
