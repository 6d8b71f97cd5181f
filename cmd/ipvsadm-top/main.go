// Ipvsadm-top shows the services and servers of the kernel's IPVS load balancer on a
// terminal, and what they do per second.
package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ipvsadm-go/ipvsadm/cmd/internal/wiring"
	"github.com/ipvsadm-go/ipvsadm/internal/cli"
	"github.com/ipvsadm-go/ipvsadm/internal/top"
)

func main() {
	wiring.Main(func(args []string, env cli.Env) int {
		return cli.Top(args, env, func(r cli.TopRequest) error { return show(r, env) })
	})
}

// show shows the screen, or prints it once.
func show(r cli.TopRequest, env cli.Env) error {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	// The heap of a program that ends soon may grow more; this one runs for hours.
	debug.SetGCPercent(100)
	options := top.Options{
		Host: host, NetNS: r.NetNS, Service: r.Service, Interval: r.Interval, ASCII: !hasUnicode(),
	}

	if r.Once {
		text, err := top.Once(r.Kernel, r.Names, options, columns(), time.After)
		if err != nil {
			return err
		}
		_, err = os.Stdout.WriteString(text)
		return err
	}

	if _, err := unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS); err != nil {
		return errors.New("standard output is not a terminal; use --once")
	}
	signals, stop := env.Signals()
	defer stop()
	return top.Run(r.Kernel, r.Names, options, top.Terminal{In: os.Stdin, Out: os.Stdout, Signals: withQuit(signals)})
}

// withQuit returns the signals, and SIGQUIT, which would leave the terminal as it is. Its
// action was set behind the back of package os/signal, which sets its own again only for a
// signal that was ignored.
func withQuit(signals <-chan os.Signal) <-chan os.Signal {
	all := make(chan os.Signal, 1)
	signal.Ignore(syscall.SIGQUIT)
	signal.Notify(all, syscall.SIGQUIT)
	go func() { all <- <-signals }()
	return all
}

// hasUnicode reports whether the terminal shows the characters of graphs: by the locale,
// and unless it is the console of Linux, whose fonts lack them.
func hasUnicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(os.Getenv(name)); locale != "" {
			isUTF8 := strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
			return isUTF8 && os.Getenv("TERM") != "linux"
		}
	}
	return false
}

// columns returns the width of standard output: that of the terminal, that of the variable
// COLUMNS, or 80.
func columns() int {
	if size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
		return int(size.Col)
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 && n <= 1000 {
		return n
	}
	return 80
}
