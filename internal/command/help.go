package command

import "strings"

// VersionText is the line of -v. Scripts take the first number after "v" for the
// version of the language, which is ipvsadm's.
const VersionText = "ipvsadm v1.31 (ipvsadm-go 0.1.0, compiled with Go and IPVS v1.2.1)\n"

// helpWidth is the width of the text of -h; helpColumn is where its explanations
// begin.
const (
	helpWidth  = 100
	helpColumn = 34
)

// synopsis shows how commands and options stand together.
const synopsis = `Usage: ipvsadm COMMAND [OPTION ...]

  ipvsadm -A|-E SERVICE [service options]
  ipvsadm -a|-e SERVICE -r HOST[:PORT] [real server options]
  ipvsadm -D SERVICE
  ipvsadm -d SERVICE -r HOST[:PORT]
  ipvsadm -L|-l [SERVICE] [listing options]
  ipvsadm -Z [SERVICE]
  ipvsadm -S [saving options] > FILE
  ipvsadm -R [restoring options] < FILE
  ipvsadm -C
  ipvsadm --set TCP TCPFIN UDP
  ipvsadm --start-daemon|--stop-daemon master|backup [sync daemon options]
  ipvsadm -h|-v
  ipvsadm

SERVICE is one of -t, -u, --sctp-service or -f MARK [-6]. HOST is an address or a name; an IPv6 HOST
with a PORT stands in brackets. Without a command the table is listed, names looked up.
`

// section is a part of the list of options: those that go with one of some
// commands.
type section struct {
	title string
	verbs set
}

// sections are the parts of the text, in its order. An option stands in the first
// that takes it; what goes with every command stands in the last.
var sections = []section{
	{"Service", of(DeleteService)},
	{"Service options", of(AddService)},
	{"Real server options", of(AddServer)},
	{"Editing and removing", of(EditService, EditServer, DeleteServer)},
	{"Listing options", of(List)},
	{"Saving options", of(Save)},
	{"Restoring options", of(Restore)},
	{"Sync daemon options", of(StartDaemon)},
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
	b := []byte(VersionText + synopsis + "\nCommands:\n")
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
