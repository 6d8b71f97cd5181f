// Package command is the command line of ipvsadm. It parses an argument vector or a line
// of a rule stream into a Command, or returns a UsageError with the text and the exit
// status for the user.
//
// The language is one table (table.go and its three parts), of the types in option.go.
// These files use it:
//
//	scan.go      words -> options in their order
//	parse.go     options -> Command
//	read.go      the values of options
//	check.go     which options go with a command, and with each other
//	change.go    values instead of words -> Command
//	help.go      the output of -h
//
// Manual pages and shell completions are made from the same table by package dist.
//
// The package is pure: it opens nothing and prints nothing. A Resolver looks up the names
// of hosts and services.
package command
