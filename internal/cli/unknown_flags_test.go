package cli

import (
	"strings"
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
	saved := run(Save, &scriptedKernel{table: ipvs.Table{Entries: []ipvs.Entry{{Service: service}}}}, nil, "ipvsadm-save --json")

	for _, test := range []struct {
		name    string
		program func([]string, Env) int
		stdin   string
		line    string
		changes int
		want    ipvs.ServiceFlags
	}{
		{"--keep", Run, "", "ipvsadm -E -f 1 --keep -s wlc", 1, unknownFlag | ipvs.Sched1},
		{"no --keep", Run, "", "ipvsadm -E -f 1 -s wlc", 1, 0},
		{"--sync to the same", Restore, "-A -f 1 -s rr -b flag-1\n", "ipvsadm-restore --sync", 0, unknownFlag | ipvs.Sched1},
		{"--sync to others", Restore, "-A -f 1 -s wlc\n", "ipvsadm-restore --sync", 1, unknownFlag},
		{"--sync to its document", Restore, saved.Stdout, "ipvsadm-restore --json --sync", 0, unknownFlag | ipvs.Sched1},
		{"restored from its document", Restore, saved.Stdout, "ipvsadm-restore --json", 2, unknownFlag | ipvs.Sched1},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newStateKernel(t, "")
			if err := k.state.Apply(ipvs.Change{Op: ipvs.AddService, Service: service}); err != nil {
				t.Fatal(err)
			}

			var errs strings.Builder
			status := test.program(strings.Fields(test.line), Env{
				Stdin: strings.NewReader(test.stdin), Stderr: &errs, Names: noNames{}, Signals: noSignals,
				OpenKernel: func(string) (Kernel, error) { return k, nil },
			})
			if status != 0 || errs.String() != "" || len(k.changes) != test.changes {
				t.Errorf("status %d, %q, changes %q", status, errs.String(), k.changes)
			}
			e, _ := k.state.Entry(service.ID)
			if got := e.Service.Flags; got != test.want {
				t.Errorf("flags %#x, want %#x", got, test.want)
			}
		})
	}
}
