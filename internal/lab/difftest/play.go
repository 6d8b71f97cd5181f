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

// Outcome is what one step did, and the kernel's table after it.
type Outcome struct {
	Result
	Table string
	// Beside is what the reference did with the same line just before, in
	// the same namespace; nil if it was not asked.
	Beside *Result
}

// Record is what a script did with one set of programs.
type Record struct {
	// Outcomes has one for each step; those of preparation are empty.
	Outcomes []Outcome
	// End is what the reference lists of the namespace at the end.
	End Result
}

// endListings show what /proc/net/ip_vs does not: persistence, flags, thresholds,
// tunnels. They are one stream, which is one start of a process.
const endListings = "-Sn\n-Ln --thresholds\n-Ln --tun-info\n"

// Play plays a script with a set of programs in a fresh network namespace. If
// beside is not nil, each listing is done with those programs as well, in the same
// place; if it is nil, the listings are left out, since they change nothing and are
// compared in one place only.
func (s *Script) Play(ctx context.Context, p Programs, beside *Programs) (_ *Record, err error) {
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
	record := &Record{}
	record.Outcomes, err = s.playSteps(ctx, s.Steps, ns, p, beside, dir)
	if err == nil {
		record.End, err = listEnd(ctx, ns)
	}
	_, endErr := s.playSteps(ctx, s.Ends, ns, p, nil, dir)
	return record, errors.Join(err, endErr)
}

// playSteps does steps in order, until one cannot be done.
func (s *Script) playSteps(ctx context.Context, steps []Step, ns *Namespace, p Programs, beside *Programs, dir string) ([]Outcome, error) {
	var outcomes []Outcome
	for _, step := range steps {
		outcome, err := step.play(ctx, ns, p, beside, dir)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: with the programs of the %s: %w", s.Name, step.Number, p.Name, err)
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
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

// play does one step.
func (step Step) play(ctx context.Context, ns *Namespace, p Programs, beside *Programs, dir string) (o Outcome, err error) {
	if step.Listing && beside == nil {
		o.Table, err = ns.Table()
		return o, err
	}
	if step.Listing {
		result, err := step.run(ctx, ns, *beside, dir)
		if err != nil {
			return o, err
		}
		o.Beside = &result
	}
	o.Result, err = step.run(ctx, ns, p, dir)
	switch {
	case err != nil:
		return o, err
	case !step.Setup:
		o.Table, err = ns.Table()
		return o, err
	case o.Status != 0:
		return o, fmt.Errorf("%s: status %d: %s", step.Line, o.Status, o.Stderr)
	}
	return Outcome{}, nil
}

// run runs the line of a step once.
func (step Step) run(ctx context.Context, ns *Namespace, p Programs, dir string) (Result, error) {
	command, err := step.prepare(p)
	if err != nil {
		return Result{}, err
	}
	command.Dir = dir
	return ns.Run(ctx, command)
}

// prepare makes the command of a step.
func (step Step) prepare(p Programs) (Command, error) {
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

// listEnd lists the namespace with the reference.
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
	return ns.Run(ctx, command)
}
