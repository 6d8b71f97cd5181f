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

// asking returns a Resolver that asks d, and no files.
func asking(d netResolver) *Resolver {
	return newResolver(d, &fakeDNS{}, time.Second, time.Second, goldenDir+"services")
}

// TestHost checks the names of addresses, and that a name which a rule would read
// otherwise is ignored.
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

// TestLookupHost checks the addresses of names by family, and that each is queried
// once.
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

// TestPrefetchAsksOnceAndNotAllAtOnce checks that each of 200 addresses, which are
// passed five times, is queried once, several at the same time but not all.
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

// silentDNS returns a real resolver whose only server never answers.
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

// TestSilentResolverDelaysOnce checks that a thousand addresses, looked up together,
// then one by one, and then a host cost the timeout budget once if the resolver never
// answers. The slack is for the scheduling of a busy machine.
func TestSilentResolverDelaysOnce(t *testing.T) {
	const each, limit, slack = 100 * time.Millisecond, 200 * time.Millisecond, time.Second
	r := newResolver(silentDNS(t), &fakeDNS{}, each, limit, goldenDir+"services")
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
	if _, err := r.LookupHost("host.example", ipvs.IPv4); !errors.Is(err, errBudgetSpent) {
		t.Errorf("got %v, want %v", err, errBudgetSpent)
	}
	if took := time.Since(start); took > limit+each+slack {
		t.Errorf("took %v", took)
	}
}

// TestSilentResolverOneByOne checks the budget for look-ups without Prefetch.
func TestSilentResolverOneByOne(t *testing.T) {
	const each, limit = 50 * time.Millisecond, 100 * time.Millisecond
	r := newResolver(silentDNS(t), &fakeDNS{}, each, limit, goldenDir+"services")
	start := time.Now()
	for i := range 100 {
		r.Host(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}))
	}
	if took := time.Since(start); took < limit || took > limit+each+time.Second {
		t.Errorf("took %v, want about %v", took, limit)
	}
}

// TestBudgetCountsTimeOnce checks that lookups which wait side by side spend their time
// once.
func TestBudgetCountsTimeOnce(t *testing.T) {
	var b timeoutBudget
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	b.spend(at(0), at(2))
	b.spend(at(0), at(2))
	b.spend(at(1), at(3))
	b.spend(at(1), at(2)) // added late
	b.spend(at(10), at(11))
	if want := 4 * time.Second; b.spent != want {
		t.Errorf("spent %v, want %v", b.spent, want)
	}
}

// TestFilesAfterDNS checks that a failure of DNS, but not its answer that there is no
// such name, leads to the files.
func TestFilesAfterDNS(t *testing.T) {
	host, addr := "file.example", netip.MustParseAddr("10.0.0.1")
	files := &fakeDNS{names: map[string][]string{"10.0.0.1": {host}}, addrs: map[string][]netip.Addr{host: {addr}}}
	for _, test := range []struct {
		name  string
		err   error
		found bool
	}{
		{"no such name", &net.DNSError{IsNotFound: true}, false},
		{"refused", &net.DNSError{Err: "server misbehaving", IsTemporary: true}, true},
		{"no server", &net.OpError{Op: "dial", Err: os.ErrPermission}, true},
		{"no answer", &net.DNSError{IsTimeout: true}, true},
		{"the budget is spent", context.DeadlineExceeded, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newResolver(failingDNS{test.err}, files, time.Second, 0, goldenDir+"services")
			if test.err != context.DeadlineExceeded {
				r.budget.total = time.Minute
			}
			if got, ok := r.Host(addr); ok != test.found || ok && got != host {
				t.Errorf("got %q, %v, want %q, %v", got, ok, host, test.found)
			}
			if got, err := r.LookupHost(host, ipvs.IPv4); (err == nil) != test.found || err == nil && got != addr {
				t.Errorf("got %v, %v, want %v, %v", got, err, addr, test.found)
			}
		})
	}
}

// failingDNS fails.
type failingDNS struct{ err error }

func (d failingDNS) LookupAddr(context.Context, string) ([]string, error) { return nil, d.err }
func (d failingDNS) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, d.err
}

// TestFilesResolver checks that the server of newFilesResolver answers. Every machine
// has a name for 127.0.0.1 in its files, and none for an address of a documentation.
func TestFilesResolver(t *testing.T) {
	r := newFilesResolver()
	names, err := r.LookupAddr(t.Context(), "127.0.0.1")
	if err != nil || len(names) == 0 {
		t.Errorf("127.0.0.1: got %q, %v", names, err)
	}
	for range 3 {
		var answer *net.DNSError
		if names, err := r.LookupAddr(t.Context(), "192.0.2.1"); !errors.As(err, &answer) || !answer.IsNotFound {
			t.Errorf("192.0.2.1: got %q, %v", names, err)
		}
		if addrs, err := r.LookupNetIP(t.Context(), "ip", "host.example"); !errors.As(err, &answer) || !answer.IsNotFound {
			t.Errorf("host.example: got %v, %v", addrs, err)
		}
	}
}

// TestAddressesAreNoNames checks that a name which a rule would read as an address is
// not a name.
func TestAddressesAreNoNames(t *testing.T) {
	for name, want := range map[string]string{
		"0x0a000001": "", "0X0A000001": "", "1.2.3.0x4": "", "0x1.0x2.0x3.0x4": "", "0x0b": "", "0xff.1": "", "0xa.": "",
		"0xg": "0xg", "0x": "0x", "x0.1": "x0.1", "1.2.3.4.0x5": "1.2.3.4.0x5", "0b1": "0b1", "0o7": "0o7", "0x1_0": "0x1_0",
		"a.0x1": "a.0x1", "0x1.example": "0x1.example", "1e3": "1e3", "dead.beef": "dead.beef", "0x1-2": "0x1-2",
	} {
		t.Run(name, func(t *testing.T) {
			r := asking(&fakeDNS{names: map[string][]string{"10.0.0.1": {name}}})
			if got, ok := r.Host(netip.MustParseAddr("10.0.0.1")); got != want || ok != (want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, want)
			}
		})
	}
}

// TestSlowAnswersAreAwaited checks that a resolver which answers slowly is queried to
// the end, even if its answers together take longer than the budget.
func TestSlowAnswersAreAwaited(t *testing.T) {
	d := &fakeDNS{names: map[string][]string{}, delay: 30 * time.Millisecond}
	r := newResolver(d, &fakeDNS{}, 50*time.Millisecond, 50*time.Millisecond, goldenDir+"services")
	for i := range 5 {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		d.names[a.String()] = []string{"host.example."}
		if name, ok := r.Host(a); !ok {
			t.Errorf("%v: got %q", a, name)
		}
	}
}

// TestServicesAreReadWhenWanted checks that the services file is read at the first
// look-up and not again.
func TestServicesAreReadWhenWanted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services")
	r := newResolver(nil, nil, 0, 0, path)
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

// BenchmarkHost measures a cached look-up.
func BenchmarkHost(b *testing.B) {
	d := &fakeDNS{names: map[string][]string{"10.0.0.1": {"host.example."}}}
	r := asking(d)
	addr := netip.MustParseAddr("10.0.0.1")
	b.ReportAllocs()
	for b.Loop() {
		r.Host(addr)
	}
}

// BenchmarkServices measures the reading of the machine's services file.
func BenchmarkServices(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readServices("/etc/services")
	}
}
