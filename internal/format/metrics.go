package format

import (
	"net/netip"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// The metrics of ipvsadm -L --metrics have the text format 0.0.4 of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/), which the textfile
// collector of the node_exporter reads. All samples of a metric stand together, so the
// table is gone through once for each.
//
// The labels of services and servers are those of the node_exporter's own ipvs collector,
// so that series can be joined. Like /proc/net/ip_vs, which it reads, it has a firewall
// mark as eight hexadecimal digits, with port 0 and without an address. Here a mark of IPv6
// has the address "::": it can be the same number as one of IPv4.

// ServiceMetric is a metric with a sample for each service.
type ServiceMetric struct {
	metric
	counter func(*ipvs.Stats) uint64 // nil for ipvs_service_info
}

// ServerMetric is a metric with a sample for each server.
type ServerMetric struct {
	metric
	counter func(*ipvs.Stats) uint64       // of its Stats
	gauge   func(*ipvs.Destination) uint64 // of anything else; both are nil for ipvs_backend_info
}

// metric is the head of a metric.
type metric struct{ name, kind, help string }

// connectionsOf and the functions below return the counters of Stats.
func connectionsOf(s *ipvs.Stats) uint64 { return s.Connections }
func inPacketsOf(s *ipvs.Stats) uint64   { return s.InPackets }
func outPacketsOf(s *ipvs.Stats) uint64  { return s.OutPackets }
func inBytesOf(s *ipvs.Stats) uint64     { return s.InBytes }
func outBytesOf(s *ipvs.Stats) uint64    { return s.OutBytes }

// ServiceMetrics returns the metrics of services.
func ServiceMetrics() []ServiceMetric {
	counter := func(name, help string, of func(*ipvs.Stats) uint64) ServiceMetric {
		return ServiceMetric{metric{"ipvs_service_" + name, "counter", help}, of}
	}
	return []ServiceMetric{
		{metric{"ipvs_service_info", "gauge", "A virtual service, by its scheduler and flags; always 1."}, nil},
		counter("connections_total", "Connections to the virtual service.", connectionsOf),
		counter("incoming_packets_total", "Packets from clients of the virtual service.", inPacketsOf),
		counter("outgoing_packets_total", "Packets to clients of the virtual service that passed the director.", outPacketsOf),
		counter("incoming_bytes_total", "Bytes from clients of the virtual service.", inBytesOf),
		counter("outgoing_bytes_total", "Bytes to clients of the virtual service that passed the director.", outBytesOf),
	}
}

// ServerMetrics returns the metrics of servers.
func ServerMetrics() []ServerMetric {
	counter := func(name, help string, of func(*ipvs.Stats) uint64) ServerMetric {
		return ServerMetric{metric{"ipvs_backend_" + name, "counter", help}, of, nil}
	}
	gauge := func(name, help string, of func(*ipvs.Destination) uint64) ServerMetric {
		return ServerMetric{metric{"ipvs_backend_" + name, "gauge", help}, nil, of}
	}
	return []ServerMetric{
		gauge("info", "A real server, by its forwarding method and tunnel; always 1.", nil),
		gauge("weight", "The weight of the real server.", func(d *ipvs.Destination) uint64 { return uint64(uint32(d.Weight)) }),
		gauge("upper_threshold", "Connections above which the real server gets no new ones; 0 is no limit.",
			func(d *ipvs.Destination) uint64 { return uint64(d.UpperThreshold) }),
		gauge("lower_threshold", "Connections below which the real server gets new ones again.",
			func(d *ipvs.Destination) uint64 { return uint64(d.LowerThreshold) }),
		gauge("connections_active", "Active connections to the real server.",
			func(d *ipvs.Destination) uint64 { return uint64(d.ActiveConnections) }),
		gauge("connections_inactive", "Inactive connections to the real server.",
			func(d *ipvs.Destination) uint64 { return uint64(d.InactiveConnections) }),
		gauge("connections_persistent", "Persistent clients of the real server.",
			func(d *ipvs.Destination) uint64 { return uint64(d.PersistentConnections) }),
		counter("connections_total", "Connections to the real server.", connectionsOf),
		counter("incoming_packets_total", "Packets from clients to the real server.", inPacketsOf),
		counter("outgoing_packets_total", "Packets from the real server to clients that passed the director.", outPacketsOf),
		counter("incoming_bytes_total", "Bytes from clients to the real server.", inBytesOf),
		counter("outgoing_bytes_total", "Bytes from the real server to clients that passed the director.", outBytesOf),
	}
}

// AppendHead appends the lines before the samples.
func (m *metric) AppendHead(b []byte) []byte {
	b = append(append(append(b, "# HELP "...), m.name...), ' ')
	b = append(append(b, m.help...), '\n')
	b = append(append(append(b, "# TYPE "...), m.name...), ' ')
	return append(append(b, m.kind...), '\n')
}

// AppendSample appends the sample of a service.
func (m *ServiceMetric) AppendSample(b []byte, s *ipvs.Service) []byte {
	b = append(append(b, m.name...), '{')
	b = appendServiceLabels(b, &s.ID)
	if m.counter != nil {
		return appendValue(b, m.counter(orZero(s.Stats)))
	}

	b = appendLabel(b, `,scheduler="`, s.Scheduler)
	b = append(b, `,flags="`...)
	b = append(appendServiceFlags(b, s), '"')
	return appendValue(b, 1)
}

// AppendSample appends the sample of a server.
func (m *ServerMetric) AppendSample(b []byte, service *ipvs.ServiceID, d *ipvs.Destination) []byte {
	b = append(append(b, m.name...), '{')
	b = appendServiceLabels(b, service)
	b = appendEndLabels(b, `,remote_address="`, `",remote_port="`, d.Addr)

	switch {
	case m.counter != nil:
		return appendValue(b, m.counter(orZero(d.Stats)))
	case m.gauge != nil:
		return appendValue(b, m.gauge(d))
	}

	b = append(append(b, `,forward="`...), d.Forward.String()...)
	b = append(b, `",tunnel="`...)
	if d.Forward == ipvs.Tunnel {
		b = appendTunnel(b, d)
	}
	return appendValue(append(b, '"'), 1)
}

// appendServiceLabels appends the labels that identify a service.
func appendServiceLabels(b []byte, id *ipvs.ServiceID) []byte {
	if id.FWMark == 0 {
		b = appendEndLabels(b, `local_address="`, `",local_port="`, id.Addr)
		b = append(b, `,local_mark="",proto="`...)
		return append(append(b, protocolTitle(id.Protocol)...), '"')
	}

	b = append(b, `local_address="`...)
	if id.Family == ipvs.IPv6 {
		b = append(b, "::"...)
	}
	b = append(b, `",local_port="0",local_mark="`...)
	const hex = "0123456789ABCDEF"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, hex[id.FWMark>>shift&15])
	}
	return append(b, `",proto="FWM"`...)
}

