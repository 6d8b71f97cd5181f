// Guest runs a command in a guest kernel that has IPVS and exits with its
// status:
//
//	guest [-kernel KERNEL] [-mem 768] [-timeout 10m] [-env NAME]... [-write DIR]... COMMAND [ARG]...
//	guest [-kernel KERNEL] -install [PROGRAM=PACKAGE]...
//
// KERNEL is uml, User-Mode Linux, or qemu, Debian's distribution kernel under
// emulation, both of bookworm; or, with a colon and the code name, of another
// release: uml:bullseye (Linux 5.10), uml:trixie (6.12), uml:sid, qemu:sid. qemu-arm64 and
// qemu-s390x have another processor, for which the command must be compiled, and a small
// Debian system of their own instead of the host's: only directories that a system does
// not have are the host's, and /tmp and /root.
//
// The command runs as root in the current directory and sees the host's files.
// Its writes are discarded, except those to the directories of -write. Its
// environment has PATH and the variables named with -env. As a wrapper for
// tests: go test -exec "$PWD/bin/guest" ./internal/kernel
//
// Missing programs are installed and a missing kernel is fetched. -install does only
// that, and installs the packages of other programs too. It has to be run before several guests start at once, because apt-get cannot
// run twice at the same time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ipvsadm-go/ipvsadm/internal/lab"
)

// failed is the exit status if the guest could not run the command.
const failed = 125

func main() { os.Exit(run(os.Args[1:])) }

// options are the parsed arguments.
type options struct {
	guest   lab.Guest
	install bool
	command []string
}

// run does the work of main, and returns the exit status.
func run(args []string) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		return 2
	}

	// go test sends SIGQUIT to a test that takes too long.
	ctx, stop := signal.NotifyContext(context.Background(),
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()

	status := 0
	if o.install {
		err = install(ctx, o)
	} else {
		status, err = o.guest.Run(ctx, o.command...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		return failed
	}
	return status
}

// install installs what the guest needs, and the programs that are named.
func install(ctx context.Context, o options) error {
	var tools []lab.Tool
	for _, word := range o.command {
		program, pkg, ok := strings.Cut(word, "=")
		if !ok {
			return fmt.Errorf("%q is not PROGRAM=PACKAGE", word)
		}
		tools = append(tools, lab.Tool{Program: program, Package: pkg})
	}
	if err := o.guest.Kernel.Install(ctx); err != nil {
		return err
	}
	return lab.Install(ctx, tools...)
}

// parse parses the arguments.
func parse(args []string) (options, error) {
	o := options{guest: lab.Guest{Stdout: os.Stdout, Stderr: stderr()}}
	fs := flag.NewFlagSet("guest", flag.ContinueOnError)
	fs.BoolVar(&o.install, "install", false, "only install what is missing")
	input := fs.Bool("stdin", false, "pass standard input on")
	guestFlags(fs, &o.guest)

	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() == 0 && !o.install {
		return o, errors.New("no command; see guest -h")
	}

	if *input {
		o.guest.Stdin = os.Stdin
	}
	o.command = fs.Args()
	return o, nil
}

// guestFlags defines the options that describe the guest.
func guestFlags(fs *flag.FlagSet, g *lab.Guest) {
	fs.Func("kernel", "the `kernel`: uml (default) or qemu, with the Debian release after a colon (uml:sid) unless it is bookworm", func(s string) (err error) {
		g.Kernel, err = lab.ParseKernel(s)
		return err
	})
	fs.IntVar(&g.Memory, "mem", lab.DefaultMemory, "memory in `MiB`")
	fs.DurationVar(&g.Timeout, "timeout", lab.DefaultTimeout, "`limit` of the whole run")
	fs.Func("env", "`NAME` of an environment variable to pass on, or NAME=VALUE; may be repeated", func(s string) error {
		g.Env = append(g.Env, environment(s)...)
		return nil
	})
	fs.Func("write", "`directory` that the command may change; may be repeated", func(s string) error {
		dir, err := filepath.Abs(s)
		g.Writable = append(g.Writable, dir)
		return err
	})
}

// environment returns NAME=VALUE for NAME, if it is set, and NAME=VALUE unchanged.
func environment(s string) []string {
	if strings.Contains(s, "=") {
		return []string{s}
	}
	if value, ok := os.LookupEnv(s); ok {
		return []string{s + "=" + value}
	}
	return nil
}

// stderr returns the writer for the command's errors. It is standard output itself if
// both are the same file, which preserves their order.
func stderr() io.Writer {
	out, err := os.Stdout.Stat()
	if err != nil {
		return os.Stderr
	}
	if e, err := os.Stderr.Stat(); err == nil && os.SameFile(out, e) {
		return os.Stdout
	}
	return os.Stderr
}
