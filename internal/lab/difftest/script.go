package difftest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"
)

// Script is a list of commands to run, with the files that they read.
type Script struct {
	Name  string
	Steps []Step
	// Ends are the steps of clean-up.
	Ends  []Step
	Files map[string]string
}

// Step is one line of a script.
type Step struct {
	// Number is the line's number in the script, from 1.
	Number int
	// Line is the shell line.
	Line string
	// Setup is true for setup and clean-up, which are not compared.
	Setup bool
	// Listing is true for a line that only reads the table.
	Listing bool
	// User runs the line; empty means root.
	User string
	// Intended is the intended difference of ours; nil means none.
	Intended *Intended
}

// Intended is an intended difference. Parts that are nil are the same as with the
// reference.
type Intended struct {
	Point                 string
	Status                *int
	Stdout, Stderr, Table *string
}

// Compared returns the number of commands that the script compares.
func (s *Script) Compared() int {
	n := 0
	for _, step := range s.Steps {
		if !step.Setup {
			n++
		}
	}
	return n
}

// ParseScript parses a script in the format of the package documentation. Errors begin
// with name.
func ParseScript(name string, text []byte) (*Script, error) {
	archive := txtar.Parse(text)
	p := parser{files: map[string]string{}, unused: map[string]bool{}}
	for _, f := range archive.Files {
		p.files[f.Name], p.unused[f.Name] = string(f.Data), true
	}

	for i, line := range strings.Split(string(archive.Comment), "\n") {
		if err := p.line(i+1, strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	if err := p.end(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}

	return &Script{Name: name, Steps: p.steps, Ends: p.ends, Files: p.files}, nil
}

// parser is the state of ParseScript.
type parser struct {
	files    map[string]string
	unused   map[string]bool
	steps    []Step
	ends     []Step
	intended *Intended // of the next command
}

// line parses one line without its outer white space.
func (p *parser) line(number int, line string) error {
	keyword, rest, _ := strings.Cut(line, " ")
	switch keyword {
	case "", "#":
		return nil
	case "sh":
		return p.setup(Step{Number: number, Line: strings.TrimSpace(rest), Setup: true})
	case "end":
		p.use(rest)
		p.ends = append(p.ends, Step{Number: number, Line: strings.TrimSpace(rest), Setup: true})
		return nil
	case "differs":
		return p.differs(rest)
	case "as":
		user, command, _ := strings.Cut(rest, " ")
		return p.command(Step{Number: number, Line: command, User: user})
	}
	return p.command(Step{Number: number, Line: line})
}

// setup adds a line of setup.
func (p *parser) setup(s Step) error {
	if p.intended != nil {
		return fmt.Errorf("setup after a line with differs")
	}
	p.use(s.Line)
	p.steps = append(p.steps, s)
	return nil
}

// callsProgram matches a program's bare name as a command, or after exec -a and the
// like: a line without one compares nothing.
var callsProgram = regexp.MustCompile(`(^|[\s(])ipvsadm(-save|-restore)?($|[\s)])`)

// onlyLists matches lines that change nothing: one listing, not redirected.
var onlyLists = regexp.MustCompile(`^([A-Z_]+=\S* )*(ipvsadm($| (-[LlS]|--list|--save)[^<>|&;]*$)|ipvsadm-save[^<>|&;]*$)`)

// command adds a line to compare.
func (p *parser) command(s Step) error {
	if !callsProgram.MatchString(s.Line) {
		return fmt.Errorf("neither a command of ipvsadm nor setup (sh …): %s", s.Line)
	}

	s.Intended, p.intended = p.intended, nil
	s.Listing = onlyLists.MatchString(s.Line)

	p.use(s.Line)
	p.steps = append(p.steps, s)
	return nil
}

// use marks the files that a line names as used.
func (p *parser) use(line string) {
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t<>|&;()'\"", r) }) {
		delete(p.unused, word)
	}
}

// differs parses the statement of an intended difference.
func (p *parser) differs(rest string) error {
	if p.intended != nil {
		return fmt.Errorf("two lines with differs for one command")
	}

	statement, _, _ := strings.Cut(rest, "#")
	words := strings.Fields(statement)
	if len(words) < 2 {
		return fmt.Errorf("differs needs the point of the specification and what differs")
	}

	p.intended = &Intended{Point: words[0]}
	for _, word := range words[1:] {
		if err := p.difference(word); err != nil {
			return err
		}
	}
	return nil
}

// difference parses one NAME=VALUE of a differs line.
func (p *parser) difference(word string) error {
	name, value, _ := strings.Cut(word, "=")
	if name == "status" {
		n, err := strconv.Atoi(value)
		p.intended.Status = &n
		return err
	}

	text, ok := p.files[value]
	if !ok {
		return fmt.Errorf("%s: the script has no file %q", word, value)
	}
	delete(p.unused, value)

	switch name {
	case "stdout":
		p.intended.Stdout = &text
	case "stderr":
		p.intended.Stderr = &text
	case "table":
		text = canonical(text)
		p.intended.Table = &text
	default:
		return fmt.Errorf("%s: not one of status, stdout, stderr, table", word)
	}
	return nil
}

// end checks that the script is complete and uses all its files.
func (p *parser) end() error {
	switch {
	case p.intended != nil:
		return fmt.Errorf("no command after the last line with differs")
	case len(p.unused) > 0:
		return fmt.Errorf("files that no line names: %s", strings.Join(slices.Sorted(maps.Keys(p.unused)), " "))
	case len(p.steps) == 0:
		return fmt.Errorf("no command")
	}
	return nil
}
