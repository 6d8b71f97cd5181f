// Bench compares the speed and the memory of our program with the reference
// program's, on a kernel with IPVS in a guest, and prints a table in Markdown:
//
//	bench [-n 5] [-rows REGEXP] [-connections 100000] DIRECTORY
//
// DIRECTORY contains our ipvsadm. The two programs take turns: each does the same
// work once without being timed, then at least n times. Every table is in a network
// namespace of its own. Bench must run as root, on a machine that is idle otherwise.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

func main() {
	// The main thread lives as long as the process, and so does the namespace it
	// is in: no other goroutine may change it.
	runtime.LockOSThread()
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run reads the arguments and does the measurements that they select.
func run(args []string) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	b := bench{kernel: os.Getenv("LAB_KERNEL")}
	fs.IntVar(&b.runs, "n", 5, "counted `runs` of each program")
	fs.IntVar(&b.connections, "connections", 100_000, "`number` of connections to list")
	file := fs.String("replay", "", "only send the datagrams in this `file`")
	buffer := fs.Int("buffer", shortBuffer, "with -replay, length of the receive buffer in `bytes`")
	proc := fs.String("cat", "", "with -replay, then read this `file` to its end")
	pattern := fs.String("rows", "", "measure only the rows that match this `regexp`")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *file != "" {
		return replayAndRead(*file, *buffer, *proc)
	}

	if fs.NArg() != 1 || b.runs < 1 {
		return fmt.Errorf("usage: bench [-n RUNS] [-rows REGEXP] [-connections NUMBER] DIRECTORY")
	}

	wanted, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}

	b.ours = filepath.Join(fs.Arg(0), "ipvsadm")
	if b.dir, err = os.MkdirTemp("", "bench."); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	return b.measureAll(wanted)
}

// measureAll measures the rows that match, reports progress on standard error, and
// prints the table.
func (b *bench) measureAll(wanted *regexp.Regexp) error {
	var results []result
	for _, r := range rows(b.connections) {
		if !wanted.MatchString(r.work) {
			continue
		}

		start := time.Now()
		fmt.Fprintf(os.Stderr, "bench: %s ...", r.work)

		res, err := r.measure(b, r)
		if err != nil {
			fmt.Fprintln(os.Stderr)
			return fmt.Errorf("%s: %w", r.work, err)
		}

		// With its figures, so that they are not lost if a later row takes too long.
		fmt.Fprintf(os.Stderr, " %s and %s: %s, after %.0f s\n",
			res.otherTime(), seconds(res.ours.median()), res.verdict(b.kernel), time.Since(start).Seconds())
		results = append(results, res)
	}

	_, err := os.Stdout.WriteString(report(b.kernel, results))
	return err
}
