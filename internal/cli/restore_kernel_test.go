//go:build kernel

package cli_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
	"github.com/ipvsadm-go/ipvsadm/internal/names"
)

// program runs one of the programs in the namespace and gives its status and what
// it printed.
func (w world) program(main func([]string, cli.Env) int, stdin, line string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	// Do's error is the function's, and this one has none.
	_ = w.Do(func() error {
		status = main(strings.Fields(line), cli.Env{
			Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Names: names.New(), OpenKernel: openKernel,
			Terminal: func() bool { return false },
			Signals:  func() (<-chan os.Signal, func()) { return nil, func() {} },
		})
		return nil
	})
	return status, out.String(), errs.String()
}

// must runs a program that has to succeed without a word on standard error.
func (w world) must(t *testing.T, main func([]string, cli.Env) int, stdin, line string) string {
	t.Helper()
	status, out, errs := w.program(main, stdin, line)
	if status != 0 || errs != "" {
		t.Fatalf("%s: status %d, %q\n%s", line, status, errs, stdin)
	}
	return out
}

// randomRules draws the rules of a table: all kinds of services, flags, engines,
// tunnels and thresholds, both families.
//
// The addresses are few enough to lie within half the number range, where the
// order of listings is a total one: then the same table prints the same whatever
// order the kernel keeps it in.
func randomRules(r *rand.Rand) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 1 + r.IntN(6) {
		svc := randomService(r)
		if seen[svc.id] {
			continue
		}
		seen[svc.id] = true
		fmt.Fprintf(&b, "-A %s%s\n", svc.id, svc.options)
		servers := map[string]bool{}
		for range r.IntN(6) {
			if rule, server := svc.randomServer(r); !servers[server] {
				servers[server] = true
				b.WriteString(rule)
			}
		}
	}
	return b.String()
}

// drawnService is a service of a random table.
type drawnService struct {
	id, options string
	family      ipvs.Family
	port        int // 0 for firewall marks
}

func randomService(r *rand.Rand) drawnService {
	s := drawnService{family: pick(r, ipvs.IPv4, ipvs.IPv6), port: 1 + r.IntN(9)}
	addr := fmt.Sprintf("10.0.%d.%d", r.IntN(3), 1+r.IntN(3))
	if s.family == ipvs.IPv6 {
		addr = fmt.Sprintf("[2001:db8::%d:%d]", r.IntN(3), 1+r.IntN(3))
	}
	kind := pick(r, "-t", "-u", "--sctp-service", "-f")
	s.id = fmt.Sprintf("%s %s:%d", kind, addr, s.port)
	if kind == "-f" {
		s.id, s.port = fmt.Sprintf("-f %d", 1+r.IntN(4)), 0
		if s.family == ipvs.IPv6 {
			s.id += " -6"
		}
	}
	s.options = " -s " + pick(r, "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sed", "nq", "fo", "ovf", "sh -b sh-port", "sh -b sh-fallback,sh-port", "mh -b mh-port", "rr -b flag-1,flag-3")
	if r.IntN(2) == 0 {
		s.options += fmt.Sprintf(" -p %d", 1+r.IntN(4000))
		if r.IntN(2) == 0 {
			s.options += map[ipvs.Family]string{ipvs.IPv4: " -M 255.255.240.0", ipvs.IPv6: " -M 52"}[s.family]
		}
	}
	if kind == "-u" {
		s.options += pick(r, "", " -o", " --pe sip")
	}
	return s
}

