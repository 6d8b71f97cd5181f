package dist

import (
	"slices"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// Language is every command and every option of ipvsadm, in the order of their
// table.
type Language []Option

// Option is a command or an option.
type Option struct {
	// Group is shared by the options of which a line may have one. It is
	// empty for those that may be repeated.
	Group string
	// Long is the name after two dashes, Letters those after one, if any.
	Long, Letters string
	// Value is what to call the value, empty if there is none. Optional says
	// that it may be left out.
	Value    string
	Optional bool
	// Plain is what to call the plain words that a command takes, if any.
	Plain string
	// Command says that it is a command.
	Command bool
	// Needed and Taken are the long names of the commands that an option must
	// and may stand with. Both are empty for one that may stand with any.
	Needed, Taken []string
	// Help explains it, without a capital letter and a full stop.
	Help string
	// Beyond says that ipvsadm 1.31 does not have it.
	Beyond bool
}

// Table is the language as package command has it.
func Table() Language {
	table := command.Options()
	names := map[command.Verb]string{}
	for _, o := range table {
		if o.Verb != command.None {
			names[o.Verb] = o.Long
		}
	}
	longs := func(verbs []command.Verb) (longs []string) {
		for _, v := range verbs {
			longs = append(longs, names[v])
		}
		return longs
	}
	var l Language
	for _, o := range table {
		l = append(l, Option{
			Group: o.Group, Long: o.Long, Letters: o.Letters, Value: o.Value, Optional: o.Optional, Plain: o.Words,
			Command: o.Verb != command.None, Needed: longs(o.Needed), Taken: longs(o.Taken), Help: o.Help, Beyond: o.Beyond,
		})
	}
	return l
}

// Commands are the commands.
func (l Language) Commands() Language {
	return l.where(func(o Option) bool { return o.Command })
}

// Options are the options of all commands.
func (l Language) Options() Language {
	return l.where(func(o Option) bool { return !o.Command })
}

// With are the options that may stand with a command.
func (l Language) With(command string) Language {
	return l.where(func(o Option) bool { return !o.Command && o.goesWith(command) })
}

// Named gives the options of these long names, in their order. What is not there
// is left out; the tests hold the templates to the table.
func (l Language) Named(names ...string) Language {
	return l.where(func(o Option) bool { return slices.Contains(names, o.Long) })
}

// Valued are those that take a value, or may take one.
func (l Language) Valued() Language {
	return l.where(func(o Option) bool { return o.Value != "" })
}

func (l Language) where(keep func(Option) bool) Language {
	var some Language
	for _, o := range l {
		if keep(o) {
			some = append(some, o)
		}
	}
	return some
}

// goesWith says whether an option may stand with a command. -h and -v take none.
func (o Option) goesWith(command string) bool {
	if command == "help" || command == "version" {
		return false
	}
	everywhere := len(o.Needed)+len(o.Taken) == 0
	return everywhere || slices.Contains(o.Needed, command) || slices.Contains(o.Taken, command)
}

// Words are all ways to write the name: -L -l --list.
func (o Option) Words() []string {
	var words []string
	for _, letter := range o.Letters {
		words = append(words, "-"+string(letter))
	}
	return append(words, "--"+o.Long)
}

// Short is the shortest of them.
func (o Option) Short() string { return o.Words()[0] }

// Choices are the values to offer for an option, where they are known beforehand.
func (o Option) Choices() []string {
	if o.Long == "scheduler" {
		// The table has the only list of schedulers, at the end of the text.
		_, names, _ := strings.Cut(o.Help, ": ")
		return strings.Fields(names)
	}
	return choices[o.Long]
}

// choices are those that are not a list in the table. The tests hold each of them
// to the text of its option.
var choices = map[string][]string{
	"pe":           {"sip"},
	"tun-type":     {"ipip", "gue", "gre"},
	"sched-flags":  {"flag-1", "flag-2", "flag-3", "sh-fallback", "sh-port", "mh-fallback", "mh-port"},
	"start-daemon": {"master", "backup"},
	"stop-daemon":  {"master", "backup"},
}
