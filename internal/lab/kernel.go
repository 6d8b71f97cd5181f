package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Platform is what a guest kernel runs on.
type Platform int

// The platforms. UML is User-Mode Linux, an ordinary process that boots in two
// seconds. QEMU is an emulated machine with two processors that boots in half a
// minute. The others are such machines with a processor that is not the host's.
const (
	UML Platform = iota
	QEMU
	QEMUARM64
	QEMUS390X
)

// platforms has the name of each Platform.
var platforms = [...]string{UML: "uml", QEMU: "qemu", QEMUARM64: "qemu-arm64", QEMUS390X: "qemu-s390x"}

// String returns the platform's name.
func (p Platform) String() string {
	if p < 0 || int(p) >= len(platforms) {
		return fmt.Sprintf("platform %d", int(p))
	}
	return platforms[p]
}

// suites are the Debian releases whose kernels can be booted: Linux 5.10, 6.1,
// 6.12 and the newest.
var suites = []string{"bullseye", defaultSuite, "trixie", "sid"}

// defaultSuite is the release of a Kernel that names none.
const defaultSuite = "bookworm"

// Kernel is one of Debian's kernels: package user-mode-linux or linux-image-amd64
// of a release. The zero value is User-Mode Linux of bookworm.
type Kernel struct {
	Platform Platform
	// Suite is the code name of the release; empty means bookworm.
	Suite string
}

// String returns the name that ParseKernel reads: uml, qemu:sid.
func (k Kernel) String() string {
	if or(k.Suite, defaultSuite) == defaultSuite {
		return k.Platform.String()
	}
	return k.Platform.String() + ":" + k.Suite
}

// ParseKernel returns the Kernel with a name: that of a platform, or that of a
// platform and a release with a colon between them.
func ParseKernel(name string) (Kernel, error) {
	platform, suite, _ := strings.Cut(name, ":")
	k := Kernel{Platform(slices.Index(platforms[:], platform)), suite}
	if err := k.check(); err != nil {
		return Kernel{}, fmt.Errorf("no kernel %q: %w", name, err)
	}
	return k, nil
}

// check returns an error if there is no such platform or release.
func (k Kernel) check() error {
	if k.Platform < 0 || int(k.Platform) >= len(platforms) {
		return fmt.Errorf("the platforms are %s", strings.Join(platforms[:], ", "))
	}
	if !slices.Contains(suites, or(k.Suite, defaultSuite)) {
		return fmt.Errorf("the releases are %s", strings.Join(suites, ", "))
	}
	return nil
}

// Install installs the programs that the guest needs and fetches its kernel,
// where they are missing.
func (k Kernel) Install(ctx context.Context) error {
	_, err := k.install(ctx)
	return err
}

// install does what Install does and returns the kernel's files.
func (k Kernel) install(ctx context.Context) (image, error) {
	if err := k.check(); err != nil {
		return image{}, err
	}
	if err := Install(ctx, k.tools()...); err != nil {
		return image{}, err
	}
	return k.image(ctx)
}

// tools returns the programs that the machine and the tests in it need.
func (k Kernel) tools() []Tool {
	if p, ok := processors[k.Platform]; ok {
		return p.tools()
	}
	if k.Platform == QEMU {
		return append(qemuTools(), testTools()...)
	}
	return append(umlTools(), testTools()...)
}

// machine returns the command that boots the kernel of an image.
func (k Kernel) machine(ctx context.Context, i image, s share, memory int) (machine, error) {
	if p, ok := processors[k.Platform]; ok {
		return p.machine(i, s, memory), nil
	}
	if k.Platform == QEMU {
		return prepareQEMU(ctx, i, s, memory)
	}
	return prepareUML(ctx, i, s, memory)
}
