//go:build kernel

package cli_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// metricsTable has services and servers of every kind.
const metricsTable = "../lab/experiments/testdata/table"

// newMetricsNamespace returns a namespace with the table, sync daemons and some packets.
func newMetricsNamespace(t *testing.T) namespace {
	t.Helper()
	rules, err := os.ReadFile(metricsTable)
	if err != nil {
		t.Fatal(err)
	}

	ns := newNamespace(t)
	ns.mustRun(t, string(rules), "ipvsadm -R")
	ns.mustRun(t, "", "ipvsadm --start-daemon master --mcast-interface lo --syncid 7")
	ns.mustRun(t, "", "ipvsadm --start-daemon backup --mcast-interface lo")
	ns.command(t, "", "ip", "addr", "add", "10.0.0.7/32", "dev", "lo")
	ns.command(t, "", "ip", "addr", "add", "10.9.0.7/32", "dev", "lo")
	ns.mustRun(t, "-A -u 10.0.0.7:9 -s rr\n-a -u 10.0.0.7:9 -r 10.9.0.7 -g\n", "ipvsadm -R")
	return ns
}

// jsonDestination is a server in a document.
type jsonDestination struct {
	Address              string
	Port, Weight         int
	Forward              string
	UpperThreshold       uint64 `json:"upper_threshold"`
	LowerThreshold       uint64 `json:"lower_threshold"`
	ActiveConnections    uint64 `json:"active_connections"`
	InactiveConnections  uint64 `json:"inactive_connections"`
	PersistentConnection uint64 `json:"persistent_connections"`
	Stats                map[string]uint64
}

// jsonTable is a document of the table.
type jsonTable struct {
	Services []struct {
		Protocol, Address, Family string
		Port                      int
		FWMark                    uint32
		Stats                     map[string]uint64
		Destinations              []jsonDestination
	}
}

// counterNames ties the counters of a document to metrics.
var counterNames = map[string]string{
	"connections": "connections_total", "in_packets": "incoming_packets_total", "out_packets": "outgoing_packets_total",
	"in_bytes": "incoming_bytes_total", "out_bytes": "outgoing_bytes_total",
}

// wantedMetrics returns the metrics with numbers that follow from a document, sorted.
func wantedMetrics(t *testing.T, document string) []string {
	t.Helper()
	var table jsonTable
	if err := json.Unmarshal([]byte(document), &table); err != nil {
		t.Fatal(err)
	}

	var lines []string
	for _, s := range table.Services {
		labels := fmt.Sprintf(`local_address="%s",local_port="%d",local_mark="",proto="%s"`, s.Address, s.Port, strings.ToUpper(s.Protocol))
		if s.FWMark != 0 {
			address := map[string]string{"ipv4": "", "ipv6": "::"}[s.Family]
			labels = fmt.Sprintf(`local_address="%s",local_port="0",local_mark="%08X",proto="FWM"`, address, s.FWMark)
		}
		for key, name := range counterNames {
			lines = append(lines, fmt.Sprintf("ipvs_service_%s{%s} %d", name, labels, s.Stats[key]))
		}

		for _, d := range s.Destinations {
			labels := fmt.Sprintf(`%s,remote_address="%s",remote_port="%d"`, labels, d.Address, d.Port)
			for key, name := range counterNames {
				lines = append(lines, fmt.Sprintf("ipvs_backend_%s{%s} %d", name, labels, d.Stats[key]))
			}
			for name, n := range map[string]uint64{
				"weight": uint64(d.Weight), "upper_threshold": d.UpperThreshold, "lower_threshold": d.LowerThreshold,
				"connections_active": d.ActiveConnections, "connections_inactive": d.InactiveConnections, "connections_persistent": d.PersistentConnection,
			} {
				lines = append(lines, fmt.Sprintf("ipvs_backend_%s{%s} %d", name, labels, n))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// numberMetrics returns the samples of services and servers with numbers, sorted.
func numberMetrics(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "{")
		isOfTable := strings.HasPrefix(name, "ipvs_service_") || strings.HasPrefix(name, "ipvs_backend_")
		if isOfTable && !strings.HasSuffix(name, "_info") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	slices.Sort(lines)
	return lines
}

// otherMetrics returns the names of all other metrics with their numbers of samples.
func otherMetrics(text string) map[string]int {
	numbers := map[string]int{}
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, "{")
		name, _, _ = strings.Cut(name, " ")
		if name != "#" && (strings.HasSuffix(name, "_info") || !strings.HasPrefix(name, "ipvs_service_") && !strings.HasPrefix(name, "ipvs_backend_")) {
			numbers[name]++
		}
	}
	return numbers
}

// TestKernelMetrics compares the metrics of services and servers of every kind, with
// traffic, with the JSON document of the same moment.
func TestKernelMetrics(t *testing.T) {
	ns := newMetricsNamespace(t)
	err := ns.Do(func() error {
		c, err := net.Dial("udp", "10.0.0.7:9")
		if err != nil {
			return err
		}
		defer c.Close()
		for range 5 {
			// The answer that nobody listens is an error of the next write.
			_, _ = c.Write([]byte("question"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	var document, metrics string
	for same := false; !same; { // or the counters were added up in between
		document = ns.mustRun(t, "", "ipvsadm -L --json")
		metrics = ns.mustRun(t, "", "ipvsadm -L --metrics")
		same = withoutRates(document) == withoutRates(ns.mustRun(t, "", "ipvsadm -L --json")) && strings.Contains(document, `"stats":{"connections":1`)
	}
	if diff := gocmp.Diff(wantedMetrics(t, document), numberMetrics(metrics)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	var table jsonTable
	if err := json.Unmarshal([]byte(document), &table); err != nil {
		t.Fatal(err)
	}
	servers := 0
	for _, s := range table.Services {
		servers += len(s.Destinations)
	}
	want := map[string]int{
		"ipvs_info": 1, "ipvs_connection_table_size": 1, "ipvs_timeout_seconds": 3, "ipvs_sync_daemon_info": 2,
		"ipvs_service_info": len(table.Services), "ipvs_backend_info": servers,
	}
	if got := otherMetrics(metrics); !maps.Equal(got, want) {
		t.Errorf("other metrics: %v, want %v", got, want)
	}

	file := filepath.Join(t.TempDir(), "ipvs.prom")
	ns.mustRun(t, "", "ipvsadm -L --metrics --by service --output "+file)
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "ipvs_backend_") || !strings.Contains(string(text), "ipvs_service_info") {
		t.Errorf("%v, metrics by service:\n%s", err, text)
	}
}

// withoutRates returns a document without its rates, which change by themselves.
func withoutRates(document string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(document, ",") {
		if !strings.Contains(part, "_per_second") {
			b.WriteString(part + ",")
		}
	}
	return b.String()
}
