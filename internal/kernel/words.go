package kernel

// maxWords bounds the different words that are remembered. The kernel has some
// forty states and protocols of connections, and a dozen schedulers.
const maxWords = 256

// words gives one string for all occurrences of a word. The zero value is ready.
type words struct {
	last  string // most words are like the one before
	known map[string]string
}

// word is b as a string.
func (w *words) word(b []byte) string {
	if string(b) == w.last { // does not allocate
		return w.last
	}
	s, ok := w.known[string(b)] // nor does this
	if !ok {
		s = string(b)
		w.remember(s)
	}
	w.last = s
	return s
}

func (w *words) remember(s string) {
	if len(w.known) >= maxWords {
		return
	}
	if w.known == nil {
		w.known = make(map[string]string)
	}
	w.known[s] = s
}
