package dist

import (
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/doctorcli"
)

// doctorOptions returns the options of ipvsadm-doctor as options of package command, which
// the functions of the templates take. Those of a group exclude each other.
func doctorOptions() Options {
	services := &command.Group{Name: "service"}
	var list Options
	for _, o := range doctorcli.Options() {
		option := command.Option{
			Long: o.Long, Letters: o.Letter, Value: o.Value, Choices: o.Choices, Help: o.Help,
			Group: &command.Group{},
		}
		switch {
		case strings.HasSuffix(o.Long, "-service"):
			option.Group = services
		case !o.Repeated:
			option.Group = &command.Group{Name: o.Long}
		case o.Long == "skip":
			option.Choices, option.Separator = checkCodes(), ","
		}
		list = append(list, option)
	}

	for i := range list {
		list[i].Group.Options = append(list[i].Group.Options, list[i])
	}
	return list
}

// checkCodes returns the codes of all checks.
func checkCodes() (codes []string) {
	for _, c := range doctor.Checks() {
		codes = append(codes, c.Code)
	}
	return codes
}

// doctorZshSpec returns an option of ipvsadm-doctor as zshSpec does, with the functions of
// its own completion.
func doctorZshSpec(o command.Option) string {
	return strings.ReplaceAll(zshSpec(o), " _ipvsadm_", " _ipvsadm_doctor_")
}

// doctorFishOption returns an option of ipvsadm-doctor as fishOption does, with the
// functions of its own completion.
func doctorFishOption(o command.Option) string {
	return strings.ReplaceAll(fishOption(o), "(__ipvsadm_", "(__ipvsadm_doctor_")
}

// checkRoles returns the machines that a check is for, in words.
func checkRoles(c doctor.Check) string {
	var words []string
	if c.Roles&doctor.Director != 0 {
		words = append(words, "director")
	}
	if c.Roles&doctor.RealServer != 0 {
		words = append(words, "real server")
	}
	return strings.Join(words, ", ")
}
