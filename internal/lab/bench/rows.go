package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// row is a piece of work that is measured.
type row struct {
	work string
	// against names what our program is compared with, unless it is the reference.
	against string
	// want is the wanted ratio by kind of guest. Without one the row is only
	// reported.
	want map[string]float64
	kind kind
	// measure measures the row; nil if it is one of the listings of connections, which
	// are measured together.
	measure func(*bench, row) (result, error)

	services, servers int
	option            string
	// runs is the number of counted runs of each program, if it is not that of the
	// command line: a row whose reference takes a minute is measured fewer times.
	runs int
}

// kind is the way in which a row is compared.
type kind int

const (
	faster   kind = iota // the wanted number of times as fast, at least
	noLonger             // the wanted number of times as long, at most
	smaller              // no more than the other's memory
)

// both returns the wanted ratios of the two kinds of guest, with every kernel.
func both(qemu, uml float64) map[string]float64 {
	return map[string]float64{"qemu": qemu, "qemu:sid": qemu, "uml": uml, "uml:sid": uml}
}

// emulated returns the wanted ratio of emulated guests, with every kernel.
func emulated(qemu float64) map[string]float64 {
	return map[string]float64{"qemu": qemu, "qemu:sid": qemu}
}

// rows returns all rows. connections is the number of connections in the listing of
// connections.
func rows(connections int) []row {
	restore := func(services, servers int, want map[string]float64) row {
		return row{work: fmt.Sprintf("`-R` of %s", size(services, servers)), want: want, measure: measureRestore, services: services, servers: servers}
	}

	list := func(option string, services, servers int, want map[string]float64) row {
		return row{work: fmt.Sprintf("`%s` of %s", option, size(services, servers)), want: want, measure: measureList, services: services, servers: servers, option: option}
	}

	memory := func(services, servers int) row {
		r := list("-Ln", services, servers, both(1, 1))
		r.work, r.kind, r.runs = "memory: "+r.work, smaller, 1
		if services > 1 {
			r.want = nil // the reference holds the servers of one service at a time
		}
		return r
	}

	floor := func(option string, services, servers int, want map[string]float64) row {
		r := list(option, services, servers, want)
		r.work, r.against, r.kind, r.measure = r.work+" against its requests as they are", "replay", noLonger, measureListFloor
		return r
	}

	equal := func(option string) row {
		return row{work: fmt.Sprintf("`%s` of an equal table of %s", option, size(5000, 1)), against: "`-Sn`", want: both(1.15, 1.15), kind: noLonger, measure: measureEqual, services: 5000, servers: 1, option: option}
	}

	largeRestore := restore(10000, 5, emulated(12))
	largeRestore.runs = 1

	conns := func(option string, n int, want map[string]float64) row {
		return row{work: fmt.Sprintf("`%s` of %s connections", option, thousands(n)), against: "`cat`", want: want, kind: noLonger, services: n, option: option}
	}

	return []row{
		restore(5000, 1, both(8, 12)),
		restore(1000, 10, both(4, 12)),
		largeRestore,
		list("-Ln", 5000, 1, both(12, 20)),
		list("-Ln", 1000, 10, both(4, 3)),
		list("-Ln", 1, 2000, both(2.8, 2)),
		list("-Sn", 5000, 1, both(2.5, 4)),
		list("-Ln --stats", 5000, 1, both(2.5, 4)),
		list("-Sn", 1000, 10, both(2, 2)),
		list("-Ln --stats", 1000, 10, both(2, 2)),
		list("-Ln", 10, 2, emulated(2.5)),
		{work: "`-R` of 5,000 × 1 against its requests as they are", against: "replay", want: both(1.08, 1.08), kind: noLonger, measure: measureRestoreFloor, services: 5000, servers: 1},
		floor("-Sn", 5000, 1, both(1.15, 1.15)),
		floor("-Ln --stats", 5000, 1, both(1.15, 1.15)),
		floor("-Sn", 1000, 10, both(1.15, 1.15)),
		floor("-Ln --stats", 1000, 10, both(1.15, 1.15)),
		floor("-Ln", 5000, 1, both(2, 2)),
		equal("-R --diff"),
		equal("-R --sync"),
		conns("-Lnc", connections, map[string]float64{"qemu": 1.3, "qemu:sid": 1.15, "uml:sid": 1.5}),
		conns("-Lnc --json", connections, map[string]float64{"qemu:sid": 1.25, "uml:sid": 1.5}),
		conns("-Lnc -r 10.1.0.3", connections, map[string]float64{"qemu:sid": 1.1, "uml:sid": 1.5}),
		conns("-Lnc --by server", connections, nil),
		conns("-Lnc", connections/10, nil),
		memory(1, 50000),
		memory(5000, 10),
	}
}

