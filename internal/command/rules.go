package command

import "math/bits"

// The rules of all groups.
var (
	commandRules = newRules(func(g *Group) *rule { return &g.commands })
	tunnelRules  = newRules(func(g *Group) *rule { return &g.tunnels })
)

// rule has the commands, or the tunnel types, that go with a group of options. A member
// of none of the first three sets rejects the options.
type rule struct {
	// required has the members that need one of the options.
	required set
	// optional has the members that accept one of the options.
	optional set
	// exclusive has the members that accept one option of all the groups that are
	// exclusive for them.
	exclusive set
	// exclusiveUnlessFirst has those members of exclusive for which the options may
	// stand beside an exclusive option of a group that comes before in the table.
	exclusiveUnlessFirst set
}

// isEmpty reports whether the rule has no members.
func (r *rule) isEmpty() bool { return *r == rule{} }

// accepts reports whether a member accepts the options, if only by themselves.
func (r *rule) accepts(member int) bool {
	return (r.required | r.optional | r.exclusive).has(member)
}

// rules are one rule of each group of options, with sets of groups by which most lines are
// found to break none.
type rules struct {
	// of returns the rule of a group.
	of func(*Group) *rule
	// empty has the groups that the rules are not about.
	empty uint64
	// required has the groups that a member needs.
	required groupsByMember
	// legal has the groups that are legal for a member on any line.
	legal groupsByMember
}

// newRules returns the rules that of returns.
func newRules(of func(*Group) *rule) rules {
	all := rules{of: of}
	options := optionTable()
	for i := range options {
		g := &options[i]
		r := of(g)
		if r.isEmpty() {
			all.empty |= 1 << i
			continue
		}
		all.required.add(r.required, i)
		if g.views == 0 {
			all.legal.add(r.required|r.optional, i)
		}
	}
	return all
}

// groupsByMember has a set of groups for each member of a set.
type groupsByMember [setSize]uint64

// of returns the groups of a member: none of one that no set can have, such as the type of
// a tunnel that only a newer kernel knows.
func (g *groupsByMember) of(member int) uint64 {
	if member >= setSize {
		return 0
	}
	return g[member]
}

// add adds a group for several members.
func (g *groupsByMember) add(members set, group int) {
	for ; members != 0; members &= members - 1 {
		g[bits.TrailingZeros32(uint32(members))] |= 1 << group
	}
}
