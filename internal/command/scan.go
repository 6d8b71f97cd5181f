package command

import (
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// event is one option as it stands in the line.
type event struct {
	option *option
	group  int // index in the table
	value  string
	// word is the last word that the option took, whole, as the faults that
	// concern it quote it.
	word string
}

// scanner finds the options in the words of a line. It knows how options are
// written and nothing of what they mean. It is used for many lines.
//
// The reference program's words are not quite GNU's, so pflag reads the long
// ones, one at a time, and the letters are read here: a letter's value may follow
// "=", an option without a value refuses one, and -p takes the next word only if
// that does not look like an option.
type scanner struct {
	flags   *pflag.FlagSet // nil before the first long option
	letters [128]spelling
	events  []event
	plain   []string
}

// spelling is an option and its place in the table. It is the pflag.Value of the
// option too: pflag asks for one, but what it parses goes to the scanner's events.
type spelling struct {
	option *option
	group  int
}

func (s *spelling) String() string   { return "" }
func (s *spelling) Set(string) error { return nil }
func (s *spelling) Type() string     { return "option" }

// newScanner makes a scanner of the table.
func newScanner() *scanner {
	s := new(scanner)
	for g := range table {
		for o := range table[g].options {
			sp := spelling{&table[g].options[o], g}
			for _, c := range []byte(sp.option.letters) {
				s.letters[c] = sp
			}
		}
	}
	return s
}

// longFlags makes pflag's set of the table.
func longFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SetInterspersed(false)
	flags.SetOutput(io.Discard)
	for g := range table {
		for o := range table[g].options {
			sp := &spelling{&table[g].options[o], g}
			f := flags.VarPF(sp, sp.option.long, "", "")
			f.NoOptDefVal = "-" // any text, for "the value may be left out": nextWord decides
		}
	}
	return flags
}

// scan reads the words in order and stops at the first that is at fault. The
// events and plain words are good until the next call.
func (s *scanner) scan(words []string) (events []event, plain []string, err error) {
	s.events, s.plain = s.events[:0], s.plain[:0]
	for len(words) > 0 && err == nil {
		word := words[0]
		switch {
		case word == "--":
			s.plain = append(s.plain, words[1:]...)
			words = nil
		case strings.HasPrefix(word, "--"):
			words, err = s.scanLong(words)
		case len(word) > 1 && word[0] == '-':
			words, err = s.scanLetters(words)
		default:
			s.plain = append(s.plain, word)
			words = words[1:]
		}
	}
	return s.events, s.plain, err
}

// scanLong reads --name or --name=value, and returns the words after it.
func (s *scanner) scanLong(words []string) ([]string, error) {
	word := words[0]
	var found *spelling
	var value string
	if s.flags == nil {
		s.flags = longFlags()
	}
	err := s.flags.ParseAll(words[:1], func(f *pflag.Flag, v string) error {
		found, value = f.Value.(*spelling), v
		return nil
	})
	switch {
	case err != nil:
		return nil, badWord(word, "unknown option")
	case !strings.Contains(word, "="):
		return s.nextWord(*found, words)
	case found.option.value == "":
		return nil, badWord(word, "option does not take an argument")
	}
	s.found(*found, value, word)
	return words[1:], nil
}

// scanLetters reads a bundle of letters, and returns the words after it.
func (s *scanner) scanLetters(words []string) ([]string, error) {
	word := words[0]
	for i := 1; i < len(word); i++ {
		if word[i] >= byte(len(s.letters)) || s.letters[word[i]].option == nil {
			return nil, badWord(word, "unknown option")
		}
		sp, rest := s.letters[word[i]], word[i+1:]
		switch {
		case sp.option.value == "" && strings.HasPrefix(rest, "="):
			return nil, badWord(word, "option does not take an argument")
		case sp.option.value == "":
			s.found(sp, "", word)
		case rest != "":
			s.found(sp, strings.TrimPrefix(rest, "="), word)
			return words[1:], nil
		default:
			return s.nextWord(sp, words)
		}
	}
	return words[1:], nil
}

// nextWord completes an option that has no value in its own word: with the word
// after it, if it takes one.
func (s *scanner) nextWord(sp spelling, words []string) ([]string, error) {
	o, word, rest := sp.option, words[0], words[1:]
	switch {
	case o.value == "":
		s.found(sp, "", word)
	case o.absent != "" && (len(rest) == 0 || strings.HasPrefix(rest[0], "-")):
		s.found(sp, o.absent, word)
	case len(rest) == 0:
		return nil, badWord(word, "missing argument")
	default:
		s.found(sp, rest[0], rest[0])
		rest = rest[1:]
	}
	return rest, nil
}

// found notes an option.
func (s *scanner) found(sp spelling, value, word string) {
	s.events = append(s.events, event{sp.option, sp.group, value, word})
}
