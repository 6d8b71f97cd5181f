package lab

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// qemuKernel is where Debian's kernel package is unpacked, once; it is not
// installed.
const qemuKernel = "/var/tmp/ipvs-kernel"

// kernelScript unpacks Debian's kernel package, if that is not done yet.
//
//go:embed qemu-kernel.sh
var kernelScript string

// initrdScript makes the first file system of a guest under qemu.
//
//go:embed qemu-initrd.sh
var initrdScript string

// rootScript is process 1 of that file system, until init.sh is.
//
//go:embed qemu-root.sh
var rootScript string

// qemuTools are the programs of a guest under qemu and of the tests in it.
func qemuTools() []Tool {
	return append([]Tool{
		{"qemu-system-x86_64", "qemu-system-x86"},
		{"busybox", "busybox-static"},
		{"cpio", "cpio"},
	}, testTools()...)
}

// prepareQEMU makes the command line of a guest under qemu. Its processor is
// emulated: the hardware's own virtualization is not to be had everywhere.
func prepareQEMU(ctx context.Context, s share, memory int) (machine, error) {
	if err := os.WriteFile(s.path("root"), []byte(rootScript), 0o755); err != nil {
		return machine{}, err
	}
	for _, script := range []string{kernelScript, initrdScript} {
		if err := quietly(ctx, []string{"sh", "-euc", script, "lab", qemuKernel, s.dir}); err != nil {
			return machine{}, err
		}
	}
	kernels, err := filepath.Glob(qemuKernel + "/boot/vmlinuz-*")
	if err != nil || len(kernels) == 0 {
		return machine{}, fmt.Errorf("no kernel under %s", qemuKernel)
	}
	return machine{[]string{
		"qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
		"-m", fmt.Sprint(memory), "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
		"-kernel", kernels[0], "-initrd", s.path("initrd"),
		// What the kernel does not know becomes a variable of process 1.
		"-append", "console=ttyS0 quiet panic=-1 lab=" + s.dir,
		"-fsdev", "local,id=root,path=/,security_model=none,multidevs=remap",
		"-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
		"-fsdev", "local,id=share,path=" + s.dir + ",security_model=none",
		"-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
	}}, nil
}
