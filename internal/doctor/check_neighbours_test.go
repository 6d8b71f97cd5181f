package doctor

import (
	"github.com/ipvsadm-go/ipvsadm/internal/host"
)

// neighboursCases returns the conditions of check_neighbours.go.
func neighboursCases() []checkCase {
	return []checkCase{
		{"neighbour", "a server that failed", newDirector, func(m machine) {
			m.neighbour("192.168.30.17", lan, host.Failed)
		}, []Finding{
			{Fault, "neighbour", "TCP 172.20.0.200:80 -> 192.168.30.17:8080",
				"192.168.30.17 does not answer on lan (neighbour entry FAILED)",
				"check that 192.168.30.17 is up and on the network of lan, and give the server weight 0 until it is"},
		}},
		{"neighbour", "a server that is asked for", newDirector, func(m machine) {
			m.neighbour("2001:db8:30::31", lan, host.Incomplete)
		}, []Finding{
			{Warning, "neighbour", "TCP [2001:db8:20::202]:80 -> [2001:db8:30::31]:80",
				"2001:db8:30::31 has not answered on lan yet (neighbour entry INCOMPLETE)",
				"check that 2001:db8:30::31 is up and on the network of lan, and give the server weight 0 until it is"},
		}},
		{"neighbour", "a gateway", newDirector, func(m machine) {
			m.route("192.168.30.31", host.Route{Type: host.RouteUnicast, Link: front, Gateway: addr("172.20.0.9"), MTU: 1600})
			m.neighbour("172.20.0.9", front, host.Failed)
		}, []Finding{
			{Fault, "neighbour", "TCP 172.20.0.202:80 -> 192.168.30.31:80",
				"172.20.0.9 does not answer on front (neighbour entry FAILED)",
				"check that 172.20.0.9 is up and on the network of front, and give the server weight 0 until it is"},
		}},
	}
}
