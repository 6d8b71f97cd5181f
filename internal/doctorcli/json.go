package doctorcli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
)

// document is the report as JSON. The schema of it is
// internal/dist/schema/ipvsadm-doctor.json.
type document struct {
	Role     string        `json:"role"`
	Status   int           `json:"status"`
	Faults   int           `json:"faults"`
	Warnings int           `json:"warnings"`
	Notes    int           `json:"notes"`
	Findings []jsonFinding `json:"findings"`
	Done     []string      `json:"done"`
	NotDone  []jsonNotDone `json:"not_done"`
	Unknown  []jsonGap     `json:"unknown"`
}

// jsonFinding is a doctor.Finding.
type jsonFinding struct {
	Level    string `json:"level"`
	Code     string `json:"code"`
	Subject  string `json:"subject"`
	Evidence string `json:"evidence"`
	Advice   string `json:"advice"`
	Source   string `json:"source"`
}

// jsonNotDone is a doctor.NotDone.
type jsonNotDone struct {
	Code    string        `json:"code"`
	Missing []doctor.Fact `json:"missing"`
}

// jsonGap is a doctor.Gap.
type jsonGap struct {
	Fact   doctor.Fact `json:"fact"`
	Name   string      `json:"name,omitempty"`
	Reason string      `json:"reason"`
}

// jsonReport returns the report as a JSON document on one line.
func jsonReport(r *request, facts *doctor.Facts, report *doctor.Report, status int) []byte {
	d := document{
		Role:     roleName(r.role()),
		Status:   status,
		Faults:   report.Count(doctor.Fault),
		Warnings: report.Count(doctor.Warning),
		Notes:    report.Count(doctor.Note),
		Findings: []jsonFinding{},
		Done:     []string{},
		NotDone:  []jsonNotDone{},
		Unknown:  []jsonGap{},
	}
	for _, f := range report.Findings {
		d.Findings = append(d.Findings, jsonFinding{
			strings.ToLower(f.Level.String()), f.Code, f.Subject, f.Evidence, f.Advice, sourceOf(report, f.Code),
		})
	}
	for _, c := range report.Done {
		d.Done = append(d.Done, c.Code)
	}
	for _, c := range report.NotDone {
		d.NotDone = append(d.NotDone, jsonNotDone{c.Check.Code, c.Missing})
	}
	for _, g := range facts.Gaps {
		d.Unknown = append(d.Unknown, jsonGap(g))
	}

	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// Strings and numbers can always be encoded.
	_ = e.Encode(d)
	return append(escape(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), '\n')
}

// escape escapes the characters of a document that are not printable, which are all in
// strings: documents are looked at in terminals too.
func escape(document []byte) []byte {
	escaped := make([]byte, 0, len(document)+1)
	for _, r := range string(document) {
		switch high, low := utf16.EncodeRune(r); {
		case unicode.IsPrint(r) && r != utf8.RuneError:
			escaped = utf8.AppendRune(escaped, r)
		case high != utf8.RuneError:
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped
}

// roleName returns the name of a role.
func roleName(r doctor.Role) string {
	if r == doctor.RealServer {
		return "real-server"
	}
	return "director"
}
