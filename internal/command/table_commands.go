package command

// commandGroups are the commands, each a group by itself.
var commandGroups = []Group{
	{
		Name:    "add-service",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "add-service",
			Letters: "A",
			Help:    "add a virtual service",
			Verb:    AddService,
		}},
	},
	{
		Name:    "edit-service",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "edit-service",
			Letters: "E",
			Help:    "replace the settings of a virtual service",
			Verb:    EditService,
		}},
	},
	{
		Name:    "delete-service",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "delete-service",
			Letters: "D",
			Help:    "delete a virtual service and its real servers",
			Verb:    DeleteService,
		}},
	},
	{
		Name:    "flush",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "clear",
			Letters: "C",
			Help:    "delete all virtual services",
			Verb:    Flush,
		}},
	},
	{
		Name:    "restore",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "restore",
			Letters: "R",
			Help:    "apply the rules on standard input, one command per line",
			Verb:    Restore,
		}},
	},
	{
		Name:    "save",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "save",
			Letters: "S",
			Help:    "print the table as rules",
			Verb:    Save,
		}},
	},
	{
		Name:    "add-server",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "add-server",
			Letters: "a",
			Help:    "add a real server to a virtual service",
			Verb:    AddServer,
		}},
	},
	{
		Name:    "edit-server",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "edit-server",
			Letters: "e",
			Help:    "replace the settings of a real server",
			Verb:    EditServer,
		}},
	},
	{
		Name:    "delete-server",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "delete-server",
			Letters: "d",
			Help:    "delete a real server from a virtual service",
			Verb:    DeleteServer,
		}},
	},
	{
		Name:    "list",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "list",
			Letters: "Ll",
			Help:    "list the table, one virtual service, or what an option selects",
			Verb:    List,
		}},
	},
	{
		Name:    "zero",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "zero",
			Letters: "Z",
			Help:    "zero the counters of one virtual service or of all",
			Verb:    Zero,
		}},
	},
	{
		Name:    "set",
		Section: sectionCommands,
		Options: []Option{{
			Long:     "set",
			Operands: "TCP TCPFIN UDP",
			Help:     "set the connection timeouts in seconds; 0 keeps the present value",
			Verb:     SetTimeouts,
		}},
	},
	{
		Name:    "start-daemon",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "start-daemon",
			Value:   "STATE",
			Choices: daemonStates(),
			Help:    "start the connection sync daemon",
			Verb:    StartDaemon,
			read:    daemonState(StartDaemon),
		}},
	},
	{
		Name:    "stop-daemon",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "stop-daemon",
			Value:   "STATE",
			Choices: daemonStates(),
			Help:    "stop the connection sync daemon",
			Verb:    StopDaemon,
			read:    daemonState(StopDaemon),
		}},
	},
	{
		Name:    "help",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "help",
			Letters: "h",
			Help:    "print this help",
			Verb:    Help,
		}},
	},
	{
		Name:    "version",
		Section: sectionCommands,
		Options: []Option{{
			Long:    "version",
			Letters: "v",
			Help:    "print the version",
			Verb:    Version,
		}},
	},
}
