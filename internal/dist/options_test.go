package dist_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

// TestWith checks the options of a few commands.
func TestWith(t *testing.T) {
	for name, want := range map[string][]string{
		"clear":         {"netns", "ipv6", "sort"},
		"delete-server": {"tcp-service", "udp-service", "sctp-service", "fwmark-service", "real-server", "drain", "netns", "ipv6", "sort"},
		"save":          {"numeric", "all", "output", "json", "netns", "ipv6", "sort"},
		"version":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, o := range dist.Options(command.Options()).With(name) {
				got = append(got, o.Long)
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
