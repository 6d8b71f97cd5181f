package command

// table is the language: every command and every option, once. A row in one of its
// parts, and the function that its read names, are all that a new option takes.
//
// The order of the groups is the order in which their legality is checked, as
// ipvsadm 1.31 does: it decides which of several errors of a line is reported. The
// extensions are checked last.
var table = newTable(commandGroups, optionGroups, extensionGroups)

// The commands that have options in common.
var (
	serviceSettings = setOf(AddService, EditService)
	serviceCommands = setOf(AddService, EditService, DeleteService)
	serverSettings  = setOf(AddServer, EditServer)
	serverCommands  = setOf(AddServer, EditServer, DeleteServer)

	// everyCommand is every command but -h and -v, which end the line.
	everyCommand = serviceCommands | serverCommands |
		setOf(Flush, Restore, Save, List, Zero, SetTimeouts, StartDaemon, StopDaemon)
)
