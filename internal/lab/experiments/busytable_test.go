//go:build kernel

package experiments

import (
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/traffic/talk"
)

// newBusyTable returns a director whose table has everything that a table can have:
// every kind of service and server, connections, persistence engines' data, both
// daemons. It is its own client, because only its own packets can get a firewall mark
// without another program. Connections stay until the end of the test.
func newBusyTable(t *testing.T) *cluster {
	t.Helper()
	files, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	files += "/testdata"

	c := newCluster(t, files+"/network.sh "+files)

	c.do(c.machine, "ipvsadm -R < "+files+"/table")
	c.do(c.machine, "ipvsadm --set 7200 7200 7200")
	c.do(c.machine, "ipvsadm --start-daemon master --mcast-interface d0 --syncid 3")
	c.do(c.machine, "ipvsadm --start-daemon backup --mcast-interface d0 --sync-maxlen 1200")

	c.serve("real", ":8080")
	c.discard("real", ":53")
	c.discard("real", ":5060")
	c.makeTraffic()
	eventually(t, "the counters", func() (got, want string) {
		return fields(c.do(c.machine, "ipvsadm -Ln --stats --exact -t 10.0.0.1:80"), "TCP", 2), "7 \n"
	})

	// From here on counters and rates do not change.
	c.do(c.machine, "sysctl -qw net.ipv4.vs.run_estimation=0")
	return c
}

// makeTraffic opens the connections and sends the datagrams. It is quick: timeouts that
// change at about the same moment are easier to compare.
func (c *cluster) makeTraffic() {
	c.t.Helper()
	for _, to := range []struct {
		address string
		count   int
		mark    int
	}{
		{"10.0.0.1:80", 7, 0},
		{"100.64.1.1:80", 2, 0},
		{"10.0.0.99:8080", 3, 5},
		{"[2001:db8::1]:80", 3, 0},
		{"[2001:db8::2]:8080", 1, 0},
	} {
		for range to.count {
			connection := c.dialMarked("tcp", to.address, to.mark)
			if name := c.answer(connection); name != "real" {
				c.t.Errorf("%s: %s answers", to.address, name)
			}
		}
	}

	for _, address := range []string{"10.0.0.1:53", "172.16.1.1:53", "172.16.1.1:53", "192.168.9.1:53"} {
		c.send(address, "a question")
	}
	c.send("10.0.0.1:5060", strings.Join([]string{
		"INVITE sip:someone@www.example SIP/2.0",
		"Via: SIP/2.0/UDP 10.9.0.1:5060",
		"Call-ID: 3848276298220188511@caller.example", "", "",
	}, "\r\n"))
}

// dialMarked opens a connection from the director itself until the end of the test,
// with a firewall mark unless mark is 0.
func (c *cluster) dialMarked(network, address string, mark int) net.Conn {
	c.t.Helper()
	from := net.Addr(&net.TCPAddr{IP: c.ownAddress(address)})
	if network == "udp" {
		from = &net.UDPAddr{IP: c.ownAddress(address)}
	}

	dialer := net.Dialer{Timeout: talk.Limit, LocalAddr: from, Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		controlErr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, mark) })
		if controlErr != nil {
			return controlErr
		}
		return err
	}}

	var connection net.Conn
	err := c.machine.Do(func() (err error) {
		connection, err = dialer.DialContext(context.Background(), network, address)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}

	c.t.Cleanup(func() { connection.Close() })
	return connection
}

// ownAddress returns the director's address on the cable, in the family of to. The
// kernel would choose the address of the service itself.
func (c *cluster) ownAddress(to string) net.IP {
	if strings.HasPrefix(to, "[") {
		return net.ParseIP("2001:db8:9::1")
	}
	return net.ParseIP("10.9.0.1")
}

// send sends one datagram from the director itself.
func (c *cluster) send(address, text string) {
	c.t.Helper()
	if _, err := c.dialMarked("udp", address, 0).Write([]byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// discard receives datagrams on a host and answers none.
func (c *cluster) discard(host, address string) {
	c.t.Helper()
	err := c.host(host).Do(func() error {
		socket, err := net.ListenPacket("udp", address)
		if err == nil {
			c.t.Cleanup(func() { socket.Close() })
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}
