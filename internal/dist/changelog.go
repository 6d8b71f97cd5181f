package dist

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// release matches the heading of a release in the changelog: ## 0.1.0 (2026-11-22)
var release = regexp.MustCompile(`^## ([0-9.]+) \((\d{4}-\d\d-\d\d)\)$`)

// unreleased is the heading of the changes since the last release.
const unreleased = "## Unreleased"

// DebianChangelog returns the releases of a changelog in the format of
// deb-changelog(5). The changelog has a heading for each release, and its changes as a
// list; changes that are not released are left out.
func DebianChangelog(changelog []byte) ([]byte, error) {
	var b bytes.Buffer
	date := "" // of the release, empty before the first one
	for i, line := range strings.Split(string(changelog), "\n") {
		match := release.FindStringSubmatch(line)
		change, isChange := strings.CutPrefix(line, "- ")

		switch {
		case match != nil:
			if date != "" {
				b.WriteString(signature(date) + "\n")
			}
			day, err := time.Parse(time.DateOnly, match[2])
			if err != nil {
				return nil, fmt.Errorf("changelog: line %d: %w", i+1, err)
			}
			date = day.Add(12 * time.Hour).Format(time.RFC1123Z)
			fmt.Fprintf(&b, "ipvsadm-go (%s) unstable; urgency=medium\n\n", match[1])
		case line == "", line == unreleased && date == "", i == 0:
			// Not a part of a release.
		case strings.HasPrefix(line, "#"), !isChange && !strings.HasPrefix(line, "  "):
			return nil, fmt.Errorf("changelog: line %d: neither a release nor a change", i+1)
		case date == "":
			// Not released.
		case isChange:
			b.WriteString("  * " + plainText(change) + "\n")
		default:
			b.WriteString("  " + plainText(line) + "\n")
		}
	}

	if date != "" {
		b.WriteString(signature(date))
	}
	return b.Bytes(), nil
}

// signature returns the end of the entry of a release.
func signature(date string) string {
	return "\n -- The ipvsadm-go authors <ipvsadm-go@users.noreply.github.com>  " + date + "\n"
}

// plainText removes the marks of code from Markdown.
func plainText(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }
