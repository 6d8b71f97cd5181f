package lab

import (
	"context"
	_ "embed"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/cpu"
)

// umlTools returns the programs that a User-Mode Linux guest needs on the host.
func umlTools() []Tool {
	tools := []Tool{{"patchelf", "patchelf"}}
	if cpu.X86.HasAMXTile {
		tools = append(tools, Tool{"gcc", "gcc"})
	}
	return tools
}

// umlPtrace is the source of a library that User-Mode Linux needs on processors with AMX.
//
//go:embed uml/ptrace.c
var umlPtrace []byte

// umlEnvironment returns what the environment of a User-Mode Linux has to contain on this
// processor. What it takes is made once, and then kept under the user's cache directory.
func umlEnvironment(ctx context.Context) ([]string, error) {
	if !cpu.X86.HasAMXTile {
		return nil, nil
	}

	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "ipvsadm-go", fmt.Sprintf("uml-ptrace-%08x", crc32.ChecksumIEEE(umlPtrace)))
	err = fillOnce(dir, func(partial string) error { return compileUMLPtrace(ctx, partial) })
	if err != nil {
		return nil, err
	}
	return []string{"LD_PRELOAD=" + filepath.Join(dir, "ptrace.so")}, nil
}

// compileUMLPtrace makes the library in a directory.
func compileUMLPtrace(ctx context.Context, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "ptrace.c"), umlPtrace, 0o644); err != nil {
		return err
	}
	_, err := output(ctx, dir, "gcc", "-Wall", "-Werror", "-O2", "-ffreestanding", "-fPIC", "-shared", "-nostdlib", "-o", "ptrace.so", "ptrace.c")
	return err
}

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
func prepareUML(ctx context.Context, i image, s share, memory int) (machine, error) {
	env, err := umlEnvironment(ctx)
	return machine{env: env, argv: []string{
		i.kernel(),
		fmt.Sprintf("mem=%dM", memory),
		"rootfstype=hostfs", "rootflags=/", "rw",
		"init=" + s.path("init"),
		// The first console is the output of the process; nothing is read,
		// and no other console opens an xterm.
		"con=null", "con0=null,fd:1", "quiet", "panic=-1",
		// The files of a running guest; ~/.uml if it is not named.
		"uml_dir=" + s.dir + "/", "umid=guest",
	}}, err
}