// randomServer draws a server, as a rule and as what tells it from the others.
func (s drawnService) randomServer(r *rand.Rand) (rule, server string) {
	family, method := s.family, pick(r, "-m", "-g", "-i")
	if method == "-i" {
		family = pick(r, ipvs.IPv4, ipvs.IPv6)
		method += pick(r, "", " --tun-type ipip", " --tun-type gue --tun-port 5555 --tun-nocsum", " --tun-type gue --tun-port 66 --tun-csum",
			" --tun-type gue --tun-port 7 --tun-remcsum", " --tun-type gre", " --tun-type gre --tun-csum")
	}
	port := s.port
	if method == "-m" || s.port == 0 {
		port = r.IntN(3)
	}
	addr := fmt.Sprintf("20.0.0.%d", 1+r.IntN(4))
	if family == ipvs.IPv6 {
		addr = fmt.Sprintf("[2001:db8:1::%d]", 1+r.IntN(4))
	}
	server = fmt.Sprintf("%s:%d", addr, port)
	limits := pick(r, "", "", " -x 50", " -x 60 -y 50", " -x 3 -y 3")
	return fmt.Sprintf("-a %s -r %s %s -w %d%s\n", s.id, server, method, r.IntN(4), limits), server
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// TestKernelRoundTrip: save, clear, restore, save gives the same bytes and the same
// table, whatever is in it.
func TestKernelRoundTrip(t *testing.T) {
	const rounds = 500
	w := newWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	services, servers := 0, 0
	for range rounds {
		rules := randomRules(r)
		w.must(t, cli.Restore, rules, "ipvsadm-restore")
		before := w.state(t)
		saved := w.must(t, cli.Save, "", "ipvsadm-save -n")
		w.must(t, cli.Run, "", "ipvsadm -C")
		w.must(t, cli.Restore, saved, "ipvsadm-restore")
		if again := w.must(t, cli.Save, "", "ipvsadm-save -n"); again != saved {
			t.Fatalf("rules:\n%s\nfirst save:\n%s\nsecond save:\n%s", rules, saved, again)
		}
		if d := diff(before, w.state(t)); d != "" {
			t.Fatalf("rules:\n%s\nthe table (-before +after):\n%s", rules, d)
		}
		services += strings.Count(rules, "-A ")
		servers += strings.Count(rules, "-a ")
		if got := strings.Count(saved, "\n"); got != strings.Count(rules, "\n") {
			t.Fatalf("%d lines saved of\n%s\n%s", got, rules, saved)
		}
	}
	t.Logf("%d tables of %d services and %d servers in all", rounds, services, servers)
}

// TestKernelBadStream: a stream with anything wrong in it leaves the table as it
// was, and says where.
func TestKernelBadStream(t *testing.T) {
	w := newWorld(t)
	w.must(t, cli.Run, baseRules, "ipvsadm -R")
	before := w.state(t)
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("-A -f %d -s rr", i+1))
	}
	r := rand.New(rand.NewPCG(3, 4))
	at := r.IntN(len(lines))
	with := func(line string) string {
		bad := slices.Clone(lines)
		bad[at] = line
		return strings.Join(bad, "\n") + "\n"
	}
	garbage := make([]byte, 4096)
	for i := range garbage {
		garbage[i] = byte(r.Uint32())
	}
	for name, stream := range map[string]string{
		"a bad value":     with("-A -t 10.0.0.1:99999"),
		"a bad option":    with("-A -f 5 --frob"),
		"no command":      with("hello"),
		"garbage":         with(strings.ReplaceAll(string(garbage), "\n", "")),
		"a megabyte":      with(strings.Repeat("-A ", 1<<20/3) + "-A -f 1"),
		"over a megabyte": with(strings.Repeat("x", 1<<20+1)),
		"an option":       with("-A -f"),
	} {
		status, out, errs := w.program(cli.Restore, stream, "ipvsadm-restore")
		if where := fmt.Sprintf("line %d: ", at+1); status == 0 || out != "" || !strings.HasPrefix(errs, where) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %.200q, want one line %q", name, status, out, errs, where)
		}
	}
	cut := strings.Join(lines, "\n")
	cut = cut[:len(cut)-len("0 -s rr")-3] + "-" // in the middle of a word
	if status, _, errs := w.program(cli.Restore, cut, "ipvsadm-restore"); status == 0 || !strings.HasPrefix(errs, "line 1000: ") {
		t.Errorf("cut off: status %d, %q", status, errs)
	}
	if d := diff(before, w.state(t)); d != "" {
		t.Errorf("the table changed (-before +after):\n%s", d)
	}
}

// TestKernelRefusedLines: of 10,000 refused lines each one is told, and the good
// ones between them apply.
func TestKernelRefusedLines(t *testing.T) {
	w := newWorld(t)
	var stream, want strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&stream, "-D -f %d\n", i+1)
		fmt.Fprintf(&want, "line %d: No such service\n", i+1+i/100)
		if i%100 == 99 {
			fmt.Fprintf(&stream, "-A -f %d\n", 20_000+i)
		}
	}
	status, _, errs := w.program(cli.Run, stream.String(), "ipvsadm -R")
	if status != 255 || errs != want.String() {
		t.Errorf("status %d, %d lines told of %d", status, strings.Count(errs, "\n"), strings.Count(want.String(), "\n"))
	}
	if got := len(w.state(t).Entries); got != 100 {
		t.Errorf("%d services added of 100", got)
	}
}

