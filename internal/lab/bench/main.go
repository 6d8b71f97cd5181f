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
	"slices"
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
	all := slices.DeleteFunc(rows(b.connections), func(r row) bool { return !wanted.MatchString(r.work) })
	var results []result
	for len(all) > 0 {
		n := together(all)
		start := time.Now()
		fmt.Fprintf(os.Stderr, "bench: %s ...", all[0].work)

		some, err := b.measure(all[:n])
		if err != nil {
			fmt.Fprintln(os.Stderr)
			return fmt.Errorf("%s: %w", all[0].work, err)
		}

		// With its figures, so that they are not lost if a later row takes too long.
		fmt.Fprintf(os.Stderr, " after %.0f s:\n", time.Since(start).Seconds())
		for _, res := range some {
			fmt.Fprintf(os.Stderr, "\t%s: %s and %s: %s\n", res.work, res.otherTime(), seconds(res.ours.median()), res.verdict(b.kernel))
		}
		results = append(results, some...)
		all = all[n:]
	}

	_, err := os.Stdout.WriteString(report(b.kernel, results))
	return err
}

// together returns how many of the rows, from the first, are measured together: one, or all
// listings of the same connections.
func together(rows []row) int {
	n := 1
	for n < len(rows) && rows[0].measure == nil && rows[n].measure == nil && rows[n].services == rows[0].services {
		n++
	}
	return n
}

// measure measures rows that are measured together.
func (b *bench) measure(rows []row) ([]result, error) {
	if rows[0].measure == nil {
		return measureConnections(b, rows)
	}
	res, err := rows[0].measure(b, rows[0])
	return []result{res}, err
}
