package difftest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Outcome is the result of one step, and the kernel's table after it.
type Outcome struct {
	Result
	Table string
	// Beside is the result of the reference for the same line in the same
	// namespace; nil if it was not run.
	Beside *Result
}

// Record is the result of a script with one set of programs.
type Record struct {
	// Outcomes has one element per step; those of setup are empty.
	Outcomes []Outcome
	// End is the reference's listings of the namespace at the end.
	End Result
}

// endListings are listings of what /proc/net/ip_vs lacks: persistence, flags,
// thresholds, tunnels. They are one rule stream, to start one process only.
const endListings = "-Sn\n-Ln --thresholds\n-Ln --tun-info\n"

// player plays a script with one set of programs.
type player struct {
	script   *Script
	ns       *Namespace
	programs Programs
	beside   *Programs
	dir      string
}

// Play runs a script with a set of programs in a new network namespace. If beside is
// not nil, each listing is also run with those programs, in the same namespace. If it
// is nil, listings are omitted: they change nothing, and they are compared within one
// namespace only.
func (s *Script) Play(ctx context.Context, programs Programs, beside *Programs) (_ *Record, err error) {
	ns, err := NewNamespace()
	if err != nil {
		return nil, err
	}
	defer ns.Close()

	dir, err := s.unpack()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	p := player{s, ns, programs, beside, dir}
	record := &Record{}
	record.Outcomes, err = p.playSteps(ctx, s.Steps)
	if err == nil {
		record.End, err = listEnd(ctx, ns)
	}

	_, endErr := p.playSteps(ctx, s.Ends)
	return record, errors.Join(err, endErr)
}

// playSteps runs steps in order until one of them cannot be run.
func (p player) playSteps(ctx context.Context, steps []Step) ([]Outcome, error) {
	var outcomes []Outcome
	for _, step := range steps {
		outcome, err := p.play(ctx, step)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: with the programs of the %s: %w", p.script.Name, step.Number, p.programs.Name, err)
		}

		outcomes = append(outcomes, outcome)
	}

	return outcomes, nil
}

// play runs one step.
func (p player) play(ctx context.Context, step Step) (Outcome, error) {
	switch {
	case step.Setup:
		return Outcome{}, p.setup(ctx, step)
	case step.Listing:
		return p.list(ctx, step)
	default:
		result, err := p.run(ctx, step, p.programs)
		return p.withTable(Outcome{Result: result}, err)
	}
}

// setup runs a step of setup, which has to succeed.
func (p player) setup(ctx context.Context, step Step) error {
	result, err := p.run(ctx, step, p.programs)
	if err == nil && result.Status != 0 {
		err = fmt.Errorf("%s: status %d: %s", step.Line, result.Status, result.Stderr)
	}
	return err
}

// besideRuns limits how often the reference repeats a listing.
const besideRuns = 6

// list runs a listing with both sets of programs. Since Linux 7.1 a listing during a
// resize of the table can have services twice and lack others. Ours must not; the
// reference may, so it repeats a listing that differs from ours.
func (p player) list(ctx context.Context, step Step) (o Outcome, err error) {
	if p.beside == nil {
		return p.withTable(o, nil)
	}

	if o.Result, err = p.run(ctx, step, p.programs); err != nil {
		return o, err
	}

	runs := 1
	if p.ns.Resizes() && step.Intended == nil {
		runs = besideRuns
	}

	for range runs {
		beside, err := p.run(ctx, step, *p.beside)
		if err != nil {
			return o, err
		}

		o.Beside = &beside
		if beside == o.Result {
			break
		}
	}

	return p.withTable(o, nil)
}

// withTable adds the kernel's table to an outcome.
func (p player) withTable(o Outcome, err error) (Outcome, error) {
	if err == nil {
		o.Table, err = p.ns.Table()
	}
	return o, err
}

// unpack writes the script's files to a directory that every user can read.
func (s *Script) unpack() (dir string, err error) {
	dir, err = os.MkdirTemp("", "difftest.")
	if err != nil {
		return "", err
	}

	err = os.Chmod(dir, 0o755)
	for name, text := range s.Files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir, err
}

// run runs the line of a step once with a set of programs.
func (p player) run(ctx context.Context, step Step, programs Programs) (Result, error) {
	command, err := step.command(programs)
	if err != nil {
		return Result{}, err
	}

	command.Dir = p.dir
	return p.ns.Run(ctx, command)
}

// command returns the command of a step.
func (step Step) command(p Programs) (Command, error) {
	if step.Setup {
		return Command{Path: "/bin/bash", Args: []string{"bash", "-e", "-o", "pipefail", "-c", step.Line}, Env: p.Env()}, nil
	}

	command, err := p.Line(step.Line)
	if err != nil || step.User == "" {
		return command, err
	}

	command.User, err = credential(step.User)
	return command, err
}

// credential looks up a user by name.
func credential(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}

	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}

	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// listEnd lists the namespace with the reference. Where the kernel resizes tables, it
// repeats the listings until two agree.
func listEnd(ctx context.Context, ns *Namespace) (Result, error) {
	reference, err := Reference()
	if err != nil {
		return Result{}, err
	}
	command, err := reference.Command("ipvsadm", "-R")
	if err != nil {
		return Result{}, err
	}
	command.Stdin = endListings

	result, err := ns.Run(ctx, command)
	for range besideRuns {
		if err != nil || !ns.Resizes() {
			break
		}
		before := result
		if result, err = ns.Run(ctx, command); result == before {
			break
		}
	}
	return result, err
}
