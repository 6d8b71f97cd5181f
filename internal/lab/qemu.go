package lab

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// initrdScript makes the first file system of a guest under qemu.
//
//go:embed qemu-initrd.sh
var initrdScript string

// rootScript is process 1 of that file system, until init.sh is.
//
//go:embed qemu-root.sh
var rootScript string

// qemuTools returns the programs that a guest under qemu needs on the host.
func qemuTools() []Tool {
	return []Tool{
		{"qemu-system-x86_64", "qemu-system-x86"},
		{"busybox", "busybox-static"},
		{"cpio", "cpio"},
		{"xz", "xz-utils"},
	}
}

// kernelPackage matches the packages that a kernel consists of: linux-image alone in
// old releases, and now several for the kernel, its modules and the list of those
// that are built in.
var kernelPackage = regexp.MustCompile(`^linux-(image|base|binary|modules)-[0-9]`)

// fetchKernel fills an image with the kernel that a release installs by default, which a
// package depends on.
func fetchKernel(ctx context.Context, a archive, i image, pkg string) error {
	list, err := a.apt(ctx, "apt-cache", "depends", "--recurse", "--important", pkg)
	if err != nil {
		return err
	}
	var packages []string
	for line := range strings.Lines(list) {
		if line := strings.TrimSpace(line); kernelPackage.MatchString(line) {
			packages = append(packages, line)
		}
	}
	if err := a.unpack(ctx, packages...); err != nil {
		return err
	}
	return installQEMU(ctx, a, i)
}

// installQEMU moves the packages' modules and kernel to their places in an image,
// and lists the modules for modprobe.
func installQEMU(ctx context.Context, a archive, i image) error {
	modules, err := a.find("lib/modules/*", "usr/lib/modules/*")
	if err != nil {
		return err
	}
	release := filepath.Base(modules)
	if err := a.take(modules, filepath.Join(i.modules(), release)); err != nil {
		return err
	}
	if _, err := output(ctx, "", "depmod", "-b", i.dir, release); err != nil {
		return err
	}

	// A package with a kernel that is with the modules has none in boot.
	withModules := filepath.Join(i.modules(), release, "vmlinuz")
	if _, err := os.Stat(withModules); err == nil {
		return os.Rename(withModules, i.kernel())
	}
	kernel, err := a.find("boot/vmlinuz-*")
	if err != nil {
		return err
	}
	return a.take(kernel, i.kernel())
}

// prepareQEMU returns the command of a guest under qemu. Its processor is emulated,
// because the host's own virtualization is not available everywhere.
func prepareQEMU(ctx context.Context, i image, s share, memory int) (machine, error) {
	if err := os.WriteFile(s.path("root"), []byte(rootScript), 0o755); err != nil {
		return machine{}, err
	}
	if _, err := output(ctx, "", "sh", "-euc", initrdScript, "lab", i.dir, s.dir); err != nil {
		return machine{}, err
	}
	return machine{argv: []string{
		"qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
		"-m", fmt.Sprint(memory), "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
		"-kernel", i.kernel(), "-initrd", s.path("initrd"),
		// What the kernel does not know becomes a variable of process 1.
		"-append", "console=ttyS0 quiet panic=-1 lab=" + s.dir,
		"-fsdev", "local,id=root,path=/,security_model=none,multidevs=remap",
		"-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
		"-fsdev", "local,id=share,path=" + s.dir + ",security_model=none",
		"-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
	}}, nil
}
