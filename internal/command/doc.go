// Package command is the language of ipvsadm: it turns an argument vector, or a
// line of a rule stream, into a Command, or into a UsageError that carries the text
// and the exit status a script sees.
//
// The language is one table (table.go). What reads it:
//
//	scan.go     words -> the options in the order in which they stand
//	parse.go    options -> Command
//	read.go     the values of options, each judged when it is read
//	check.go    which options go with which command, and the cross-checks
//	help.go     the text of -h
//
// The package is pure: it opens nothing and prints nothing. Host and service
// names are asked of the Resolver that it is given.
package command
