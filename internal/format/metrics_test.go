package format

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestMetrics formats the metrics of services of every kind, and of servers.
func TestMetrics(t *testing.T) {
	at := netip.MustParseAddrPort
	stats := &ipvs.Stats{Connections: 1<<64 - 1, InPackets: 2, OutPackets: 3, InBytes: 4, OutBytes: 5, ConnectionRate: 6}
	services := []ipvs.Service{
		{ID: ipvs.AddrService(ipvs.TCP, at("10.0.0.1:80")), Scheduler: "sh", Flags: ipvs.Persistent | ipvs.Hashed | ipvs.Sched1, Stats: stats},
		{ID: ipvs.AddrService(ipvs.UDP, at("[2001:db8::1]:53")), Scheduler: "rr", Flags: ipvs.OnePacket | ipvs.Sched3},
		{ID: ipvs.MarkService(0xfedcba98, ipvs.IPv4), Scheduler: "a\\b\"c\nd\x1b\xffü"},
		{ID: ipvs.MarkService(7, ipvs.IPv6), Scheduler: "wlc"},
	}
	var got strings.Builder
	for _, m := range ServiceMetrics() {
		if m.name != "ipvs_service_info" && m.name != "ipvs_service_connections_total" {
			continue
		}
		got.Write(m.AppendHead(nil))
		for i := range services {
			got.Write(m.AppendSample(nil, &services[i]))
		}
	}

	const want = `# HELP ipvs_service_info A virtual service, by its scheduler and flags; always 1.
# TYPE ipvs_service_info gauge
ipvs_service_info{local_address="10.0.0.1",local_port="80",local_mark="",proto="TCP",scheduler="sh",flags="persistent,sh-fallback"} 1
ipvs_service_info{local_address="2001:db8::1",local_port="53",local_mark="",proto="UDP",scheduler="rr",flags="ops,flag-3"} 1
ipvs_service_info{local_address="",local_port="0",local_mark="FEDCBA98",proto="FWM",scheduler="a\\b\"c\nd??ü",flags=""} 1
ipvs_service_info{local_address="::",local_port="0",local_mark="00000007",proto="FWM",scheduler="wlc",flags=""} 1
# HELP ipvs_service_connections_total Connections to the virtual service.
# TYPE ipvs_service_connections_total counter
ipvs_service_connections_total{local_address="10.0.0.1",local_port="80",local_mark="",proto="TCP"} 18446744073709551615
ipvs_service_connections_total{local_address="2001:db8::1",local_port="53",local_mark="",proto="UDP"} 0
ipvs_service_connections_total{local_address="",local_port="0",local_mark="FEDCBA98",proto="FWM"} 0
ipvs_service_connections_total{local_address="::",local_port="0",local_mark="00000007",proto="FWM"} 0
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestServerMetrics checks every sample of a server that has a different number in every
// field.
func TestServerMetrics(t *testing.T) {
	id := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("10.0.0.1:80"))
	d := ipvs.Destination{
		Addr: netip.MustParseAddrPort("[2001:db8::2]:81"), Forward: ipvs.Tunnel, Weight: 1<<31 - 1, UpperThreshold: 11, LowerThreshold: 12,
		ActiveConnections: 13, InactiveConnections: 14, PersistentConnections: 1<<32 - 1,
		Tunnel: ipvs.TunnelInfo{Type: ipvs.GUE, Port: 15, Flags: ipvs.TunnelChecksum},
		Stats:  &ipvs.Stats{Connections: 21, InPackets: 22, OutPackets: 23, InBytes: 24, OutBytes: 25, ConnectionRate: 26},
	}
	const labels = `{local_address="10.0.0.1",local_port="80",local_mark="",proto="TCP",remote_address="2001:db8::2",remote_port="81"`
	want := `ipvs_backend_info` + labels + `,forward="tunnel",tunnel="gue:15:+c"} 1
ipvs_backend_weight` + labels + `} 2147483647
ipvs_backend_upper_threshold` + labels + `} 11
ipvs_backend_lower_threshold` + labels + `} 12
ipvs_backend_connections_active` + labels + `} 13
ipvs_backend_connections_inactive` + labels + `} 14
ipvs_backend_connections_persistent` + labels + `} 4294967295
ipvs_backend_connections_total` + labels + `} 21
ipvs_backend_incoming_packets_total` + labels + `} 22
ipvs_backend_outgoing_packets_total` + labels + `} 23
ipvs_backend_incoming_bytes_total` + labels + `} 24
ipvs_backend_outgoing_bytes_total` + labels + `} 25
`
	var got []byte
	for _, m := range ServerMetrics() {
		got = m.AppendSample(got, &id, &d)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStateMetrics formats the metrics of IPVS as a whole.
func TestStateMetrics(t *testing.T) {
	info := ipvs.Info{Version: 0x010201, ConnTableSize: 4096}
	rest := &Rest{
		Timeouts: ipvs.Timeouts{TCP: 900, TCPFin: 120, UDP: 300},
		Daemons:  []ipvs.Daemon{{State: ipvs.Master, Interface: `e"th\0`, SyncID: 5}, {State: ipvs.Backup, Interface: "lo"}},
	}
	const want = `# HELP ipvs_info The version of IPVS in the kernel; always 1.
# TYPE ipvs_info gauge
ipvs_info{version="1.2.1"} 1
# HELP ipvs_connection_table_size Hash buckets of the connection table.
# TYPE ipvs_connection_table_size gauge
ipvs_connection_table_size 4096
# HELP ipvs_timeout_seconds Time after which an idle connection is removed.
# TYPE ipvs_timeout_seconds gauge
ipvs_timeout_seconds{protocol="tcp"} 900
ipvs_timeout_seconds{protocol="tcp_fin"} 120
ipvs_timeout_seconds{protocol="udp"} 300
# HELP ipvs_sync_daemon_info A running sync daemon; always 1.
# TYPE ipvs_sync_daemon_info gauge
ipvs_sync_daemon_info{state="master",interface="e\"th\\0",syncid="5"} 1
ipvs_sync_daemon_info{state="backup",interface="lo",syncid="0"} 1
`
	if diff := cmp.Diff(want, string(AppendStateMetrics(nil, &info, rest))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMetricNames checks that the names begin with ipvs_, as those of the node_exporter's
// ipvs collector do not (node_ipvs_), that counters and nothing else end with _total, and
// that there is no name twice.
func TestMetricNames(t *testing.T) {
	var all []metric
	for _, m := range ServiceMetrics() {
		all = append(all, m.metric)
	}
	for _, m := range ServerMetrics() {
		all = append(all, m.metric)
	}
	seen := map[string]bool{}
	for _, m := range all {
		if !regexp.MustCompile(`^ipvs_[a-z_]+$`).MatchString(m.name) || seen[m.name] {
			t.Errorf("name %q", m.name)
		}
		if (m.kind == "counter") != strings.HasSuffix(m.name, "_total") {
			t.Errorf("%s is a %s", m.name, m.kind)
		}
		seen[m.name] = true
	}
}

// TestStamp formats times of listings.
func TestStamp(t *testing.T) {
	at := time.Date(2026, 11, 24, 8, 5, 9, 999_000_000, time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		stamp      Stamp
		text, json string
	}{
		"first": {Stamp{Time: at, First: true}, "2026-11-24T08:05:09+01:00\n", `{"time":"2026-11-24T08:05:09+01:00","interval_seconds":0.000,`},
		"later": {Stamp{Time: at.UTC(), Interval: 2*time.Second + 49*time.Millisecond + 600*time.Microsecond}, "\n2026-11-24T07:05:09Z\n",
			`{"time":"2026-11-24T07:05:09Z","interval_seconds":2.050,`},
		"backwards": {Stamp{Time: at.UTC(), Interval: -time.Second}, "\n2026-11-24T07:05:09Z\n", `{"time":"2026-11-24T07:05:09Z","interval_seconds":0.000,`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.text, string(test.stamp.AppendText(nil))); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.json, string(test.stamp.AppendJSON(nil))); diff != "" {
				t.Errorf("JSON (-want +got):\n%s", diff)
			}
		})
	}
}
