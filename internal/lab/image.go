package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// image is a directory of the host with a kernel's files:
//
//	linux                    the kernel
//	libc                     a C library, if linux is a program that needs another than the host's
//	lib/modules/RELEASE      its modules
//	initrd                   a file system, if the kernel is for another processor
type image struct{ dir string }

// kernel returns the file of the kernel.
func (i image) kernel() string { return filepath.Join(i.dir, "linux") }

// modules returns the directory that the guest has as /lib/modules.
func (i image) modules() string { return filepath.Join(i.dir, "lib/modules") }

// image returns the kernel's files. They are fetched once, and then kept under the
// user's cache directory; if they are removed there, they are fetched again.
func (k Kernel) image(ctx context.Context) (image, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return image{}, err
	}
	suite := or(k.Suite, defaultSuite)
	dir := filepath.Join(cache, "ipvsadm-go", "kernels", k.Platform.String()+"-"+suite)
	err = fillOnce(dir, func(partial string) error {
		fmt.Fprintf(os.Stderr, "lab: fetching the kernel %s\n", k)
		return k.fetch(ctx, suite, image{partial}, dir)
	})
	if err != nil {
		return image{}, fmt.Errorf("cannot fetch the %s kernel of %s: %w", k.Platform, suite, err)
	}
	return image{dir}, nil
}

// fetch fills an image, which is going to be in the directory home, with the kernel
// of a release.
func (k Kernel) fetch(ctx context.Context, suite string, i image, home string) error {
	other, isOther := processors[k.Platform]
	a := archive{suite: suite, arch: "amd64", dir: filepath.Join(i.dir, "archive")}
	if isOther {
		a.arch = other.arch
	}
	if err := a.update(ctx); err != nil {
		return err
	}

	var err error
	switch {
	case isOther:
		err = other.fetch(ctx, a, i)
	case k.Platform == QEMU:
		err = fetchKernel(ctx, a, i, "linux-image-amd64")
	default:
		err = fetchUML(ctx, a, i, home)
	}
	return errors.Join(err, os.RemoveAll(a.dir))
}

// fillOnce makes a directory that fill fills, if it is not there yet. It is filled
// beside its place and renamed when it is complete, so that an attempt that failed
// leaves nothing and of two at the same time one is used.
func fillOnce(dir string, fill func(partial string) error) error {
	if isDir(dir) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".")
	if err != nil {
		return err
	}
	// After the rename there is nothing to remove.
	defer func() { _ = os.RemoveAll(partial) }()

	if err := fill(partial); err != nil {
		return err
	}
	err = os.Rename(partial, dir)
	if errors.Is(err, fs.ErrExist) && isDir(dir) {
		return nil
	}
	return err
}

// isDir reports whether a path is that of a directory.
func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
