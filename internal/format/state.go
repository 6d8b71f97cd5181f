package format

import (
	"strconv"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// AppendTimeouts appends the line of ipvsadm -L --timeout.
func AppendTimeouts(b []byte, t ipvs.Timeouts) []byte {
	b = append(b, "Timeout (tcp tcpfin udp): "...)
	return append(appendTimeouts(b, t), '\n')
}

// appendTimeouts appends the three times in their usual order.
func appendTimeouts(b []byte, t ipvs.Timeouts) []byte {
	b = strconv.AppendUint(b, uint64(t.TCP), 10)
	b = strconv.AppendUint(append(b, ' '), uint64(t.TCPFin), 10)
	return strconv.AppendUint(append(b, ' '), uint64(t.UDP), 10)
}

// AppendDaemon appends the line of a sync daemon (ipvsadm -L --daemon). Kernels before
// 4.3 report the interface and the sync ID alone, so what is zero is left out.
func AppendDaemon(b []byte, d ipvs.Daemon) []byte {
	b = append(b, d.State.String()...)
	b = append(b, " sync daemon (mcast="...)
	b = appendText(b, d.Interface)
	b = appendOption(b, ", syncid=", uint64(d.SyncID))

	if d.MaxLen != 0 {
		b = appendOption(b, ", maxlen=", uint64(d.MaxLen))
	}
	if d.Group.IsValid() {
		b = append(b, ", group="...)
		b = appendAddr(b, d.Group)
	}
	if d.Port != 0 {
		b = appendOption(b, ", port=", uint64(d.Port))
	}
	if d.TTL != 0 {
		b = appendOption(b, ", ttl=", uint64(d.TTL))
	}
	return append(b, ")\n"...)
}
