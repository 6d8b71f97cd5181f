package command

// checkRestore checks that the options of a restore go with what it does with the rules.
func (l *line) checkRestore() error {
	compares := setOf(Diff, Sync)
	for _, option := range []struct {
		group int
		modes set
		needs string
	}{
		{groupPartial, compares, "diff' or 'sync"},
		{groupKeepWeights, compares, "diff' or 'sync"},
		{groupChanges, setOf(Sync), "sync"},
		{groupAgainst, setOf(Diff), "diff"},
	} {
		if l.has(option.group) && !option.modes.has(int(l.restoring.Mode)) {
			return requiredError(option.needs, "'"+optionTable()[option.group].Name+"' option")
		}
	}

	if l.has(groupAtomic) && l.restoring.Mode != Apply {
		return conflictError("atomic", modeNames[l.restoring.Mode], commandSubject(Restore))
	}
	return nil
}

// modeNames are the groups of the options that select a mode.
var modeNames = [...]string{Check: "check", Diff: "diff", Sync: "sync"}
