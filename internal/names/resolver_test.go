package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// fakeDNS answers from maps, counts, and notes how many ask at once.
type fakeDNS struct {
	names map[string][]string
	addrs map[string][]netip.Addr
	delay time.Duration

	mu          sync.Mutex
	asked       map[string]int
	busy, crowd int
}

var errNoSuchHost = errors.New("no such host")

// ask notes one look-up.
func (d *fakeDNS) ask(what string) {
	d.mu.Lock()
	if d.asked == nil {
		d.asked = map[string]int{}
	}
	d.asked[what]++
	d.busy++
	d.crowd = max(d.crowd, d.busy)
	d.mu.Unlock()
	time.Sleep(d.delay)
	d.mu.Lock()
	d.busy--
	d.mu.Unlock()
}

func (d *fakeDNS) LookupAddr(_ context.Context, addr string) ([]string, error) {
	d.ask(addr)
	if names, ok := d.names[addr]; ok {
		return names, nil
	}
	return nil, errNoSuchHost
}

func (d *fakeDNS) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	d.ask(network + " " + host)
	if addrs, ok := d.addrs[host]; ok {
		return addrs, nil
	}
	return nil, errNoSuchHost
}

// asking is a Resolver that asks d.
func asking(d dns) *Resolver { return newResolver(d, time.Second, time.Second, goldenDir+"services") }

func TestHost(t *testing.T) {
	d := &fakeDNS{names: map[string][]string{
		"10.0.0.1":    {"canonical.example.", "alias1", "second.example."},
		"10.0.0.2":    {"name_with_underscore"},
		"10.0.0.3":    {},
		"10.0.0.4":    {""},
		"10.0.0.5":    {"ctl\x01\x1b[1m"},
		"10.0.0.6":    {"ünïcode"},
		"10.0.0.7":    {"-dash"},
		"10.0.0.8":    {"123"},
		"10.0.0.9":    {"co:lon"},
		"10.0.0.10":   {"new\nline"},
		"10.0.0.11":   {"UPPER.Example."},
		"0.0.0.0":     {"zero.example."},
		"::":          {"zero6.example."},
		"2001:db8::1": {"six.example."},
		"fe80::1":     {"linklocal"},
	}}
	r := asking(d)
	for addr, want := range map[string]string{
		"10.0.0.1": "canonical.example", "10.0.0.2": "name_with_underscore", "10.0.0.11": "UPPER.Example",
		"0.0.0.0": "zero.example", "2001:db8::1": "six.example", "fe80::1": "linklocal", "fe80::1%eth0": "linklocal",
		"10.0.0.3": "", "10.0.0.4": "", "10.0.0.5": "", "10.0.0.6": "", "10.0.0.7": "", "10.0.0.8": "",
		"10.0.0.9": "", "10.0.0.10": "", "10.0.0.99": "", "::": "",
	} {
		got, ok := r.Host(netip.MustParseAddr(addr))
		if got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", addr, got, ok, want)
		}
	}
	if name, ok := r.Host(netip.Addr{}); ok {
		t.Errorf("no address: got %q", name)
	}
}

func TestLookupHost(t *testing.T) {
	four, six := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	d := &fakeDNS{addrs: map[string][]netip.Addr{
		"both":   {six, four},
		"mapped": {netip.AddrFrom16(four.As16())},
		"scoped": {netip.MustParseAddr("fe80::1%eth0")},
		"none":   {},
	}}
	r := asking(d)
	for _, test := range []struct {
		name   string
		family ipvs.Family
		want   netip.Addr
		err    string
	}{
		{"both", 0, four, ""},
		{"both", ipvs.IPv4, four, ""},
		{"both", ipvs.IPv6, six, ""},
		{"mapped", ipvs.IPv4, four, ""},
		{"scoped", ipvs.IPv6, netip.MustParseAddr("fe80::1"), ""},
		{"none", ipvs.IPv4, netip.Addr{}, `look up host "none": no address of the family`},
		{"absent", ipvs.IPv4, netip.Addr{}, `look up host "absent": no such host`},
		{"absent", ipvs.IPv4, netip.Addr{}, `look up host "absent": no such host`},
	} {
		got, err := r.LookupHost(test.name, test.family)
		if text := fmt.Sprint(err); got != test.want || (err == nil) != (test.err == "") || err != nil && text != test.err {
			t.Errorf("%s, family %d: got %v, %v, want %v, %q", test.name, test.family, got, err, test.want, test.err)
		}
	}
	want := map[string]int{
		"ip4 both": 2, // family 0 and IPv4 are asked apart
		"ip6 both": 1, "ip4 mapped": 1, "ip6 scoped": 1, "ip4 none": 1, "ip4 absent": 1,
	}
	if diff := cmp.Diff(want, d.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestPrefetchAsksOnceAndNotAllAtOnce looks 200 addresses up, each named five
// times.
func TestPrefetchAsksOnceAndNotAllAtOnce(t *testing.T) {
	d := &fakeDNS{names: map[string][]string{}, delay: 2 * time.Millisecond}
	var addrs []netip.Addr
	want := map[string]int{}
	for i := range 1000 {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 200)})
		addrs = append(addrs, a)
		want[a.String()] = 1
		d.names[a.String()] = []string{fmt.Sprintf("host%d.example.", i%200)}
	}
	r := asking(d)
	r.Prefetch(addrs)
	r.Prefetch(addrs)
	for i, a := range addrs {
		if name, _ := r.Host(a); name != fmt.Sprintf("host%d.example", i%200) {
			t.Errorf("%v: got %q", a, name)
		}
	}
	if diff := cmp.Diff(want, d.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if d.crowd > parallel || d.crowd < 2 {
		t.Errorf("%d look-ups at once, want 2 to %d", d.crowd, parallel)
	}
}

