package command

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHelpUsage checks the head of -h: what every command requires and accepts.
func TestHelpUsage(t *testing.T) {
	const want = VersionText + `Usage: ipvsadm COMMAND [OPTION ...]

  ipvsadm -A SERVICE [OPTION ...]
  ipvsadm -E SERVICE [OPTION ...]
  ipvsadm -D SERVICE
  ipvsadm -C
  ipvsadm -R [OPTION ...]
  ipvsadm -S [OPTION ...]
  ipvsadm -a SERVICE -r HOST[:PORT] [OPTION ...]
  ipvsadm -e SERVICE -r HOST[:PORT] [OPTION ...]
  ipvsadm -d SERVICE -r HOST[:PORT] [OPTION ...]
  ipvsadm -L [SERVICE] [OPTION ...]
  ipvsadm -Z [SERVICE]
  ipvsadm --set TCP TCPFIN UDP
  ipvsadm --start-daemon STATE [OPTION ...]
  ipvsadm --stop-daemon STATE [OPTION ...]
  ipvsadm -h
  ipvsadm -v

`
	got, _, _ := strings.Cut(HelpText(), "HOST is an address")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHelpSections checks in which sections of -h the options are, in the order of the
// table.
func TestHelpSections(t *testing.T) {
	var want strings.Builder
	for _, s := range Sections() {
		want.WriteString(string(s) + ":\n")
		for _, o := range Options() {
			if o.Group.Section == s {
				want.WriteString(o.term() + "\n")
			}
		}
	}

	var got strings.Builder
	_, list, _ := strings.Cut(HelpText(), "one word.\n\n")
	for line := range strings.Lines(list) {
		term, isTerm := strings.CutPrefix(line, "  ")
		switch {
		case isTerm && strings.HasPrefix(term, strings.Repeat(" ", helpColumn-2)):
			// The description goes on.
		case isTerm:
			got.WriteString(strings.TrimRight(term[:helpColumn-3], " ") + "\n")
		case line != "\n":
			got.WriteString(line)
		}
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAppendParagraph checks how descriptions are wrapped: at helpWidth columns, from
// helpColumn on.
func TestAppendParagraph(t *testing.T) {
	const indent = "                                  " // helpColumn blanks
	room := helpWidth - helpColumn
	word := strings.Repeat("x", room-4)
	for name, test := range map[string]struct{ term, text, want string }{
		"short":               {"  -x", "a b", "  -x" + indent[4:] + "a b\n"},
		"term before column":  {indent[:33], "a", indent[:33] + " a\n"},
		"term up to column":   {indent[:33] + "x", "a", indent[:33] + "x a\n"},
		"term beyond column":  {indent + "x", "a", indent + "x a\n"},
		"full line":           {"", word + " abc", indent + word + " abc\n"},
		"one byte too long":   {"", word + " abcd", indent + word + "\n" + indent + "abcd\n"},
		"several lines":       {"", word + " abcd " + word + " a b", indent + word + "\n" + indent + "abcd\n" + indent + word + " a b\n"},
		"word longer than it": {"", word + "abcde", indent + word + "abcde\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := string(appendParagraph([]byte("before\n"), test.term, test.text))
			if diff := cmp.Diff("before\n"+test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHelpWidth checks that no line of -h is too wide or ends with blanks.
func TestHelpWidth(t *testing.T) {
	for line := range strings.Lines(HelpText()) {
		if n := len(strings.TrimSuffix(line, "\n")); n > helpWidth {
			t.Errorf("%d columns: %s", n, line)
		}
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
}
