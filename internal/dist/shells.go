package dist

import (
	"fmt"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
)

// action is how a shell finds the values to offer for an option.
type action struct{ zsh, fish string }

// actions are the actions for options without choices in the table. The functions that
// they call are in the templates.
var actions = map[string]action{
	"tcp-service":     {" _ipvsadm_services -t", "(__ipvsadm_services -t)"},
	"udp-service":     {" _ipvsadm_services -u", "(__ipvsadm_services -u)"},
	"sctp-service":    {" _ipvsadm_services --sctp-service", "(__ipvsadm_services --sctp-service)"},
	"fwmark-service":  {" _ipvsadm_services -f", "(__ipvsadm_services -f)"},
	"real-server":     {" _ipvsadm_servers", "(__ipvsadm_servers)"},
	"mcast-interface": {" _net_interfaces", "(__fish_print_interfaces)"},
	"netns":           {" _ipvsadm_netns", "(ip netns list 2>/dev/null | string split -f 1 ' ')"},
	"against":         {"_files", "(__fish_complete_path (commandline -ct))"},
	"output":          {"_files", "(__fish_complete_path (commandline -ct))"},
}

// actionOf returns the action for an option. It is empty where there is nothing to
// offer.
func actionOf(o command.Option) action {
	choices := strings.Join(o.Choices, " ")
	switch {
	case choices == "":
		return actions[o.Long]
	case o.Separator == "":
		return action{"(" + choices + ")", choices}
	}

	return action{
		zsh:  fmt.Sprintf(" _values -s %s %s %s", o.Separator, strings.ToLower(o.Value), choices),
		fish: fmt.Sprintf(`(__fish_complete_list %s 'string split " " "%s"')`, o.Separator, choices),
	}
}

// zshSpec returns an option as an argument of _arguments:
// '(-t --tcp-service -u)'{-t+,--tcp-service=}'[TCP service]:host: _ipvsadm_services -t'
func zshSpec(o command.Option) string {
	var names []string
	for _, name := range o.Names() {
		names = append(names, name+zshValueMark(o, name))
	}
	spec := names[0]
	if len(names) > 1 {
		spec = "{" + strings.Join(names, ",") + "}"
	}
	return zshExclusions(o) + spec + shellQuote("["+zshEscape.Replace(o.Help)+"]"+zshValue(o))
}

// zshExclusions returns the options that an option excludes: all of its group. An option
// of the group without a name may be repeated.
func zshExclusions(o command.Option) string {
	if o.Group.Name == "" {
		return "'*'"
	}
	var excluded []string
	for i := range o.Group.Options {
		excluded = append(excluded, o.Group.Options[i].Names()...)
	}
	return "'(" + strings.Join(excluded, " ") + ")'"
}

// zshValueMark returns the mark of a name whose value may stand in the same word.
func zshValueMark(o command.Option, name string) string {
	switch {
	case o.Value == "":
		return ""
	case strings.HasPrefix(name, "--"):
		return "="
	}
	return "+"
}

// zshValue returns the name of the value and the action for it.
func zshValue(o command.Option) string {
	if o.Value == "" {
		return ""
	}

	colon := ":"
	if o.HasOptionalValue() {
		colon = "::"
	}

	values := actionOf(o).zsh
	if values == "" {
		values = " "
	}
	return colon + zshEscape.Replace(strings.ToLower(o.Value)) + ":" + values
}

var zshEscape = strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`)

// fishOption returns an option as arguments of complete:
// -s t -l tcp-service -x -a '...' -d '...'
func fishOption(o command.Option) string {
	var b strings.Builder
	for _, letter := range letters(o.Letters) {
		b.WriteString(" -s " + letter)
	}

	b.WriteString(" -l " + o.Long)
	if o.Value != "" && !o.HasOptionalValue() {
		b.WriteString(" -x")
		if values := actionOf(o).fish; values != "" {
			b.WriteString(" -a " + fishQuote(values))
		}
	}

	b.WriteString(" -d " + fishQuote(o.Help))
	return b.String()
}

// letters splits the letters of an option.
func letters(s string) []string { return strings.Split(s, "") }

// shellQuote quotes a text for bash and zsh.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// fishQuote quotes a text for fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
