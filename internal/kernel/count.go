package kernel

import "golang.org/x/sys/unix"

// serviceCounts are numbers of services that were counted without listing them.
type serviceCounts struct {
	// ipv4 is the number of IPv4 services, with those of IPv4 firewall marks, and all
	// that of all services. Less than 0 is unknown.
	ipv4, all int
}

// unknownCounts are counts of which none is known.
var unknownCounts = serviceCounts{ipv4: -1, all: -1}

// maxStatusBuckets bounds the size of a connection table for which ip_vs_status is read
// to count services: the kernel goes through all of its buckets. A default table has
// 4096 of them, which takes less than a millisecond on User-Mode Linux.
const maxStatusBuckets = 1 << 16

// countServices counts the services of the network namespace as far as the kernel shows
// their number: those of IPv4 on all kernels, all of them since Linux 7.1.
func (c *Client) countServices() serviceCounts {
	counts := unknownCounts
	if err := c.ns.do(func() (err error) {
		counts.ipv4, err = countIPv4Services()
		return err
	}); err != nil {
		counts.ipv4 = -1
	}

	if c.info != nil && c.info.ConnTableSize > maxStatusBuckets {
		return counts
	}
	if s, ok := c.readStatus(); ok {
		counts.all = s.services
	}
	return counts
}

// getInfoOption is IP_VS_SO_GET_INFO of include/uapi/linux/ip_vs.h, the request for struct
// ip_vs_getinfo: version, size of the connection table and number of IPv4 services.
const getInfoOption = 64 + 1024 + 64 + 1

// countIPv4Services asks for the number by the socket option that was the interface of
// IPVS before netlink. It needs CAP_NET_ADMIN, as the requests by netlink do.
func countIPv4Services() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	// Nothing was done with it that could fail.
	defer func() { _ = unix.Close(fd) }()

	// Package unix has a function for another three numbers of 32 bits.
	info, err := unix.GetsockoptUcred(fd, unix.IPPROTO_IP, getInfoOption)
	if err != nil {
		return 0, err
	}
	return int(info.Gid), nil
}
