package kernel

import (
	"runtime"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
	"github.com/ipvsadm-go/ipvsadm/internal/genl/genltest"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// withServers returns n services with one server each, but for every seventh.
func withServers(n int) []ipvs.Entry {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	entries := numbered(numbers...)
	for i := range entries {
		if i%7 != 0 {
			entries[i].Destinations = []ipvs.Destination{serverOf(i)}
		}
	}
	return entries
}

// setProcessors sets the number of processors for a test.
func setProcessors(t *testing.T, n int) {
	t.Helper()
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// furtherConns are connections that a Client opened.
type furtherConns struct {
	kernels []*genltest.Kernel
	limit   int
}

// open opens a connection to a kernel with these answers, unless there are enough.
func (f *furtherConns) open(answer func([]genltest.Request) []genltest.Datagram) (*genl.Conn, error) {
	if len(f.kernels) == f.limit {
		return nil, syscall.EMFILE
	}
	k := &genltest.Kernel{Answer: answer}
	f.kernels = append(f.kernels, k)
	return genl.New(k), nil
}

// TestServersOnSeveralConnections checks the table and the connections for numbers of
// services and processors.
func TestServersOnSeveralConnections(t *testing.T) {
	tests := []struct {
		name                        string
		services, processors, limit int
		conns                       int // those that are opened
	}{
		{"few services", manyRequests - 1, 4, 9, 0},
		{"many services", manyRequests, 4, 9, 3},
		{"a share of one", manyRequests + 1, 4, 9, 3},
		{"one processor", manyRequests, 1, 9, 0},
		{"many processors", manyRequests, 16, 9, maxReaders - 1},
		{"no more descriptors", manyRequests, 4, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setProcessors(t, tt.processors)
			want := withServers(tt.services)
			c, _ := newScriptedClient(tableKernel(t, want))
			further := furtherConns{limit: tt.limit}
			c.openConn = func() (*genl.Conn, error) { return further.open(tableKernel(t, want)) }

			got, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
			wantError(t, err, 0, 0)
			if diff := cmp.Diff(want, got.Entries, compareEnds); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if n := len(further.kernels); n != tt.conns {
				t.Errorf("%d further connections, want %d", n, tt.conns)
			}
			for i, k := range further.kernels {
				if !k.Closed {
					t.Errorf("connection %d is open", i)
				}
			}
		})
	}
}

// TestServersRejectedOnOneConnection checks that an error on any connection is the error
// of the table, and that no connection stays open.
func TestServersRejectedOnOneConnection(t *testing.T) {
	setProcessors(t, 2)
	entries := withServers(4 * manyRequests)
	reject := func(rs []genltest.Request) []genltest.Datagram {
		return genltest.Datagrams(genltest.Error(rs[0].Sequence, syscall.ENOMEM))
	}
	// The first connection cannot read all of the services before the other one begins.
	begun := make(chan struct{})
	answer := tableKernel(t, entries)
	c, _ := newScriptedClient(func(rs []genltest.Request) []genltest.Datagram {
		if command(rs[0].Command) == cmdGetDest {
			<-begun
		}
		return answer(rs)
	})
	further := furtherConns{limit: 1}
	c.openConn = func() (*genl.Conn, error) {
		return further.open(func(rs []genltest.Request) []genltest.Datagram {
			close(begun)
			return reject(rs)
		})
	}

	_, err := c.Table(ipvs.Query{Detail: ipvs.WithoutStats})
	wantError(t, err, ipvs.ReadDestinations, syscall.ENOMEM)
	if !further.kernels[0].Closed {
		t.Error("the connection is open")
	}
}

// fixedCounter counts the same services whenever it is asked.
type fixedCounter struct{ ipv4Services, allServices int }

func (c fixedCounter) ipv4() int { return c.ipv4Services }
func (c fixedCounter) all() int  { return c.allServices }
func (fixedCounter) close()      {}

// TestLister checks on which connection the services are listed, and that the requests for
// their servers do not follow long datagrams.
func TestLister(t *testing.T) {
	setProcessors(t, 1)
	tests := []struct {
		name    string
		n       int
		counter fixedCounter
		detail  ipvs.Detail
		limit   int // of further connections

		conns int
		long  bool // the first connection has long datagrams
	}{
		{"few", manyRequests - 1, fixedCounter{manyRequests - 1, manyRequests - 1}, ipvs.WithoutStats, 9, 0, false},
		{"many", manyRequests, fixedCounter{manyRequests, manyRequests}, ipvs.WithoutStats, 9, 1, false},
		{"many, as IPv4 alone is counted", manyRequests, fixedCounter{manyRequests, -1}, ipvs.WithoutStats, 9, 1, false},
		{"unknown", manyRequests, fixedCounter{-1, -1}, ipvs.WithoutStats, 9, 0, false},
		{"plain columns", manyRequests, fixedCounter{manyRequests, manyRequests}, ipvs.PlainColumns, 9, 0, true},
		{"no more descriptors", manyRequests, fixedCounter{manyRequests, manyRequests}, ipvs.WithoutStats, 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := withServers(tt.n)
			c, first := newScriptedClient(tableKernel(t, want))
			c.proc = t.TempDir() // without a table
			c.counter = func() serviceCounter { return tt.counter }
			further := furtherConns{limit: tt.limit}
			c.openConn = func() (*genl.Conn, error) { return further.open(tableKernel(t, want)) }

			for range 2 {
				got, err := c.Table(ipvs.Query{Detail: tt.detail})
				wantError(t, err, 0, 0)
				if diff := cmp.Diff(want, got.Entries, compareEnds); diff != "" {
					t.Errorf("entries (-want +got):\n%s", diff)
				}
			}
			if long := first.Longest > 8<<10; long != tt.long {
				t.Errorf("the longest buffer of the first connection has %d bytes", first.Longest)
			}
			if n := len(further.kernels); n != tt.conns {
				t.Fatalf("%d further connections, want %d", n, tt.conns)
			}
			for _, k := range further.kernels {
				if k.Longest < 31<<10 {
					t.Errorf("the longest buffer for the lists has %d bytes", k.Longest)
				}
				for _, datagram := range k.Sent {
					if r := genltest.Requests(datagram)[0]; command(r.Command) != cmdGetService {
						t.Errorf("command %d on the connection for lists", r.Command)
					}
				}
			}

			if err := c.Close(); err != nil {
				t.Error(err)
			}
			for _, k := range further.kernels {
				if !k.Closed {
					t.Error("the connection for lists is open")
				}
			}
		})
	}
}
