package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const connectionsFile = "/proc/thread-self/net/ip_vs_conn"

// trafficLimit bounds the time in which connections are made.
const trafficLimit = 2 * time.Minute

// measureConnections measures a listing of connections. They do not change while
// they are listed: they are made by datagrams over loopback that are never answered.
func measureConnections(b *bench, r row) (res result, err error) {
	err = inFreshNetNS(func() error {
		file := filepath.Join(b.dir, "udp")
		const rules = "--set 0 0 86400\n-A -u 127.0.0.1:53 -s rr\n-a -u 127.0.0.1:53 -r 127.0.0.1:5353 -m\n"
		if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
			return err
		}

		if _, err := (job{[]string{reference, "-R"}, file}).time(); err != nil {
			return err
		}

		server, err := listen([4]byte{127, 0, 0, 1}, 5353)
		if err != nil {
			return err
		}
		defer unix.Close(server)

		if err := connect(r.services); err != nil {
			return err
		}

		n, err := countConnections()
		if err != nil {
			return err
		}
		if n < r.services {
			r.work += fmt.Sprintf(" (%s in %v)", thousands(n), trafficLimit)
		}

		settle()
		samples, _, err := b.inTurn(r, func(fn func() error) error { return fn() },
			job{argv: []string{"cat", connectionsFile}}, job{argv: []string{b.ours, "-Lnc"}})
		res = newResult(r, samples)
		return err
	})
	return res, err
}

// listen returns a UDP socket bound to a port, which is never read.
func listen(addr [4]byte, port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}

	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: addr, Port: port}); err != nil {
		_ = unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

// connect sends a datagram to the service from each of n client addresses and ports.
// It sends them on a raw socket, which sends the IP header as it is written.
func connect(n int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)

	const firstPort, ports = 1024, 60000
	end := time.Now().Add(trafficLimit)
	to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	for i := 0; i < n && (i%1000 != 0 || time.Now().Before(end)); i++ {
		d := datagram([4]byte{127, 0, 1, byte(i / ports)}, to.Addr, uint16(firstPort+i%ports), 53)
		if err := unix.Sendto(fd, d, 0, to); err != nil {
			return err
		}
	}
	return nil
}

// datagram returns an IPv4 packet with an empty UDP datagram. The kernel fills in
// the header's checksum; the one of UDP is optional.
func datagram(from, to [4]byte, fromPort, toPort uint16) []byte {
	b := make([]byte, 28)
	b[0], b[8], b[9] = 0x45, 64, unix.IPPROTO_UDP
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))

	copy(b[12:], from[:])
	copy(b[16:], to[:])

	binary.BigEndian.PutUint16(b[20:], fromPort)
	binary.BigEndian.PutUint16(b[22:], toPort)
	binary.BigEndian.PutUint16(b[24:], 8)
	return b
}

// countConnections returns the number of lines in the connection table without its
// title.
func countConnections() (int, error) {
	text, err := os.ReadFile(connectionsFile)
	if err != nil {
		return 0, err
	}

	n := -1
	for _, b := range text {
		if b == '\n' {
			n++
		}
	}
	return n, nil
}
