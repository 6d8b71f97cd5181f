package kernel

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestArena checks several blocks, with services that end within one and services that
// do not fit.
func TestArena(t *testing.T) {
	var a arena
	sizes := []int{0, 1, arenaSize - 2, 3, 0, arenaSize - 4, 1, 3*arenaSize + 5, 2}
	var all [][]ipvs.Destination
	weight := int32(0)
	for _, size := range sizes {
		for range size / 2 {
			a.add().Weight = -1
		}
		a.reset()
		for range size {
			d := a.add()
			if *d != (ipvs.Destination{}) {
				t.Fatalf("a new server is %+v", *d)
			}
			weight++
			d.Weight = weight
		}
		all = append(all, a.cut())
	}
	weight = 0
	for i, servers := range all {
		if len(servers) != sizes[i] || len(servers) != cap(servers) || (servers == nil) != (sizes[i] == 0) {
			t.Errorf("%d servers with room for %d, want %d", len(servers), cap(servers), sizes[i])
		}
		for _, d := range servers {
			weight++
			if d.Weight != weight {
				t.Fatalf("weight %d, want %d", d.Weight, weight)
			}
		}
	}
}
