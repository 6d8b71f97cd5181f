package cli

import "slices"

const (
	saveUsage    = "usage: ipvsadm-save [-n] [--all] [--json] [--output FILE]"
	restoreUsage = "usage: ipvsadm-restore [--json] [--check | --diff | --sync] < FILE"

	// mainProgram is the program that texts of the other two point to.
	mainProgram = "ipvsadm"

	// statusBadUsage is that of the save and restore programs when they do
	// not know a word.
	statusBadUsage = 1
)

// Save is the program ipvsadm-save, which is ipvsadm -S with the same options.
// args[0] is the program's name.
func Save(args []string, env Env) int {
	s := newSession(mainProgram, env)
	cmd, err := s.parser.Parse(append([]string{"-S"}, words(args)...))
	if err != nil {
		return s.end(&failure{saveUsage, statusBadUsage})
	}
	s.netns = cmd.NetNS
	return s.end(s.do(cmd))
}

// Restore is the program ipvsadm-restore: ipvsadm -R with the same options, but
// that the rules replace the table, and are read to their end first. args[0] is
// the program's name.
//
// It takes -n, which means nothing here, because callers pass what they pass to
// ipvsadm-save. Whatever else it does not know it refuses, where the reference
// program clears the table and waits for input: ipvsadm-restore FILE must not.
func Restore(args []string, env Env) int {
	s := newSession(mainProgram, env)
	options := slices.DeleteFunc(words(args), func(w string) bool { return w == "-n" })
	cmd, err := s.parser.Parse(append([]string{"-R"}, options...))
	if err != nil {
		return s.end(&failure{restoreUsage, statusBadUsage})
	}
	s.netns = cmd.NetNS
	return s.end(s.restore(cmd, s.replace))
}

// words are a copy of the words after the program's name.
func words(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	return slices.Clone(args[1:])
}
