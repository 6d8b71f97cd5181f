// Package syncmsg encodes and sends the messages by which directors tell each other of
// their connections. A director with a backup daemon adds what they describe to its
// connection table, at a hundred thousand connections in some seconds, without a packet
// of any of them.
package syncmsg

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"time"
)

// Conn is a connection, or the template of a persistent client, as a message describes it
// (struct ip_vs_sync_v4 and struct ip_vs_sync_v6 of net/netfilter/ipvs/ip_vs_sync.c).
type Conn struct {
	// Protocol is the number of the IP protocol.
	Protocol uint8
	// State is the kernel's number of the state, such as 1 of an established connection
	// of TCP (IP_VS_TCP_S_*).
	State uint16
	// IsInactive reports whether the connection counts as inactive.
	IsInactive bool
	// IsTemplate reports whether it is a template. Its client has port 0.
	IsTemplate bool

	// The three ends are of one family.
	Client, Virtual, Destination netip.AddrPort
}

// The flags of a connection (IP_VS_CONN_F_*). The forwarding method is masquerading, 0.
const (
	flagInactive = 0x0100
	flagTemplate = 0x1000
)

const (
	// typeIPv6 is the bit of IPv6 in the type (STYPE_F_INET6).
	typeIPv6 = 1
	// timeout is the time in seconds for which a connection is kept.
	timeout = 3600
	// version is that of the messages.
	version = 1
	// connsPerMessage keeps a message of IPv6 below 1,500 bytes.
	connsPerMessage = 20
)

// append appends the connection.
func (c *Conn) append(b []byte) []byte {
	kind, ends := byte(0), 4
	if c.Client.Addr().Is6() {
		kind, ends = typeIPv6, 16
	}
	var flags uint32
	if c.IsInactive {
		flags |= flagInactive
	}
	if c.IsTemplate {
		flags |= flagTemplate
	}

	b = append(b, kind, c.Protocol)
	b = binary.BigEndian.AppendUint16(b, uint16(24+3*ends))
	b = binary.BigEndian.AppendUint32(b, flags)
	b = binary.BigEndian.AppendUint16(b, c.State)
	for _, end := range []netip.AddrPort{c.Client, c.Virtual, c.Destination} {
		b = binary.BigEndian.AppendUint16(b, end.Port())
	}

	b = binary.BigEndian.AppendUint32(b, 0) // no firewall mark
	b = binary.BigEndian.AppendUint32(b, timeout)
	for _, end := range []netip.AddrPort{c.Client, c.Virtual, c.Destination} {
		b = append(b, end.Addr().AsSlice()...)
	}
	return b
}

// message returns a message with connections (struct ip_vs_sync_mesg).
func message(syncID uint8, conns []Conn) []byte {
	b := []byte{0, syncID, 0, 0, byte(len(conns)), version, 0, 0}
	for i := range conns {
		b = conns[i].append(b)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

const (
	// group is the default multicast group and port of sync daemons.
	group = "224.0.0.81:8848"
	// burst is the number of messages after which Send waits, for burstPause: the
	// backup daemon drops what its socket has no room for.
	burst      = 20
	burstPause = 4 * time.Millisecond
)

// Send sends connections to the backup daemon of the caller's network namespace. The
// namespace needs a route for the group to the interface of the daemon, which may be lo.
func Send(syncID uint8, conns iter.Seq[Conn]) error {
	s, err := net.Dial("udp4", group)
	if err != nil {
		return err
	}
	defer s.Close()

	messages := 0
	send := func(batch []Conn) error {
		if _, err := s.Write(message(syncID, batch)); err != nil {
			return fmt.Errorf("send message %d: %w", messages, err)
		}
		if messages++; messages%burst == 0 {
			time.Sleep(burstPause)
		}
		return nil
	}

	batch := make([]Conn, 0, connsPerMessage)
	for c := range conns {
		if batch = append(batch, c); len(batch) < connsPerMessage {
			continue
		}
		if err := send(batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	if len(batch) == 0 {
		return nil
	}
	return send(batch)
}

// Mixed returns n connections of every kind: IPv4 and IPv6, TCP in three states, UDP and
// templates, of some thousand clients to two services with four servers each. There are no
// two that the kernel takes for one.
func Mixed(n int) iter.Seq[Conn] {
	return func(yield func(Conn) bool) {
		for i := range n {
			if !yield(mixed(i)) {
				return
			}
		}
	}
}

// The numbers of states, of include/net/ip_vs.h.
const (
	tcpEstablished, tcpSynRecv, tcpFinWait = 1, 3, 4
	udpNormal                              = 0
	templateAssured                        = 1
)

// mixed returns the i-th connection of Mixed. A client has ports from 1024 on.
func mixed(i int) Conn {
	const perClient = 29
	client, port := i/perClient, uint16(1024+i%perClient)
	server := netip.AddrFrom4([4]byte{10, 1, 0, byte(1 + i%4)})
	c := Conn{
		Protocol: 6, State: tcpEstablished,
		Client:      netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, byte(client >> 16), byte(client >> 8), byte(client)}), port),
		Virtual:     netip.MustParseAddrPort("10.0.0.1:80"),
		Destination: netip.AddrPortFrom(server, 80),
	}

	switch i % 11 {
	case 1, 2, 3:
		c.State, c.IsInactive = tcpFinWait, true
	case 4:
		c.State, c.IsInactive = tcpSynRecv, true
	case 5:
		c.Protocol, c.State = 17, udpNormal
		c.Virtual, c.Destination = netip.MustParseAddrPort("10.0.0.2:53"), netip.AddrPortFrom(server, 53)
	case 6, 7:
		c.Client = netip.AddrPortFrom(ipv6(1, client), port)
		c.Virtual, c.Destination = netip.MustParseAddrPort("[2001:db8::1]:80"), netip.AddrPortFrom(ipv6(2, i%4), 80)
	case 8:
		// One for each client, or the kernel takes it for the one before.
		c.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{12, byte(i >> 16), byte(i >> 8), byte(i)}), 0)
		c.IsTemplate, c.State = true, templateAssured
	}
	return c
}

// ipv6 returns an address with two numbers in it.
func ipv6(network byte, n int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0, network, 0, byte(n >> 6), 12: byte(n >> 24), 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
}
