package ruleset

import "strings"

// maxInterned is how many names are interned. A kernel has some twenty schedulers;
// more names come from nobody who means well.
const maxInterned = 256

// interner keeps each name once. Names that it returns do not hold the memory of the
// text of which they were a part. The zero interner is empty.
type interner struct {
	names []string
	index map[string]int // of names
}

// find returns the index of a name, which is added if there is room; -1 if there is
// none.
func (n *interner) find(name string) int {
	if i, ok := n.index[name]; ok {
		return i
	}
	if len(n.names) == maxInterned {
		return -1
	}
	if n.index == nil {
		n.index = map[string]int{}
	}
	name = strings.Clone(name)
	n.index[name] = len(n.names)
	n.names = append(n.names, name)
	return len(n.names) - 1
}

// intern replaces a name by the one that is kept.
func (n *interner) intern(name *string) {
	switch i := 0; {
	case *name == "":
	default:
		if i = n.find(*name); i >= 0 {
			*name = n.names[i]
		} else {
			*name = strings.Clone(*name)
		}
	}
}
