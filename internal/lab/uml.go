package lab

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// umlTools returns the programs that a User-Mode Linux guest needs on the host.
func umlTools() []Tool { return []Tool{{"patchelf", "patchelf"}} }

// fetchUML fills an image, which is going to be in the directory home, with the
// User-Mode Linux of a release.
func fetchUML(ctx context.Context, a archive, i image, home string) error {
	if err := a.unpack(ctx, "user-mode-linux"); err != nil {
		return err
	}
	if err := a.take("usr/bin/linux.uml", i.kernel()); err != nil {
		return err
	}
	if err := a.take("usr/lib/uml/modules", i.modules()); err != nil {
		return err
	}

	if !needsNewerLibrary(ctx, i.kernel()) {
		return nil
	}
	return fetchLibrary(ctx, a, i, home)
}

// needsNewerLibrary reports whether a program needs a newer C library than the
// host's.
func needsNewerLibrary(ctx context.Context, program string) bool {
	// ldd's status says less than its output.
	out, _ := exec.CommandContext(ctx, "ldd", program).CombinedOutput()
	return strings.Contains(string(out), "not found")
}

// fetchLibrary adds the release's C library to an image and makes the kernel use
// it. To start the kernel by the library's loader would not do, because the kernel
// executes /proc/self/exe again.
func fetchLibrary(ctx context.Context, a archive, i image, home string) error {
	if err := a.unpack(ctx, "libc6"); err != nil {
		return err
	}
	if err := a.take("usr/lib/x86_64-linux-gnu", filepath.Join(i.dir, "libc")); err != nil {
		return err
	}

	library := filepath.Join(home, "libc")
	_, err := output(ctx, "", "patchelf",
		"--set-interpreter", filepath.Join(library, "ld-linux-x86-64.so.2"), "--set-rpath", library, i.kernel())
	return err
}

// prepareUML returns the command of a User-Mode Linux guest whose root is the
// host's file system.
func prepareUML(i image, s share, memory int) machine {
	return machine{[]string{
		i.kernel(),
		fmt.Sprintf("mem=%dM", memory),
		"rootfstype=hostfs", "rootflags=/", "rw",
		"init=" + s.path("init"),
		// The first console is the output of the process; nothing is read,
		// and no other console opens an xterm.
		"con=null", "con0=null,fd:1", "quiet", "panic=-1",
		// The files of a running guest; ~/.uml if it is not named.
		"uml_dir=" + s.dir + "/", "umid=guest",
	}}
}
