// Package ipvs models the kernel's IPVS load balancer: virtual services, their real
// servers, sync daemons, timeouts, connections and counters, their names and limits, and
// the changes that can be made to them. It has no system calls and no text formats; the
// other packages exchange its types.
//
//	service.go, destination.go, table.go, connection.go   the types
//	words.go, limits.go   names of numbers, and limits
//	change.go             one change, and the error of a rejected one
//	state.go              what changes add up to (list.go and record.go: its memory)
//	plan.go               the changes from one State to another, in phases
//	filter.go             the connections of a service or a server
//	count.go              connections, counted by client, server and the like
//	rate.go               rates from two readings of the counters
//	sort.go               the order of listings
//
// All numbers are in host byte order; package kernel converts ports, IPv4 masks and
// addresses. Names follow include/uapi/linux/ip_vs.h.
package ipvs
