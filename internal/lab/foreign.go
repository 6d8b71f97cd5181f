package lab

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// foreignInitrdScript makes the file system of a machine with another processor.
//
//go:embed foreign-initrd.sh
var foreignInitrdScript string

// foreignInitScript is process 1 of that file system.
//
//go:embed foreign-init.sh
var foreignInitScript string

// processor is what qemu and Debian know about another processor than the host's. The
// host's programs do not run on it, so the guest has a small Debian system of its own.
type processor struct {
	arch  string   // by the name of Debian, and of Go
	tool  Tool     // qemu
	words []string // its arguments
	bus   string   // of the devices
}

// processors are those of the platforms that are not the host's.
var processors = map[Platform]processor{
	QEMUARM64: {
		"arm64", Tool{"qemu-system-aarch64", "qemu-system-arm"},
		[]string{"-machine", "virt", "-cpu", "cortex-a57"}, "pci",
	},
	QEMUS390X: {
		"s390x", Tool{"qemu-system-s390x", "qemu-system-misc"},
		[]string{"-machine", "s390-ccw-virtio", "-cpu", "max"}, "ccw",
	},
}

// foreignPackages are the packages of a guest's Debian system, without those that they
// depend on: the reference, and what the tests run.
var foreignPackages = []string{
	"ipvsadm", "busybox-static", "iproute2", "kmod", "dash", "bash", "coreutils", "grep", "sed", "mawk", "procps",
	"mount", "util-linux", "netbase", "strace", "time",
}

// tools returns the programs that the guest needs on the host.
func (p processor) tools() []Tool {
	return []Tool{p.tool, {"modprobe", "kmod"}, {"cpio", "cpio"}, {"gzip", "gzip"}}
}

// fetch fills an image with the kernel of a release and with a file system that has its
// packages. They are unpacked, and their scripts are not run.
func (p processor) fetch(ctx context.Context, a archive, i image) error {
	if err := fetchKernel(ctx, a, i, "linux-image-"+p.arch); err != nil {
		return err
	}

	arguments := []string{"install", "-y", "--no-install-recommends", "--download-only"}
	if _, err := a.apt(ctx, "apt-get", slices.Concat(arguments, foreignPackages)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(a.dir, "cache/archives/*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := output(ctx, a.dir, "dpkg", "-x", file, a.root("")); err != nil {
			return err
		}
	}

	if err := os.WriteFile(a.root("init"), []byte(foreignInitScript), 0o755); err != nil {
		return err
	}
	_, err = output(ctx, "", "sh", "-euc", foreignInitrdScript, "lab", i.dir, a.root(""))
	return err
}

// machine returns the command of a guest with the processor.
func (p processor) machine(i image, s share, memory int) machine {
	device := "virtio-9p-" + p.bus
	return machine{argv: slices.Concat([]string{p.tool.Program}, p.words, []string{
		"-accel", "tcg,thread=multi", "-smp", "2", "-m", fmt.Sprint(memory),
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
		"-kernel", i.kernel(), "-initrd", filepath.Join(i.dir, "initrd"),
		// What the kernel does not know becomes a variable of process 1.
		"-append", "panic=-1 quiet lab=" + s.dir + " arch=" + p.arch,
		"-fsdev", "local,id=host,path=/,security_model=none,multidevs=remap,readonly=on",
		"-device", device + ",fsdev=host,mount_tag=host",
		"-fsdev", "local,id=share,path=" + s.dir + ",security_model=none",
		"-device", device + ",fsdev=share,mount_tag=share",
	})}
}
