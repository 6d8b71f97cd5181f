package cli

import (
	"errors"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/format"
	"github.com/ipvsadm-go/ipvsadm/internal/ipvs"
)

// transaction turns one state into another, whole or not at all. It applies a plan
// phase by phase; when the kernel rejects a change it rolls back what was applied,
// and reports only then: standard error may be what has gone.
type transaction struct {
	session *session
	states  states
	plan    *ipvs.Plan
	signals <-chan os.Signal

	sent    []ipvs.Step  // in order
	dropped map[int]bool // those of sent, by index, that were not applied
	unknown bool         // whether an answer was lost: a change may have been applied
	reports []string     // what to report once everything is over
	signal  os.Signal    // what interrupted the transaction
}

func newTransaction(s *session, states states) *transaction {
	return &transaction{
		session: s,
		states:  states,
		plan:    states.plan(),
		dropped: map[int]bool{},
	}
}

// run applies the plan.
func (t *transaction) run() error {
	if t.plan.Len() == 0 {
		return nil
	}

	signals, stop := t.session.catchSignals()
	defer stop()
	t.signals = signals

	for _, phase := range t.plan.Phases() {
		if t.apply(phase) {
			continue
		}
		t.report(t.rollback())
		if t.signal != nil {
			return newReportedError(signalStatus(t.signal))
		}
		return newReportedError(statusChangeError)
	}
	return nil
}

// apply applies a phase, and reports whether all of it was applied. No phase begins
// before the one before was accepted: a server is removed only once its successor
// is there.
func (t *transaction) apply(phase []ipvs.Step) bool {
	rejected := false
	sender := newSender(t.session.kernel, func(failures []failure[int]) {
		for _, f := range failures {
			rejected = t.fail(f) || rejected
		}
	})
	defer sender.close()

	for i, step := range phase {
		if rejected || i%batchSize == 0 && t.interrupted() {
			break
		}
		change := t.plan.Change(step)
		sender.add(&change, len(t.sent))
		t.sent = append(t.sent, step)
	}

	sender.wait()
	return !rejected && t.signal == nil
}

// fail notes that a step was not applied, and reports whether that ends the
// transaction. To remove what somebody else has removed meanwhile does not.
func (t *transaction) fail(f failure[int]) bool {
	t.dropped[f.tag] = true
	change := t.plan.Change(t.sent[f.tag])
	if isRemoved(change, f.err) {
		return false
	}
	t.unknown = t.unknown || isUnknown(f.err)
	t.reports = append(t.reports, failureText("", change, f.err))
	return true
}

// interrupted reports whether a signal asks the program to end.
func (t *transaction) interrupted() bool {
	select {
	case t.signal = <-t.signals:
		t.reports = append(t.reports, "interrupted by signal: "+t.signal.String())
		return true
	default:
		return false
	}
}

// applied returns the steps that were applied, in order.
func (t *transaction) applied() []ipvs.Step {
	var applied []ipvs.Step
	for i, step := range t.sent {
		if !t.dropped[i] {
			applied = append(applied, step)
		}
	}
	return applied
}

// changes yields the changes that were made.
func (t *transaction) changes() iter.Seq[ipvs.Change] {
	return func(yield func(ipvs.Change) bool) {
		for _, step := range t.applied() {
			if !yield(t.plan.Change(step)) {
				return
			}
		}
	}
}

// rollback takes back what was applied, and returns what to say of it. Where an
// answer was lost, the table is read again to see what is left to take back.
func (t *transaction) rollback() string {
	applied := t.applied()
	if len(applied) == 0 && !t.unknown {
		return "no changes were made"
	}

	ok := t.undo(t.plan.Undo(applied))
	if t.unknown {
		ok = t.restorePresent()
	}

	switch {
	case !ok:
		return rollbackFailed
	case slices.ContainsFunc(applied, t.removes):
		return "rolled back; no changes were kept, but the counters of what was removed and added again begin at 0"
	}
	return "rolled back; no changes were kept"
}

// rollbackFailed is reported for a table that is neither as it was nor as it should be.
const rollbackFailed = "Rollback failed: the table is only partly updated."

// removes reports whether a step removes a service or a real server.
func (t *transaction) removes(step ipvs.Step) bool {
	op := t.plan.Change(step).Op
	return op == ipvs.DeleteService || op == ipvs.DeleteDestination
}

// restorePresent reads the table, and turns it into what it was in the beginning.
func (t *transaction) restorePresent() bool {
	now, err := readPresent(t.session, t.states.wanted)
	if err != nil {
		t.reports = append(t.reports, err.Error())
		return false
	}
	return t.undo(t.states.scope.Revert(now, t.states.present).Changes())
}

// undo makes changes that take others back, all of them whatever becomes of the
// others, and reports whether all were made.
func (t *transaction) undo(changes iter.Seq[ipvs.Change]) bool {
	ok := true
	sender := newSender(t.session.kernel, func(failures []failure[ipvs.Change]) {
		for _, f := range failures {
			if isRemoved(f.tag, f.err) {
				continue
			}
			ok = false
			t.unknown = t.unknown || isUnknown(f.err)
			t.reports = append(t.reports, failureText("undo ", f.tag, f.err))
		}
	})
	defer sender.close()

	for change := range changes {
		sender.add(&change, change)
	}

	sender.wait()
	return ok
}

// report reports what went wrong, and how it ended.
func (t *transaction) report(outcome string) {
	t.session.report(strings.Join(append(t.reports, outcome), "\n"))
}

// isRemoved reports whether a removal failed because there is nothing to remove any
// more.
func isRemoved(c ipvs.Change, err error) bool {
	switch c.Op {
	case ipvs.DeleteService:
		return errors.Is(err, syscall.ESRCH)
	case ipvs.DeleteDestination:
		return errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.ENOENT)
	}
	return false
}

// isUnknown reports whether the answer to a change was lost, which may have been
// made.
func isUnknown(err error) bool {
	for _, lost := range []error{syscall.ENOBUFS, syscall.ETIMEDOUT, syscall.EBADMSG} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

// failureText returns the report of a change that failed: the rule that it is, and
// why.
func failureText(prefix string, c ipvs.Change, err error) string {
	rule := strings.TrimSuffix(string(format.Rules{}.AppendChange(nil, c)), "\n")
	return prefix + rule + ": " + kernelText(err)
}

// signalStatus returns the status that a shell reports for a program that a signal
// ended.
func signalStatus(signal os.Signal) int {
	if n, ok := signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return statusChangeError
}
