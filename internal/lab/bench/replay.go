package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// measureReplay compares our program's restore with a process that only sends the
// same datagrams again, which takes the time that the kernel needs for them. The
// datagrams are recorded with strace.
func measureReplay(b *bench, r row) (result, error) {
	file, err := b.rules(r.services, r.servers)
	if err != nil {
		return result{}, err
	}

	trace, ready := filepath.Join(b.dir, "trace"), filepath.Join(b.dir, "datagrams")
	ours := job{[]string{b.ours, "-R"}, file}
	traced := job{append([]string{"strace", "-f", "-e", "trace=sendto", "-e", "write=all", "-s", "0", "-o", trace}, ours.argv...), file}
	if err := inFreshNetNS(func() error { _, err := traced.time(); return err }); err != nil {
		return result{}, err
	}

	datagrams, err := readTrace(trace)
	if err != nil {
		return result{}, err
	}
	if err := os.WriteFile(ready, pack(datagrams), 0o600); err != nil {
		return result{}, err
	}

	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}

	samples, _, err := inTurn(b.runs, b.dir, withFreshTable, job{argv: []string{self, "-replay", ready}}, ours)
	return newResult(r, samples), err
}

// pack concatenates datagrams, each preceded by its length.
func pack(datagrams [][]byte) (packed []byte) {
	for _, d := range datagrams {
		packed = binary.NativeEndian.AppendUint32(packed, uint32(len(d)))
		packed = append(packed, d...)
	}
	return packed
}

// cut splits off the first datagram.
func cut(packed []byte) (datagram, rest []byte) {
	n := 4 + binary.NativeEndian.Uint32(packed)
	return packed[4:n], packed[n:]
}

// readTrace returns the datagrams in a trace of strace.
func readTrace(file string) ([][]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseTrace(f)
}

// parseTrace reads datagrams from the hexadecimal lines of a trace, such as
//
//	| 00010  0c 00 01 00 0a 00 00 01  ...                     ........ ........ |
//
// A datagram begins at offset 00000.
func parseTrace(r io.Reader) (datagrams [][]byte, err error) {
	const digits = 49 // of sixteen bytes, in two groups of eight
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		offset, rest, ok := strings.Cut(strings.TrimPrefix(lines.Text(), " | "), "  ")
		if !ok || !strings.HasPrefix(lines.Text(), " | ") || len(rest) < digits {
			continue
		}

		if strings.Trim(offset, "0") == "" {
			datagrams = append(datagrams, nil)
		}
		if len(datagrams) == 0 {
			return nil, errors.New("trace begins within a datagram")
		}

		bytes, err := hex.DecodeString(strings.ReplaceAll(rest[:digits], " ", ""))
		if err != nil {
			return nil, fmt.Errorf("trace: %w", err)
		}

		last := &datagrams[len(datagrams)-1]
		*last = append(*last, bytes...)
	}

	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(datagrams) == 0 {
		return nil, errors.New("trace without datagrams")
	}

	return datagrams, nil
}

// replay sends the datagrams of a file and waits for one answer to each. It fails if
// the kernel rejects one.
func replay(file string) error {
	packed, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)

	kernel := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	answer := make([]byte, 4096)
	for len(packed) > 0 {
		var datagram []byte
		datagram, packed = cut(packed)

		if err := unix.Sendto(fd, datagram, 0, kernel); err != nil {
			return err
		}

		n, _, err := unix.Recvfrom(fd, answer, 0)
		if err != nil {
			return err
		}
		if n >= 20 && binary.NativeEndian.Uint16(answer[4:]) == unix.NLMSG_ERROR && binary.NativeEndian.Uint32(answer[16:]) != 0 {
			return errors.New("the kernel rejected a datagram")
		}
	}
	return nil
}
