package command

import "strings"

// AppendWords appends the words of a line of a rule stream to words. There is no
// quoting. A "#" at the start of a word begins a comment that extends to the end of the
// line. The word "ipvsadm" is skipped wherever it stands, so that a line can be written
// as it would be typed. A zero byte ends a word, as it ends a C string.
func AppendWords(words []string, line string) []string {
	hasZero := strings.IndexByte(line, 0) >= 0 // hardly ever
	for end := 0; ; {
		start := end
		for start < len(line) && isBlank(line[start]) {
			start++
		}
		if start == len(line) || line[start] == '#' {
			return words
		}
		end = start
		for end < len(line) && !isBlank(line[end]) {
			end++
		}

		word := line[start:end]
		if hasZero {
			word, _, _ = strings.Cut(word, "\x00")
		}
		if word != "ipvsadm" {
			words = append(words, word)
		}
	}
}

// isBlank reports whether a character separates words. A carriage return does, so that
// files from other systems load.
func isBlank(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n') // most are greater
}