// size formats the size of a table.
func size(services, servers int) string {
	return fmt.Sprintf("%s × %s", thousands(services), thousands(servers))
}

// rules writes a rule file with a number of services with a number of servers each,
// and returns its path.
func (b *bench) rules(services, servers int) (string, error) {
	var text bytes.Buffer
	for i := range services {
		virtual := fmt.Sprintf("172.%d.%d.%d:80", 20+i>>16, i>>8&0xff, i&0xff)
		fmt.Fprintf(&text, "-A -t %s -s wlc\n", virtual)
		for j := range servers {
			fmt.Fprintf(&text, "-a -t %s -r 10.%d.%d.%d:80 -m -w 1\n", virtual, (i+j>>16)%250, j>>8&0xff, j&0xff)
		}
	}

	file := filepath.Join(b.dir, fmt.Sprintf("rules-%dx%d", services, servers))
	return file, os.WriteFile(file, text.Bytes(), 0o600)
}

// withFreshTable waits until the previous namespace is gone and calls fn in a new one.
func withFreshTable(fn func() error) error {
	settle()
	return inFreshNetNS(fn)
}

// measureRestore measures a restore into a new namespace.
func measureRestore(b *bench, r row) (result, error) {
	file, err := b.rules(r.services, r.servers)
	if err != nil {
		return result{}, err
	}

	samples, _, err := b.inTurn(r, withFreshTable, job{[]string{reference, "-R"}, file}, job{[]string{b.ours, "-R"}, file})
	return newResult(r, samples), err
}

// errOutputsDiffer is returned where two programs print different listings: their
// times cannot be compared.
var errOutputsDiffer = errors.New("the outputs differ")

// measureList measures a listing of a table.
func measureList(b *bench, r row) (result, error) {
	return b.withTable(r, func(string) (result, error) {
		samples, outputs, err := b.inTurn(r, directly, b.listing(reference, r.option), b.listing(b.ours, r.option))
		if err == nil && !bytes.Equal(outputs[0], outputs[1]) {
			err = errOutputsDiffer
		}
		return newResult(r, samples), err
	})
}

// measureEqual measures a command that compares the table with rules that are equal to it.
func measureEqual(b *bench, r row) (result, error) {
	return b.withTable(r, func(file string) (result, error) {
		ours := b.listing(b.ours, r.option)
		ours.stdin = file
		samples, _, err := b.inTurn(r, directly, b.listing(b.ours, "-Sn"), ours)
		return newResult(r, samples), err
	})
}

// listing returns the job of a program with options.
func (b *bench) listing(program, options string) job {
	return job{argv: append([]string{program}, strings.Fields(options)...)}
}

// withTable calls measure in a new namespace with the table of a row. The file has the
// rules of the table.
func (b *bench) withTable(r row, measure func(file string) (result, error)) (res result, err error) {
	file, err := b.rules(r.services, r.servers)
	if err != nil {
		return result{}, err
	}

	err = inFreshNetNS(func() error {
		if _, err := (job{[]string{b.ours, "-R"}, file}).time(); err != nil {
			return err
		}

		settle()
		res, err = measure(file)
		return err
	})
	return res, err
}

// directly calls fn. It is the argument around of inTurn for jobs that change nothing.
func directly(fn func() error) error { return fn() }
