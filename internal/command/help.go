package command

import "strings"

// VersionText is the line of -v. Scripts take the first number after "v" for the
// version of the language, which is ipvsadm's.
const VersionText = "ipvsadm v1.31 (ipvsadm-go " + ProjectVersion + ", compiled with Go and IPVS v1.2.1)\n"

// ProjectVersion is the version of these programs.
const ProjectVersion = "0.1.0"

// helpWidth is the width of the text of -h; helpColumn is where its explanations
// begin.
const (
	helpWidth  = 100
	helpColumn = 34
)

const usage = `Usage: ipvsadm COMMAND [OPTION ...]

`

const remarks = `
HOST is an address or a name; an IPv6 HOST with a PORT stands in brackets. Without a command the
table is listed, names looked up. Of short options, several may stand in one word.
`

// appendSynopsis writes, for each command, what it needs and may have.
func appendSynopsis(b []byte) []byte {
	for _, c := range table {
		verb := c.options[0].verb
		if verb == None {
			continue
		}
		b = append(b, "  ipvsadm "+c.options[0].short()...)
		more := false
		for _, g := range table {
			r := g.verbs
			switch {
			case r.needs.has(int(verb)):
				b = append(b, " "+g.term()...)
			case g.placeholder != "" && (r.takes | r.one).has(int(verb)):
				b = append(b, " ["+g.placeholder+"]"...)
			default:
				more = more || r.takes != everywhere && (r.takes|r.one).has(int(verb))
			}
		}
		if more {
			b = append(b, " [OPTION ...]"...)
		}
		b = append(b, '\n')
	}
	return b
}

// term is a group of options in a synopsis.
func (g *group) term() string {
	if g.placeholder != "" {
		return g.placeholder
	}
	return g.options[0].short()
}

// short is the shortest way to write an option.
func (o *option) short() string {
	name := "--" + o.long
	if o.letters != "" {
		name = "-" + o.letters[:1]
	}
	return strings.TrimSpace(name + " " + o.value + o.words)
}

// section is a part of the list of options: those that go with one of some
// commands.
type section struct {
	title string
	verbs set
}

// sections are the parts of the text, in its order. An option stands in the first
// that takes it; what goes with every command stands in the last.
var sections = []section{
	{"SERVICE, one of", of(DeleteService)},
	{"Service options", of(AddService)},
	{"Real server options", of(AddServer)},
	{"Editing and removing", of(EditService, EditServer, DeleteServer)},
	{"Sync daemon options", of(StartDaemon)},
	{"Listing options", of(List)},
	{"Saving options", of(Save)},
	{"Restoring options", of(Restore)},
	{"With every command", 0},
}

// section is the place in sections of a group of options.
func (g *group) section() int {
	takers := g.verbs.needs | g.verbs.takes | g.verbs.one
	for i, s := range sections {
		if takers&s.verbs != 0 && takers != everywhere {
			return i
		}
	}
	return len(sections) - 1
}

// HelpText is the text of -h: the version, how commands and options stand
// together, and every entry of the table.
func HelpText() string {
	b := appendSynopsis([]byte(VersionText + usage))
	b = append(b, remarks+"\nCommands:\n"...)
	for _, g := range table {
		if g.options[0].verb != None {
			b = appendGroup(b, g)
		}
	}
	for i, s := range sections {
		b = append(b, "\n"+s.title+":\n"...)
		for _, g := range table {
			if g.options[0].verb == None && g.section() == i {
				b = appendGroup(b, g)
			}
		}
	}
	return string(b)
}

// appendGroup writes the options of a group, one paragraph each.
func appendGroup(b []byte, g group) []byte {
	for _, o := range g.options {
		b = appendParagraph(b, "  "+o.usage(), o.help)
	}
	return b
}

// usage shows how an option is written: -p, --persistent [SECONDS].
func (o option) usage() string {
	var s strings.Builder
	for _, c := range o.letters {
		s.WriteString("-" + string(c) + ", ")
	}
	if o.letters == "" {
		s.WriteString("    ")
	}
	s.WriteString("--" + o.long)
	switch {
	case o.absent != "":
		s.WriteString(" [" + o.value + "]")
	case o.value != "":
		s.WriteString(" " + o.value)
	case o.words != "":
		s.WriteString(" " + o.words)
	}
	return s.String()
}

// appendParagraph writes a term and, from helpColumn on, its explanation, broken
// between words.
func appendParagraph(b []byte, term, text string) []byte {
	line := term
	pad := func() { line += strings.Repeat(" ", max(helpColumn-len(line), 0)) }
	pad()
	for word := range strings.FieldsSeq(text) {
		if len(line) > helpColumn && len(line)+1+len(word) > helpWidth {
			b = append(append(b, line...), '\n')
			line = ""
			pad()
		}
		if len(line) >= helpColumn && line[len(line)-1] != ' ' {
			line += " "
		}
		line += word
	}
	return append(append(b, line...), '\n')
}
