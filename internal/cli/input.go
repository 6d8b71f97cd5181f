package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// isRegularFile reports whether a stream is a file, and no pipe or terminal.
func isRegularFile(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular()
}

// hasInput reports whether a stream is known to return at once when it is read: with
// input, with its end, or with an error. A regular file always does.
func hasInput(stream any) (has bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}

	err = conn.Control(func(fd uintptr) {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(poll, 0)
		has = err == nil && n > 0
	})
	return has && err == nil
}
