// Traffic is a small TCP server and client for the demonstration and the tests:
//
//	traffic serve [-for 2m] NAME ADDRESS
//	traffic get [-pause 100ms] [-keep 2s] ADDRESS COUNT
//
// The server answers every line with its name. The client opens COUNT
// connections, one after each pause, asks a question on each, keeps each open
// for a while, and prints how many were answered by whom. Both are bounded in
// time and count, and neither is for anything but a network of one's own.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxCount bounds the connections of one client.
const maxCount = 10000

// answerLimit is how long an answer may take.
const answerLimit = 10 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("serve or get?")
	}
	switch args[0] {
	case "serve":
		return runServe(args[1:])
	case "get":
		return runGet(args[1:], out)
	}
	return fmt.Errorf("%s: neither serve nor get", args[0])
}

// runServe reads the server's arguments and serves.
func runServe(args []string) error {
	fs := flag.NewFlagSet("traffic serve", flag.ContinueOnError)
	limit := fs.Duration("for", 2*time.Minute, "how long to serve")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return errors.New("serve needs a name and an address")
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	l, err := net.Listen("tcp", fs.Arg(1))
	if err != nil {
		return err
	}
	return serve(ctx, l, fs.Arg(0))
}

// serve answers until ctx ends.
func serve(ctx context.Context, l net.Listener, name string) error {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go answer(c, name)
	}
}

// answer answers each line of a connection with the server's name.
func answer(c net.Conn, name string) {
	defer c.Close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		if _, err := fmt.Fprintf(c, "%s\n", name); err != nil {
			return
		}
	}
}

// runGet reads the client's arguments, asks and prints.
func runGet(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("traffic get", flag.ContinueOnError)
	pause := fs.Duration("pause", 0, "between the starts of connections")
	keep := fs.Duration("keep", 0, "how long each stays open")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 2 {
		return errors.New("get needs an address and a count")
	}
	count, err := strconv.Atoi(fs.Arg(1))
	if err != nil || count < 1 || count > maxCount {
		return fmt.Errorf("%s: not a count from 1 to %d", fs.Arg(1), maxCount)
	}
	tally := get(fs.Arg(0), count, *pause, *keep)
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		fmt.Fprintf(out, "%d answers from %s\n", tally[name], name)
	}
	return nil
}

// get opens the connections and counts the answers by who gave them, or by what
// went wrong.
func get(address string, count int, pause, keep time.Duration) map[string]int {
	answers := make(chan string)
	go func() {
		for range count {
			go func() { answers <- ask(address, keep) }()
			time.Sleep(pause)
		}
	}()
	tally := map[string]int{}
	for range count {
		tally[<-answers]++
	}
	return tally
}

// ask makes one connection, asks once, and gives the answer, or the error.
func ask(address string, keep time.Duration) string {
	c, err := net.DialTimeout("tcp", address, answerLimit)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return err.Error()
	}
	if _, err := fmt.Fprintln(c, "who?"); err != nil {
		return err.Error()
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	time.Sleep(keep)
	return strings.TrimSpace(line)
}
