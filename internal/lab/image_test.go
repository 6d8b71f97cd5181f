package lab

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseKernel(t *testing.T) {
	for _, test := range []struct {
		name   string
		want   Kernel
		string string
	}{
		{"uml", Kernel{UML, ""}, "uml"},
		{"uml:bookworm", Kernel{UML, "bookworm"}, "uml"},
		{"uml:sid", Kernel{UML, "sid"}, "uml:sid"},
		{"qemu", Kernel{QEMU, ""}, "qemu"},
		{"qemu:sid", Kernel{QEMU, "sid"}, "qemu:sid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseKernel(test.name)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want || got.String() != test.string {
				t.Errorf("%#v, %q, want %#v, %q", got, got, test.want, test.string)
			}
		})
	}
}

func TestParseKernelRejects(t *testing.T) {
	for name, want := range map[string]string{
		"":         `no kernel "": the platforms are uml, qemu, qemu-arm64, qemu-s390x`,
		"kvm:sid":  `no kernel "kvm:sid": the platforms are uml, qemu, qemu-arm64, qemu-s390x`,
		"uml:warp": `no kernel "uml:warp": the releases are bullseye, bookworm, trixie, sid`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKernel(name)
			if err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// fillFile makes the file that the tests of fillOnce fill a directory with.
func fillFile(dir, text string) error {
	return os.WriteFile(filepath.Join(dir, "file"), []byte(text), 0o644)
}

// wantFiles compares the names under a directory with what they should be.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		files[i] = strings.TrimPrefix(file, dir+"/")
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Error(diff)
	}
}

// TestFillOnce shows that an attempt that failed leaves nothing, and that a
// directory that is there is not filled again.
func TestFillOnce(t *testing.T) {
	cache := t.TempDir()
	dir := filepath.Join(cache, "image")

	broken := errors.New("connection reset")
	err := fillOnce(dir, func(partial string) error { return errors.Join(fillFile(partial, "half"), broken) })
	if !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	wantFiles(t, cache)

	for _, text := range []string{"first", "second"} {
		if err := fillOnce(dir, func(partial string) error { return fillFile(partial, text) }); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, cache, "image/file")
	if text, err := os.ReadFile(filepath.Join(dir, "file")); string(text) != "first" {
		t.Errorf("%q, %v, want the first text", text, err)
	}
}

// TestFillOnceTogether fills a directory several times at once.
func TestFillOnceTogether(t *testing.T) {
	cache := t.TempDir()
	const n = 8
	var filling, done sync.WaitGroup
	filling.Add(n)
	errs := make([]error, n)
	for i := range n {
		done.Go(func() {
			errs[i] = fillOnce(filepath.Join(cache, "image"), func(partial string) error {
				filling.Done()
				filling.Wait()
				return fillFile(partial, "text")
			})
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	wantFiles(t, cache, "image/file")
}
