package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Tool is a program and the Debian package that brings it.
type Tool struct{ Program, Package string }

// testTools returns the tools that the kernel tests and the demonstration need in any
// guest.
func testTools() []Tool {
	return []Tool{
		{"modprobe", "kmod"},
		{"ipvsadm", "ipvsadm"},
		{"ip", "iproute2"},
		{"sysctl", "procps"},
		{"strace", "strace"},
		{"time", "time"},
		{"tmux", "tmux"},
	}
}

// Install installs the packages of those tools that are missing: as root, or
// through sudo if that asks for no password. Otherwise the error says what to
// run.
func Install(ctx context.Context, tools ...Tool) error {
	if len(missingPackages(tools)) == 0 {
		return nil
	}
	unlock, err := lockInstallation()
	if err != nil {
		return err
	}
	defer unlock()

	missing := missingPackages(tools) // the other may have installed some
	if len(missing) == 0 {
		return nil
	}
	become, ok := becomeRoot(ctx)
	update := []string{"apt-get", "update", "-q"}
	install := append([]string{"apt-get", "install", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"}, missing...)
	if !ok {
		return fmt.Errorf("these packages are missing: %s; install them with\n    sudo %s && sudo %s",
			strings.Join(missing, " "), strings.Join(update, " "), strings.Join(install, " "))
	}
	fmt.Fprintf(os.Stderr, "lab: installing %s\n", strings.Join(missing, " "))
	for _, argv := range [][]string{update, install} {
		if _, err := output(ctx, "", become[0], slices.Concat(become[1:], argv)...); err != nil {
			return err
		}
	}
	return nil
}

// lockInstallation waits until no other process of the lab installs packages: two parts of
// make -j would meet at the lock of apt's lists, for which apt does not wait. The caller
// calls unlock after the installation.
func lockInstallation() (unlock func(), err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "ipvsadm-go")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "installing"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}

	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", f.Name(), err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// missingPackages returns the packages of the tools that are not installed.
func missingPackages(tools []Tool) []string {
	var missing []string
	for _, t := range tools {
		if !installed(t.Program) {
			missing = append(missing, t.Package)
		}
	}
	return missing
}

// installed looks for a program in PATH, and in the directories of the
// administrator's programs, which an ordinary user's PATH lacks.
func installed(program string) bool {
	for _, path := range []string{program, "/usr/sbin/" + program, "/sbin/" + program} {
		if _, err := exec.LookPath(path); err == nil {
			return true
		}
	}
	return false
}

// becomeRoot returns the words that run a command as root when they precede it.
func becomeRoot(ctx context.Context) (prefix []string, ok bool) {
	if os.Geteuid() == 0 {
		return []string{"env", "DEBIAN_FRONTEND=noninteractive"}, true
	}
	if exec.CommandContext(ctx, "sudo", "-n", "true").Run() != nil {
		return nil, false
	}
	return []string{"sudo", "-n", "DEBIAN_FRONTEND=noninteractive"}, true
}

// output runs a command in a directory, or the caller's if it is empty, and returns
// its standard output. What it printed is part of the error if it fails.
func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if err := cmd.Run(); err != nil {
		command := strings.Join(append([]string{program}, args...), " ")
		return "", fmt.Errorf("%s: %w\n%s", command, err, tail(stdout.String()+stderr.String(), 20))
	}
	return stdout.String(), nil
}
