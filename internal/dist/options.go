package dist

import (
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// Options are commands and options of the table of package command.
type Options []command.Option

// Commands returns the commands.
func (l Options) Commands() Options {
	return l.where(func(o *command.Option) bool { return o.IsCommand() })
}

// Plain returns the options that are not commands.
func (l Options) Plain() Options {
	return l.where(func(o *command.Option) bool { return !o.IsCommand() })
}

// With returns the options that may stand with the command of a long name.
func (l Options) With(long string) Options {
	i := slices.IndexFunc(l, func(o command.Option) bool { return o.Long == long })
	return l.where(func(o *command.Option) bool { return o.GoesWith(l[i].Verb) })
}

// Named returns the options with these long names.
func (l Options) Named(longs ...string) Options {
	return l.where(func(o *command.Option) bool { return slices.Contains(longs, o.Long) })
}

// Top returns the options of ipvsadm-top, besides --once.
func (l Options) Top() Options { return l.Named(command.TopOptions()...) }

// WithGroup returns the options of groups with a name: those that stand once on a line.
func (l Options) WithGroup() Options {
	return l.where(func(o *command.Option) bool { return o.Group.Name != "" })
}

// WithValue returns the options whose value is the rest of their word or the next word.
func (l Options) WithValue() Options {
	return l.where(func(o *command.Option) bool { return o.Value != "" && !o.HasOptionalValue() })
}

// WithChoices returns the options with values to offer.
func (l Options) WithChoices() Options {
	return l.where(func(o *command.Option) bool { return len(o.Choices) > 0 })
}

// Extensions returns the options that ipvsadm 1.31 lacks.
func (l Options) Extensions() Options {
	return l.where(func(o *command.Option) bool { return o.Extension })
}

// BeforeCommand returns the options that may stand before the command.
func (l Options) BeforeCommand() Options {
	return l.where(func(o *command.Option) bool { return o.BeforeCommand })
}

// In returns the options of a section.
func (l Options) In(s command.Section) Options {
	return l.where(func(o *command.Option) bool { return o.Group.Section == s })
}

// where returns the options for which is returns true.
func (l Options) where(is func(*command.Option) bool) (some Options) {
	for i := range l {
		if is(&l[i]) {
			some = append(some, l[i])
		}
	}
	return some
}
