package cli

import (
	"slices"
	"strings"
)

const (
	saveUsage    = "usage: ipvsadm-save [-n] > FILE"
	restoreUsage = "usage: ipvsadm-restore < FILE"

	// mainProgram is the program that texts of the other two point to.
	mainProgram = "ipvsadm"

	// statusBadUsage is that of the save and restore programs when they do
	// not know an option.
	statusBadUsage = 1
)

// Save is the program ipvsadm-save, which is ipvsadm -S. args[0] is the program's
// name. Words behind the options are ignored, as the reference program does.
func Save(args []string, env Env) int {
	s := newSession(mainProgram, env)
	cmd, err := s.parser.Parse(append([]string{"-S"}, options(args)...))
	if err != nil {
		return s.end(&failure{saveUsage, statusBadUsage})
	}
	return s.end(s.do(cmd))
}

// Restore is the program ipvsadm-restore. args[0] is the program's name. It takes
// -n, which means nothing here, because callers pass what they pass to
// ipvsadm-save; an unknown option must not clear the table.
func Restore(args []string, env Env) int {
	s := newSession(mainProgram, env)
	for _, word := range options(args) {
		if word != "-n" {
			return s.end(&failure{restoreUsage, statusBadUsage})
		}
	}
	return s.end(s.restoreWhole())
}

// options are the words after the program's name up to the first that is not an
// option.
func options(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	words := args[1:]
	end := slices.IndexFunc(words, func(w string) bool {
		return w == "--" || w == "-" || !strings.HasPrefix(w, "-")
	})
	if end >= 0 {
		words = words[:end]
	}
	return words
}
