package cli

import (
	"errors"
	"slices"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// topUsage is the synopsis of ipvsadm-top.
const topUsage = "usage: ipvsadm-top [SERVICE] [--interval SECONDS] [--netns NETNS] [--once]"

// topHelp is what -h prints before the options.
const topHelp = topUsage + `

Shows the virtual services and real servers of IPVS, and what they do per second.
The key ? explains the screen.

`

// defaultTopInterval is the time between two samples.
const defaultTopInterval = 2 * time.Second

// TopRequest is what ipvsadm-top is asked for.
type TopRequest struct {
	Kernel Kernel
	Names  Names
	// NetNS is the network namespace; empty for that of the caller.
	NetNS string
	// Service is the only service to show; nil shows all.
	Service  *ipvs.ServiceID
	Interval time.Duration
	// Once asks for one screen as text.
	Once bool
}

// Top runs the program ipvsadm-top: it opens the kernel and calls show, the screen. Its
// options are some of those of ipvsadm -L. args[0] is the program's name.
func Top(args []string, env Env, show func(TopRequest) error) int {
	s := newSession("ipvsadm-top", env)
	return s.end(runTop(s, arguments(args), show))
}

// runTop does one command line of ipvsadm-top.
func runTop(s *session, words []string, show func(TopRequest) error) error {
	isOnce := func(w string) bool { return w == "--once" }
	once := slices.ContainsFunc(words, isOnce)
	cmd, err := s.parser.Parse(append([]string{"-L"}, slices.DeleteFunc(slices.Clone(words), isOnce)...))
	switch {
	case slices.Contains(words, "-h") || slices.Contains(words, "--help"):
		return s.out.Write([]byte(topHelp + command.TopHelp()))
	case slices.Contains(words, "-v") || slices.Contains(words, "--version"):
		return s.out.Write([]byte(command.VersionText))
	case err != nil:
		return newTopUsageError(err)
	case !isTopListing(&cmd):
		return newTopUsageError(errors.New("an option that ipvsadm-top does not have"))
	}

	s.netns = cmd.NetNS
	kernel, err := s.open()
	if err != nil {
		return err
	}

	interval := cmd.Listing.Interval
	if interval == 0 {
		interval = defaultTopInterval
	}
	err = show(TopRequest{
		Kernel: kernel, Names: s.env.Names, NetNS: cmd.NetNS,
		Service: cmd.Listing.Service, Interval: interval, Once: once,
	})
	return newReadError(err)
}

// isTopListing reports whether a listing has no options but those of ipvsadm-top, and -n,
// which is accepted and ignored.
func isTopListing(cmd *command.Command) bool {
	l := &cmd.Listing
	return l.View == command.Plain && !l.JSON && !l.Metrics && !l.Exact && !l.KernelOrder && l.Count == 0 &&
		l.By == ipvs.ConnKeys{} && !l.Server.IsValid() && cmd.Saving.File == ""
}

// newTopUsageError returns the error of ipvsadm-top for words that it does not know.
func newTopUsageError(err error) error {
	return &exitError{status: command.StatusUsageError, err: errors.New(err.Error() + "\n" + topUsage)}
}
