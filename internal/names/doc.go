// Package names looks up names of hosts and services, both ways. It remembers every
// answer, so that a listing asks for each name once.
//
// Hosts come from /etc/hosts and DNS by the resolver of package net, which needs no C
// library: the programs are static. Services come from /etc/services. Nothing is read
// before a name is looked up, because most runs of the programs need none and last
// milliseconds.
package names