// appendEndLabels appends the labels of an address and its port. The address is written as
// by the node_exporter, by RFC 5952 without exceptions.
func appendEndLabels(b []byte, address, port string, end netip.AddrPort) []byte {
	b = append(b, address...)
	if end.IsValid() {
		b = end.Addr().WithZone("").AppendTo(b)
	}
	b = append(b, port...)
	return append(strconv.AppendUint(b, uint64(end.Port()), 10), '"')
}

// appendServiceFlags appends the flags of a service as the words of the command line,
// separated by commas.
func appendServiceFlags(b []byte, s *ipvs.Service) []byte {
	from := len(b)
	add := func(word string) {
		if len(b) > from {
			b = append(b, ',')
		}
		b = append(b, word...)
	}

	if s.Flags&ipvs.Persistent != 0 {
		add("persistent")
	}
	if s.Flags&ipvs.OnePacket != 0 {
		add("ops")
	}
	for _, flag := range schedFlags {
		if s.Flags&flag != 0 {
			add(ipvs.SchedFlagName(flag, s.Scheduler))
		}
	}
	return b
}

// appendLabel appends a label whose value came from outside. opening is what stands before
// the value. A backslash, a quotation mark and the end of a line are escaped, as the format
// requires. Other characters that cannot be printed become '?': metrics are looked at in
// terminals, too.
func appendLabel(b []byte, opening, value string) []byte {
	b = append(b, opening...)
	for len(value) > 0 {
		r, size := utf8.DecodeRuneInString(value)
		switch {
		case r == '\\' || r == '"':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == utf8.RuneError && size <= 1, !unicode.IsPrint(r):
			b = append(b, '?')
		default:
			b = append(b, value[:size]...)
		}
		value = value[size:]
	}
	return append(b, '"')
}

// appendValue appends what comes after the labels: the value.
func appendValue(b []byte, n uint64) []byte {
	b = strconv.AppendUint(append(b, "} "...), n, 10)
	return append(b, '\n')
}

// AppendStateMetrics appends the metrics of IPVS as a whole.
func AppendStateMetrics(b []byte, info *ipvs.Info, rest *Rest) []byte {
	b = (&metric{"ipvs_info", "gauge", "The version of IPVS in the kernel; always 1."}).AppendHead(b)
	b = append(appendVersionNumber(append(b, `ipvs_info{version="`...), info.Version), '"')
	b = appendValue(b, 1)

	b = (&metric{"ipvs_connection_table_size", "gauge", "Hash buckets of the connection table."}).AppendHead(b)
	b = appendNumber(b, "ipvs_connection_table_size ", uint64(info.ConnTableSize))
	b = append(b, '\n')

	b = (&metric{"ipvs_timeout_seconds", "gauge", "Time after which an idle connection is removed."}).AppendHead(b)
	for _, t := range []struct {
		protocol string
		seconds  uint32
	}{{"tcp", rest.Timeouts.TCP}, {"tcp_fin", rest.Timeouts.TCPFin}, {"udp", rest.Timeouts.UDP}} {
		b = append(append(b, `ipvs_timeout_seconds{protocol="`...), t.protocol...)
		b = appendValue(append(b, '"'), uint64(t.seconds))
	}
	return appendDaemonMetrics(b, rest.Daemons)
}

// appendDaemonMetrics appends the metric of the sync daemons, if there are any.
func appendDaemonMetrics(b []byte, daemons []ipvs.Daemon) []byte {
	if len(daemons) == 0 {
		return b
	}

	b = (&metric{"ipvs_sync_daemon_info", "gauge", "A running sync daemon; always 1."}).AppendHead(b)
	for _, d := range daemons {
		b = append(append(b, `ipvs_sync_daemon_info{state="`...), d.State.String()...)
		b = appendLabel(b, `",interface="`, d.Interface)
		b = appendNumber(b, `,syncid="`, uint64(d.SyncID))
		b = appendValue(append(b, '"'), 1)
	}
	return b
}
