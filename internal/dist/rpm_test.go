//go:build packages

package dist_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/lab"
)

// TestLongRPM installs, verifies, upgrades and removes the packages by rpm and by dnf, in
// roots of their own. It builds them and runs itself in a guest, where it may change root
// and where there is a table for the scripts of the package to save.
func TestLongRPM(t *testing.T) {
	if os.Getenv("LAB_KERNEL") == "" {
		rpmInGuest(t)
		return
	}
	buildSystem(t)
	for name, functions := range managers {
		t.Run(name, func(t *testing.T) { runSteps(t, functions, lifecycle) })
	}
	t.Run("replaces ipvsadm", func(t *testing.T) { runSteps(t, managers["dnf"], replacement) })
}

// rpmInGuest builds two versions of the packages and runs the test in a guest.
func rpmInGuest(t *testing.T) {
	dir := t.TempDir()
	runMake(t, "rpm", "PACKAGES="+filepath.Join(dir, "old"), "VERSION=0.0.1")
	runMake(t, "rpm", "PACKAGES="+filepath.Join(dir, "new"), "VERSION=0.0.2")

	err := lab.Install(t.Context(), lab.Tool{Program: "rpm", Package: "rpm"}, lab.Tool{Program: "dnf", Package: "dnf"},
		lab.Tool{Program: "createrepo_c", Package: "createrepo-c"}, lab.Tool{Program: "busybox", Package: "busybox-static"})
	if err != nil {
		t.Fatal(err)
	}
	guest := lab.Guest{Stdout: os.Stdout, Stderr: os.Stdout, Env: []string{"PACKAGES=" + dir}, Writable: []string{dir}}
	status, err := guest.Run(t.Context(), os.Args[0], "-test.run", "^TestLongRPM$", "-test.v")
	if err != nil || status != 0 {
		t.Fatalf("in the guest: status %d, %v", status, err)
	}
}

// buildSystem builds the packages of the system that ours are installed on, and makes
// repositories of the directories with packages.
func buildSystem(t *testing.T) {
	t.Helper()
	script := `
		cd testdata/rpm
		rpmbuild --quiet -bb --define "_topdir /run/rpmbuild" --define "_rpmdir $PACKAGES/system" --define "sources $PWD" base.spec ipvsadm.spec
		mv "$PACKAGES"/system/*/*.rpm "$PACKAGES/system"
		createrepo_c -q "$PACKAGES/old"
		createrepo_c -q "$PACKAGES/new"`
	if out, err := exec.Command("sh", "-euc", script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// managers has the shell functions of each package manager. The first argument of install
// and upgrade is a directory with packages.
var managers = map[string]string{
	"rpm": `
		install() { rpm --force-debian --root "$ROOT" -i "$1"/*.rpm; }
		upgrade() { rpm --force-debian --root "$ROOT" -U "$1"/*.rpm; }
		remove() {
			rpm --force-debian --root "$ROOT" -e ipvsadm-go ipvsadm-doctor > "$ROOT/run/rpm.log" 2>&1 ||
				{ cat "$ROOT/run/rpm.log"; return 1; }
		}`,
	"dnf": `
		manage() {
			repository=$1
			shift
			dnf -q -y --installroot="$ROOT" --releasever=1 --setopt=reposdir=/nonexistent \
				--repofrompath="local,$repository" --repo=local --nogpgcheck "$@" > "$ROOT/run/dnf.log" 2>&1 ||
				{ cat "$ROOT/run/dnf.log"; return 1; }
		}
		install() { manage "$1" install ipvsadm-go ipvsadm-doctor; }
		upgrade() { manage "$1" upgrade; }
		remove() { manage "$PACKAGES/new" remove ipvsadm-go ipvsadm-doctor; }`,
}

// systemFunctions are the shell functions of all steps.
const systemFunctions = `
	base() { rpm --force-debian --root "$ROOT" -i "$PACKAGES/system/base-"*.rpm; }
	query() { rpm --root "$ROOT" "$@"; }
	inside() { chroot "$ROOT" "$@"; }
	calls() { cat "$ROOT/run/systemctl.log" && rm "$ROOT/run/systemctl.log"; }
	etc=$ROOT/etc/sysconfig
`

// step is a script and what it prints, with a line for a status that is not 0.
type step struct{ name, script, want string }

// runSteps runs scripts one after another in a new root.
func runSteps(t *testing.T, functions string, steps []step) {
	root := t.TempDir()
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			cmd := exec.Command("sh", "-euc", systemFunctions+functions+"\n"+s.script)
			cmd.Env = append(os.Environ(), "ROOT="+root, "LC_ALL=C")
			out, err := cmd.CombinedOutput()
			got := string(out)
			if err != nil {
				got += fmt.Sprintln(err)
			}
			if got != s.want {
				t.Errorf("%s\nprinted:\n%swant:\n%s", s.script, got, s.want)
			}
		})
	}
}

// rules is a table as the service saves it.
const rules = `-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 198.51.100.7:8080 -m -w 3
`

