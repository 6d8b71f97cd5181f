package dist_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

// completeLine is a script in which bash completes a line: $1 is the file of the
// completion, $2 the line. ipvsadm is a function that prints a table; the completion asks
// for it on a machine without IPVS if the line has --netns.
const completeLine = `
ipvsadm() { printf '%s\n' \
	'-A -t 10.0.0.1:80 -s wlc' '-a -t 10.0.0.1:80 -r 10.9.0.1:80 -m -w 1' '-a -t 10.0.0.1:80 -r 10.9.0.2:8080 -m -w 1' \
	'-A -t [2001:db8::1]:80 -s rr' '-A -u 10.0.0.1:53 -s rr' '-a -u 10.0.0.1:53 -r 10.9.0.3:53 -g -w 1' '-A -f 7 -s mh'; }
compopt() { :; }
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
_ipvsadm "${2%% *}"
echo "${COMPREPLY[*]}"
`

// TestBashCompletion completes lines with bash.
func TestBashCompletion(t *testing.T) {
	dir := t.TempDir()
	if err := dist.Write(dir, render(t, debianPaths())); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rules.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const withTable = "ipvsadm --netns x "
	for line, want := range map[string]string{
		"ipvsadm --add-":                          "--add-service --add-server",
		"ipvsadm --netns x --st":                  "--start-daemon --stop-daemon",
		"ipvsadm -At 10.0.0.1:80 -s l":            "lc lblc lblcr",
		"ipvsadm -At 10.0.0.1:80 --scheduler=w":   "wrr wlc",
		"ipvsadm -At 10.0.0.1:80 -s sh -b sh":     "sh-fallback sh-port",
		"ipvsadm -A -f 1 -b sh-port,sh-f":         "sh-port,sh-fallback",
		"ipvsadm -A -t x -s rr --":                "--persistent --netmask --ops --pe --sched-flags --netns --ipv6 --sort",
		withTable + "-E -t ":                      "10.0.0.1:80 [2001:db8::1]:80",
		withTable + "-E -t 10.0.0.1:":             "80",
		withTable + "-E -t [2001:":                "db8::1]:80",
		withTable + "-Eu ":                        "10.0.0.1:53",
		withTable + "-A -t ":                      "",
		withTable + "-E -f ":                      "7",
		withTable + "-e -t 10.0.0.1:80 -r ":       "10.9.0.1:80 10.9.0.2:8080",
		withTable + "-et10.0.0.1:80 -r 10.9.0.2:": "8080",
		withTable + "-d -u 10.0.0.1:53 -r ":       "10.9.0.3:53",
		withTable + "-a -u 10.0.0.1:53 -r ":       "",
		withTable + "-L --tcp-service=10":         "10.0.0.1:80",
		"ipvsadm -A -t x -p -":                    "-s --scheduler -M --netmask -o --ops --pe -b --sched-flags --netns -6 --ipv6 --sort",
		"ipvsadm --start-daemon m":                "master",
		"ipvsadm -R --":                           "--check --diff --sync --partial --keep-weights --changes --against --atomic --json --netns --ipv6 --sort",
		"ipvsadm -Lc --by client,s":               "client,service client,server client,state",
		"ipvsadm-top --":                          "--tcp-service --udp-service --sctp-service --fwmark-service --interval --netns --ipv6 --once",
		"ipvsadm-top --netns x -t ":               "10.0.0.1:80 [2001:db8::1]:80",
		"ipvsadm-restore --d":                     "--diff",
		"ipvsadm-save --output " + dir + "/rules": dir + "/rules.txt",
		"ipvsadm -v ":                             "",
	} {
		t.Run(line, func(t *testing.T) {
			out, err := exec.Command("bash", "-c", completeLine, "-", filepath.Join(dir, "completion/ipvsadm.bash"), line).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(want, strings.TrimSuffix(string(out), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
