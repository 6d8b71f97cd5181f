package ipvs

import (
	"fmt"
	"testing"
)

// testNames checks that each value has its name, that each name is parsed back,
// that a number without a name is printed as a number, and that parse refuses
// what is no name.
func testNames[T interface {
	named
	fmt.Stringer
	Name() (string, bool)
}](t *testing.T, parse func(string) (T, bool), names map[T]string, unnamed T) {
	for value, name := range names {
		t.Run(name, func(t *testing.T) {
			if got, ok := value.Name(); got != name || !ok {
				t.Errorf("Name() = %q, %v", got, ok)
			}
			if got := value.String(); got != name {
				t.Errorf("String() = %q", got)
			}
			if got, ok := parse(name); got != value || !ok {
				t.Errorf("parse = %d, %v, want %d", uint64(got), ok, uint64(value))
			}
		})
	}

	if got, ok := unnamed.Name(); got != "" || ok {
		t.Errorf("Name() of %d = %q, %v", uint64(unnamed), got, ok)
	}
	if got, want := unnamed.String(), fmt.Sprint(uint64(unnamed)); got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	for _, word := range []string{"", "0", unnamed.String(), "Masq", "TCP"} {
		if got, ok := parse(word); got != 0 || ok {
			t.Errorf("parse(%q) = %d, %v", word, uint64(got), ok)
		}
	}
}

func TestNames(t *testing.T) {
	t.Run("family", func(t *testing.T) {
		testNames(t, ParseFamily, map[Family]string{IPv4: "ipv4", IPv6: "ipv6"}, 9)
	})
	t.Run("protocol", func(t *testing.T) {
		testNames(t, ParseProtocol, map[Protocol]string{TCP: "tcp", UDP: "udp", SCTP: "sctp"}, 1)
	})
	t.Run("forwarding method", func(t *testing.T) {
		names := map[Forward]string{Masquerade: "masq", Local: "local", Tunnel: "tunnel", Route: "route", Bypass: "bypass"}
		testNames(t, ParseForward, names, 5)
	})
	t.Run("tunnel type", func(t *testing.T) {
		testNames(t, ParseTunnelType, map[TunnelType]string{IPIP: "ipip", GUE: "gue", GRE: "gre"}, 3)
	})
	t.Run("tunnel flags", func(t *testing.T) {
		names := map[TunnelFlags]string{TunnelNoChecksum: "nocsum", TunnelChecksum: "csum", TunnelRemoteChecksum: "remcsum"}
		testNames(t, ParseTunnelFlags, names, TunnelChecksum|TunnelRemoteChecksum)
	})
	t.Run("daemon state", func(t *testing.T) {
		testNames(t, ParseDaemonState, map[DaemonState]string{Master: "master", Backup: "backup"}, Master|Backup)
	})
}

func TestProcNames(t *testing.T) {
	for value, name := range map[Protocol]string{TCP: "TCP", UDP: "UDP", SCTP: "SCTP", 1: ""} {
		t.Run("protocol "+value.String(), func(t *testing.T) {
			if got, ok := value.ProcName(); got != name || ok != (name != "") {
				t.Errorf("ProcName() = %q, %v, want %q", got, ok, name)
			}
			if got, ok := ParseProcProtocol(name); ok != (name != "") || ok && got != value {
				t.Errorf("ParseProcProtocol(%q) = %v, %v", name, got, ok)
			}
		})
	}
	for value, name := range map[Forward]string{Masquerade: "Masq", Local: "Local", Tunnel: "Tunnel", Route: "Route", Bypass: ""} {
		t.Run("forwarding method "+value.String(), func(t *testing.T) {
			if got, ok := value.ProcName(); got != name || ok != (name != "") {
				t.Errorf("ProcName() = %q, %v, want %q", got, ok, name)
			}
			if got, ok := ParseProcForward(name); ok != (name != "") || ok && got != value {
				t.Errorf("ParseProcForward(%q) = %v, %v", name, got, ok)
			}
		})
	}
}

func TestSchedFlagName(t *testing.T) {
	for _, test := range []struct {
		flag      ServiceFlags
		scheduler string
		want      string
	}{
		{Sched1, "rr", "flag-1"},
		{Sched2, "rr", "flag-2"},
		{Sched3, "rr", "flag-3"},
		{Sched1, "", "flag-1"},
		{Sched1, "sh", "sh-fallback"},
		{Sched2, "sh", "sh-port"},
		{Sched3, "sh", "flag-3"},
		{Sched1, "mh", "mh-fallback"},
		{Sched2, "mh", "mh-port"},
		{Sched3, "mh", "flag-3"},
		{Sched1 | Sched2, "sh", ""},
		{Persistent, "sh", ""},
		{0, "rr", ""},
	} {
		t.Run(fmt.Sprintf("%#x with %q", uint32(test.flag), test.scheduler), func(t *testing.T) {
			if got := SchedFlagName(test.flag, test.scheduler); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestParseSchedFlag(t *testing.T) {
	for _, test := range []struct {
		name      string
		flag      ServiceFlags
		scheduler string
	}{
		{"flag-1", Sched1, ""},
		{"flag-2", Sched2, ""},
		{"flag-3", Sched3, ""},
		{"sh-fallback", Sched1, "sh"},
		{"sh-port", Sched2, "sh"},
		{"mh-fallback", Sched1, "mh"},
		{"mh-port", Sched2, "mh"},
		{"flag-4", 0, ""},
		{"sh", 0, ""},
		{"", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			flag, scheduler, ok := ParseSchedFlag(test.name)
			if flag != test.flag || scheduler != test.scheduler || ok != (test.flag != 0) {
				t.Errorf("got %#x, %q, %v", uint32(flag), scheduler, ok)
			}
		})
	}
}
