package cli

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// applyAtomic runs apply. If that fails and isAtomic is set, it puts back the table, the
// timeouts and the sync daemons of before, and reports that. Signals that come meanwhile
// are ignored: they would leave half a table.
func applyAtomic(s *session, isAtomic bool, apply func() error) error {
	if !isAtomic {
		return apply()
	}

	before, err := readWholeState(s)
	if err != nil {
		return err
	}

	_, stop := s.catchSignals()
	defer stop()

	err = apply()
	if err == nil {
		return nil
	}
	if !isReported(err) && !s.out.hasFailed(err) {
		s.report(err.Error())
		err = newReportedError(statusOf(err))
	}
	s.report(putBack(s, before))
	return err
}

// putBackAttempts is how often the table is put back: the answer to a change can get lost,
// and another program can change the table meanwhile.
const putBackAttempts = 3

// putBack makes the kernel's state what it was before, and returns what to report of it.
func putBack(s *session, before *ipvs.State) string {
	var reports []string
	for range putBackAttempts {
		now, err := readWholeState(s)
		if err != nil {
			reports = []string{err.Error()}
			break
		}

		plan := ipvs.Revert(now, before)
		if plan.Len() == 0 {
			return "rolled back; no changes were kept, but counters and connections may have been lost"
		}

		t := transaction{session: s}
		t.undo(plan.Changes())
		reports = t.reports
	}
	return strings.Join(append(reports, rollbackFailed), "\n")
}

// readWholeState returns the table of the kernel with its timeouts and sync daemons.
func readWholeState(s *session) (*ipvs.State, error) {
	return readPresent(s, &ipvs.State{Timeouts: &ipvs.Timeouts{}, Daemons: []ipvs.Daemon{}})
}
