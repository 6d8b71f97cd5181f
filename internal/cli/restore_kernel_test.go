//go:build kernel

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKernelRoundTrip checks that save, clear, restore, save prints the same bytes and
// makes the same table, whatever is in it.
func TestKernelRoundTrip(t *testing.T) {
	const rounds = 500
	ns := newNamespace(t)
	r := rand.New(rand.NewPCG(1, 2))
	services, servers := 0, 0
	for range rounds {
		rules := randomRules(r)
		services += strings.Count(rules, "-A ")
		servers += strings.Count(rules, "-a ")
		ns.mustRun(t, rules, "ipvsadm-restore")
		before, saved := ns.readState(t), ns.save(t)
		if got := strings.Count(saved, "\n"); got != strings.Count(rules, "\n") {
			t.Fatalf("%d rules saved of\n%s\n%s", got, rules, saved)
		}

		ns.mustRun(t, "", "ipvsadm -C")
		ns.mustRun(t, saved, "ipvsadm-restore")
		if again := ns.save(t); again != saved {
			t.Fatalf("rules:\n%s\nfirst save:\n%s\nsecond save:\n%s", rules, saved, again)
		}
		if d := diffStates(before, ns.readState(t)); d != "" {
			t.Fatalf("rules:\n%s\nstate (-before +after):\n%s", rules, d)
		}
	}
	t.Logf("%d tables with %d services and %d servers", rounds, services, servers)
}

// TestKernelBadStream checks that a rule stream with a fault leaves the table as it was,
// and that the line is reported.
func TestKernelBadStream(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, baseRules, "ipvsadm -R")
	before := ns.readState(t)
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("-A -f %d -s rr", i+1))
	}
	r := rand.New(rand.NewPCG(3, 4))
	at := r.IntN(len(lines))
	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = byte(r.Uint32())
	}

	for _, test := range []struct{ name, line string }{
		{"bad value", "-A -t 10.0.0.1:99999"},
		{"unknown option", "-A -f 5 --frob"},
		{"no command", "hello"},
		{"garbage", strings.ReplaceAll(string(garbage), "\n", "")},
		{"a megabyte", strings.Repeat("-A ", 1<<20/3) + "-A -f 1"},
		{"more than a megabyte", strings.Repeat("x", 1<<20+1)},
		{"no value", "-A -f"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := slices.Clone(lines)
			bad[at] = test.line
			r := ns.run(strings.Join(bad, "\n")+"\n", "ipvsadm-restore")
			position := fmt.Sprintf("line %d: ", at+1)
			if r.Status == 0 || r.Stdout != "" || !strings.HasPrefix(r.Stderr, position) || strings.Count(r.Stderr, "\n") != 1 {
				t.Errorf("status %d, %q, %.200q, want one line %q", r.Status, r.Stdout, r.Stderr, position)
			}
			ns.checkState(t, before)
		})
	}

	t.Run("cut off in a word", func(t *testing.T) {
		stream := strings.Join(lines, "\n")
		stream = stream[:len(stream)-len("000 -s rr")] + "-"
		if r := ns.run(stream, "ipvsadm-restore"); r.Status == 0 || !strings.HasPrefix(r.Stderr, "line 1000: ") {
			t.Errorf("%+v", r)
		}
		ns.checkState(t, before)
	})
}

// TestKernelRejectedLines checks that each of 10,000 rejected rules is reported, and
// that the accepted ones between them are applied.
func TestKernelRejectedLines(t *testing.T) {
	ns := newNamespace(t)
	var stream, reports strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&stream, "-D -f %d\n", i+1)
		fmt.Fprintf(&reports, "line %d: No such service\n", i+1+i/100)
		if i%100 == 99 {
			fmt.Fprintf(&stream, "-A -f %d\n", 20_000+i)
		}
	}

	r := ns.run(stream.String(), "ipvsadm -R")
	if r.Status != 255 || r.Stderr != reports.String() {
		t.Errorf("status %d, %d rules reported of %d", r.Status, strings.Count(r.Stderr, "\n"), strings.Count(reports.String(), "\n"))
	}
	if got := len(ns.readState(t).Entries); got != 100 {
		t.Errorf("%d services, want 100", got)
	}
}

// TestKernelOddInterfaces checks that names of interfaces which are something else in a
// rule stream are saved so that they can be read again.
func TestKernelOddInterfaces(t *testing.T) {
	ns := newNamespace(t)
	ns.mustShell(t, "ip link add '#1' type veth peer name ipvsadm; ip link set '#1' up; ip link set ipvsadm up")
	ns.mustRun(t, "", "ipvsadm --start-daemon master --mcast-interface #1")
	ns.mustRun(t, "", "ipvsadm --start-daemon backup --mcast-interface ipvsadm")
	before := ns.readState(t)
	saved := ns.mustRun(t, "", "ipvsadm-save -n --all")

	ns.mustRun(t, "", "ipvsadm --stop-daemon master")
	ns.mustRun(t, "", "ipvsadm --stop-daemon backup")
	ns.mustRun(t, saved, "ipvsadm -R --sync")
	ns.checkState(t, before)
}

// TestKernelSaveAll checks that timeouts and sync daemons are saved to a file, and
// loaded from it with a restore and with a sync.
func TestKernelSaveAll(t *testing.T) {
	ns := newNamespace(t)
	ns.mustRun(t, baseRules, "ipvsadm -R")
	ns.mustRun(t, "", "ipvsadm --set 11 12 13")
	ns.mustRun(t, "", "ipvsadm --start-daemon backup --mcast-interface lo --syncid 9 --mcast-port 99")
	before := ns.readState(t)

	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ns.mustRun(t, "", "ipvsadm-save -n --all --output "+file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v, %v", info.Mode(), err)
	}
	saved := string(text)
	services, rest, _ := strings.Cut(saved, "--set ")
	checkText(t, rest, "11 12 13\n--start-daemon backup --mcast-interface lo --syncid 9 --mcast-group 224.0.0.81 --mcast-port 99 --mcast-ttl 1 --sync-maxlen 65507\n")

	t.Run("restore", func(t *testing.T) {
		ns.mustRun(t, "", "ipvsadm --stop-daemon backup")
		ns.mustRun(t, "", "ipvsadm --set 1 2 3")
		ns.mustRun(t, saved, "ipvsadm-restore")
		ns.checkState(t, before)
	})

	t.Run("sync", func(t *testing.T) {
		ns.mustRun(t, saved, "ipvsadm -R --sync")
		ns.checkState(t, before)

		ns.mustRun(t, "--start-daemon backup --mcast-interface lo --syncid 8\n--set 0 0 5\n"+services, "ipvsadm -R --sync")
		after := ns.readState(t)
		if after.Timeouts.UDP != 5 || after.Timeouts.TCP != 11 || len(after.Daemons) != 1 || after.Daemons[0].SyncID != 8 {
			t.Errorf("%+v %+v", after.Timeouts, after.Daemons)
		}
	})
}
