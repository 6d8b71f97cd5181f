package ipvs

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawScope draws a scope for a wanted table.
func drawScope(t *rapid.T, want []Entry) Scope {
	s := Scope{KeepWeights: rapid.Bool().Draw(t, "keep weights")}
	if rapid.Bool().Draw(t, "partial") {
		s.Services = StateOf(want)
	}
	return s
}

// scoped returns the table that a plan with a scope has to lead to.
func scoped(s Scope, have, want []Entry) []Entry {
	var result []Entry
	for _, e := range want {
		e.Destinations = slices.Clone(e.Destinations)
		if s.KeepWeights {
			keepWeights(e.Destinations, destinationsOf(have, e.Service.ID))
		}
		result = append(result, e)
	}
	if s.Services == nil {
		return result
	}

	for _, e := range have {
		if !hasService(want, e.Service.ID) {
			result = append(result, e)
		}
	}
	return result
}

// keepWeights sets the weights of servers to those that they have among the present ones.
func keepWeights(servers, present []Destination) {
	for i := range servers {
		for _, d := range present {
			if d.Addr == servers[i].Addr {
				servers[i].Weight = d.Weight
			}
		}
	}
}

// hasService reports whether a table has a service.
func hasService(entries []Entry, id ServiceID) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Service.ID == id })
}

// destinationsOf returns the servers of a service.
func destinationsOf(entries []Entry, id ServiceID) []Destination {
	for _, e := range entries {
		if e.Service.ID == id {
			return e.Destinations
		}
	}
	return nil
}

// TestScope checks that a plan with a scope leads to the wanted table with the services
// and the weights that are out of its scope, that no change is about them on the way, and
// that a second plan is empty.
func TestScope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		scope := drawScope(t, want)
		state := StateOf(have)
		plan := scope.Diff(StateOf(have), StateOf(want))
		for c := range plan.Changes() {
			if scope.Services != nil && !hasService(want, c.Service.ID) {
				t.Fatalf("%+v is about a service that is not named", c)
			}
			if err := state.Apply(&c); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			if scope.KeepWeights {
				checkWeights(t, have, want, state)
			}
		}

		same(t, "the end", scoped(scope, have, want), state.Entries())
		if again := scope.Diff(state, StateOf(want)); again.Len() != 0 {
			t.Fatalf("a second diff is not empty: %+v", slices.Collect(again.Changes()))
		}
	})
}

// checkWeights checks that the servers of both tables have their weights of before.
func checkWeights(t *rapid.T, have, want []Entry, now *State) {
	t.Helper()
	for _, e := range have {
		if !hasService(want, e.Service.ID) {
			continue
		}
		got := destinationsOf(now.Entries(), e.Service.ID)
		wanted := destinationsOf(want, e.Service.ID)
		for _, d := range e.Destinations {
			is := func(other Destination) bool { return other.Addr == d.Addr }
			if !slices.ContainsFunc(wanted, is) {
				continue
			}
			i := slices.IndexFunc(got, is)
			if i < 0 || got[i].Weight != d.Weight {
				t.Fatalf("the weight of %v is not kept", d.Addr)
			}
		}
	}
}

// TestScopeUndo checks that the steps of a plan with a scope are undone, by Undo and by
// Revert, whichever of them were applied. Revert leaves what another program did
// meanwhile alone where it is out of the scope.
func TestScopeUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := tables.Draw(t, "have"), tables.Draw(t, "want")
		scope := drawScope(t, want)
		plan := scope.Diff(StateOf(have), StateOf(want))
		state, other := StateOf(have), StateOf(have)
		var applied []Step
		for _, step := range slices.Concat(plan.Phases()...) {
			if !rapid.Bool().Draw(t, "refused") && state.Apply(new(plan.Change(step))) == nil {
				applied = append(applied, step)
			}
		}
		for _, step := range applied {
			if err := other.Apply(new(plan.Change(step))); err != nil {
				t.Fatal(err)
			}
		}

		apply(t, state, plan.Undo(applied))
		same(t, "after the undo", have, state.Entries())

		expected := foreign(t, scope, other, have)
		// A plan refers to its states, which must not be changed meanwhile.
		revert := slices.Collect(scope.Revert(other, StateOf(have)).Changes())
		apply(t, other, slices.Values(revert))
		same(t, "after the revert", expected, other.Entries())
	})
}

// foreign makes the change of another program out of the scope, if there is a service, and
// returns the table that is expected after a revert to have.
func foreign(t *rapid.T, scope Scope, state *State, have []Entry) []Entry {
	t.Helper()
	expected := slices.Clone(have)
	if scope.Services == nil {
		return expected
	}
	for i, e := range expected {
		if scope.Services.find(serviceIDOf(e.Service.ID)) != nil {
			continue
		}
		e.Service.Scheduler = "lc"
		expected[i] = e
		if err := state.Apply(&Change{Op: EditService, Service: e.Service}); err != nil {
			t.Fatal(err)
		}
		break
	}
	return expected
}
