package command

import (
	"errors"
	"fmt"
	"testing"
)

// TestParseErrors covers the errors of ipvsadm 1.31 for lines that it rejects without the
// kernel, and those of the extensions: the status and the text, by line.
func TestParseErrors(t *testing.T) {
	for _, group := range []struct {
		name  string
		lines map[string]string
	}{
		{"no command", tryHelpFor(
			"-n -L", "-n=x", "foo", "foo bar", "-", "--", "-q", "--frob", "--lis", "--list=x", "-L=", "-S=n",
			"--numeric", "--start-daemon", "--set=1 2 3", "-t 10.0.0.1:80 -A", "--netns a -n",
		)},
		{"unknown options", map[string]string{
			"-Lq":                     "255 -Lq: unknown option",
			"-L --frob":               "255 --frob: unknown option",
			"-L --frob=3":             "255 --frob=3: unknown option",
			"-L-n":                    "255 -L-n: unknown option",
			"-L --=x":                 "255 --=x: unknown option",
			"-L ---n":                 "255 ---n: unknown option",
			"-L -\x7f":                "255 -\x7f: unknown option",
			"-L -\x80":                "255 -\x80: unknown option",
			"-L -\xff":                "255 -\xff: unknown option",
			"-A -t 10.0.0.1:80 -p -5": "255 -5: unknown option",
		}},
		{"values of options without one", map[string]string{
			"-L -n=x":       "255 -n=x: option does not take an argument",
			"-Ln=":          "255 -Ln=: option does not take an argument",
			"-L --numeric=": "255 --numeric=: option does not take an argument",
		}},
		{"missing values", map[string]string{
			"-A -t":            "255 -t: missing argument",
			"-At":              "255 -At: missing argument",
			"-A --tcp-service": "255 --tcp-service: missing argument",
		}},
		{"repeated options", map[string]string{
			"-AD -t 1.1.1.1:80": "2 invalid option `-AD'",
			"-L -v":             "2 invalid option `-v'",
			"-L -l":             "2 invalid option `-l'",
			"--start-daemon master --stop-daemon backup": "2 invalid option `backup'",
			"-L -nn":                          "2 multiple 'numeric' options specified",
			"-A -f 5 -t x":                    "2 multiple 'service-address' options specified",
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -gm": "2 multiple 'forwarding-method' options specified",
			"-A -t 10.0.0.1:80 -w 5 -w x":     "2 multiple 'weight' options specified",
			"--netns a --netns b -L":          "2 multiple 'netns' options specified",
		}},
		{"operands", map[string]string{
			"-L foo":            "2 unexpected argument foo",
			"foo -L":            "2 unexpected argument foo",
			"-L -- -n":          "2 unexpected argument -n",
			"-L -":              "2 unexpected argument -",
			"--netns a foo":     "2 unexpected argument foo",
			"-A -b bogus extra": "2 unexpected argument extra",
		}},
		{"operands of --set", map[string]string{
			"--set":             "2 --set option requires 3 timeout values",
			"--set 1 2 -n":      "2 --set option requires 3 timeout values",
			"--set 1 2 3 4":     "2 unexpected argument 4",
			"--set x 2 3 4":     "2 invalid timeout value `x' specified",
			"--set 1 2 2678401": "2 invalid timeout value `2678401' specified",
			"--set -- 1 -1 3":   "2 invalid timeout value `-1' specified",
			"--set '' 2 3":      "2 invalid timeout value `' specified",
			"--set 1 2 3 -n":    "2 Illegal 'numeric' option with the 'set' command",
		}},
		{"virtual service addresses", withError("2 illegal virtual server address[:port] specified",
			"-A -t 80 -q", // the first error of a line is reported
			"-A -t 0", "-A -t 9", "-A -t ''", "-A -t -n", "-A -t 10.0.0.1:", "-A -t 10.0.0.1:65536", "-A -t 10.0.0.1:-1", "-A -t 10.0.0.256:80",
			"-A -t :80", "-A -t [::1]", "-A -t [::1:80", "-A -t [::1]80", "-A -t [fe80::1%lo]:80", "-A -t fe80::1%lo -p",
			"-A -u 10.0.0.1:http", "-A -t six.example:80", "-A -t [nobody.example]:80", "-A -t [mapped.example]:80", "-A -t [::1]:nothing", "-A -t []:80",
		)},
		{"real server addresses", withError("2 illegal real server address[:port] specified",
			"-a -t 1.1.1.1:80 -r 5", "-a -r 2.2.2.2:http", "-a -u 1.1.1.1:53 -r 2.2.2.2:http", "-a -f 1 -r 2.2.2.2:tftp",
		)},
		{"numbers", map[string]string{
			"-A -f 0":                                   "2 invalid fwmark value `0' specified",
			"-A -f 4294967296":                          "2 invalid fwmark value `4294967296' specified",
			"-A -t 10.0.0.1:80 -p 0":                    "2 invalid timeout value `0' specified",
			"-A -t 10.0.0.1:80 -p 2678401":              "2 invalid timeout value `2678401' specified",
			"-A -t 10.0.0.1:80 -p-5":                    "2 invalid timeout value `-5' specified",
			"-A -t 10.0.0.1:80 -p ''":                   "2 invalid timeout value `' specified",
			"-A -t 10.0.0.1:80 -p 9%s":                  "2 invalid timeout value `9%s' specified",
			"-a -w -1":                                  "2 illegal weight specified",
			"-a -w 2147483648":                          "2 illegal weight specified",
			"-a -w 99999999999999999999":                "2 illegal weight specified",
			"-a -x x":                                   "2 illegal u_threshold specified",
			"-a -x 2147483648":                          "2 illegal u_threshold specified",
			"-a -y ''":                                  "2 illegal l_threshold specified",
			"-a -y -1":                                  "2 illegal l_threshold specified",
			"-a --tun-port 0":                           "2 illegal tunnel port specified",
			"-a --tun-port 65536":                       "2 illegal tunnel port specified",
			"--start-daemon master --syncid -1":         "2 illegal syncid specified",
			"--start-daemon master --syncid 256":        "2 illegal syncid specified",
			"--start-daemon master --mcast-port 0":      "2 illegal mcast-port specified",
			"--start-daemon master --mcast-port 65536":  "2 illegal mcast-port specified",
			"--start-daemon master --mcast-ttl 0":       "2 illegal mcast-ttl specified",
			"--start-daemon master --mcast-ttl 256":     "2 illegal mcast-ttl specified",
			"--start-daemon master --sync-maxlen 0":     "2 illegal sync-maxlen specified",
			"--start-daemon master --sync-maxlen 65508": "2 illegal sync-maxlen specified",
			"-d --drain x":                              "2 illegal drain time specified",
			"-d --drain 2678401":                        "2 illegal drain time specified",
			"-L -c --by client --limit 0":               "2 invalid limit `0' specified",
			"-L --interval 0":                           "2 invalid interval `0' specified",
			"-L --interval 1.5":                         "2 invalid interval `1.5' specified",
			"-L --interval 2678401":                     "2 invalid interval `2678401' specified",
			"-L --interval 1 --count -1":                "2 invalid count `-1' specified",
		}},
		{"netmasks", map[string]string{
			"-A -t 10.0.0.1:80 -M ''": "2 illegal virtual server persistent mask specified",
			"-A -M nobody.example":    "2 illegal virtual server persistent mask specified",
			"-A -t [::1]:80 -M 129":   "2 illegal ipv6 netmask specified",
			"-A -t [::1]:80 -M 0":     "2 illegal ipv6 netmask specified",
			"-A -t [::1]:80 -M -64":   "2 illegal ipv6 netmask specified",
			"-A -t [::1]:80 -M x64":   "2 illegal ipv6 netmask specified",
		}},
		{"firewall marks of IPv6", map[string]string{
			"-A -6 -f 5":                "2 -6 used before -f\n",
			"-A -t 10.0.0.1:80 -6 -f 5": "2 -6 used before -f\n",
		}},
		{"words", map[string]string{
			"-a --tun-type GUE":      "2 illegal tunnel type specified",
			"--start-daemon foo":     "2 illegal start-daemon parameter specified",
			"--stop-daemon ''":       "2 illegal start_daemon specified",
			"-L --netns=":            "2 illegal network namespace specified",
			"--netns '' -L":          "2 illegal network namespace specified",
			"-S --output=":           "2 illegal output file specified",
			"-A -b bogus":            "2 invalid scheduler flag `bogus'",
			"-A -b flag-1,flag-4":    "2 invalid scheduler flag `flag-4'",
			"-A -t 10.0.0.1:80 -b ,": "2 invalid scheduler flag `,'",
		}},
		{"multicast groups", map[string]string{
			"--start-daemon master --mcast-group 10.0.0.1":   "2 invalid IPv4 mcast-group `10.0.0.1'",
			"--start-daemon master --mcast-group 224.1":      "2 invalid IPv4 mcast-group `224.1'",
			"--start-daemon master --mcast-group 2001::1":    "2 invalid IPv6 mcast-group `2001::1'",
			"--start-daemon master --mcast-group ff02::1%lo": "2 invalid IPv6 mcast-group `ff02::1%lo'",
			"--start-daemon master --mcast-group x:y":        "2 invalid IPv6 mcast-group `x:y'",
		}},
		{"scheduler flags of another scheduler", map[string]string{
			"-A -t 10.0.0.1:80 -b sh-port":                   "2 incompatible scheduler flag `sh-port'",
			"-A -t 10.0.0.1:80 -b sh-port -s ''":             "2 incompatible scheduler flag `sh-port'",
			"-A -t 10.0.0.1:80 -b mh-port,sh-fallback -s mh": "2 incompatible scheduler flag `sh-fallback'",
			"-L -b sh-port":                                  "2 incompatible scheduler flag `sh-port'",
		}},
		{"required options", map[string]string{
			"-A":                "2 You need to supply the 'service-address' option for the 'add-service' command",
			"-E --keep":         "2 You need to supply the 'service-address' option for the 'edit-service' command",
			"-a -r 1.1.1.1":     "2 You need to supply the 'service-address' option for the 'add-server' command",
			"-a -t 10.0.0.1:80": "2 You need to supply the 'real-server' option for the 'add-server' command",
			"-e -f 1 --keep":    "2 You need to supply the 'real-server' option for the 'edit-server' command",
			"-d -f 1 --drain 1": "2 You need to supply the 'real-server' option for the 'delete-server' command",
			"-D -w 5":           "2 You need to supply the 'service-address' option for the 'delete-service' command",
		}},
		{"illegal options", map[string]string{
			"-D -w 5 -t 10.0.0.1:80":                    "2 Illegal 'weight' option with the 'delete-service' command",
			"-C -t 10.0.0.1:80":                         "2 Illegal 'service-address' option with the 'flush' command",
			"-R -n":                                     "2 Illegal 'numeric' option with the 'restore' command",
			"-L -b flag-1":                              "2 Illegal 'sched-flags' option with the 'list' command",
			"-L -r 10.0.0.1:80 -w 5":                    "2 Illegal 'real-server' option with the 'list' command",
			"-L -r 10.0.0.1 --timeout":                  "2 Illegal 'real-server' option with the 'list' command",
			"-L -w 5 -s x":                              "2 Illegal 'scheduler' option with the 'list' command",
			"-A -t 10.0.0.1:80 --keep":                  "2 Illegal 'keep' option with the 'add-service' command",
			"-D -t 10.0.0.1:80 --drain 5":               "2 Illegal 'drain' option with the 'delete-service' command",
			"-L --all":                                  "2 Illegal 'all' option with the 'list' command",
			"-a -f 1 -r 1.1.1.1 --json":                 "2 Illegal 'json' option with the 'add-server' command",
			"--stop-daemon backup --mcast-interface lo": "2 Illegal 'mcast-interface' option with the 'stop-daemon' command",
		}},
		{"exclusive options", map[string]string{
			"-L -t 10.0.0.1:80 --timeout":   "2 The option 'timeout' conflicts with the 'service-address' option in the 'list' command",
			"-L --daemon --timeout":         "2 The option 'daemon' conflicts with the 'timeout' option in the 'list' command",
			"-L -c -t 10.0.0.1:80 --daemon": "2 The option 'daemon' conflicts with the 'connection' option in the 'list' command",
			"-R --diff --sync":              "2 The option 'sync' conflicts with the 'diff' option in the 'restore' command",
			"-R --sync --check":             "2 The option 'sync' conflicts with the 'check' option in the 'restore' command",
			"-R --check --atomic":           "2 The option 'atomic' conflicts with the 'check' option in the 'restore' command",
			"-R --atomic --diff":            "2 The option 'atomic' conflicts with the 'diff' option in the 'restore' command",
			"-R --atomic --sync":            "2 The option 'atomic' conflicts with the 'sync' option in the 'restore' command",
		}},
		{"options of a restore", map[string]string{
			"-R --partial":                  "2 You need to supply the 'diff' or 'sync' option for the 'partial' option",
			"-R --check --partial":          "2 You need to supply the 'diff' or 'sync' option for the 'partial' option",
			"-R --atomic --keep-weights":    "2 You need to supply the 'diff' or 'sync' option for the 'keep-weights' option",
			"-R --diff --changes":           "2 You need to supply the 'sync' option for the 'changes' option",
			"-R --sync --against f":         "2 You need to supply the 'diff' option for the 'against' option",
			"-R --diff --against ''":        "2 illegal file to compare with specified",
			"-S --partial":                  "2 Illegal 'partial' option with the 'save' command",
			"-E -f 1 --keep --keep-weights": "2 Illegal 'keep-weights' option with the 'edit-service' command",
		}},
		{"services", map[string]string{
			"-A -t 10.0.0.1":         "2 Zero port specified for non-persistent service",
			"-A -t [10.0.0.1]:80":    "2 Zero port specified for non-persistent service",
			"-E -u 10.0.0.1:0 -o":    "2 Zero port specified for non-persistent service",
			"-A -t 10.0.0.1:80 -o":   "2 One-Packet Scheduling is only for UDP virtual services",
			"-E -t 10.0.0.1:0 -o -p": "2 One-Packet Scheduling is only for UDP virtual services",
		}},
		{"real servers", map[string]string{
			"-a -f 6 -6 -r 1.1.1.1":                       "2 Different address family is allowed only for tunneling servers",
			"-e -t 1.1.1.1:80 -r [::1]:80 -m":             "2 Different address family is allowed only for tunneling servers",
			"-a -t 1.1.1.1:80 -r 2.2.2.2 --tun-type ipip": "2 Tunnel options conflict with forward method",
			"-a -t 1.1.1.1:80 -r 2.2.2.2 -m --tun-port 1": "2 Tunnel options conflict with forward method",
		}},
		{"tunnels", map[string]string{
			"-a -f 1 -r 2.2.2.2 -i --tun-type gue":                                       "2 You need to supply the 'tun-port' option for the 'gue' tunnel type",
			"-a -f 1 -r 2.2.2.2 -i --tun-csum":                                           "2 Illegal 'tun-csum' option with the 'ipip' tunnel type",
			"-a -f 1 -r 2.2.2.2 -i --tun-type gre --tun-port 1":                          "2 Illegal 'tun-port' option with the 'gre' tunnel type",
			"-a -f 1 -r 2.2.2.2 -i --tun-type gre --tun-remcsum":                         "2 Illegal 'tun-remcsum' option with the 'gre' tunnel type",
			"-a -f 1 -r 2.2.2.2 -i --tun-type gre --tun-csum --tun-nocsum":               "2 The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type",
			"-a -f 1 -r 2.2.2.2 -i --tun-type gue --tun-csum --tun-remcsum --tun-port 1": "2 The option 'tun-remcsum' conflicts with the 'tun-csum' option in the 'gue' tunnel type",
		}},
		{"counted connections and metrics", map[string]string{
			"-L -c --by":                          "255 --by: missing argument",
			"-L -c --by=":                         "2 invalid key `' specified for --by",
			"-L -c --by client,":                  "2 invalid key `' specified for --by",
			"-L -c --by Client":                   "2 invalid key `Client' specified for --by",
			"-L -c --by network/0":                "2 invalid key `network/0' specified for --by",
			"-L -c --by state,server,state":       "2 key `state' specified twice for --by",
			"-L -c --by network/8,network/16":     "2 key `network' specified twice for --by",
			"-L --by client":                      "2 You need to supply the 'connection' option for the 'by' option",
			"-S --by client":                      "2 Illegal 'by' option with the 'save' command",
			"-L -c --limit 5":                     "2 You need to supply the 'by' option for the 'limit' option",
			"-L --metrics --by service --limit 5": "2 You need to supply the 'connection' option for the 'limit' option",
			"-L --metrics --by client":            "2 --metrics can only be listed --by service",
			"-L --metrics --by service,client":    "2 --metrics can only be listed --by service",
			"-L --metrics --json":                 "2 The option 'metrics' conflicts with the 'json' option in the 'list' command",
			"-L --metrics -c":                     "2 The option 'metrics' conflicts with the 'connection' option in the 'list' command",
			"-L --metrics --tun-info":             "2 The option 'metrics' conflicts with the 'tun-info' option in the 'list' command",
			"-L --output f":                       "2 You need to supply the 'json' or 'metrics' option for the 'output' option",
			"-L --json --output=":                 "2 illegal output file specified",
		}},
		{"intervals", map[string]string{
			"-L --count 5":                      "2 You need to supply the 'interval' option for the 'count' option",
			"-L --metrics --interval 5":         "2 The option 'interval' conflicts with the 'metrics' option in the 'list' command",
			"-L --json --interval 5 --output f": "2 The option 'interval' conflicts with the 'output' option in the 'list' command",
			"-Z --interval 5":                   "2 Illegal 'interval' option with the 'zero' command",
		}},
		{"listings", withError("2 options conflicts in the list command",
			"-L -c --stats", "-L -c --rate", "-L -c --thresholds", "-L --timeout --stats", "-L --daemon --rate",
			"-L --daemon --persistent-conn", "-L --timeout --persistent-conn",
		)},
	} {
		t.Run(group.name, func(t *testing.T) {
			for line, want := range group.lines {
				t.Run(line, func(t *testing.T) {
					_, err := parse(t, line)
					var usage *UsageError
					if !errors.As(err, &usage) {
						t.Fatalf("got error %v, want %s", err, want)
					}
					if got := fmt.Sprintf("%d %s", usage.Status, usage.Text); got != want {
						t.Errorf("\n got %s\nwant %s", got, want)
					}
				})
			}
		})
	}
}

// withError returns lines that have one error in common.
func withError(want string, lines ...string) map[string]string {
	errs := map[string]string{}
	for _, line := range lines {
		errs[line] = want
	}
	return errs
}

// tryHelpFor returns lines that are answered with a reference to -h.
func tryHelpFor(lines ...string) map[string]string {
	return withError("255 Try `ipvsadm -h' or 'ipvsadm --help' for more information.", lines...)
}
