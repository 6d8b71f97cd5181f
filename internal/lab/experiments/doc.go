// Package experiments plays the lecture's experiments on a real kernel, with
// traffic: a service by address translation, by direct routing, by tunnels in IPv4
// and IPv6, and one that moves from a director to another with its connections.
// The machines are network namespaces, made by the scripts of internal/lab/scripts, and
// set up by the project's programs only. What the clients sent, what the programs
// list of it, and what the reference program lists of it have to agree.
//
// There is no code but tests, with the build tag kernel: they need a guest, see
// package lab.
package experiments
