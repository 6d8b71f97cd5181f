package dist

import (
	"regexp"
	"slices"
	"strings"
)

// section is a part of the manual's list of options.
type section struct {
	Title   string
	Options Language
}

// sectionCommands are the titles of the parts, each with the commands by which an
// option belongs to it. An option stands in the first part that it belongs to.
var sectionCommands = []struct {
	title    string
	commands []string
}{
	{"Naming a service", []string{"delete-service"}},
	{"Settings of a service", []string{"add-service"}},
	{"Naming and settings of a real server", []string{"add-server"}},
	{"Editing and removing", []string{"edit-service", "edit-server", "delete-server"}},
	{"Listing", []string{"list"}},
	{"Saving", []string{"save"}},
	{"Restoring", []string{"restore"}},
	{"Sync daemons", []string{"start-daemon"}},
}

// sections are the options in their parts; those that go with every command come
// last.
func sections(l Language) []section {
	everywhere := section{Title: "With every command"}
	parts := make([]section, len(sectionCommands))
	for _, o := range l.Options() {
		part := &everywhere
		if !slices.Contains(o.Taken, "clear") {
			if i := sectionOf(o); i >= 0 {
				part = &parts[i]
			}
		}
		part.Options = append(part.Options, o)
	}
	for i := range parts {
		parts[i].Title = sectionCommands[i].title
	}
	return append(parts, everywhere)
}

// sectionOf is the place of an option in sectionCommands, -1 for none.
func sectionOf(o Option) int {
	if len(o.Needed)+len(o.Taken) == 0 {
		return -1
	}
	for i, s := range sectionCommands {
		if slices.ContainsFunc(s.commands, o.goesWith) {
			return i
		}
	}
	return -1
}

// mdocItem is the item of an option in a list: .It Fl p , Fl -persistent Op Ar SECONDS
func mdocItem(o Option) string {
	item := ".It " + mdocFlags(o.Words(), " , ")
	switch {
	case o.Optional:
		item += " Op Ar " + mdocArgument(o.Value)
	case o.Value != "":
		item += " Ar " + mdocArgument(o.Value)
	case o.Plain != "":
		item += " Ar " + mdocArgument(o.Plain)
	}
	return item
}

// mdocArgument writes the name of a value: HOST[:PORT] as host, and in brackets
// :port.
func mdocArgument(value string) string {
	host, port, ok := strings.Cut(strings.ToLower(value), "[")
	if !ok {
		return host
	}
	return host + " Ns Op Ar " + strings.TrimSuffix(port, "]")
}

// mdocFlags writes options for a macro line.
func mdocFlags(words []string, between string) string {
	var flags []string
	for _, w := range words {
		flags = append(flags, "Fl "+strings.ReplaceAll(strings.TrimPrefix(w, "-"), "-", `\-`))
	}
	return strings.Join(flags, between)
}

// mdocWith writes which options a command needs and takes, as macro lines. Those of
// a group stand together: a line may have one of them.
func mdocWith(l Language, command Option) string {
	var needed, taken groups
	for _, o := range l.With(command.Long) {
		switch {
		case slices.Contains(o.Needed, command.Long):
			needed = needed.add(o)
		case len(o.Taken) > 0:
			taken = taken.add(o)
		}
	}
	var lines []string
	if len(needed) > 0 {
		lines = append(lines, ".br", "Needs", "."+needed.mdoc()+" .")
	}
	if len(taken) > 0 {
		lines = append(lines, ".br", "Takes", "."+taken.mdoc()+" .")
	}
	return strings.Join(lines, "\n")
}

// groups are options, those of a group together.
type groups []Language

func (g groups) add(o Option) groups {
	if last := len(g) - 1; last >= 0 && g[last][0].Group == o.Group {
		g[last] = append(g[last], o)
		return g
	}
	return append(g, Language{o})
}

// mdoc writes them for a macro line: -t | -u , -r
func (g groups) mdoc() string {
	var items []string
	for _, options := range g {
		var words []string
		for _, o := range options {
			words = append(words, o.Short())
		}
		items = append(items, mdocFlags(words, " | "))
	}
	return strings.Join(items, " , ")
}

// optionDash is the dash, or the two, that an option begins with.
var optionDash = regexp.MustCompile(`(^|[ (])(--?)([[:alnum:]])`)

// manualWidth is the width of the manuals' lines.
const manualWidth = 80

// mdocText makes a sentence of a help text, to stand on lines without macros.
func mdocText(help string) string {
	text := strings.ToUpper(help[:1]) + help[1:] + "."
	text = optionDash.ReplaceAllStringFunc(text, func(s string) string { return strings.ReplaceAll(s, "-", `\-`) })
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > manualWidth {
			lines = append(lines, line)
			line = ""
		}
		switch {
		case line != "":
			line += " " + word
		case word[0] == '.' || word[0] == '\'':
			line = `\&` + word // else it is a macro
		default:
			line = word
		}
	}
	return strings.Join(append(lines, line), "\n")
}
