// Package doctorcli is the program ipvsadm-doctor: its command line, the facts that it
// gathers, and what it prints.
//
//	options.go   the table of options
//	flags.go     the arguments, by pflag
//	request.go   what they ask for
//	facts.go     the facts, from IPVS and from package host
//	run.go       the program
//	text.go      the report as text
//	json.go      the report as a JSON document
package doctorcli

import (
	"fmt"
	"io"
	"iter"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/host"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// program is the name of the program.
const program = "ipvsadm-doctor"

// Env is the environment of the program.
type Env struct {
	Stdout, Stderr io.Writer
	// Color reports whether the text has colours.
	Color bool
	// OpenHost opens this machine, in a network namespace: a name, a process ID, a path,
	// or empty for the caller's.
	OpenHost func(netns string) (Host, error)
	// OpenKernel opens the IPVS of a network namespace. It must not load the module. It
	// is called only if Host.HasIPVS.
	OpenKernel func(netns string) (Kernel, error)
}

// Host is what the program needs of package host.
type Host interface {
	HasIPVS() (bool, error)
	Facts(host.Request) (host.Facts, error)
	Close() error
}

// Kernel is what the program needs of package kernel.
type Kernel interface {
	Table(ipvs.Query) (ipvs.Table, error)
	Timeouts() (ipvs.Timeouts, error)
	Daemons() ([]ipvs.Daemon, error)
	// Connections opens the connection table, and returns the connections, to be ranged
	// over once. A connection is good until the next.
	Connections() (iter.Seq2[*ipvs.Connection, error], error)
	Close() error
}

// The exit statuses.
const (
	StatusHealthy    = 0 // no fault and no warning
	StatusWarnings   = 1 // warnings
	StatusFaults     = 2 // faults
	StatusIncomplete = 3 // no faults, but something could not be looked at; or no start
)

// Run runs the program. Args are the arguments with the name of the program. It returns the
// exit status.
func Run(args []string, env Env) int {
	r, err := parse(args[min(1, len(args)):])
	if err != nil {
		return fail(env, fmt.Sprintf("%v\nTry '%s -h'.", err, program))
	}

	switch {
	case r.help:
		return write(env, []byte(Help()), StatusHealthy)
	case r.version:
		return write(env, []byte(Version()+"\n"), StatusHealthy)
	}
	return examine(env, &r)
}

// examine reads the facts, checks them and prints the report.
func examine(env Env, r *request) int {
	facts, err := gather(env, r)
	if err != nil {
		return fail(env, err.Error())
	}

	report := doctor.Run(facts, doctor.Options{Role: r.role(), Skip: r.skip})
	status := statusOf(&report, facts)
	if r.json {
		return write(env, jsonReport(r, facts, &report, status), status)
	}
	return write(env, textReport(r, facts, &report, env.Color), status)
}

// statusOf returns the exit status for a report. A fault that was found counts more than
// what could not be looked at, and that more than a warning, which may hide a fault.
func statusOf(report *doctor.Report, facts *doctor.Facts) int {
	switch {
	case report.Count(doctor.Fault) > 0:
		return StatusFaults
	case len(report.NotDone) > 0 || len(facts.Gaps) > 0:
		return StatusIncomplete
	case report.Count(doctor.Warning) > 0:
		return StatusWarnings
	}
	return StatusHealthy
}

// write writes output. It returns the status, or another one if that fails.
func write(env Env, text []byte, status int) int {
	if _, err := env.Stdout.Write(text); err != nil {
		return fail(env, fmt.Sprintf("cannot write: %v", err))
	}
	return status
}

// fail prints a message and returns the status for errors.
func fail(env Env, message string) int {
	// Nobody is left to report to when this fails.
	_, _ = fmt.Fprintf(env.Stderr, "%s: %s\n", program, message)
	return StatusIncomplete
}

// Version returns the line that --version prints.
func Version() string { return program + " (ipvsadm-go) " + command.ProjectVersion }
