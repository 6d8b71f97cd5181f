package dist

import (
	"regexp"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// mdocItem returns the list item of an option: .It Fl p , Fl \-persistent Op Ar seconds
func mdocItem(o command.Option) string {
	item := ".It " + mdocFlags(o.Names(), " , ")
	switch {
	case o.HasOptionalValue():
		return item + " Op Ar " + mdocArgument(o.Value)
	case o.Value != "":
		return item + " Ar " + mdocArgument(o.Value)
	case o.Operands != "":
		return item + " Ar " + mdocArgument(o.Operands)
	}
	return item
}

// mdocArgument returns the name of a value for a macro line: HOST[:PORT] becomes host,
// followed by :port in brackets.
func mdocArgument(value string) string {
	host, port, ok := strings.Cut(strings.ToLower(value), "[")
	if !ok {
		return host
	}
	return host + " Ns Op Ar " + strings.TrimSuffix(port, "]")
}

// mdocFlags returns names of options for a macro line.
func mdocFlags(names []string, separator string) string {
	var flags []string
	for _, name := range names {
		flags = append(flags, "Fl "+strings.ReplaceAll(strings.TrimPrefix(name, "-"), "-", `\-`))
	}
	return strings.Join(flags, separator)
}

// mdocOptions returns macro lines with the options that a command requires, and those
// that it accepts besides the options of all commands.
func mdocOptions(l Options, c command.Option) string {
	required := l.where(func(o *command.Option) bool { return o.IsRequiredBy(c.Verb) })
	optional := l.where(func(o *command.Option) bool {
		return o.GoesWith(c.Verb) && !o.IsRequiredBy(c.Verb) && !o.GoesWithEvery()
	})

	var lines []string
	if len(required) > 0 {
		lines = append(lines, ".br", "Required:", "."+mdocGroups(required)+" .")
	}
	if len(optional) > 0 {
		lines = append(lines, ".br", "Optional:", "."+mdocGroups(optional)+" .")
	}
	return strings.Join(lines, "\n")
}

// mdocGroups returns options for a macro line, those of a group as alternatives:
// -t | -u , -r
func mdocGroups(l Options) string {
	var groups []string
	for len(l) > 0 {
		group := l[0].Group
		var names []string
		for len(l) > 0 && l[0].Group == group {
			names = append(names, l[0].Names()[0])
			l = l[1:]
		}
		groups = append(groups, mdocFlags(names, " | "))
	}
	return strings.Join(groups, " , ")
}

// optionDash matches the dashes at the start of an option in a text.
var optionDash = regexp.MustCompile(`(^|[ (])(--?)([[:alnum:]])`)

// manualWidth is the width of the text lines in the source of the manual.
const manualWidth = 80

// mdocText returns a description as a sentence on text lines.
func mdocText(description string) string {
	text := strings.ToUpper(description[:1]) + description[1:] + "."
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
			line = `\&` + word // not a macro
		default:
			line = word
		}
	}
	return strings.Join(append(lines, line), "\n")
}