// silentDNS is a real resolver whose only server is a socket that nobody answers
// from.
func silentDNS(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
		},
	}
}

// TestSilentResolverDelaysOnce lists a thousand servers with a resolver that never
// answers: together, then one by one, then asks for a host. All of that may take
// what is allowed once, and some time for the scheduling of a busy machine.
func TestSilentResolverDelaysOnce(t *testing.T) {
	const each, limit, slack = 100 * time.Millisecond, 200 * time.Millisecond, time.Second
	r := newResolver(silentDNS(t), each, limit, goldenDir+"services")
	var addrs []netip.Addr
	for i := range 1000 {
		addrs = append(addrs, netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}))
	}
	start := time.Now()
	r.Prefetch(addrs)
	if took := time.Since(start); took < limit {
		t.Errorf("gave up after %v, want %v", took, limit)
	}
	for _, a := range addrs {
		if name, ok := r.Host(a); ok {
			t.Errorf("%v: got %q", a, name)
		}
	}
	if _, err := r.LookupHost("host.example", ipvs.IPv4); !errors.Is(err, errSilent) {
		t.Errorf("got %v, want %v", err, errSilent)
	}
	if took := time.Since(start); took > limit+each+slack {
		t.Errorf("took %v", took)
	}
}

// TestSilentResolverOneByOne has a listing that does not prefetch.
func TestSilentResolverOneByOne(t *testing.T) {
	const each, limit = 50 * time.Millisecond, 100 * time.Millisecond
	r := newResolver(silentDNS(t), each, limit, goldenDir+"services")
	start := time.Now()
	for i := range 100 {
		r.Host(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}))
	}
	if took := time.Since(start); took < limit || took > limit+each+time.Second {
		t.Errorf("took %v, want about %v", took, limit)
	}
}

// TestPatienceCountsTimeOnce has look-ups that waited side by side.
func TestPatienceCountsTimeOnce(t *testing.T) {
	var p patience
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	p.lose(at(0), at(2))
	p.lose(at(0), at(2))
	p.lose(at(1), at(3))
	p.lose(at(1), at(2)) // told late
	p.lose(at(10), at(11))
	if want := 4 * time.Second; p.lost != want {
		t.Errorf("lost %v, want %v", p.lost, want)
	}
}

// TestSlowAnswersAreAwaited has a resolver that takes long for the whole of a
// listing, but answers: that is no reason to give up.
func TestSlowAnswersAreAwaited(t *testing.T) {
	d := &fakeDNS{names: map[string][]string{}, delay: 30 * time.Millisecond}
	r := newResolver(d, 50*time.Millisecond, 50*time.Millisecond, goldenDir+"services")
	for i := range 5 {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		d.names[a.String()] = []string{"host.example."}
		if name, ok := r.Host(a); !ok {
			t.Errorf("%v: got %q", a, name)
		}
	}
}

// TestServicesAreReadWhenWanted makes the file after the Resolver, and takes it
// away again after the first question.
func TestServicesAreReadWhenWanted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services")
	r := newResolver(nil, 0, 0, path)
	if err := os.WriteFile(path, []byte("late 80/tcp\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if name, _ := r.Port(ipvs.TCP, 80); name != "late" {
			t.Errorf("got %q, want %q", name, "late")
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkHost(b *testing.B) {
	d := &fakeDNS{names: map[string][]string{"10.0.0.1": {"host.example."}}}
	r := asking(d)
	addr := netip.MustParseAddr("10.0.0.1")
	b.ReportAllocs()
	for b.Loop() {
		r.Host(addr)
	}
}

func BenchmarkServices(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readServices("/etc/services")
	}
}
