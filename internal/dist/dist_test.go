package dist_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ipvsadm-go/ipvsadm/internal/command"
	"github.com/ipvsadm-go/ipvsadm/internal/dist"
)

// With -dir this test is the generator: see the Makefile.
var (
	dir   = flag.String("dir", "", "write the files to this `folder`")
	paths = dist.Paths{Sbin: "/usr/sbin", Lib: "/usr/lib/ipvsadm-go", Rules: "/etc/ipvsadm.rules", Settings: "/etc/default/ipvsadm"}
)

func TestMain(m *testing.M) {
	flag.StringVar(&paths.Sbin, "sbin", paths.Sbin, "`folder` of the programs")
	flag.StringVar(&paths.Lib, "lib", paths.Lib, "`folder` of what only the service runs")
	flag.StringVar(&paths.Rules, "rules", paths.Rules, "`file` that the service loads and saves")
	flag.StringVar(&paths.Settings, "settings", paths.Settings, "`file` of the service's settings")
	flag.Parse()
	os.Exit(m.Run())
}

// version is the project's, as -v says it.
func version(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`ipvsadm-go ([0-9.]+)`).FindStringSubmatch(command.VersionText)
	if found == nil {
		t.Fatalf("no version in %q", command.VersionText)
	}
	return found[1]
}

// render makes all files.
func render(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := dist.Render(language(), paths, version(t))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestGenerate makes the files, and writes them where it is told to.
func TestGenerate(t *testing.T) {
	if *dir == "" {
		*dir = t.TempDir()
	}
	files := render(t)
	if err := dist.Write(*dir, files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(*dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Error(name, diff)
		}
	}
}