// TestKernelSync: --sync makes the wanted table of the present one, from any to
// any, --diff says the same before and nothing after, and a refusal undoes all.
func TestKernelSync(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(5, 6))
	for range 150 {
		have, want := randomRules(r), randomRules(r)
		w.must(t, cli.Restore, want, "ipvsadm-restore")
		wanted := w.state(t)
		w.must(t, cli.Restore, have, "ipvsadm-restore")
		before := w.state(t)

		bad := want + "-A -f 99 -s no-such-thing\n"
		status, _, errs := w.program(cli.Run, bad, "ipvsadm -R --sync")
		if status != 255 || errs != "-A -f 99 -s no-such-thing: Scheduler or persistence engine not found\nrolled back; no changes were kept\n" {
			t.Fatalf("refused: status %d, %q", status, errs)
		}
		if d := diff(before, w.state(t)); d != "" {
			t.Fatalf("after the undo (-before +after):\n%s", d)
		}

		status, plan, errs := w.program(cli.Run, want, "ipvsadm -R --diff")
		if errs != "" || (status == 0) != (plan == "") {
			t.Fatalf("diff: status %d, %q, %q", status, plan, errs)
		}
		if d := diff(before, w.state(t)); d != "" {
			t.Fatalf("--diff changed the table (-before +after):\n%s", d)
		}
		w.must(t, cli.Restore, want, "ipvsadm-restore --sync")
		if d := diff(wanted, w.state(t)); d != "" {
			t.Fatalf("from\n%s\nto\n%s\nby\n%s\n(-wanted +got):\n%s", have, want, plan, d)
		}
		if out := w.must(t, cli.Restore, want, "ipvsadm-restore --diff"); out != "" {
			t.Fatalf("still different: %s", out)
		}
	}
}

// TestKernelOddInterfaces: names of interfaces that a rule stream would take for
// something else are saved so that it does not.
func TestKernelOddInterfaces(t *testing.T) {
	w := newWorld(t)
	w.setUp(t, "ip link add '#1' type veth peer name ipvsadm; ip link set '#1' up; ip link set ipvsadm up")
	w.must(t, cli.Run, "", "ipvsadm --start-daemon master --mcast-interface #1")
	w.must(t, cli.Run, "", "ipvsadm --start-daemon backup --mcast-interface ipvsadm")
	before := w.state(t)
	saved := w.must(t, cli.Save, "", "ipvsadm-save -n --all")
	w.must(t, cli.Run, "", "ipvsadm --stop-daemon master")
	w.must(t, cli.Run, "", "ipvsadm --stop-daemon backup")
	w.must(t, cli.Run, saved, "ipvsadm -R --sync")
	if d := diff(before, w.state(t)); d != "" {
		t.Errorf("the state (-before +after):\n%s", d)
	}
}

// TestKernelSaveAll: timeouts and sync daemons are saved and loaded too, to a file
// that is replaced whole.
func TestKernelSaveAll(t *testing.T) {
	w := newWorld(t)
	w.must(t, cli.Run, baseRules, "ipvsadm -R")
	w.must(t, cli.Run, "", "ipvsadm --set 11 12 13")
	w.must(t, cli.Run, "", "ipvsadm --start-daemon backup --mcast-interface lo --syncid 9 --mcast-port 99")
	before := w.state(t)
	file := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.must(t, cli.Save, "", "ipvsadm-save -n --all --output "+file)
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v, %v", info.Mode(), err)
	}
	tail := "--set 11 12 13\n--start-daemon backup --mcast-interface lo --syncid 9 --mcast-group 224.0.0.81 --mcast-port 99 --mcast-ttl 1 --sync-maxlen 65507\n"
	if !strings.HasSuffix(string(saved), tail) {
		t.Errorf("saved:\n%s", saved)
	}
	w.must(t, cli.Run, "", "ipvsadm --stop-daemon backup")
	w.must(t, cli.Run, "", "ipvsadm --set 1 2 3")
	w.must(t, cli.Restore, string(saved), "ipvsadm-restore")
	if d := diff(before, w.state(t)); d != "" {
		t.Errorf("the state (-before +after):\n%s", d)
	}
	w.must(t, cli.Run, string(saved), "ipvsadm -R --sync")
	w.must(t, cli.Run, "--start-daemon backup --mcast-interface lo --syncid 8\n--set 0 0 5\n"+string(saved)[:strings.Index(string(saved), "--set")], "ipvsadm -R --sync")
	after := w.state(t)
	if after.Timeouts.UDP != 5 || after.Timeouts.TCP != 11 || len(after.Daemons) != 1 || after.Daemons[0].SyncID != 8 {
		t.Errorf("after the sync: %+v %+v", after.Timeouts, after.Daemons)
	}
}
