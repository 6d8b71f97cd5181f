package host

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLinkSysctl checks the names of the parameters of links.
func TestLinkSysctl(t *testing.T) {
	for link, want := range map[string]string{
		"all":    "net.ipv4.conf.all.rp_filter",
		"eth0":   "net.ipv4.conf.eth0.rp_filter",
		"eth0.7": "net.ipv4.conf.eth0/7.rp_filter",
	} {
		t.Run(link, func(t *testing.T) {
			if got := LinkSysctl("net.ipv4.conf.rp_filter", link); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			g := gatherer{host: &Host{proc: "/proc"}}
			if got := g.sysctlPath(want); got != "/proc/sys/net/ipv4/conf/"+link+"/rp_filter" {
				t.Errorf("path %s", got)
			}
		})
	}
}

// TestSysctlInt checks the numbers of parameters.
func TestSysctlInt(t *testing.T) {
	s := Sysctls{"a": {Present, "-7"}, "b": {Present, "1 2"}, "c": {Unreadable, ""}, "d": {Absent, "3"}}
	for name, want := range map[string]struct {
		value int
		ok    bool
	}{"a": {-7, true}, "b": {0, false}, "c": {0, false}, "d": {0, false}, "e": {0, false}} {
		t.Run(name, func(t *testing.T) {
			if value, ok := s.Int(name); value != want.value || ok != want.ok {
				t.Errorf("got %d, %t", value, ok)
			}
		})
	}
}

// procFiles writes files below a directory that stands for /proc.
func procFiles(t *testing.T, files map[string]string) *gatherer {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &gatherer{host: &Host{proc: dir}, request: Request{IPVS: true}, facts: Facts{Sysctls: Sysctls{}}}
}

// TestReadSysctls checks which parameters are read, and what is a gap.
func TestReadSysctls(t *testing.T) {
	const vs, conf = "sys/net/ipv4/vs/", "sys/net/ipv4/conf/"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  Sysctls
		gaps  []Gap
	}{
		{"no /proc/sys", map[string]string{"version": ""}, Sysctls{}, []Gap{{SysctlTree, "", "no such file or directory"}}},
		{
			"all kinds",
			map[string]string{
				"sys/net/ipv4/ip_forward": "1\n", vs + "conntrack": "0\n", vs + "sync_threshold": "3\t50\n",
				conf + "all/rp_filter": "2\n", conf + "default/rp_filter": "1\n",
			},
			Sysctls{
				"net.ipv4.ip_forward": {Present, "1"}, "net.ipv4.vs.conntrack": {Present, "0"}, "net.ipv4.vs.sync_threshold": {Present, "3\t50"},
				"net.ipv4.conf.all.rp_filter": {Present, "2"}, "net.ipv4.conf.default.rp_filter": {Present, "1"},
			},
			nil,
		},
		{"no IPVS", map[string]string{"sys/net/x": ""}, Sysctls{}, nil},
		{
			"IPVS without its parameters",
			map[string]string{"sys/net/x": "", "thread-self/net/ip_vs": ""},
			Sysctls{},
			[]Gap{{SysctlTree, "net.ipv4.vs", "no such file or directory"}},
		},
		{
			"a directory in the place of a parameter",
			map[string]string{"sys/net/ipv4/ip_forward/x": ""},
			Sysctls{"net.ipv4.ip_forward": {State: Unreadable}},
			[]Gap{{SysctlTree, "net.ipv4.ip_forward", "is a directory"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := procFiles(t, tt.files)
			g.readSysctls()
			if diff := cmp.Diff(tt.want, g.facts.Sysctls); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.gaps, g.facts.Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadFiles checks the files of the proc file system.
func TestReadFiles(t *testing.T) {
	const status = "Conns:\t7\nConn buckets:\t4096 (12 bits, lfactor -4)\nConn buckets empty:\t4089 (99%)\n" +
		"Services:\t2\nService buckets:\t16 (4 bits, lfactor -3)\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  Facts
	}{
		{"none", nil, Facts{}},
		{
			"all",
			map[string]string{
				"thread-self/net/ip_vs_status":  status,
				"thread-self/net/ip_vs_app":     "prot port    usecnt name\nTCP  21      1      ftp\n",
				"thread-self/net/ip_vs_ignored": "",
			},
			Facts{
				Status: &Status{Connections: 7, ConnectionBuckets: 4096, Services: 2, ServiceBuckets: 16},
				Apps:   []App{{"TCP", 21, "ftp"}},
			},
		},
		{
			"malformed",
			map[string]string{"thread-self/net/ip_vs_status": "Conns:\t7\n", "thread-self/net/ip_vs_app": "prot\nTCP 99999 1 ftp\n"},
			Facts{Gaps: []Gap{{StatusFile, "", "unexpected contents"}, {AppsFile, "", "unexpected contents"}}},
		},
		{
			"not a number",
			map[string]string{"thread-self/net/ip_vs_status": "Conns:\tx\n", "thread-self/net/ip_vs_app": "prot\nTCP 21\n"},
			Facts{Gaps: []Gap{{StatusFile, "", "unexpected contents"}, {AppsFile, "", "unexpected contents"}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := procFiles(t, tt.files)
			g.readFiles()
			g.facts.KernelRelease, g.facts.Sysctls = "", nil
			if diff := cmp.Diff(tt.want, g.facts); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWithoutIPVS checks that nothing of IPVS is read if it is not asked for.
func TestWithoutIPVS(t *testing.T) {
	g := procFiles(t, map[string]string{
		"thread-self/net/ip_vs_status": "malformed", "thread-self/net/ip_vs_app": "prot\nmalformed\n",
		"thread-self/net/ip_vs": "", "sys/net/ipv4/vs/conntrack": "1\n", "sys/net/ipv4/ip_forward": "1\n",
	})
	g.request.IPVS = false
	g.readFiles()
	g.readSysctls()
	g.facts.KernelRelease = ""
	want := Facts{Sysctls: Sysctls{"net.ipv4.ip_forward": {Present, "1"}}}
	if diff := cmp.Diff(want, g.facts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDistinct checks that each address is asked for once, and what is none not at all.
func TestDistinct(t *testing.T) {
	got := distinct([]netip.Addr{addr("192.0.2.2"), {}, addr("192.0.2.1"), addr("192.0.2.2"), addr("::"), addr("0.0.0.0"), addr("fe80::1%eth0"), addr("fe80::1")})
	want := []netip.Addr{addr("192.0.2.1"), addr("192.0.2.2"), addr("fe80::1")}
	if diff := cmp.Diff(want, got, sameAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