// lifecycle are the steps from the installation of the packages to their removal. Rules
// that were edited stay, and settings stay until the removal, which renames them.
var lifecycle = []step{
	{"install", `base; install "$PACKAGES/old"; calls; query -q ipvsadm-go ipvsadm-doctor`,
		"daemon-reload\nipvsadm-go-0.0.1-1.x86_64\nipvsadm-doctor-0.0.1-1.x86_64\n"},
	{"verify", `query -V ipvsadm-go ipvsadm-doctor`, ""},
	{"requirements", `query -q --requires ipvsadm-go | grep -v '^rpmlib'`, "/bin/sh\ncoreutils\ngrep\nsed\n"},
	{"paths of the unit", `grep -E '^(Exec|Environment)' "$ROOT/usr/lib/systemd/system/ipvsadm.service"`,
		"EnvironmentFile=-/etc/sysconfig/ipvsadm-go\n" +
			"ExecStart=/usr/lib/ipvsadm-go/rules start /etc/sysconfig/ipvsadm\n" +
			"ExecReload=/usr/lib/ipvsadm-go/rules load /etc/sysconfig/ipvsadm\n" +
			"ExecStop=/usr/lib/ipvsadm-go/rules save /etc/sysconfig/ipvsadm\n" +
			"ExecStop=/usr/sbin/ipvsadm -C\n"},
	{"without rules", `ls "$etc"; inside /usr/lib/ipvsadm-go/rules start /etc/sysconfig/ipvsadm`, "ipvsadm-go\n"},
	{"load", `cat > "$etc/ipvsadm" <<-'.'
` + rules + `.
		inside /usr/lib/ipvsadm-go/rules start /etc/sysconfig/ipvsadm; inside ipvsadm -Sn`, rules},
	{"edit the settings", `echo 'SAVE_OPTIONS="-n --all"' >> "$etc/ipvsadm-go"; query -V ipvsadm-go`,
		"S.5....T.  c /etc/sysconfig/ipvsadm-go\nexit status 1\n"},
	{"upgrade", `upgrade "$PACKAGES/new"; calls; query -q ipvsadm-go ipvsadm-doctor; ls "$etc"; tail -n 1 "$etc/ipvsadm-go"`,
		"daemon-reload\ndaemon-reload\nipvsadm-go-0.0.2-1.x86_64\nipvsadm-doctor-0.0.2-1.x86_64\n" +
			"ipvsadm\nipvsadm-go\nSAVE_OPTIONS=\"-n --all\"\n"},
	{"rules after the upgrade", `inside ipvsadm -Sn; cat "$etc/ipvsadm"`, rules + rules},
	{"remove", `inside ipvsadm -e -t 192.0.2.1:80 -r 198.51.100.7:8080 -m -w 4; remove; calls; query -q ipvsadm-go`,
		"--no-reload disable --now ipvsadm.service\ndaemon-reload\npackage ipvsadm-go is not installed\nexit status 1\n"},
	{"rules after the removal", `ipvsadm -Sn; cat "$etc/ipvsadm"`,
		"-A -t 192.0.2.1:80 -s wlc\n-a -t 192.0.2.1:80 -r 198.51.100.7:8080 -m -w 4\n--set 900 120 300\n"},
	{"files after the removal", `cd "$ROOT" && find . -path ./var -prune -o '(' -name '*ipvsadm*' -o -name '*ansible*' ')' -print | LC_ALL=C sort; tail -n 1 "$etc/ipvsadm-go.rpmsave"`,
		"./etc/sysconfig/ipvsadm\n./etc/sysconfig/ipvsadm-go.rpmsave\nSAVE_OPTIONS=\"-n --all\"\n"},
}

// replacement are the steps of an installation in the place of Fedora's ipvsadm, whose
// removal stops the service. The service is ours by then: it saves the rules first.
var replacement = []step{
	{"install ipvsadm", `base; rpm --force-debian --root "$ROOT" -i "$PACKAGES/system/ipvsadm-"*.rpm; query -q ipvsadm`, "ipvsadm-1.31-15.noarch\n"},
	{"install ours", `ipvsadm -A -t 192.0.2.1:80; ipvsadm -a -t 192.0.2.1:80 -r 198.51.100.7:8080 -m -w 3; install "$PACKAGES/new"; calls`,
		"daemon-reload\n--no-reload disable --now ipvsadm.service\ndaemon-reload\n"},
	{"packages", `query -qa | sort`, "base-1-1.x86_64\nipvsadm-doctor-0.0.2-1.x86_64\nipvsadm-go-0.0.2-1.x86_64\n"},
	{"verify", `query -V ipvsadm-go ipvsadm-doctor`, ""},
	{"rules", `ipvsadm -Sn; cat "$etc/ipvsadm"`, rules},
	{"load", `inside /usr/lib/ipvsadm-go/rules start /etc/sysconfig/ipvsadm; ipvsadm -Sn; ipvsadm -C`, rules},
}
