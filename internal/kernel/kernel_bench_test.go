//go:build kernel

package kernel

import (
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// many is a table of so many services with so many servers each.
func many(services, servers int) (entries []ipvs.Entry) {
	for i := range services {
		addr := netip.AddrFrom4([4]byte{172, 20, byte(i >> 8), byte(i)})
		e := ipvs.Entry{Service: service(ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr, 80)), "wlc")}
		for j := range servers {
			addr := netip.AddrFrom4([4]byte{10, byte(i), byte(j >> 8), byte(j)})
			e.Destinations = append(e.Destinations, ipvs.Destination{Addr: netip.AddrPortFrom(addr, 80), Forward: ipvs.Masquerade, Weight: 1})
		}
		entries = append(entries, e)
	}
	return entries
}

// BenchmarkKernel times the parts of a listing and of a restore, each with the
// flush that makes room for it, beside the same requests sent ready from memory.
func BenchmarkKernel(b *testing.B) {
	for _, size := range [][2]int{{1, 1}, {10, 2}, {5000, 1}, {1000, 10}, {1, 2000}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			c := openFresh(b)
			// The parts below run on other threads, which are in no namespace of the test.
			c.proc = fmt.Sprintf("/proc/self/task/%d/net", unix.Gettid())
			table := changesFor(many(size[0], size[1]))
			b.Run("apply", func(b *testing.B) { benchmarkApply(b, c, table) })
			b.Run("replay", func(b *testing.B) { benchmarkReplay(b, c, table) })
			b.Run("services", func(b *testing.B) {
				for b.Loop() {
					_, err := c.services(ipvs.WithStats)
					must(b, err)
				}
			})
			entries, err := c.services(ipvs.WithStats)
			must(b, err)
			b.Run("proc", func(b *testing.B) {
				for b.Loop() {
					_, err := c.joinProc(entries, new(arena))
					must(b, err)
				}
			})
			b.Run("dumps", func(b *testing.B) {
				for b.Loop() {
					_, err := c.dumpDestinations(entries, nil, ipvs.WithStats, new(arena))
					must(b, err)
				}
			})
		})
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func benchmarkApply(b *testing.B, c *Client, table []ipvs.Change) {
	for b.Loop() {
		mustApply(b, c, table...)
	}
}

// benchmarkReplay sends recorded datagrams, and waits for the answer to each.
func benchmarkReplay(b *testing.B, c *Client, table []ipvs.Change) {
	recorder := &recordingChannel{channel: c.ch}
	c.ch = recorder
	mustApply(b, c, table...)
	c.ch = recorder.channel
	buf := make([]byte, receiveSize())
	for b.Loop() {
		for _, datagram := range recorder.sent {
			must(b, c.ch.sendChanges(datagram))
			_, err := c.ch.receive(buf, true)
			must(b, err)
		}
	}
}

// recordingChannel keeps what is sent.
type recordingChannel struct {
	channel
	sent [][]byte
}

func (r *recordingChannel) sendChanges(datagram []byte) error {
	r.sent = append(r.sent, append([]byte(nil), datagram...))
	return r.channel.sendChanges(datagram)
}
