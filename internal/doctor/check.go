package doctor

import (
	"cmp"
	"slices"
)

// Role is what a machine is to a load balancer. A check is for one of them or for both.
type Role uint8

// The roles.
const (
	Director Role = 1 << iota
	RealServer
)

// Check looks for one kind of mistake.
type Check struct {
	// Code is a stable word, by which findings are recognised and skipped.
	Code string
	// Roles are the machines that the check is for.
	Roles Role
	// Needs are the facts without which the check cannot be done. The check handles
	// the absence of any other fact itself.
	Needs []Fact
	// Title is what the check looks for, in a few words.
	Title string
	// Source is where the behaviour is documented: a document, or a function of the
	// kernel.
	Source string
	// find adds what it finds to the report.
	find func(*view, *reporter)
}

// Options select checks.
type Options struct {
	// Role selects the checks of a director or a real server.
	Role Role
	// Skip are the codes of checks that are not done.
	Skip []string
}

// Report is the result of all checks.
type Report struct {
	// Findings are in the order of the table of checks, the most severe first.
	Findings []Finding
	// Done are the checks that were done, in the order of the table.
	Done []Check
	// NotDone are the checks that could not be done, because facts are missing.
	NotDone []NotDone
}

// NotDone is a check that could not be done.
type NotDone struct {
	Check Check
	// Missing are the facts that could not be read.
	Missing []Fact
}

// Count returns the number of findings of a level.
func (r *Report) Count(l Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == l {
			n++
		}
	}
	return n
}

// reporter collects the findings of one check.
type reporter struct {
	code     string
	findings []Finding
}

// fault adds a finding of level Fault.
func (r *reporter) fault(subject, evidence, advice string) { r.add(Fault, subject, evidence, advice) }

// warning adds a finding of level Warning.
func (r *reporter) warning(subject, evidence, advice string) {
	r.add(Warning, subject, evidence, advice)
}

// note adds a finding of level Note.
func (r *reporter) note(subject, evidence, advice string) { r.add(Note, subject, evidence, advice) }

// add adds a finding.
func (r *reporter) add(l Level, subject, evidence, advice string) {
	r.findings = append(r.findings, Finding{Level: l, Code: r.code, Subject: subject, Evidence: evidence, Advice: advice})
}

// Run does the checks that the options select.
func Run(f *Facts, o Options) Report {
	var report Report
	v := newView(f, o.Role)
	for _, c := range Checks() {
		if c.Roles&o.Role == 0 || slices.Contains(o.Skip, c.Code) {
			continue
		}
		if missing := f.missing(c.Needs); len(missing) > 0 {
			report.NotDone = append(report.NotDone, NotDone{c, missing})
			continue
		}

		r := reporter{code: c.Code}
		c.find(v, &r)
		report.Findings = append(report.Findings, r.findings...)
		report.Done = append(report.Done, c)
	}

	slices.SortStableFunc(report.Findings, func(a, b Finding) int { return cmp.Compare(b.Level, a.Level) })
	return report
}
