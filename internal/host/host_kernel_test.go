//go:build kernel

package host

import (
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/internal/genl"
)

// fresh makes a network namespace for the test, in which its goroutine stays, and runs
// lines of commands in it.
func fresh(t *testing.T, script string) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// gathered returns the facts of the namespace of the calling thread.
func gathered(t *testing.T, r Request) Facts {
	t.Helper()
	h, err := Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f, err := h.Facts(r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// linkNamed returns the link of a name.
func linkNamed(t *testing.T, f *Facts, name string) Link {
	t.Helper()
	i := slices.IndexFunc(f.Links, func(l Link) bool { return l.Name == name })
	if i < 0 {
		t.Fatalf("no link %s in %+v", name, f.Links)
	}
	return f.Links[i]
}

// network is the namespace of TestKernelFacts: a network on one end of a pair, whose other
// end is a machine that answers as 192.0.2.9 and 2001:db8::9.
const network = `
ip link set lo up
ip link add eth0 mtu 1400 type veth peer name peer
ip link set eth0 up
ip link add dummy0 type dummy
ip link set dummy0 up
ip link add link eth0 name eth0.7 type vlan id 7
ip link add tun1 type ipip local 192.0.2.1 remote 192.0.2.9
ip link add tun2 type ip6tnl local 2001:db8::1 remote 2001:db8::9
ip address add 192.0.2.1/24 dev eth0
ip address add 10.0.0.1/32 dev dummy0
ip address add 2001:db8::1/64 dev eth0 nodad
ip address add 2001:db8:1::1/128 dev dummy0 nodad
ip route add default via 192.0.2.254
ip route add default via 2001:db8::254
ip route add 10.1.0.0/16 via 192.0.2.253 mtu 1300
ip route add 10.2.0.0/16 via inet6 2001:db8::253 dev eth0
ip route add unreachable 10.3.0.0/16
ip route add prohibit 10.4.0.0/16
ip route add blackhole 10.5.0.0/16
ip route add throw 10.6.0.0/16
ip route add local 10.7.0.0/16 dev lo
ip route add 2001:db8:a::/48 via 2001:db8::253 mtu 1280
ip route add unreachable 2001:db8:b::/48
ip route add prohibit 2001:db8:c::/48
ip route add blackhole 2001:db8:d::/48
ip route add local 2001:db8:e::/48 dev lo
ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
ip neighbour add 192.0.2.8 lladdr 02:00:00:00:00:08 dev eth0 nud permanent
ip neighbour add 192.0.2.254 lladdr 02:00:00:00:00:fe dev eth0 nud stale
ip neighbour add 2001:db8::9 lladdr 02:00:00:00:00:09 dev eth0 nud failed
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.eth0.rp_filter=2 net.ipv4.conf.eth0/7.arp_ignore=1
`

// TestKernelFacts checks the facts about a namespace that has one of each kind.
func TestKernelFacts(t *testing.T) {
	fresh(t, network)
	to := []string{
		"10.0.0.1", "192.0.2.9", "10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "10.5.0.1", "10.6.0.1", "10.7.0.1", "8.8.8.8",
		"2001:db8::1", "2001:db8::9", "2001:db8:a::1", "2001:db8:b::1", "2001:db8:c::1", "2001:db8:d::1", "2001:db8:e::1", "2001:db8:f::1",
	}
	var addresses []netip.Addr
	for _, a := range to {
		addresses = append(addresses, addr(a))
	}
	f := gathered(t, Request{Addresses: addresses, IPVS: true})

	if len(f.Gaps) != 0 {
		t.Errorf("gaps: %+v", f.Gaps)
	}
	eth0 := linkNamed(t, &f, "eth0")
	t.Run("links", func(t *testing.T) { checkLinks(t, &f) })
	t.Run("addresses", func(t *testing.T) { checkAddresses(t, &f) })
	t.Run("routes", func(t *testing.T) { checkRoutes(t, &f, eth0.Index) })
	t.Run("defaults", func(t *testing.T) {
		want := []DefaultRoute{
			{Hops: []Hop{{Gateway: addr("192.0.2.254"), Link: eth0.Index}}},
			{IPv6: true, Hops: []Hop{{Gateway: addr("2001:db8::254"), Link: eth0.Index}}},
		}
		if diff := cmp.Diff(want, f.Defaults, sameAddresses); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("neighbours", func(t *testing.T) {
		slices.SortFunc(f.Neighbours, func(a, b Neighbour) int { return a.Addr.Compare(b.Addr) })
		want := []Neighbour{
			{addr("192.0.2.9"), eth0.Index, Permanent},
			{addr("192.0.2.254"), eth0.Index, Stale},
			{addr("2001:db8::9"), eth0.Index, Failed},
		}
		if diff := cmp.Diff(want, f.Neighbours, sameAddresses); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("sysctls", func(t *testing.T) {
		for name, want := range map[string]Sysctl{
			"net.ipv4.ip_forward":               {Present, "1"},
			"net.ipv4.conf.eth0.rp_filter":      {Present, "2"},
			"net.ipv4.conf.eth0/7.arp_ignore":   {Present, "1"},
			"net.ipv4.conf.all.arp_ignore":      {Present, "0"},
			"net.ipv6.conf.default.forwarding":  {Present, "0"},
			"net.ipv4.vs.expire_nodest_conn":    {Present, "0"},
			"net.ipv4.vs.sync_threshold":        {Present, "3\t50"},
			"net.ipv4.vs.no_such_thing":         {},
			"net.ipv4.conf.no_such_link.shared": {},
		} {
			if got := f.Sysctls[name]; got != want {
				t.Errorf("%s: got %+v, want %+v", name, got, want)
			}
		}
	})
	t.Run("kernel", func(t *testing.T) {
		out, err := exec.Command("uname", "-r").Output()
		if want := strings.TrimSpace(string(out)); err != nil || f.KernelRelease != want {
			t.Errorf("release %s, want %s, %v", f.KernelRelease, want, err)
		}
	})
}

// TestKernelFeatures checks that a feature is found on the link that has it. No link of a
// guest has large receive offload.
func TestKernelFeatures(t *testing.T) {
	fresh(t, "ip link set lo up; ip link add dummy0 type dummy")
	socket, err := genl.OpenSocket()
	if err != nil {
		t.Fatal(err)
	}
	conn := genl.New(socket)
	defer conn.Close()
	f := gathered(t, Request{})
	lo, dummy0 := linkNamed(t, &f, "lo").Index, linkNamed(t, &f, "dummy0").Index

	for _, tt := range []struct {
		feature    string
		lo, dummy0 bool
	}{
		{"loopback", true, false},
		{"tx-scatter-gather", true, true},
		{"rx-lro", false, false},
		{"no-such", false, false},
	} {
		t.Run(tt.feature, func(t *testing.T) {
			on, err := readFeature(conn, tt.feature)
			if on[lo] != tt.lo || on[dummy0] != tt.dummy0 || err != nil {
				t.Errorf("lo %t, dummy0 %t, %v", on[lo], on[dummy0], err)
			}
		})
	}
}

// TestKernelLinkSysctls checks that the parameters of links, which come with the list of
// links, are what the files have.
func TestKernelLinkSysctls(t *testing.T) {
	fresh(t, "ip link set lo up; ip link add eth0.7 type dummy; ip link add eth1 type dummy")
	n := 0
	for i, p := range linkSysctls() {
		for _, link := range []string{"eth0.7", "eth1"} {
			g := gatherer{host: &Host{proc: "/proc"}}
			path := g.sysctlPath(LinkSysctl(p.name, link))
			text := strconv.Itoa((i + n) % 2)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			n++
			f := gathered(t, Request{})
			if got := f.Sysctls[LinkSysctl(p.name, link)]; got != (Sysctl{Present, text}) {
				t.Errorf("%s of %s: got %+v, want %s", p.name, link, got, text)
			}
		}
	}
	if n == 0 {
		t.Error("nothing was checked")
	}
}

// checkLinks checks the links of network.
func checkLinks(t *testing.T, f *Facts) {
	eth0 := Link{Name: "eth0", Kind: "veth", MTU: 1400, Up: true, Multicast: true}
	for _, want := range []Link{
		{Name: "lo", MTU: 65536, Up: true, Running: true, Loopback: true},
		eth0,
		{Name: "peer", Kind: "veth", MTU: 1500, Multicast: true},
		{Name: "dummy0", Kind: "dummy", MTU: 1500, Up: true, Running: true, NoARP: true},
		{Name: "eth0.7", Kind: "vlan", MTU: 1400, Multicast: true},
		{Name: "tun1", Kind: "ipip", MTU: 1480, NoARP: true, Tunnel: &Tunnel{addr("192.0.2.1"), addr("192.0.2.9")}},
		{Name: "tun2", Kind: "ip6tnl", MTU: 1452, NoARP: true, Tunnel: &Tunnel{addr("2001:db8::1"), addr("2001:db8::9")}},
	} {
		got := linkNamed(t, f, want.Name)
		want.Index = got.Index
		if diff := cmp.Diff(want, got, sameAddresses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
}

// checkAddresses checks the addresses of network.
func checkAddresses(t *testing.T, f *Facts) {
	var got []string
	for _, a := range f.Addresses {
		i := slices.IndexFunc(f.Links, func(l Link) bool { return l.Index == a.Link })
		if i < 0 || a.Scope == ScopeLink {
			continue // by the kernel from the hardware address
		}
		flags := ""
		for name, set := range map[string]bool{" nodad": a.NoDAD, " tentative": a.Tentative, " dadfailed": a.DADFailed} {
			if set {
				flags += name
			}
		}
		got = append(got, f.Links[i].Name+" "+a.Addr.String()+flags)
	}
	slices.Sort(got)
	want := []string{
		"dummy0 10.0.0.1/32", "dummy0 2001:db8:1::1/128 nodad", "eth0 192.0.2.1/24", "eth0 2001:db8::1/64 nodad",
		"lo 127.0.0.1/8", "lo ::1/128",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// checkRoutes checks the routes of network.
func checkRoutes(t *testing.T, f *Facts, eth0 int) {
	const lo = 1
	source, source6 := addr("192.0.2.1"), addr("2001:db8::1")
	want := map[netip.Addr]Route{
		addr("10.0.0.1"):      {Type: RouteLocal, Link: lo, Source: addr("10.0.0.1")},
		addr("192.0.2.9"):     {Type: RouteUnicast, Link: eth0, Source: source},
		addr("10.1.0.1"):      {Type: RouteUnicast, Link: eth0, Source: source, Gateway: addr("192.0.2.253"), MTU: 1300},
		addr("10.2.0.1"):      {Type: RouteUnicast, Link: eth0, Source: source, Gateway: addr("2001:db8::253")},
		addr("10.3.0.1"):      {Type: RouteUnreachable},
		addr("10.4.0.1"):      {Type: RouteProhibit},
		addr("10.5.0.1"):      {Type: RouteBlackhole},
		addr("10.6.0.1"):      {Type: RouteNone},
		addr("10.7.0.1"):      {Type: RouteLocal, Link: lo, Source: addr("10.7.0.1")},
		addr("8.8.8.8"):       {Type: RouteUnicast, Link: eth0, Source: source, Gateway: addr("192.0.2.254")},
		addr("2001:db8::1"):   {Type: RouteLocal, Link: lo, Source: source6},
		addr("2001:db8::9"):   {Type: RouteUnicast, Link: eth0, Source: source6},
		addr("2001:db8:a::1"): {Type: RouteUnicast, Link: eth0, Source: source6, Gateway: addr("2001:db8::253"), MTU: 1280},
		addr("2001:db8:b::1"): {Type: RouteUnreachable},
		addr("2001:db8:c::1"): {Type: RouteProhibit},
		addr("2001:db8:d::1"): {Type: RouteBlackhole},
		addr("2001:db8:e::1"): {Type: RouteLocal, Link: lo, Source: source6},
		addr("2001:db8:f::1"): {Type: RouteUnicast, Link: eth0, Source: source6, Gateway: addr("2001:db8::254")},
	}
	if diff := cmp.Diff(want, f.Routes, sameAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestKernelDefaults checks default routes of other kinds.
func TestKernelDefaults(t *testing.T) {
	const link = "ip link add eth0 type dummy; ip link set eth0 up; ip address add 192.0.2.1/24 dev eth0\n"
	for _, tt := range []struct {
		name, script string
		want         []string
		gaps         []Gap
	}{
		{"none", link, nil, nil},
		{"without a gateway", link + "ip route add default dev eth0", []string{"eth0 "}, nil},
		{
			"of two hops", link + "ip route add default nexthop via 192.0.2.253 nexthop via 192.0.2.254",
			[]string{"eth0 192.0.2.253", "eth0 192.0.2.254"}, nil,
		},
		{"of two halves", link + "ip route add 0/1 via 192.0.2.253; ip route add 128/1 via 192.0.2.254", []string{"eth0 192.0.2.254"}, nil},
		{"beside a route to a network for documentation", link + "ip route add 198.51.100.0/24 via 192.0.2.253; ip route add default via 192.0.2.254", []string{"eth0 192.0.2.254"}, nil},
		{"blackhole", link + "ip route add blackhole default", nil, nil},
		{
			"hidden", link + "ip route add default via 192.0.2.254; for n in 198.51.100 203.0.113; do ip route add $n.0/24 via 192.0.2.254; done",
			nil, []Gap{{Routes, "default route of IPv4", "hidden by routes to networks for documentation"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh(t, tt.script)
			f := gathered(t, Request{})
			var got []string
			for _, d := range f.Defaults {
				for _, h := range d.Hops {
					text := linkNamed(t, &f, "eth0").Name + " "
					if h.Gateway.IsValid() {
						text += h.Gateway.String()
					}
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.gaps, f.Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}
