package kernel

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The two system calls of a socket to the kernel, which never wait: the socket does
// not block, and the kernel answers within the send. So the scheduler is not told of
// them. It takes the processor away from a call of more than 20 µs, and wakes a
// thread to use it; on a slow machine, where every call is that long, a save of
// thousands of services took twice its time.

// sendto sends a datagram to the kernel.
func sendto(fd uintptr, datagram []byte) error {
	to := unix.RawSockaddrNetlink{Family: unix.AF_NETLINK}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(datagram))), uintptr(len(datagram)), 0,
		uintptr(unsafe.Pointer(&to)), unix.SizeofSockaddrNetlink)
	return errnoError(errno)
}

// recvfrom receives a datagram into b. It gives its length, however much of it found
// room, and the port of the sender, which for the kernel is 0.
func recvfrom(fd uintptr, b []byte) (n int, port uint32, err error) {
	var from unix.RawSockaddrNetlink
	size := uint32(unix.SizeofSockaddrNetlink)
	length, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
	return int(length), from.Pid, errnoError(errno)
}

// errnoError is nil for no error.
func errnoError(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
