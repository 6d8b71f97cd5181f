package doctorcli

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
)

// sample returns a report with everything in it.
func sample() (*doctor.Facts, *doctor.Report) {
	facts := &doctor.Facts{Gaps: []doctor.Gap{
		{Fact: doctor.TableFact, Reason: "operation not permitted"},
		{Fact: doctor.SysctlsFact, Name: "net.ipv4.vs", Reason: "no such file or directory"},
		{Fact: doctor.DaemonsFact, Reason: "operation not permitted"},
	}}
	healthy := doctor.Check{Code: "dr-port", Title: "servers have the port"}
	found := []doctor.Check{
		{Code: "dr-gateway", Source: "ip_vs_xmit.c"}, {Code: "gone-servers", Source: "ip_vs_core.c"}, {Code: "tcp-timeout", Source: "tcp(7)"},
	}
	report := &doctor.Report{
		Findings: []doctor.Finding{
			{
				Level: doctor.Fault, Code: "dr-gateway", Subject: "TCP 172.20.0.200:80 -> 192.168.30.17:80",
				Evidence: "the route to 192.168.30.17 goes by gateway 172.20.0.1 on eth0",
				Advice:   "direct routing needs the server on a network of the director: use a tunnel (-i) or masquerading (-m)",
			},
			{
				Level: doctor.Warning, Code: "gone-servers",
				Subject:  "TCP [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:80 -> [2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:80",
				Evidence: "an interface named a\x1b[31mb",
			},
			{Level: doctor.Note, Code: "tcp-timeout", Subject: "timeout tcp", Evidence: "900 s", Advice: "ipvsadm --set"},
		},
		Done: append(found, healthy),
		NotDone: []doctor.NotDone{
			{Check: doctor.Check{Code: "no-server"}, Missing: []doctor.Fact{doctor.TableFact}},
			{Check: doctor.Check{Code: "backup-only"}, Missing: []doctor.Fact{doctor.TableFact, doctor.DaemonsFact}},
			{Check: doctor.Check{Code: "no-route"}, Missing: []doctor.Fact{doctor.TableFact}},
		},
	}
	return facts, report
}

// TestTextReport checks the text of a report.
func TestTextReport(t *testing.T) {
	const findings = `FAULT dr-gateway TCP 172.20.0.200:80 -> 192.168.30.17:80
  the route to 192.168.30.17 goes by gateway 172.20.0.1 on eth0
  direct routing needs the server on a network of the director: use a tunnel
    (-i) or masquerading (-m)

WARNING gone-servers TCP [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:80 ->
  [2001:db8:aaaa:bbbb:cccc:dddd:eeee:2]:80
  an interface named a\u001b[31mb

NOTE tcp-timeout timeout tcp
  900 s
  ipvsadm --set

UNKNOWN IPVS table, sync daemons
  could not be read: operation not permitted

UNKNOWN sysctls (net.ipv4.vs)
  could not be read: no such file or directory

NOT-DONE no-server, no-route
  without: IPVS table

NOT-DONE backup-only
  without: IPVS table, sync daemons

`
	const summary = "1 fault, 1 warning, 1 note, 4 checks, 3 checks not done\n"
	const healthy = "OK dr-port: servers have the port\n\n"
	sources := strings.NewReplacer(
		"(-m)\n", "(-m)\n  source: ip_vs_xmit.c\n", "31mb\n", "31mb\n  source: ip_vs_core.c\n", "--set\n", "--set\n  source: tcp(7)\n",
	)
	colors := strings.NewReplacer(
		"FAULT", "\x1b[1;31mFAULT\x1b[0m", "WARNING", "\x1b[1;33mWARNING\x1b[0m", "NOTE", "\x1b[1;34mNOTE\x1b[0m",
		"UNKNOWN", "\x1b[1;33mUNKNOWN\x1b[0m", "NOT-DONE", "\x1b[1;33mNOT-DONE\x1b[0m", "OK", "\x1b[32mOK\x1b[0m",
		"1 fault", "\x1b[1m1\x1b[0m fault",
	)
	for _, tt := range []struct {
		name    string
		request request
		color   bool
		want    string
	}{
		{"plain", request{}, false, findings + summary},
		{"verbose", request{verbose: true}, false, sources.Replace(findings) + healthy + summary},
		{"in colours", request{verbose: true}, true, colors.Replace(sources.Replace(findings) + healthy + summary)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			facts, report := sample()
			got := string(textReport(&tt.request, facts, report, tt.color))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyFindings checks that the findings of one check are bounded, and that --verbose
// lists all.
func TestManyFindings(t *testing.T) {
	var report doctor.Report
	for i := range maxSame + 3 {
		report.Findings = append(report.Findings, doctor.Finding{Level: doctor.Fault, Code: "no-route", Subject: fmt.Sprint("server ", i)})
		if i < 2 {
			report.Findings = append(report.Findings, doctor.Finding{Level: doctor.Note, Code: "no-route", Subject: fmt.Sprint("note ", i)})
		}
	}
	paragraphs := func(r request) []string {
		text := string(textReport(&r, &doctor.Facts{}, &report, false))
		return strings.Split(strings.TrimSuffix(text, "\n"), "\n\n")
	}

	got := paragraphs(request{})
	want := []string{"FAULT no-route server 0", "NOTE no-route note 0", "FAULT no-route server 1", "NOTE no-route note 1"}
	for i := 2; i < maxSame; i++ {
		want = append(want, fmt.Sprint("FAULT no-route server ", i))
	}
	want = append(want, "FAULT no-route: 3 more, which --verbose lists", "13 faults, no warnings, 2 notes, no checks")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(paragraphs(request{verbose: true})); n != maxSame+3+2+1 {
		t.Errorf("%d paragraphs with --verbose", n)
	}
}

// TestSummary checks the numbers of the last line.
func TestSummary(t *testing.T) {
	findings := func(levels ...doctor.Level) (list []doctor.Finding) {
		for _, l := range levels {
			list = append(list, doctor.Finding{Level: l})
		}
		return list
	}
	for want, report := range map[string]doctor.Report{
		"no faults, no warnings, no checks": {},
		"2 faults, 1 warning, 31 checks": {
			Findings: findings(doctor.Fault, doctor.Fault, doctor.Warning), Done: make([]doctor.Check, 31),
		},
		"no faults, no warnings, 2 notes, 1 check, 1 check not done": {
			Findings: findings(doctor.Note, doctor.Note), Done: make([]doctor.Check, 1), NotDone: make([]doctor.NotDone, 1),
		},
	} {
		t.Run(want, func(t *testing.T) {
			if got := summary(&report); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestHelp checks that the help has every option, and fits on 80 columns.
func TestHelp(t *testing.T) {
	help := Help()
	for line := range strings.Lines(help) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, o := range Options() {
		if names := strings.Join(o.Names(), ", ") + " "; strings.Count(help, "  "+names) != 1 {
			t.Errorf("%s stands %d times", names, strings.Count(help, "  "+names))
		}
	}
}
