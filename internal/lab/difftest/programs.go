package difftest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// names are the three programs that are compared.
var names = [...]string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"}

// systemPath is the PATH of the reference and of a Debian system's tools.
const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// Programs is one set of the three programs.
type Programs struct {
	// Name names the set in reports.
	Name string
	dir  string // "" for the system's own
}

// Reference returns the programs of Debian's package ipvsadm.
func Reference() (Programs, error) { return find("reference", "") }

// In returns the programs in a directory. All three have to exist: instead of a
// missing one, the shell would find the reference's, and compare it with itself.
func In(name, dir string) (Programs, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Programs{}, err
	}
	return find(name, dir)
}

// find checks that a set is complete.
func find(name, dir string) (Programs, error) {
	p := Programs{name, dir}
	for _, program := range names {
		if _, err := p.Path(program); err != nil {
			return Programs{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

// Path returns the file of one of the three programs.
func (p Programs) Path(program string) (string, error) {
	if p.dir != "" {
		return exec.LookPath(filepath.Join(p.dir, program))
	}

	for _, dir := range filepath.SplitList(systemPath) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no program %s in %s", program, systemPath)
}

// Env returns the environment in which the programs are found by their bare names and
// their messages are not translated.
func (p Programs) Env() []string {
	path := systemPath
	if p.dir != "" {
		path = p.dir + ":" + path
	}
	return []string{"PATH=" + path, "HOME=/root", "LC_ALL=C"}
}

// Command returns the command that calls a program by its bare name.
func (p Programs) Command(program string, args ...string) (Command, error) {
	path, err := p.Path(program)
	if err != nil {
		return Command{}, err
	}
	return Command{Path: path, Args: append([]string{program}, args...), Env: p.Env()}, nil
}

// Line returns the command of a shell line that calls the programs by their bare names.
// A line that needs no shell is run without one, because a guest starts processes
// slowly.
func (p Programs) Line(line string) (Command, error) {
	words := strings.Fields(line)
	if len(words) > 0 && isProgram(words[0]) && !strings.ContainsAny(line, "|&;<>()$`\\\"'*?#~{}!") {
		return p.Command(words[0], words[1:]...)
	}
	return Command{Path: "/bin/bash", Args: []string{"bash", "-o", "pipefail", "-c", line}, Env: p.Env()}, nil
}

// isProgram reports whether a word is the bare name of one of the three programs.
func isProgram(word string) bool {
	for _, name := range names {
		if word == name {
			return true
		}
	}
	return false
}

// Version returns the version number that `ipvsadm -v` prints, such as 1.31.
func (p Programs) Version(ctx context.Context) (string, error) {
	c, err := p.Command("ipvsadm", "-v")
	if err != nil {
		return "", err
	}

	r, err := c.run(ctx)
	if err != nil {
		return "", err
	}

	words := strings.Fields(r.Stdout)
	if len(words) < 2 {
		return "", fmt.Errorf("%s: ipvsadm -v printed %q", p.Name, r.Stdout)
	}

	return strings.TrimPrefix(words[1], "v"), nil
}

// KernelName returns the release of the running kernel and the kind of guest.
func KernelName() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "an unknown kernel"
	}

	name := "Linux " + strings.TrimSpace(string(release))
	if kind := os.Getenv("LAB_KERNEL"); kind != "" {
		name += " (" + kind + ")"
	}
	return name
}
