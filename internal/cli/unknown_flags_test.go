package cli

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// unknownFlag is a flag of a service that only a newer kernel knows.
const unknownFlag ipvs.ServiceFlags = 0x40

// TestUnknownFlags checks what becomes of a flag of a service that only a newer kernel
// knows: no command takes it away but the one that replaces all settings.
func TestUnknownFlags(t *testing.T) {
	service := ipvs.Service{
		ID: ipvs.MarkService(1, ipvs.IPv4), Scheduler: "rr", Netmask: ipvs.IPv4.FullMask(),
		Flags: ipvs.Hashed | ipvs.Sched1 | unknownFlag,
	}
	saved := run(&scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{{Service: service}}}}, "", "ipvsadm-save --json")

	for _, test := range []struct {
		name    string
		stdin   string
		line    string
		changes int
		want    ipvs.ServiceFlags
	}{
		{"--keep", "", "ipvsadm -E -f 1 --keep -s wlc", 1, unknownFlag | ipvs.Sched1},
		{"no --keep", "", "ipvsadm -E -f 1 -s wlc", 1, 0},
		{"--sync to the same", "-A -f 1 -s rr -b flag-1\n", "ipvsadm-restore --sync", 0, unknownFlag | ipvs.Sched1},
		{"--sync to others", "-A -f 1 -s wlc\n", "ipvsadm-restore --sync", 1, unknownFlag},
		{"--sync to its document", saved.Stdout, "ipvsadm-restore --json --sync", 0, unknownFlag | ipvs.Sched1},
		{"restored from its document", saved.Stdout, "ipvsadm-restore --json", 2, unknownFlag | ipvs.Sched1},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newStateKernel(t, "")
			if err := k.state.Apply(&ipvs.Change{Op: ipvs.AddService, Service: service}); err != nil {
				t.Fatal(err)
			}

			if r := run(k, test.stdin, test.line); r != (result{}) || len(k.changes) != test.changes {
				t.Errorf("%+v, changes %q", r, k.changes)
			}
			e, _ := k.state.Entry(service.ID)
			if got := e.Service.Flags; got != test.want {
				t.Errorf("flags %#x, want %#x", got, test.want)
			}
		})
	}
}
