// Package experiments runs experiments with traffic on a real kernel: a service with
// address translation, with direct routing, with tunnels in IPv4 and IPv6, and one
// that moves from one director to another with its connections.
// The machines are network namespaces, made by the scripts of internal/lab/scripts, and
// set up by the project's programs only. The counts of the clients, our programs'
// listings and the reference program's listings have to agree.
//
// It has only tests, with the build tag kernel: they need a guest, see package lab.
package experiments
