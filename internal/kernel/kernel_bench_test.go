//go:build kernel

package kernel

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// many returns a table with a number of services with a number of servers each.
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

// BenchmarkKernel measures the parts of a listing and of a restore, each with the flush
// before it, and the same requests sent from memory.
func BenchmarkKernel(b *testing.B) {
	for _, size := range [][2]int{{1, 1}, {10, 2}, {5000, 1}, {1000, 10}, {1, 2000}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			c := openFresh(b)
			// The parts below run on other threads, which are in no namespace of the test.
			c.proc = fmt.Sprintf("/proc/self/task/%d/net", unix.Gettid())
			table := changesFor(many(size[0], size[1]))
			b.Run("apply", func(b *testing.B) { benchmarkApply(b, c, table) })
			b.Run("replay", func(b *testing.B) { benchmarkReplay(b, table) })
			b.Run("services", func(b *testing.B) {
				for b.Loop() {
					_, err := c.listServices(ipvs.WithStats, nil)
					must(b, err)
				}
			})
			b.Run("count", func(b *testing.B) {
				for b.Loop() {
					k := c.counter()
					k.ipv4()
					k.all()
					k.close()
				}
			})
			l, err := c.listServices(ipvs.WithStats, nil)
			must(b, err)
			b.Run("proc", func(b *testing.B) {
				for b.Loop() {
					_, err := c.joinProc(l, new(arena))
					must(b, err)
				}
			})
			b.Run("dumps", func(b *testing.B) {
				for b.Loop() {
					r := newTableReader(c, ipvs.WithStats)
					_, err := r.readServers(l)
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
func benchmarkReplay(b *testing.B, table []ipvs.Change) {
	s, err := genl.OpenSocket()
	must(b, err)
	recorder := &recordingChannel{Channel: s}
	conn := genl.New(recorder)
	defer conn.Close()
	family, err := conn.LookUp(familyName)
	must(b, err)

	recorder.sent = nil
	mustApply(b, newClient(conn, family), table...)
	buf := make([]byte, 8<<10)
	for b.Loop() {
		for _, datagram := range recorder.sent {
			must(b, s.Send(datagram))
			_, err := s.Receive(buf, true)
			must(b, err)
		}
	}
}

// recordingChannel keeps a copy of what is sent.
type recordingChannel struct {
	genl.Channel
	sent [][]byte
}

func (r *recordingChannel) Send(datagram []byte) error {
	r.sent = append(r.sent, slices.Clone(datagram))
	return r.Channel.Send(datagram)
}
