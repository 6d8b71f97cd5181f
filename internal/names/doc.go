// Package names looks names of hosts and services up, both ways, and remembers
// every answer, so that a listing asks for each name once.
//
// Hosts come from /etc/hosts and DNS by Go's own resolver, which needs no C
// library: the programs are static. Services come from /etc/services. Nothing is
// read or asked before a name is wanted, because most runs of the programs want
// none and last milliseconds.
package names
