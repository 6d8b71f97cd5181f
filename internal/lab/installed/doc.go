// Package installed installs the Debian package in booted systems and does with it what
// operators do: the service, upgrades, removal.
//
// It has only tests, with the build tags kernel and installed. They run on the host, and
// boot their systems themselves: see lab.System.
package installed
