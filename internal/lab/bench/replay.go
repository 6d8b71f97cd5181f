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
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// measureRestoreFloor compares our program's restore with a process that only sends the
// same datagrams again, which takes the time that the kernel needs for them.
func measureRestoreFloor(b *bench, r row) (result, error) {
	file, err := b.rules(r.services, r.servers)
	if err != nil {
		return result{}, err
	}

	ours := job{[]string{b.ours, "-R"}, file}
	var floor job
	err = inFreshNetNS(func() (err error) { floor, err = b.floor(ours); return err })
	if err != nil {
		return result{}, err
	}

	samples, _, err := b.inTurn(r, withFreshTable, floor, ours)
	return newResult(r, samples), err
}

// measureListFloor compares our program's listing with a process that only sends the same
// requests and receives the answers. Where the listing reads /proc/net/ip_vs, so does the
// process.
func measureListFloor(b *bench, r row) (result, error) {
	return b.withTable(r, func(string) (result, error) {
		ours := b.listing(b.ours, r.option)
		floor, err := b.floor(ours)
		if err != nil {
			return result{}, err
		}
		if r.option == "-Ln" {
			floor.argv = append(floor.argv, "-buffer", strconv.Itoa(longBuffer), "-cat", "/proc/thread-self/net/ip_vs")
		}

		samples, _, err := b.inTurn(r, directly, floor, ours)
		return newResult(r, samples), err
	})
}

// floor returns a job that only sends the datagrams that another job sends to the kernel,
// and receives the answers. They are recorded with strace.
func (b *bench) floor(j job) (job, error) {
	trace, ready := filepath.Join(b.dir, "trace"), filepath.Join(b.dir, "datagrams")
	traced := job{append([]string{"strace", "-f", "-e", "trace=sendto", "-e", "write=all", "-s", "0", "-o", trace}, j.argv...), j.stdin}
	if _, err := traced.time(); err != nil {
		return job{}, err
	}

	datagrams, err := readTrace(trace)
	if err != nil {
		return job{}, err
	}
	if err := os.WriteFile(ready, pack(datagrams), 0o600); err != nil {
		return job{}, err
	}

	self, err := os.Executable()
	return job{argv: []string{self, "-replay", ready}}, err
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

// shortBuffer and longBuffer are the lengths of our program's receive buffer, the latter for
// the listing with plain columns. For each dump, of one entry too, the kernel allocates and
// clears that much: with the long one, 5,000 dumps and nothing else took 1.58 s where our
// -Sn took 0.96 s (Linux 6.1 under qemu).
const (
	shortBuffer = 8<<10 - 320
	longBuffer  = 32<<10 - 320
)

// replay sends the datagrams of a file and waits for the answer to each, which it receives
// in a buffer of this length. It fails if the kernel rejects one.
func replay(file string, buffer int) error {
	packed, err := os.ReadFile(file)
	if err != nil {
		return err
	}

	// Its system calls are raw ones: the scheduler of Go would lengthen others.
	socket, err := genl.OpenSocket()
	if err != nil {
		return err
	}
	defer socket.Close()

	answer := make([]byte, buffer)
	for len(packed) > 0 {
		var datagram []byte
		datagram, packed = cut(packed)

		if err := socket.Send(datagram); err != nil {
			return err
		}

		isDump := binary.NativeEndian.Uint16(datagram[6:])&unix.NLM_F_DUMP == unix.NLM_F_DUMP
		if err := receiveAnswer(socket, answer, isDump); err != nil {
			return err
		}
	}
	return nil
}

// receiveAnswer receives the datagram that answers a request, or all of those that answer
// a dump.
func receiveAnswer(s *genl.Socket, b []byte, isDump bool) error {
	for {
		n, err := s.Receive(b, true)
		if err != nil {
			return err
		}
		last := lastMessage(b[:n])
		kind := binary.NativeEndian.Uint16(last[4:])
		if kind == unix.NLMSG_ERROR && binary.NativeEndian.Uint32(last[unix.NLMSG_HDRLEN:]) != 0 {
			return errors.New("the kernel rejected a datagram")
		}
		if !isDump || kind == unix.NLMSG_DONE || kind == unix.NLMSG_ERROR {
			return nil
		}
	}
}

// lastMessage returns the last of the messages in a datagram of the kernel.
func lastMessage(b []byte) []byte {
	for {
		length := (int(binary.NativeEndian.Uint32(b)) + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1)
		if length < unix.NLMSG_HDRLEN || len(b)-length < unix.NLMSG_HDRLEN {
			return b
		}
		b = b[length:]
	}
}

// replayAndRead replays the datagrams of a file, and then reads another to its end, unless
// its name is empty.
func replayAndRead(datagrams string, buffer int, other string) error {
	if err := replay(datagrams, buffer); err != nil || other == "" {
		return err
	}
	return readWhole(other)
}

// readWhole reads a file to its end, as cat does.
func readWhole(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()

	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, make([]byte, 128<<10))
	return err
}
