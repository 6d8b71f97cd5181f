package kernel

import "github.com/ipvsadm-go/ipvsadm/internal/ipvs"

// arena is memory for the servers of a table, those of one service side by side. A slice
// of its own for each service would be an allocation each, and to let it grow would leave
// half of the memory as garbage: 5,000 services with ten servers each take 4 ms here, and
// 20 ms in slices that grow, with 25,000 allocations.
type arena struct {
	block []ipvs.Destination
	start int // of the current service's servers
}

// The number of servers in the first block, and in each of those after it. A block takes
// address space at once, and memory only where it is written to; the first one fits in
// the initial heap.
const (
	arenaFirst = 1 << 12
	arenaSize  = 1 << 16
)

// add returns a new server of the current service, which is zero.
func (a *arena) add() *ipvs.Destination {
	n := len(a.block)
	if n == cap(a.block) {
		size := arenaSize
		if n == 0 {
			size = arenaFirst
		}

		n -= a.start
		block := make([]ipvs.Destination, n, max(size, 2*n))
		copy(block, a.block[a.start:])
		a.block, a.start = block, 0
	}
	a.block = a.block[:n+1]
	return &a.block[n]
}

// reset drops the servers of the current service.
func (a *arena) reset() {
	clear(a.block[a.start:])
	a.block = a.block[:a.start]
}

// cut returns the servers of the current service, nil if there are none, and begins the
// next service.
func (a *arena) cut() (servers []ipvs.Destination) {
	if end := len(a.block); a.start < end {
		servers = a.block[a.start:end:end]
		a.start = end
	}
	return servers
}
