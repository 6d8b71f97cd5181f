// Traffic is a small TCP server and client for the demonstration and the tests:
//
//	traffic serve [-for 2m] NAME ADDRESS
//	traffic get [-pause 100ms] [-keep 2s] ADDRESS COUNT
//	traffic talk [-pause 500ms] ADDRESS COUNT
//
// The server answers every line with its name. get opens COUNT connections, one
// after each pause, asks a question on each, keeps it open for a while, and prints
// the number of answers by server. talk asks COUNT questions on one connection and
// prints every answer. Time and count are limited: the program is for test networks
// only.
package main

import (
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
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/lab/traffic/talk"
)

// maxCount limits the connections, and the questions, of one client.
const maxCount = 10000

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		os.Exit(1)
	}
}

// run runs the command that the arguments name.
func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("serve, get or talk?")
	}

	switch args[0] {
	case "serve":
		return runServe(args[1:])
	case "get":
		return runGet(args[1:], out)
	case "talk":
		return runTalk(args[1:], out)
	}
	return fmt.Errorf("%s: not serve, get or talk", args[0])
}

// runServe parses the server's arguments and serves.
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
	return talk.Serve(ctx, l, fs.Arg(0))
}

// runGet parses the arguments of get, makes the connections and prints the answers.
func runGet(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("traffic get", flag.ContinueOnError)
	pause := fs.Duration("pause", 0, "between the starts of connections")
	keep := fs.Duration("keep", 0, "how long each stays open")
	address, count, err := target(fs, args)
	if err != nil {
		return err
	}

	tally := get(address, count, *pause, *keep)
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		fmt.Fprintf(out, "%d answers from %s\n", tally[name], name)
	}
	return nil
}

// runTalk parses the arguments of talk, asks on one connection and prints the answers.
func runTalk(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("traffic talk", flag.ContinueOnError)
	pause := fs.Duration("pause", 0, "between the questions")
	address, count, err := target(fs, args)
	if err != nil {
		return err
	}

	c, err := net.DialTimeout("tcp", address, talk.Limit)
	if err != nil {
		return err
	}
	defer c.Close()

	for range count {
		name, err := talk.Ask(c)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s answers %s\n", name, c.LocalAddr())
		time.Sleep(*pause)
	}
	return nil
}

// target parses the arguments of a client, the last of which are the server's address
// and the count.
func target(fs *flag.FlagSet, args []string) (address string, count int, err error) {
	if err := fs.Parse(args); err != nil {
		return "", 0, err
	}
	if fs.NArg() != 2 {
		return "", 0, fmt.Errorf("%s needs an address and a count", fs.Name())
	}

	count, err = strconv.Atoi(fs.Arg(1))
	if err != nil || count < 1 || count > maxCount {
		return "", 0, fmt.Errorf("%s: not a count from 1 to %d", fs.Arg(1), maxCount)
	}
	return fs.Arg(0), count, nil
}

// get opens the connections and counts the answers by server, or by error.
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

// ask makes one connection, asks once, and returns the answer or the error.
func ask(address string, keep time.Duration) string {
	c, err := net.DialTimeout("tcp", address, talk.Limit)
	if err != nil {
		return err.Error()
	}
	defer c.Close()

	name, err := talk.Ask(c)
	if err != nil {
		return err.Error()
	}
	time.Sleep(keep)
	return name
}
