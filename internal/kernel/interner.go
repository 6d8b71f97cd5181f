package kernel

// maxInterned limits the number of strings in an interner. The kernel has some forty
// states and protocols of connections, and a dozen schedulers.
const maxInterned = 256

// interner stores strings, so that all occurrences of one share its memory. The zero value
// is ready for use.
type interner struct {
	// recent has the last string of each length and first byte, by their sum: the states
	// of connections have different ones, nearly all.
	recent  [32]string
	strings map[string]string
}

// intern returns b as a string.
func (n *interner) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	recent := &n.recent[(len(b)+int(b[0]))%len(n.recent)]
	if string(b) == *recent { // does not allocate
		return *recent
	}

	s, ok := n.strings[string(b)] // nor does this
	if !ok {
		s = string(b)
		n.keep(s)
	}
	*recent = s
	return s
}

// keep keeps a string, unless there are too many.
func (n *interner) keep(s string) {
	if len(n.strings) >= maxInterned {
		return
	}
	if n.strings == nil {
		n.strings = make(map[string]string)
	}
	n.strings[s] = s
}
