package dist

import (
	"fmt"
	"strings"
)

// offer says how a shell finds the values to offer for an option; empty for none.
type offer struct{ zsh, fish string }

// offers are those that a shell has to look for. The functions are in the templates.
var offers = map[string]offer{
	"tcp-service":     {" _ipvsadm_services -t", "(__ipvsadm_services -t)"},
	"udp-service":     {" _ipvsadm_services -u", "(__ipvsadm_services -u)"},
	"sctp-service":    {" _ipvsadm_services --sctp-service", "(__ipvsadm_services --sctp-service)"},
	"fwmark-service":  {" _ipvsadm_services -f", "(__ipvsadm_services -f)"},
	"real-server":     {" _ipvsadm_servers", "(__ipvsadm_servers)"},
	"mcast-interface": {" _net_interfaces", "(__fish_print_interfaces)"},
	"netns":           {" _ipvsadm_netns", "(ip netns list 2>/dev/null | string split -f 1 ' ')"},
	"output":          {"_files", "(__fish_complete_path (commandline -ct))"},
}

// offerOf is how the shells find the values of an option.
func offerOf(o Option) offer {
	if words := strings.Join(o.Choices(), " "); words != "" {
		if o.Long == "sched-flags" { // a list of them
			return offer{" _values -s , flag " + words, "(__fish_complete_list , 'string split \" \" \"" + words + "\"')"}
		}
		return offer{"(" + words + ")", words}
	}
	return offers[o.Long]
}

// zshSpec describes an option to _arguments:
// '(-t --tcp-service -u)'{-t+,--tcp-service=}'[TCP service]:host: _ipvsadm_services -t'
func zshSpec(l Language, o Option) string {
	var names, excluded []string
	for _, w := range o.Words() {
		names = append(names, w+zshValueMark(o, w))
	}
	for _, other := range l.where(func(other Option) bool { return o.Group != "" && other.Group == o.Group }) {
		excluded = append(excluded, other.Words()...)
	}
	start := "'*'"
	if len(excluded) > 0 {
		start = "'(" + strings.Join(excluded, " ") + ")'"
	}
	name := names[0]
	if len(names) > 1 {
		name = "{" + strings.Join(names, ",") + "}"
	}
	end := "[" + zshEscape.Replace(o.Help) + "]"
	if o.Value != "" {
		colon := ":"
		if o.Optional {
			colon = "::"
		}
		value := offerOf(o).zsh
		if value == "" {
			value = " "
		}
		end += fmt.Sprintf("%s%s:%s", colon, zshEscape.Replace(strings.ToLower(o.Value)), value)
	}
	return start + name + shellQuoted(end)
}

// zshValueMark is what _arguments wants behind a name whose value may stand in the
// same word.
func zshValueMark(o Option, word string) string {
	switch {
	case o.Value == "":
		return ""
	case strings.HasPrefix(word, "--"):
		return "="
	}
	return "+"
}

var zshEscape = strings.NewReplacer(`\`, `\\`, ":", `\:`, "[", `\[`, "]", `\]`)

// fishOption describes an option to complete: -s t -l tcp-service -x -a '...' -d '...'
func fishOption(o Option) string {
	var b strings.Builder
	for _, letter := range letters(o.Letters) {
		b.WriteString(" -s " + letter)
	}
	b.WriteString(" -l " + o.Long)
	if o.Value != "" && !o.Optional {
		b.WriteString(" -x")
		if values := offerOf(o).fish; values != "" {
			b.WriteString(" -a " + fishQuoted(values))
		}
	}
	b.WriteString(" -d " + fishQuoted(o.Help))
	return b.String()
}

// letters parts the letters of an option.
func letters(s string) []string { return strings.Split(s, "") }

// shellQuoted quotes a text for bash and zsh, fishQuoted for fish.
func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func fishQuoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
