package command

import (
	"slices"
	"strings"
)

// Option is a command or an option of the language: one row of the table.
type Option struct {
	// Long is the name after two dashes.
	Long string
	// Letters are the names after one dash: none, one, or two with the same meaning.
	Letters string
	// Value is the name of the value in -h and in manuals; empty if there is none.
	Value string
	// Default is the value of an option that may stand without one; empty if the value
	// is required.
	Default string
	// Choices are the values to offer. Other values may be valid too.
	Choices []string
	// Separator separates the choices in a value that is a list of them; empty if the
	// value is one of them.
	Separator string
	// Operands are the names of the words that a command takes besides options.
	Operands string
	// Help describes the option, without a capital letter and a full stop.
	Help string
	// Verb is the command that the option stands for; None for an option.
	Verb Verb
	// BeforeCommand reports whether the option may stand before the command.
	BeforeCommand bool
	// Invocation reports whether the option belongs to the invocation of a program:
	// it is an error in a rule stream.
	Invocation bool
	// Extension reports whether ipvsadm 1.31 lacks the option.
	Extension bool

	// Group is the group of the option. It is set by newTable.
	Group *Group

	// read checks the value and stores it in the line.
	read func(l *line, value string) error
}

// Options returns every command and every option, in the order of the table.
func Options() []Option {
	var all []Option
	for i := range table {
		all = append(all, table[i].Options...)
	}
	return all
}

// IsCommand reports whether the option is a command.
func (o *Option) IsCommand() bool { return o.Verb != None }

// HasOptionalValue reports whether the option takes a value that can be left out.
func (o *Option) HasOptionalValue() bool { return o.Default != "" }

// Names returns the option as it is written on a line, the letters first: -L, -l, --list.
func (o *Option) Names() []string {
	var names []string
	for _, letter := range o.Letters {
		names = append(names, "-"+string(letter))
	}
	return append(names, "--"+o.Long)
}

// Description returns Help, followed by the choices.
func (o *Option) Description() string {
	if len(o.Choices) == 0 {
		return o.Help
	}
	return o.Help + ": " + strings.Join(o.Choices, ", ")
}

// GoesWith reports whether the option may stand with a command.
func (o *Option) GoesWith(v Verb) bool {
	return !o.IsCommand() && o.Group.commands.accepts(int(v))
}

// IsRequiredBy reports whether a command needs one of the option's group.
func (o *Option) IsRequiredBy(v Verb) bool { return o.Group.commands.required.has(int(v)) }

// GoesWithEvery reports whether the option may stand with every command but -h and -v.
func (o *Option) GoesWithEvery() bool {
	return o.Group.commands.optional == everyCommand
}

// Group is the options of which a line may have one.
type Group struct {
	// Name is the name of the group in messages. The options of the group without a
	// name may be repeated.
	Name string
	// Placeholder is the name in a synopsis of a group with several options.
	Placeholder string
	// Section is the part of -h and of the manual with the options of the group.
	Section Section
	// Options are the options of the group.
	Options []Option

	// commands has the commands that the options go with, by Verb.
	commands rule
	// tunnels has the tunnel types that the options go with, by ipvs.TunnelType, for
	// options that describe a tunnel.
	tunnels rule
	// views are the views of which a List command must select one for the options to
	// be legal; empty if they are legal with any view.
	views set

	// index is the position of a group of options among those. The commands have none.
	index int
}

// Section is a part of the list of options in -h and in the manual, by its title.
type Section string

const (
	sectionCommands        Section = "Commands"
	sectionServiceNames    Section = "Virtual service (SERVICE)"
	sectionServiceSettings Section = "Virtual service settings"
	sectionServerSettings  Section = "Real server settings"
	sectionChanges         Section = "Editing and deleting"
	sectionSyncDaemons     Section = "Sync daemons"
	sectionListings        Section = "Listing"
	sectionSaves           Section = "Saving"
	sectionRestores        Section = "Restoring"
	sectionAllCommands     Section = "All commands"
)

// Sections returns the sections in their order.
func Sections() []Section {
	return []Section{
		sectionCommands,
		sectionServiceNames,
		sectionServiceSettings,
		sectionServerSettings,
		sectionChanges,
		sectionSyncDaemons,
		sectionListings,
		sectionSaves,
		sectionRestores,
		sectionAllCommands,
	}
}

// set is a set of small numbers: of verbs, views or tunnel types.
type set uint32

// setSize is the number of different members that a set can have.
const setSize = 32

// setOf returns the set of its arguments.
func setOf[T ~int | ~uint8](members ...T) set {
	var s set
	for _, m := range members {
		s |= 1 << m
	}
	return s
}

// has reports whether the number is in the set.
func (s set) has(n int) bool { return s&(1<<n) != 0 }

// newTable joins the commands and the options, and ties every one to its group.
func newTable(commands []Group, options ...[]Group) []Group {
	groups := append(slices.Clone(commands), slices.Concat(options...)...)
	for i := range groups {
		g := &groups[i]
		g.index = i - len(commands)
		for j := range g.Options {
			g.Options[j].Group = g
		}
	}
	return groups
}
