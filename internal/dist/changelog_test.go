package dist_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

func TestDebianChangelog(t *testing.T) {
	const signature = " -- The ipvsadm-go authors <ipvsadm-go@users.noreply.github.com>  "
	for name, test := range map[string]struct{ changelog, want, err string }{
		"empty":       {},
		"nothing yet": {changelog: "# Changelog\n\n## Unreleased\n\n- a\n  b\n"},
		"one release": {
			changelog: "# Changelog\n\n## Unreleased\n\n- new\n\n## 1.2.3 (2026-03-01)\n\n- Add `--x`\n  for y.\n- z\n",
			want:      "ipvsadm-go (1.2.3) unstable; urgency=medium\n\n  * Add --x\n    for y.\n  * z\n\n" + signature + "Sun, 01 Mar 2026 12:00:00 +0000\n",
		},
		"two releases": {
			changelog: "# Changelog\n\n## 1.1 (2026-12-31)\n\n- b\n\n## 1.0 (2026-01-01)\n\n- a\n",
			want: "ipvsadm-go (1.1) unstable; urgency=medium\n\n  * b\n\n" + signature + "Thu, 31 Dec 2026 12:00:00 +0000\n\n" +
				"ipvsadm-go (1.0) unstable; urgency=medium\n\n  * a\n\n" + signature + "Thu, 01 Jan 2026 12:00:00 +0000\n",
		},
		"heading without a date":     {changelog: "# Changelog\n\n## 1.1\n", err: "changelog: line 3: neither a release nor a change"},
		"unreleased after a release": {changelog: "#\n## 1.1 (2026-01-01)\n## Unreleased\n", err: "changelog: line 3: neither a release nor a change"},
		"text":                       {changelog: "#\n## 1.1 (2026-01-01)\n\nText.\n", err: "changelog: line 4: neither a release nor a change"},
		"a date that is none":        {changelog: "#\n## 1.1 (2026-13-01)\n", err: `changelog: line 2: parsing time "2026-13-01": month out of range`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dist.DebianChangelog([]byte(test.changelog))
			text := ""
			if err != nil {
				text = err.Error()
			}
			if diff := cmp.Diff(test.err, text); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestChangelog checks that the newest release is this version.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("../../.github/CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	debian, err := dist.DebianChangelog(text)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(debian), "\n")
	if diff := cmp.Diff("ipvsadm-go ("+command.ProjectVersion+") unstable; urgency=medium", first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
