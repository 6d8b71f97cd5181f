package command

// extensionGroups are the options that ipvsadm 1.31 does not have, and last the group
// without a name.
var extensionGroups = []Group{
	{
		Name:     "check",
		Section:  sectionRestores,
		commands: rule{exclusive: setOf(Restore)},
		Options: []Option{{
			Long:      "check",
			Help:      "check the rules, report every error and change nothing",
			Extension: true,
			read:      mode(Check),
		}},
	},
	{
		Name:     "diff",
		Section:  sectionRestores,
		commands: rule{exclusive: setOf(Restore)},
		Options: []Option{{
			Long:      "diff",
			Help:      "print the commands that would turn the table into the one that the rules describe; exit status 1 if there are any",
			Extension: true,
			read:      mode(Diff),
		}},
	},
	{
		Name:     "sync",
		Section:  sectionRestores,
		commands: rule{exclusive: setOf(Restore)},
		Options: []Option{{
			Long:      "sync",
			Help:      "apply only the difference: what stays keeps its connections and counters; rolled back if a command is rejected",
			Extension: true,
			read:      mode(Sync),
		}},
	},
	{
		Name:     "all",
		Section:  sectionSaves,
		commands: rule{optional: setOf(Save)},
		Options: []Option{{
			Long:      "all",
			Help:      "save the timeouts and the sync daemons too",
			Extension: true,
			read:      flag(func(l *line) { l.saving.All = true }),
		}},
	},
	{
		Name:     "output",
		Section:  sectionSaves,
		commands: rule{optional: setOf(Save, List)},
		Options: []Option{{
			Long:       "output",
			Value:      "FILE",
			Help:       "save to a file, which is replaced when everything is written; with -L, JSON or metrics",
			Invocation: true,
			Extension:  true,
			read:       (*line).readOutput,
		}},
	},
	{
		Name:     "json",
		Section:  sectionListings,
		commands: rule{optional: setOf(List, Save, Restore)},
		Options: []Option{{
			Long:      "json",
			Help:      "print a JSON document with exact numbers; with -R, read one",
			Extension: true,
			read:      flag(func(l *line) { l.listing.JSON = true }),
		}},
	},
	{
		Name:     "by",
		Section:  sectionListings,
		commands: rule{optional: setOf(List)},
		Options: []Option{{
			Long:      "by",
			Value:     "KEYS",
			Choices:   connKeys(),
			Separator: ",",
			Help:      "with -c, count the connections by keys, separated by commas; a network has 24 bits, 64 with IPv6, or those of network/BITS; with --metrics, leave the real servers out by service",
			Extension: true,
			read:      (*line).readKeys,
		}},
	},
	{
		Name:     "limit",
		Section:  sectionListings,
		commands: rule{optional: setOf(List)},
		Options: []Option{{
			Long:      "limit",
			Value:     "N",
			Help:      "with --by, list only the N groups with most connections",
			Extension: true,
			read:      number(groupLimits, func(l *line, n uint32) { l.listing.Limit = n }),
		}},
	},
	{
		Name:     "metrics",
		Section:  sectionListings,
		commands: rule{optional: setOf(List)},
		Options: []Option{{
			Long:      "metrics",
			Help:      "print the table as metrics for Prometheus",
			Extension: true,
			read:      flag(func(l *line) { l.listing.Metrics = true }),
		}},
	},
	{
		Name:     "interval",
		Section:  sectionListings,
		commands: rule{optional: setOf(List)},
		Options: []Option{{
			Long:       "interval",
			Value:      "SECONDS",
			Help:       "list again and again; --rate is measured over this time then",
			Invocation: true,
			Extension:  true,
			read:       number(intervals, (*line).setInterval),
		}},
	},
	{
		Name:     "count",
		Section:  sectionListings,
		commands: rule{optional: setOf(List)},
		Options: []Option{{
			Long:       "count",
			Value:      "N",
			Help:       "with --interval, end after this number of listings",
			Invocation: true,
			Extension:  true,
			read:       number(listingCounts, func(l *line, n uint32) { l.listing.Count = n }),
		}},
	},
	{
		Name:     "keep",
		Section:  sectionChanges,
		commands: rule{optional: setOf(EditService, EditServer)},
		Options: []Option{{
			Long:      "keep",
			Help:      "keep the settings that the line does not name",
			Extension: true,
			read:      flag(func(l *line) { l.keep = true }),
		}},
	},
	{
		Name:     "drain",
		Section:  sectionChanges,
		commands: rule{optional: setOf(DeleteServer)},
		Options: []Option{{
			Long:      "drain",
			Value:     "SECONDS",
			Help:      "set the weight to 0, wait up to this time for the connections to end, then delete",
			Extension: true,
			read:      number(drainTimes, (*line).setDrain),
		}},
	},
	{
		Name:     "netns",
		Section:  sectionAllCommands,
		commands: rule{optional: everyCommand},
		Options: []Option{{
			Long:          "netns",
			Value:         "NETNS",
			Help:          "work in a network namespace: a name known to ip netns, a process ID or a path; also allowed before the command",
			BeforeCommand: true,
			Invocation:    true,
			Extension:     true,
			read:          (*line).readNetNS,
		}},
	},
	{
		Section:  sectionAllCommands,
		commands: rule{optional: everyCommand},
		Options: []Option{
			{
				Long:    "ipv6",
				Letters: "6",
				Help:    "the firewall mark before it is for IPv6 packets",
				read:    (*line).readIPv6,
			},
			{
				Long: "sort",
				Help: "accepted and ignored: listings are sorted",
				read: flag(func(*line) {}),
			},
		},
	},
}
