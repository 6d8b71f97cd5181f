package dist_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

// TestChoices holds the values that completions offer to the table: the schedulers
// are all of a list there, the others are named in the text of their option.
func TestChoices(t *testing.T) {
	offered := 0
	for _, o := range dist.Table() {
		words := strings.FieldsFunc(o.Help, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) })
		for _, choice := range o.Choices() {
			offered++
			if !slices.Contains(words, choice) {
				t.Errorf("--%s: the table says nothing of %s", o.Long, choice)
			}
		}
	}
	const want = 14 + 1 + 3 + 7 + 2 + 2
	if offered != want {
		t.Errorf("%d values offered, want %d", offered, want)
	}
}

// TestWith holds a few commands to section 1.6 of the language.
func TestWith(t *testing.T) {
	for name, want := range map[string][]string{
		"clear":         {"netns", "ipv6", "sort"},
		"delete-server": {"tcp-service", "udp-service", "sctp-service", "fwmark-service", "real-server", "drain", "netns", "ipv6", "sort"},
		"save":          {"numeric", "all", "output", "json", "netns", "ipv6", "sort"},
		"version":       nil,
	} {
		var got []string
		for _, o := range dist.Table().With(name) {
			got = append(got, o.Long)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
