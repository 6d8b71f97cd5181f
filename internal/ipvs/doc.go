// Package ipvs is the model of the kernel's IPVS load balancer: virtual
// services, their real servers, sync daemons, timeouts, counters, and the
// changes that can be made to them. It knows no system call and no text format;
// the other packages speak to each other in its terms.
//
// Numbers are in host byte order everywhere in this package: ports, IPv4 masks
// and addresses are turned into network order by package kernel alone. Names
// follow include/uapi/linux/ip_vs.h.
package ipvs
