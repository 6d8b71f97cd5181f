package ruleset

import "iter"

// Log keeps rules in the order in which they were appended. The zero Log is empty.
type Log struct {
	rules []Rule
}

// Append appends a copy of the rule.
func (l *Log) Append(r *Rule) { l.rules = append(l.rules, *r) }

// Len returns the number of rules.
func (l *Log) Len() int { return len(l.rules) }

// All returns the rules in order. Each is valid until the next.
func (l *Log) All() iter.Seq[*Rule] {
	return func(yield func(*Rule) bool) {
		for i := range l.rules {
			if !yield(&l.rules[i]) {
				return
			}
		}
	}
}
