package doctor

import (
	"regexp"
	"slices"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// TestTable checks that each check is complete, and that a case has it find something.
func TestTable(t *testing.T) {
	var tested []string
	for _, c := range checkCases() {
		for _, f := range c.want {
			tested = append(tested, f.Code)
		}
	}

	word := regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range Checks() {
		t.Run(c.Code, func(t *testing.T) {
			if !word.MatchString(c.Code) || seen[c.Code] {
				t.Errorf("the code is no word, or not the only one")
			}
			if c.Title == "" || c.Source == "" || len(c.Needs) == 0 || c.Roles == 0 || c.find == nil {
				t.Errorf("not complete: %+v", c)
			}
			if !slices.Contains(tested, c.Code) {
				t.Errorf("no case of TestChecks has it find something")
			}
		})
		seen[c.Code] = true
	}
}

// TestMissingFacts checks that a check without its facts is not done, and named, and that
// the others are done.
func TestMissingFacts(t *testing.T) {
	m := newDirector()
	m.set("net.ipv4.ip_forward", "0")
	m.Timeouts = ipvs.Timeouts{}
	m.Gaps = []Gap{
		{Fact: TimeoutsFact, Reason: "operation not permitted"},
		{Fact: NeighboursFact, Reason: "operation not permitted"},
		{Fact: SysctlsFact, Name: "net.ipv4.vs.conntrack", Reason: "permission denied"},
	}

	report := m.run()
	var notDone []string
	for _, n := range report.NotDone {
		notDone = append(notDone, n.Check.Code)
	}
	if want := []string{"neighbour", "tcp-timeout"}; !slices.Equal(notDone, want) {
		t.Errorf("not done: %v, want %v", notDone, want)
	}
	if n := len(checksOf(Director)); len(report.Done) != n-2 || report.Count(Fault) != 1 || report.Findings[0].Code != "no-forwarding" {
		t.Errorf("%d checks of %d, findings:\n%s", len(report.Done), n, text(report.Findings))
	}
}

// TestNoFacts checks that without any facts nothing is done, and nothing fails.
func TestNoFacts(t *testing.T) {
	for _, role := range []Role{Director, RealServer} {
		var gaps []Gap
		for _, fact := range []Fact{
			TableFact, TimeoutsFact, DaemonsFact, ConnectionsFact, LinksFact, OffloadsFact, AddressesFact,
			RoutesFact, NeighboursFact, SysctlsFact, StatusFact, AppsFact,
		} {
			gaps = append(gaps, Gap{Fact: fact, Reason: "no such file or directory"})
		}

		report := Run(&Facts{Gaps: gaps}, Options{Role: role})
		if len(report.Findings) > 0 || len(report.Done) > 0 || len(report.NotDone) != len(checksOf(role)) {
			t.Errorf("role %d: %+v", role, report)
		}
	}
}

// TestEmptyFacts checks that facts that are all zero make no check fail.
func TestEmptyFacts(t *testing.T) {
	for role, want := range map[Role]string{
		Director:   "NOTE no-service IPVS table: it has no services: load rules: ipvsadm-restore < FILE, or start the program that manages them\n",
		RealServer: "",
	} {
		report := Run(&Facts{}, Options{Role: role})
		if got := text(report.Findings); got != want || len(report.Done) != len(checksOf(role)) {
			t.Errorf("role %d: findings %q, want %q", role, got, want)
		}
	}
}

// TestSkip checks that skipped checks are neither done nor named.
func TestSkip(t *testing.T) {
	m := newDirector()
	m.set("net.ipv4.ip_forward", "0")
	m.Timeouts.TCP = 900

	report := Run(m.Facts, Options{Role: Director, Skip: []string{"no-forwarding"}})
	if n := len(checksOf(Director)); len(report.Findings) != 1 || report.Findings[0].Code != "tcp-timeout" || len(report.Done) != n-1 {
		t.Errorf("%d checks of %d, findings:\n%s", len(report.Done), n, text(report.Findings))
	}
}

// TestOrder checks that the most severe findings come first, and those of one level in the
// order of the table.
func TestOrder(t *testing.T) {
	m := newDirector()
	m.Timeouts.TCP = 900
	m.set("net.ipv4.vs.conn_reuse_mode", "0")
	m.set("net.ipv4.ip_forward", "0")
	m.server("172.20.0.201").Weight = 0
	m.set("net.ipv4.vs.drop_entry", "3")

	var got []string
	for _, f := range m.run().Findings {
		got = append(got, f.Level.String()+" "+f.Code)
	}
	want := []string{"FAULT no-forwarding", "FAULT no-server", "WARNING reuse-mode", "WARNING defence", "NOTE tcp-timeout"}
	if !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
}

// TestTarget checks that findings are about the selected service alone.
func TestTarget(t *testing.T) {
	m := newDirector()
	for _, vip := range []string{"172.20.0.200", "172.20.0.201", "2001:db8:20::202"} {
		m.server(vip).Weight = 0
	}
	id := m.entry("172.20.0.201").Service.ID
	m.Target.Service = &id

	findings := m.run().Findings
	if len(findings) != 1 || findings[0].Subject != "TCP 172.20.0.201:80" {
		t.Errorf("findings:\n%s", text(findings))
	}
}

// TestLevels checks the names of levels.
func TestLevels(t *testing.T) {
	for level, want := range map[Level]string{Note: "NOTE", Warning: "WARNING", Fault: "FAULT", 0: "0", 4: "4"} {
		if got := level.String(); got != want {
			t.Errorf("level %d: %s, want %s", int(level), got, want)
		}
	}
}

// checksOf returns the checks of a role.
func checksOf(role Role) []Check {
	return slices.DeleteFunc(Checks(), func(c Check) bool { return c.Roles&role == 0 })
}
