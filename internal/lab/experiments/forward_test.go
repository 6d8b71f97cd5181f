//go:build kernel

package experiments

import (
	"fmt"
	"testing"
)

// requests is the number of requests that show the ratio of the weights.
const requests = 40

// experiment is a service with two real servers of weights 3 and 1.
type experiment struct {
	name string
	// network is the script that makes the machines; method, device and vip are
	// arguments of director.sh.
	network, method, device, vip string
	// address is the service's, as in the listings.
	address string
	// heavy and light are the servers of weight 3 and 1.
	heavy, light server
	// through is true if the answers pass through the director.
	through bool
}

// server is a real server.
type server struct {
	host string
	// listen is the address that the server listens on.
	listen string
	// real is the server's address in a rule, listed that in a listing.
	real, listed string
}

// experiments returns the experiments with one director.
func experiments() []experiment {
	const vip, vip6 = "172.20.0.200", "2001:db8:20::200"
	return []experiment{{
		name: "nat", network: "nat.sh", method: "nat", device: "front", vip: vip, address: vip + ":80", through: true,
		heavy: server{"real17", "192.168.30.17:8080", "192.168.30.17:8080", "192.168.30.17:8080"},
		light: server{"real27", "192.168.30.27:80", "192.168.30.27:80", "192.168.30.27:80"},
	}, {
		name: "direct", network: "direct.sh", method: "direct", device: "lan", vip: vip, address: vip + ":80",
		heavy: server{"real21", vip + ":80", "172.20.0.21", "172.20.0.21:80"},
		light: server{"real22", vip + ":80", "172.20.0.22", "172.20.0.22:80"},
	}, {
		name: "tunnel", network: "tunnel.sh", method: "tunnel", device: "lan", vip: vip, address: vip + ":80",
		heavy: server{"real31", vip + ":80", "192.168.30.31", "192.168.30.31:80"},
		light: server{"real32", vip + ":80", "192.168.30.32", "192.168.30.32:80"},
	}, {
		name: "tunnel6", network: "tunnel.sh", method: "tunnel", device: "lan", vip: vip6, address: "[" + vip6 + "]:80",
		heavy: server{"real31", "[" + vip6 + "]:80", "2001:db8:30::31", "[2001:db8:30::31]:80"},
		light: server{"real32", "[" + vip6 + "]:80", "2001:db8:30::32", "[2001:db8:30::32]:80"},
	}}
}

// TestKernelForwarding checks every forwarding method.
func TestKernelForwarding(t *testing.T) {
	for _, e := range experiments() {
		t.Run(e.name, func(t *testing.T) {
			// Most of the time is spent waiting for the kernel's counters.
			t.Parallel()
			e.run(t)
		})
	}
}

// run runs one experiment.
func (e experiment) run(t *testing.T) {
	c := newCluster(t, scripts+e.network)
	c.do(c.machine, fmt.Sprintf("sh %sdirector.sh %s %s %s %s 3 %s 1", scripts, e.method, e.device, e.vip, e.heavy.real, e.light.real))
	c.serve(e.heavy.host, e.heavy.listen)
	c.serve(e.light.host, e.light.listen)

	before := c.sent("client")
	wantTally(t, "the ratio of the weights", c.ask("client", e.address, requests), e.tally(30, 10))
	e.checkActive(c, [2]int{0, 0}, [2]int{30, 10})
	e.checkCounters(c, before)
	c.same(c.machine, everyForm(e.address)...)

	open, tally := c.hold("client", e.address, 4)
	wantTally(t, "connections that stay", tally, e.tally(3, 1))
	e.checkActive(c, [2]int{3, 1}, [2]int{30, 10})
	c.checkConnections(c.machine, e, 3, 1)

	c.do(c.machine, "ipvsadm -e -t "+e.address+" -r "+e.heavy.listed+" "+e.flag()+" -w 0")
	wantTally(t, "weight 0 stops new connections", c.ask("client", e.address, 10), e.tally(0, 10))
	wantTally(t, "weight 0 keeps open connections", c.answers(open), e.tally(3, 1))
	e.checkActive(c, [2]int{3, 1}, [2]int{30, 20})
	c.same(c.machine, everyForm(e.address)...)
}

// flag returns the option of the forwarding method.
func (e experiment) flag() string {
	return map[string]string{"nat": "-m", "direct": "-g", "tunnel": "-i"}[e.method]
}

// tally returns the expected numbers of answers by server.
func (e experiment) tally(heavy, light int) map[string]int {
	tally := map[string]int{}
	for host, n := range map[string]int{e.heavy.host: heavy, e.light.host: light} {
		if n > 0 {
			tally[host] = n
		}
	}
	return tally
}

// checkActive waits until the listing has these active and inactive connections of
// the heavy and the light server: the last packets may still be on their way.
func (e experiment) checkActive(c *cluster, active, inactive [2]int) {
	c.t.Helper()
	want := fmt.Sprintf("%s %d %d \n%s %d %d \n", e.heavy.listed, active[0], inactive[0], e.light.listed, active[1], inactive[1])
	eventually(c.t, "active and inactive connections", func() (string, string) {
		return fields(c.do(c.machine, "ipvsadm -Ln"), "->", 1, 4, 5), want
	})
}

// checkCounters waits until the counters, which the kernel updates every two seconds,
// are those of the client's namespace since before.
func (e experiment) checkCounters(c *cluster, before segments) {
	c.t.Helper()
	eventually(c.t, "the service's counters", func() (got, want string) {
		sent := c.sent("client").since(before)
		if !e.through {
			sent.in = 0
		}
		listing := c.do(c.machine, "ipvsadm -Ln --stats --exact")
		return fields(listing, "TCP", 2, 3, 4), fmt.Sprintf("%d %d %d \n", requests, sent.out, sent.in)
	})

	servers := fields(c.do(c.machine, "ipvsadm -Ln --stats --exact"), "->", 1, 2)
	if want := e.heavy.listed + " 30 \n" + e.light.listed + " 10 \n"; servers != want {
		c.t.Errorf("the servers' counters:\n%s\nwant:\n%s", servers, want)
	}
}
