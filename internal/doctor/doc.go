// Package doctor looks for reasons why a load balancer of IPVS does not work. It has a
// table of checks, which are pure functions from Facts to Findings: they read nothing, and
// change nothing.
//
//	facts.go, connections.go   what is known about the machine
//	finding.go      what a check finds
//	check.go        a check, and how all of them run
//	checks.go, checks_table.go   the table of all checks
//	view.go, text.go   what the checks ask of the facts, and how they name objects
//	check_*.go      the checks, by subject
//
// A new check is a function and one entry of the table.
package doctor
