package dist_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/dist"
	"github.com/ipvsadm-go/ipvsadm/internal/doctor"
	"github.com/ipvsadm-go/ipvsadm/internal/doctorcli"
)

// TestDoctorFiles checks that the manual and the completions of ipvsadm-doctor have every
// option, and the manual every check.
func TestDoctorFiles(t *testing.T) {
	files := render(t, debianPaths())
	for file, pattern := range map[string]string{
		"manual/ipvsadm-doctor.8":        `(?m)^\.It (?:.* )?Fl \\-%s( |$)`,
		"completion/ipvsadm-doctor.bash": `[ '|]--%s[ ')]`,
		"completion/ipvsadm-doctor.zsh":  `[' {,]--%s[=}'\[]`,
		"completion/ipvsadm-doctor.fish": `-l %s `,
	} {
		for _, o := range doctorcli.Options() {
			t.Run(file+" --"+o.Long, func(t *testing.T) {
				name := regexp.QuoteMeta(o.Long)
				if strings.HasPrefix(file, "manual") {
					name = regexp.QuoteMeta(strings.ReplaceAll(o.Long, "-", `\-`))
				}
				if !regexp.MustCompile(strings.ReplaceAll(pattern, "%s", name)).Match(files[file]) {
					t.Error("missing")
				}
			})
		}
	}
	for _, c := range doctor.Checks() {
		t.Run("check "+c.Code, func(t *testing.T) {
			item := regexp.MustCompile(`(?m)^\.It ` + regexp.QuoteMeta(c.Code) + ` Pq (director|real server|director, real server)$`)
			if n := len(item.FindAll(files["manual/ipvsadm-doctor.8"], -1)); n != 1 {
				t.Errorf("%d items, want one", n)
			}
		})
	}
}

// completeDoctorLine is completeLine for ipvsadm-doctor.
const completeDoctorLine = `
compopt() { :; }
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
_ipvsadm_doctor
echo "${COMPREPLY[*]}"
`

// TestDoctorBashCompletion completes lines with bash.
func TestDoctorBashCompletion(t *testing.T) {
	dir := t.TempDir()
	if err := dist.Write(dir, render(t, debianPaths())); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"ipvsadm-doctor --re":                          "--real-server",
		"ipvsadm-doctor --method ":                     "route tunnel masq",
		"ipvsadm-doctor --method=t":                    "tunnel",
		"ipvsadm-doctor --real-server --vip x --me":    "--method",
		"ipvsadm-doctor --skip tcp-t":                  "tcp-timeout",
		"ipvsadm-doctor --skip no-such,tcp-t":          "no-such,tcp-timeout",
		"ipvsadm-doctor --vip ":                        "",
		"ipvsadm-doctor -v --json --verb":              "--verbose",
		"ipvsadm-doctor --skip tcp-timeout --skip lr":  "lro",
		"ipvsadm-doctor --skip=dr-gateway,dr-port,lro": "dr-gateway,dr-port,lro",
	} {
		t.Run(line, func(t *testing.T) {
			out, err := exec.Command("bash", "-c", completeDoctorLine, "-", filepath.Join(dir, "completion/ipvsadm-doctor.bash"), line).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(want, strings.TrimSuffix(string(out), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
