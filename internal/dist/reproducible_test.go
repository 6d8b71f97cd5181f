//go:build packages

package dist_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestLongReproducible builds the packages of the last commit twice: from a clone with
// the build cache of the caller, and from a clone without history in a directory of
// another length, with an empty cache, in another time zone and language, with a umask
// that hides files from others. They have to be the same bytes.
func TestLongReproducible(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a"), filepath.Join(dir, "second", "directory")
	shell(t, `git clone -q "$1" "$2"`, root, first)
	shell(t, `umask 077; git clone -q --depth 1 "file://$(cd "$1" && pwd)" "$2"`, root, second)

	runMakeIn(t, first, nil, "deb", "rpm")
	shell(t, `umask 077; cd "$1"; export TZ=Pacific/Auckland LC_ALL=C.UTF-8 USER=other GOCACHE="$2"; make deb rpm 2>&1`,
		second, filepath.Join(dir, "cache"))
	files, err := filepath.Glob(filepath.Join(first, "bin", "ipvsadm-*"))
	if err != nil {
		t.Fatal(err)
	}
	if want := 8; len(files) != want { // four programs besides ipvsadm itself, and four packages
		t.Errorf("%d files to compare, want %d: %q", len(files), want, files)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) { compareFiles(t, file, filepath.Join(second, "bin", name)) })
	}
}

// compareFiles checks that two files have the same bytes.
func compareFiles(t *testing.T, a, b string) {
	t.Helper()
	first, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		at := 0
		for at < min(len(first), len(second)) && first[at] == second[at] {
			at++
		}
		t.Errorf("%d and %d bytes, different from byte %d", len(first), len(second), at)
	}
}
