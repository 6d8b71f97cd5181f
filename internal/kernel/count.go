package kernel

import "golang.org/x/sys/unix"

// serviceCounter counts services without listing them, for the time of one list.
type serviceCounter interface {
	// ipv4 returns the number of IPv4 services, with those of IPv4 firewall marks. It
	// takes a system call. Less than 0 is unknown.
	ipv4() int
	// all returns the number of all services. The kernel goes through its tables for
	// that. Less than 0 is unknown.
	all() int
	close()
}

// kernelCounter is the serviceCounter of the running kernel: it knows the number of IPv4
// services on all kernels, and that of all services since Linux 7.1.
type kernelCounter struct {
	c  *Client
	fd int // of a socket, or -1
}

// newKernelCounter returns a kernelCounter.
func newKernelCounter(c *Client) serviceCounter {
	k := &kernelCounter{c: c}
	if err := c.ns.Do(func() (err error) {
		k.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return err
	}); err != nil {
		k.fd = -1
	}
	return k
}

// getInfoOption is IP_VS_SO_GET_INFO of include/uapi/linux/ip_vs.h, the request for struct
// ip_vs_getinfo: version, size of the connection table and number of IPv4 services.
const getInfoOption = 64 + 1024 + 64 + 1

// ipv4 asks for the number by the socket option that was the interface of IPVS before
// netlink. It needs CAP_NET_ADMIN, as the requests by netlink do.
func (k *kernelCounter) ipv4() int {
	if k.fd < 0 {
		return -1
	}
	// Package unix has a function for another three numbers of 32 bits.
	info, err := unix.GetsockoptUcred(k.fd, unix.IPPROTO_IP, getInfoOption)
	if err != nil {
		return -1
	}
	return int(info.Gid)
}

// maxStatusBuckets bounds the size of a connection table for which ip_vs_status is read
// to count services: the kernel goes through all of its buckets. A default table has
// 4096 of them, which takes less than a millisecond on User-Mode Linux.
const maxStatusBuckets = 1 << 16

func (k *kernelCounter) all() int {
	if k.c.info != nil && k.c.info.ConnTableSize > maxStatusBuckets {
		return -1
	}
	s, ok := k.c.readStatus()
	if !ok {
		return -1
	}
	return s.services
}

func (k *kernelCounter) close() {
	if k.fd >= 0 {
		// Nothing was done with it that could fail.
		_ = unix.Close(k.fd)
	}
}
