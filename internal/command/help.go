package command

import (
	"slices"
	"strings"
)

// VersionText is the output of -v. Scripts take the first number after "v" for the
// version of the command line, which is that of ipvsadm.
const VersionText = "ipvsadm v1.31 (ipvsadm-go " + ProjectVersion + ", compiled with Go and IPVS v1.2.1)\n"

// ProjectVersion is the version of these programs.
const ProjectVersion = "0.1.0"

const (
	// helpWidth is the width of the output of -h in columns.
	helpWidth = 100
	// helpColumn is the column in which the descriptions begin.
	helpColumn = 34
)

const usage = `Usage: ipvsadm COMMAND [OPTION ...]

`

const remarks = `
HOST is an address or a name; an IPv6 HOST with a PORT is written in brackets. Without a command,
the table is listed with names. Short options can be combined in one word.
`

// HelpText returns the output of -h: the version, a synopsis of every command, and
// every option of the table.
func HelpText() string {
	b := []byte(VersionText + usage)
	for i := range table {
		if command := &table[i].Options[0]; command.IsCommand() {
			b = appendSynopsis(b, command)
		}
	}

	b = append(b, remarks...)

	for _, s := range Sections() {
		b = append(b, "\n"+string(s)+":\n"...)
		for i := range table {
			if g := &table[i]; g.Section == s {
				b = appendGroup(b, g)
			}
		}
	}
	return string(b)
}

// appendSynopsis appends a line with a command and the options that go with it.
func appendSynopsis(b []byte, command *Option) []byte {
	verb := int(command.Verb)
	hasOthers := false

	b = append(b, "  ipvsadm "+command.synopsis()...)
	for i := range table {
		g := &table[i]
		switch {
		case g.commands.required.has(verb):
			b = append(b, " "+g.synopsis()...)
		case !g.commands.accepts(verb) || g.Options[0].GoesWithEvery():
		case g.Placeholder != "":
			b = append(b, " ["+g.Placeholder+"]"...)
		default:
			hasOthers = true
		}
	}

	if hasOthers {
		b = append(b, " [OPTION ...]"...)
	}
	return append(b, '\n')
}

// synopsis returns the group as a synopsis shows it.
func (g *Group) synopsis() string {
	if g.Placeholder != "" {
		return g.Placeholder
	}
	return g.Options[0].synopsis()
}

// synopsis returns the shortest name of the option with its value: -r HOST[:PORT].
func (o *Option) synopsis() string {
	return strings.TrimSpace(o.Names()[0] + " " + o.Value + o.Operands)
}

// appendGroup appends the options of a group, each a paragraph.
func appendGroup(b []byte, g *Group) []byte {
	for i := range g.Options {
		o := &g.Options[i]
		b = appendParagraph(b, "  "+o.term(), o.Description())
	}
	return b
}

// term returns all names of the option with its value: -p, --persistent [SECONDS].
func (o *Option) term() string {
	term := strings.Join(o.Names(), ", ")
	if o.Letters == "" {
		term = "    " + term
	}

	if o.HasOptionalValue() {
		return term + " [" + o.Value + "]"
	}
	return strings.TrimSuffix(term+" "+o.Value+o.Operands, " ")
}

// appendParagraph appends a term, and its description from helpColumn on, wrapped
// between words.
func appendParagraph(b []byte, term, text string) []byte {
	line := pad(term)
	for word := range strings.FieldsSeq(text) {
		if len(line) > helpColumn && len(line)+1+len(word) > helpWidth {
			b = append(append(b, line...), '\n')
			line = pad("")
		}
		if !strings.HasSuffix(line, " ") {
			line += " "
		}
		line += word
	}
	return append(append(b, line...), '\n')
}

// pad fills the line with blanks up to helpColumn.
func pad(line string) string {
	return line + strings.Repeat(" ", max(helpColumn-len(line), 0))
}

// TopOptions returns the long names of the options of ipvsadm-top that the table has.
func TopOptions() []string {
	return []string{"tcp-service", "udp-service", "sctp-service", "fwmark-service", "ipv6", "interval", "netns"}
}

// TopHelp returns the part of -h with the options of ipvsadm-top.
func TopHelp() string {
	var b []byte
	for _, o := range Options() {
		if slices.Contains(TopOptions(), o.Long) {
			b = appendParagraph(b, "  "+o.term(), o.Description())
		}
	}
	return string(appendParagraph(b, "      --once", "print one screen as text, after one interval"))
}
