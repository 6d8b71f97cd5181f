package format_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestAppendChange checks the command of every change.
func TestAppendChange(t *testing.T) {
	service := ipvs.Service{
		ID: tcp("10.0.0.1:80"), Scheduler: "rr", Flags: ipvs.Persistent, Timeout: 90, Netmask: 0xffffff00,
	}
	server := ipvs.Destination{
		Addr: netip.MustParseAddrPort("10.0.0.2:8080"), Forward: ipvs.Masquerade, Weight: 3, UpperThreshold: 7,
	}
	marked := ipvs.Service{ID: ipvs.MarkService(1<<32-1, ipvs.IPv6)}
	daemon := ipvs.Daemon{
		State: ipvs.Backup, Interface: "eth1", SyncID: 9, MaxLen: 1400,
		Group: netip.MustParseAddr("ff02::1"), Port: 999, TTL: 3,
	}
	for _, test := range []struct {
		name   string
		change ipvs.Change
		want   string
	}{
		{"add service", ipvs.Change{Op: ipvs.AddService, Service: service}, "-A -t 10.0.0.1:80 -s rr -p 90 -M 255.255.255.0\n"},
		{"edit service", ipvs.Change{Op: ipvs.EditService, Service: service}, "-E -t 10.0.0.1:80 -s rr -p 90 -M 255.255.255.0\n"},
		{"delete service", ipvs.Change{Op: ipvs.DeleteService, Service: service}, "-D -t 10.0.0.1:80\n"},
		{"delete service of an IPv6 mark", ipvs.Change{Op: ipvs.DeleteService, Service: marked}, "-D -f 4294967295 -6\n"},
		{
			"add server", ipvs.Change{Op: ipvs.AddDestination, Service: service, Destination: server},
			"-a -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 3 -x 7\n",
		},
		{
			"edit server", ipvs.Change{Op: ipvs.EditDestination, Service: service, Destination: server},
			"-e -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 3 -x 7\n",
		},
		{
			"delete server", ipvs.Change{Op: ipvs.DeleteDestination, Service: service, Destination: server},
			"-d -t 10.0.0.1:80 -r 10.0.0.2:8080\n",
		},
		{"flush", ipvs.Change{Op: ipvs.Flush, Service: service}, "-C\n"},
		{"zero all", ipvs.Change{Op: ipvs.Zero}, "-Z\n"},
		{"zero one service", ipvs.Change{Op: ipvs.Zero, Service: service}, "-Z -t 10.0.0.1:80\n"},
		{"set timeouts", ipvs.Change{Op: ipvs.SetTimeouts, Timeouts: ipvs.Timeouts{TCP: 900, UDP: 300}}, "--set 900 0 300\n"},
		{
			"start sync daemon", ipvs.Change{Op: ipvs.StartDaemon, Daemon: daemon},
			"--start-daemon backup --mcast-interface eth1 --syncid 9" +
				" --mcast-group ff02::1 --mcast-port 999 --mcast-ttl 3 --sync-maxlen 1400\n",
		},
		{
			"start sync daemon with defaults", ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "eth0"}},
			"--start-daemon master --mcast-interface eth0 --syncid 0\n",
		},
		{
			"interface like a comment", ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "#1"}},
			"--start-daemon master --mcast-interface=#1 --syncid 0\n",
		},
		{
			"interface called ipvsadm", ipvs.Change{Op: ipvs.StartDaemon, Daemon: ipvs.Daemon{State: ipvs.Master, Interface: "ipvsadm"}},
			"--start-daemon master --mcast-interface=ipvsadm --syncid 0\n",
		},
		{"stop sync daemon", ipvs.Change{Op: ipvs.StopDaemon, Daemon: daemon}, "--stop-daemon backup --syncid 9\n"},
		{"stop sync daemon without an ID", ipvs.Change{Op: ipvs.StopDaemon, Daemon: ipvs.Daemon{State: ipvs.Master}}, "--stop-daemon master\n"},
		{"an operation that reads", ipvs.Change{Op: ipvs.ReadInfo}, ""},
		{"no operation", ipvs.Change{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(format.Rules{}.AppendChange(nil, test.change)); got != test.want {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestDaemonsAndTimeouts compares with the listing of the reference for the same
// daemons and timeouts.
func TestDaemonsAndTimeouts(t *testing.T) {
	six := netip.MustParseAddr("ff02::1")
	var b []byte
	for _, d := range []ipvs.Daemon{
		{State: ipvs.Master, Interface: "dummy0", SyncID: 5, MaxLen: 1472, Group: netip.MustParseAddr("224.0.0.81"), Port: 8848, TTL: 1},
		{State: ipvs.Backup, Interface: "dummy0", SyncID: 0, MaxLen: 1400, Group: netip.MustParseAddr("224.1.2.3"), Port: 999, TTL: 3},
		{State: ipvs.Master, Interface: "dummy0", SyncID: 255, MaxLen: 1452, Group: six, Port: 65535, TTL: 255},
	} {
		b = format.AppendDaemon(b, d)
	}
	b = format.AppendTimeouts(b, ipvs.Timeouts{TCP: 1, TCPFin: 22, UDP: 2147483})
	if d := cmp.Diff(golden(t, "daemon/listing"), string(b)); d != "" {
		t.Errorf("(-reference +ours):\n%s", d)
	}
}

// TestDaemonOfAnOldKernel checks what kernels before 4.3 report, and an unknown state.
func TestDaemonOfAnOldKernel(t *testing.T) {
	for _, test := range []struct {
		name   string
		daemon ipvs.Daemon
		want   string
	}{
		{"no settings", ipvs.Daemon{State: ipvs.Backup, Interface: "eth0", SyncID: 7}, "backup sync daemon (mcast=eth0, syncid=7)\n"},
		{"a length alone", ipvs.Daemon{State: ipvs.Master, MaxLen: 1}, "master sync daemon (mcast=, syncid=0, maxlen=1)\n"},
		{"unknown state", ipvs.Daemon{State: 3, Interface: "e", Port: 1, TTL: 2}, "3 sync daemon (mcast=e, syncid=0, port=1, ttl=2)\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(format.AppendDaemon(nil, test.daemon)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
