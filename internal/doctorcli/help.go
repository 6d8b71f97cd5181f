package doctorcli

import (
	"fmt"
	"strings"
)

// Help returns the text that --help prints.
func Help() string {
	var b strings.Builder
	b.WriteString(Version() + `
Looks for reasons why the IPVS load balancer does not work. Changes nothing.

Usage:
  ` + program + ` [-t | -u | --sctp-service ADDR[:PORT]] [OPTION...]
  ` + program + ` -f MARK [-6] [OPTION...]
  ` + program + ` --real-server --vip ADDR [--method METHOD] [--director ADDR]
                  [OPTION...]

Options:
`)
	options := Options()
	for i := range options {
		o := &options[i]
		names := strings.Join(o.Names(), ", ")
		if o.Letter == "" {
			names = "    " + names
		}
		if o.Value != "" {
			names += " " + o.Value
		}
		fmt.Fprintf(&b, "  %-30s %s\n", names, o.Help)
	}
	b.WriteString(`
Exit status: 0 no fault and no warning, 1 warnings, 2 faults, 3 something could
not be looked at.
`)
	return b.String()
}
