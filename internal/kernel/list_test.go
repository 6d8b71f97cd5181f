package kernel

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// numbered returns services with these numbers, IPv6 ones if they are negative.
func numbered(numbers ...int) (entries []ipvs.Entry) {
	for _, n := range numbers {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
		if n < 0 {
			addr = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(-n >> 8), 15: byte(-n)})
		}
		entries = append(entries, ipvs.Entry{Service: service(ipvs.AddrService(ipvs.TCP, netip.AddrPortFrom(addr, 80)), "rr")})
	}
	return entries
}

func TestServiceListPlausible(t *testing.T) {
	tests := []struct {
		name      string
		numbers   []int
		datagrams int
		all, ipv4 []int
		want      bool
	}{
		{"empty", nil, 0, []int{-1}, []int{-1}, true},
		{"no counts", []int{1, 2, 3}, 2, []int{-1, -1}, []int{-1, -1, -1}, true},
		{"the counts agree", []int{1, -2, 3}, 2, []int{3, 3}, []int{2, 2, 2, 2}, true},
		{"one comes twice", []int{1, 2, 1}, 2, []int{-1, -1}, []int{-1, -1}, false},
		{"one comes twice and the counts agree", []int{1, 2, 1}, 2, []int{3, 3}, []int{3, 3}, false},
		{"an IPv6 one comes twice", []int{-1, 2, -1}, 2, []int{-1, -1}, []int{-1, -1}, false},
		{"fewer IPv4 services before", []int{1, -2, 3}, 2, []int{-1, -1}, []int{1, 2}, false},
		{"fewer IPv4 services meanwhile", []int{1, -2, 3}, 2, []int{3, 3}, []int{2, 1, 2}, false},
		{"more IPv4 services after", []int{1, -2, 3}, 2, []int{-1, -1}, []int{2, 3}, false},
		{"more services before", []int{1, -2, 3}, 2, []int{4, 3}, []int{2, 2}, false},
		{"more services after", []int{1, -2, 3}, 2, []int{3, 4}, []int{-1, -1}, false},
		{"fewer services after", []int{1, -2, 3}, 2, []int{3, 2}, []int{-1, -1}, false},
		{"none was counted", []int{1}, 2, []int{-1, -1}, []int{0, 0}, false},
		{"one datagram is of one moment", []int{1, 2}, 1, []int{3}, []int{3}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := listOf(numbered(tt.numbers...))
			l.datagrams, l.all, l.ipv4 = tt.datagrams, tt.all, tt.ipv4
			if got := l.plausible(); got != tt.want {
				t.Errorf("%t, want %t", got, tt.want)
			}
		})
	}
}

func TestServiceListContains(t *testing.T) {
	tests := []struct {
		name        string
		list, other []int
		want        bool
	}{
		{"the same", []int{1, 2, 3}, []int{1, 2, 3}, true},
		{"another order", []int{3, 1, 2}, []int{1, 2, 3}, true},
		{"more", []int{1, 2, 3}, []int{2}, true},
		{"fewer", []int{2}, []int{1, 2}, false},
		{"another one", []int{1, 4}, []int{1, 3}, false},
		{"another family", []int{1}, []int{-1}, false},
		{"nothing", []int{1}, nil, true},
		{"of nothing", nil, []int{1}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := listOf(numbered(tt.list...)).contains(listOf(numbered(tt.other...))); got != tt.want {
				t.Errorf("%t, want %t", got, tt.want)
			}
		})
	}
}

// TestServiceIndex finds services of every kind in lists of every length.
func TestServiceIndex(t *testing.T) {
	kinds := []func(n int) ipvs.ServiceID{
		func(n int) ipvs.ServiceID { return tcp(fmt.Sprintf("10.0.%d.%d:80", n>>8, n&255)) },
		func(n int) ipvs.ServiceID { return udp(fmt.Sprintf("10.0.%d.%d:80", n>>8, n&255)) },
		func(n int) ipvs.ServiceID { return tcp(fmt.Sprintf("10.0.0.1:%d", 1000+n)) },
		func(n int) ipvs.ServiceID { return tcp(fmt.Sprintf("[2001:db8::%x]:80", n)) },
		func(n int) ipvs.ServiceID { return mark(uint32(n + 1)) },
		func(n int) ipvs.ServiceID { return mark6(uint32(n + 1)) },
	}
	for _, length := range []int{0, 1, 7, 8, 9, 1000} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			var entries []ipvs.Entry
			id := func(i int) ipvs.ServiceID { return kinds[i%len(kinds)](i / len(kinds)) }
			for i := range length {
				entries = append(entries, ipvs.Entry{Service: ipvs.Service{ID: id(i)}})
			}
			x := newServiceIndex(entries)
			if x.duplicate {
				t.Error("a service was found twice")
			}
			for i := range length + 10 {
				one := id(i)
				position, ok := x.find(&one)
				if ok != (i < length) || ok && position != i {
					t.Fatalf("service %d: %d, %t", i, position, ok)
				}
			}

			for i := range length {
				again := append(entries[:length:length], entries[i])
				if x := newServiceIndex(again); !x.duplicate {
					t.Fatalf("service %d was not found twice", i)
				}
			}
		})
	}
}
