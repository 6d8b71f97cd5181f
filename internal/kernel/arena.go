package kernel

import "github.com/ipvsadm-go/ipvsadm/internal/ipvs"

// arena is where the servers of a table are put, those of one service side by
// side. A slice of its own for each service would be an allocation each, and to
// let it grow would leave half of the memory as garbage.
type arena struct {
	block []ipvs.Destination
	start int // of the present service's servers
}

// How many servers go into the first block, and into each of those after it. A block
// takes room in the address space at once, and memory only where it is written to;
// the first finds its room in what the program has from the start.
const (
	arenaFirst = 1 << 12
	arenaSize  = 1 << 16
)

// add gives a new server, zero, of the present service.
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

// reset drops the servers of the present service.
func (a *arena) reset() {
	clear(a.block[a.start:])
	a.block = a.block[:a.start]
}

// cut gives the servers of the present service, nil if there are none, and begins
// the next.
func (a *arena) cut() (servers []ipvs.Destination) {
	if end := len(a.block); a.start < end {
		servers = a.block[a.start:end:end]
		a.start = end
	}
	return servers
}
