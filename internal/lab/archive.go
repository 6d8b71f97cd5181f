package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// archive unpacks packages of a Debian release, which need not be the host's. It
// has an apt with a source list and a state of its own, so that the host's stays
// as it is, and needs no root.
type archive struct {
	suite string
	arch  string
	// dir has all of apt's files, and under root those of the packages.
	dir string
}

// The addresses of Debian's archive, and the keys that sign it. The keys are those
// that apt trusts anyway, unless the package debian-archive-keyring has others.
const (
	defaultSite = "http://deb.debian.org/debian"
	keyring     = "/usr/share/keyrings/debian-archive-keyring.gpg"
)

// update fetches the list of the release's packages.
func (a archive) update(ctx context.Context) error {
	for _, dir := range []string{"lists/partial", "cache/archives/partial", "root"} {
		if err := os.MkdirAll(filepath.Join(a.dir, dir), 0o755); err != nil {
			return err
		}
	}
	source := sourceLine(ctx, a.suite, "arch="+a.arch, "target=Packages") + "\n"
	if err := os.WriteFile(filepath.Join(a.dir, "sources.list"), []byte(source), 0o644); err != nil {
		return err
	}
	_, err := a.apt(ctx, "apt-get", "update", "--error-on=any")
	return err
}

// sourceLine returns the line of apt's source list for a release.
func sourceLine(ctx context.Context, suite string, options ...string) string {
	if _, err := os.Stat(keyring); err == nil {
		options = append(options, "signed-by="+keyring)
	}
	return fmt.Sprintf("deb [%s] %s %s main", strings.Join(options, " "), site(ctx), suite)
}

// site returns the address of Debian's archive that the host's apt uses, which may
// be a nearer one than the default.
func site(ctx context.Context) string {
	out, err := output(ctx, "", "apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages")
	if err != nil {
		return defaultSite
	}
	for line := range strings.Lines(out) {
		if line := strings.TrimRight(line, "/\n"); strings.HasSuffix(line, "/debian") {
			return line
		}
	}
	return defaultSite
}

// apt runs one of apt's programs and returns its output. Packages that the host
// has installed and what it prefers count for nothing.
func (a archive) apt(ctx context.Context, program string, args ...string) (string, error) {
	options := []string{
		"-q",
		"-o", "APT::Architecture=" + a.arch,
		"-o", "APT::Architectures=" + a.arch,
		"-o", "Dir::Etc::sourcelist=" + filepath.Join(a.dir, "sources.list"),
		"-o", "Dir::Etc::sourceparts=/dev/null",
		"-o", "Dir::Etc::preferences=/dev/null",
		"-o", "Dir::Etc::preferencesparts=/dev/null",
		"-o", "Dir::State::status=/dev/null",
		"-o", "Dir::State::lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"-o", "Acquire::Languages=none",
		// Its locks would be beside the state, in /dev. Nothing else uses these directories.
		"-o", "Debug::NoLocking=true",
		// Where root runs it, apt's own user cannot write here.
		"-o", "APT::Sandbox::User=root",
	}
	return output(ctx, a.dir, program, slices.Concat(options, args)...)
}

// unpack downloads packages and unpacks them under root.
func (a archive) unpack(ctx context.Context, packages ...string) error {
	if _, err := a.apt(ctx, "apt-get", append([]string{"download"}, packages...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(a.dir, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := output(ctx, a.dir, "dpkg", "-x", file, a.root("")); err != nil {
			return err
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

// root returns the path of a file of the packages.
func (a archive) root(path string) string { return filepath.Join(a.dir, "root", path) }

// find returns the first file of the packages, as a path in them, that one of the
// patterns matches.
func (a archive) find(patterns ...string) (string, error) {
	for _, pattern := range patterns {
		found, err := filepath.Glob(a.root(pattern))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return filepath.Rel(a.root(""), found[0])
		}
	}
	return "", fmt.Errorf("the packages have no file %s", strings.Join(patterns, " or "))
}

// take moves a file or directory of the packages to its place in an image.
func (a archive) take(path, target string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.Rename(a.root(path), target)
}
