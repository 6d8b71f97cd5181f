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

// intern returns the copy of a name that is kept.
func (n *interner) intern(name string) string {
	if name == "" {
		return ""
	}
	if i := n.find(name); i >= 0 {
		return n.names[i]
	}
	return strings.Clone(name)
}

// internBytes returns the copy of a name that is kept.
func (n *interner) internBytes(name []byte) string {
	if i, ok := n.index[string(name)]; ok {
		return n.names[i]
	}
	return n.intern(string(name))
}
